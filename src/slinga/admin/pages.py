"""The desk's pages as text.

In: a template's name and its values. Out: HTML.
Always true: every value is escaped; a page loads our own stylesheet and nothing else; instants are shown in
the workspace's zone, and machine-readably in UTC.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from slinga.kernel.calendar import zone
from slinga.kernel.clock import DAY, HOUR, MINUTE, Instant, iso, to_datetime
from slinga.onsite.html import environment

HERE = Path(__file__).parent

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}

SECTIONS = (
    ("/admin", "Stages"),
    ("/admin/people", "People"),
    ("/admin/journeys", "Journeys"),
    ("/admin/messages", "Messages"),
    ("/admin/quarantine", "Quarantine"),
    ("/admin/marketing", "Stop switch"),
    ("/dev/mail", "Mailbox"),
)


def render(name: str, *, tz: str, now: Instant, **values: Any) -> str:
    """A page of the desk; `tz` is the workspace's zone, `now` the database's present."""
    where = zone(tz, "UTC")

    def when(value: Instant | None) -> Markup:
        return _when(value, where, now)

    return (
        _templates()
        .get_template(f"{name}.html")
        .render(sections=SECTIONS, now=now, tz=tz, when=when, **values)
    )


@lru_cache
def _templates() -> Environment:
    found = environment(HERE / "templates")
    found.filters["count"] = lambda number: f"{number:,}".replace(",", "\u202f")
    found.filters["words"] = lambda value: str(value).replace("_", " ")
    return found


def _when(value: Instant | None, where: ZoneInfo, now: Instant) -> Markup:
    if value is None:
        return Markup("–")
    local: datetime = to_datetime(value).astimezone(where)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        iso(value), ago(now - value), local.strftime("%-d %b %Y %H:%M:%S")
    )


def ago(length: int) -> str:
    """A distance in time in one or two words; negative is the future."""
    size = abs(length)
    for unit, name in (
        (365 * DAY, "year"),
        (30 * DAY, "month"),
        (DAY, "day"),
        (HOUR, "hour"),
        (MINUTE, "minute"),
    ):
        if size >= unit:
            n = size // unit
            words = f"{n} {name}{'s' if n > 1 else ''}"
            return f"in {words}" if length < 0 else f"{words} ago"
    return "now"


@lru_cache
def stylesheet() -> str:
    """The desk's stylesheet."""
    return (HERE / "static" / "admin.css").read_text("utf-8")
