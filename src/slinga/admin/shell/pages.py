"""The desk's pages as text.

In: a template's name and its values. Out: HTML.
Always true: every value is escaped; a page loads our own assets and nothing else; instants are shown in the
workspace's zone and the member's language, and machine-readably in UTC.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from slinga.admin.shell.assets import address
from slinga.admin.shell.names import person_name
from slinga.admin.shell.nav import SECTIONS
from slinga.admin.shell.terms import REASONS
from slinga.admin.shell.words import LOCALES, translations
from slinga.kernel.amounts import amount
from slinga.kernel.calendar import zone
from slinga.kernel.clock import Instant, instant, iso, to_datetime
from slinga.locale import said

HERE = Path(__file__).parent.parent

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
LONG, SHORT = "d MMM y HH:mm:ss", "d MMM y"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")


def render(
    name: str,
    /,
    *,
    tz: str,
    now: Instant,
    locale: str = "en",
    sections: Any = SECTIONS,
    **values: Any,
) -> str:
    """A page of the desk; `tz` is the workspace's zone, `now` the database's present."""
    where = zone(tz, "UTC")
    found = environment(locale if locale in LOCALES else "en")

    def when(value: Instant | None, form: str = LONG) -> Markup:
        return _when(value, where, now, locale, form)

    def dated(text: Any) -> Markup:
        """A text of the engine with each instant in it as people read it."""
        parts = _INSTANT.split(str(text))  # text, instant, text, ..., text
        return Markup("").join(when(instant(one)) if n % 2 else one for n, one in enumerate(parts))

    return found.get_template(f"{name}.html").render(
        sections=sections, now=now, tz=tz, when=when, dated=dated, locale=locale, **values
    )


@lru_cache
def environment(locale: str) -> Environment:
    """The strict, escaping templates in a language."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    found.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    found.globals["asset"] = address
    found.globals["icon"] = icon
    found.filters |= filters(locale)
    found.filters["said"] = lambda text: said(locale, str(text))
    return found


def filters(locale: str) -> dict[str, Callable[..., Any]]:
    """How numbers and lengths of time are written in a language."""

    def ago(length: int) -> str:
        return format_timedelta(_delta(-length), add_direction=True, locale=locale)

    def told(text: str) -> str:
        return translations(locale).gettext(text) if text else ""  # of nothing, gettext tells its headers

    def percent(share: float | None, digits: int = 0) -> str:
        form = "#,##0" + ("." + "0" * digits if digits else "") + " %"
        return "–" if share is None else format_percent(share, form, locale=locale)

    return {
        "count": lambda number: "–" if number is None else format_decimal(number, locale=locale),
        "compact": lambda number: format_compact_decimal(number, locale=locale, fraction_digits=1),
        "percent": percent,
        "money": lambda value, currency: amount(Decimal(value), currency or "EUR", locale),
        "person": person_name,
        "words": lambda value: str(value).replace("_", " "),
        "term": lambda value: told(str(value).replace("_", " ")),
        "reason": lambda value: told(REASONS.get(str(value), str(value).replace("_", " "))),
        "span": lambda length: format_timedelta(_delta(length), locale=locale),
        "ago": ago,
        "day": lambda day: format_date(day, SHORT, locale=locale),
        "weekday": lambda day: format_date(day, "EEE", locale=locale),
    }


def icon(name: str, label: str = "") -> Markup:
    """A picture from the built set (ui/icons.txt, and each name in a template); silent without a label."""
    sheet = address("icons.svg")
    if not sheet:
        return Markup("")
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(spoken, sheet, name)


def _delta(length: int) -> timedelta:
    return timedelta(microseconds=length)


def _when(value: Instant | None, where: ZoneInfo, now: Instant, locale: str, form: str) -> Markup:
    if value is None:
        return Markup("–")
    local = to_datetime(value).astimezone(where)
    distance = format_timedelta(_delta(value - now), add_direction=True, locale=locale)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        iso(value), distance, format_datetime(local, form, locale=locale)
    )
