"""The pages before the desk: sign-in, the first owner, invitations, refusals.

In: a template's name and its values. Out: HTML, and the headers to send it with.
Always true: every value is escaped; a page loads our own stylesheet and the one script that chooses light or
dark, and works without both; none is kept by browsers or proxies, and none tells another site its address,
which may hold a token.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from slinga.access.model import LOCALES
from slinga.access.passwords import SHORTEST
from slinga.locale import said, translations

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class Dress(msgspec.Struct, frozen=True):
    """Where the stylesheet and the script that chooses light or dark are; "" for one that was not built."""

    stylesheet: str = ""
    theme: str = ""


def render(name: str, dress: Dress, locale: str = "en", **values: Any) -> str:
    """A page in a language."""
    return (
        _templates(locale if locale in LOCALES else "en")
        .get_template(f"{name}.html")
        .render(dress=dress, locale=locale, locales=LOCALES, shortest=SHORTEST, **values)
    )


@lru_cache
def _templates(locale: str) -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    found.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    found.filters["said"] = lambda text: said(locale, str(text))
    return found
