"""The public pages as text, and the headers every page of ours is sent with.

In: a template's name, a language and values. Out: HTML.
Always true: every value is escaped; a page loads nothing but our own stylesheet and runs no script; a
language that the catalogues do not know is answered in English.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from slinga.locale import translations

HERE = Path(__file__).parent

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

PAGE_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@lru_cache
def environment(folder: Path) -> Environment:
    """The strict, escaping template environment of a folder."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, locale: str = "en", **values: Any) -> str:
    """A public page in a language."""
    template = environment(HERE / "templates").get_template(f"{name}.html")
    return template.render(locale=locale, _=translations(locale).gettext, **values)


@lru_cache
def stylesheet() -> str:
    """The public pages' stylesheet."""
    return (HERE / "static" / "public.css").read_text("utf-8")
