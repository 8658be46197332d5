"""What a message is called in a list: its subject, a notification's title, a text message's beginning.

In: a template, what the message was planned with. Out: one line, "" where there is none.
Always true: it is what the message itself said; no body is compiled, so a list of hundreds is quick.
"""

from functools import lru_cache
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.messages import liquid
from slinga.messages.model import Brand, Template, fallback
from slinga.messages.render import CONTROLS, NO_BRAND, TEXT, locale_of, resolved

LONGEST = 120


def headline(template: Template, variables: dict[str, Any], at: Instant, brand: Brand = NO_BRAND) -> str:
    """The line of a message that was planned with `variables`; `at` is what "now" means in it."""
    chain = [template.locales[one] for one in fallback(locale_of(variables), template) if one]
    found = resolved(template, chain)
    title = found.push.title if found.push is not None else ""
    source = {"push": title, "sms": found.text}.get(found.channel, found.subject)
    if not source:
        return ""
    try:
        compiled = _compiled(source)
    except Invalid:
        return ""
    data = liquid.merged(variables, found.defaults) | {"brand": msgspec.structs.asdict(brand)}
    written = liquid.pieces(compiled, liquid.Scene(data, at), "subject")
    if isinstance(written, liquid.RenderFailed):
        return ""
    line = CONTROLS.sub(" ", "".join(written)).strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


@lru_cache(256)
def _compiled(source: str) -> liquid.Template:
    return liquid.compile_text(TEXT, source, "subject")
