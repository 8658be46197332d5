"""A template as somebody would get it, with all that is to mend.

In: a document, the brand, what is known of a person, a language. Out: a `Seen`.
Always true: pure; subject, HTML and text are the renderer's, byte for byte what is sent but for the tokens
in our own links; a document that does not compile is a finding and no fault.
"""

import re
from html import unescape
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.messages import checks, lint, liquid, render
from slinga.messages.model import Brand, Finding, Intent, Push, Template, fallback, parse

SOMEBODY: dict[str, Any] = {
    "first_name": "Anna",
    "last_name": "Berg",
    "email": "anna.berg@example.org",
    "stages": {},
    "segments": [],
}
"""Who it is shown to where nobody was chosen."""
_PRODUCTS: list[dict[str, Any]] = [
    {
        "name": "Linen throw, sand",
        "price": "49.00",
        "currency": "EUR",
        "quantity": 1,
        "url": "/products/linen",
    },
    {"name": "Stoneware mug", "price": "18.00", "currency": "EUR", "quantity": 2, "url": "/products/mug"},
    {"name": "Oak tray", "price": "35.00", "currency": "EUR", "quantity": 1, "url": "/products/tray"},
    {"name": "Wool socks", "price": "16.00", "currency": "EUR", "quantity": 1, "url": "/products/socks"},
]
INVENTED: dict[str, Any] = {
    "trigger": {
        "event": "Order Completed",
        "properties": {
            "name": "Linen throw, sand",
            "url": "/products/linen",
            "products": _PRODUCTS,
            "order_id": "10042",
            "cart_id": "c-1",
            "total": "118.00",
            "subtotal": "112.00",
            "shipping": "6.00",
            "currency": "EUR",
        },
    },
    "recommendations": [
        {name: value for name, value in one.items() if name != "quantity"} for one in _PRODUCTS
    ],
    "offer_code": "EXAMPLE10",
    "thing": {"name": "Volvo V60", "attributes": {}},
}
"""What a journey would hand over; shown as invented."""


class Seen(msgspec.Struct, frozen=True):
    """The mail, or why there is none. `size` is that of the HTML in bytes."""

    subject: str = ""
    preview: str = ""
    sender: str = ""
    html: str = ""
    text: str = ""
    locale: str = ""
    push: Push | None = None
    hook_url: str = ""
    hook_body: str = ""
    fault: str = ""
    findings: tuple[Finding, ...] = ()
    invented: tuple[str, ...] = ()
    links: tuple[tuple[str, bool], ...] = ()
    """Where it leads: each address once, and whether a click on it may be counted."""
    chain: tuple[str, ...] = ()
    """The languages that were asked, nearest first."""

    @property
    def size(self) -> int:
        return len(self.html.encode())

    @property
    def fill(self) -> int:
        """Per cent of what Gmail shows."""
        return min(100, round(100 * self.size / lint.CLIPPED_BYTES))

    @property
    def errors(self) -> int:
        return sum(one.level == "error" for one in self.findings)

    def of(self, group: str) -> list[Finding]:
        """The findings of a group: links, access, size, programs, inbox."""
        return [one for one in self.findings if checks.group(one) == group]


def see(
    document: dict[str, Any],
    brand: Brand,
    *,
    links: render.Links,
    now: Instant,
    person: dict[str, Any] | None = None,
    given: dict[str, Any] | None = None,
    recommended: list[dict[str, Any]] | None = None,
    locale: str | None = None,
    journey: str = "",
) -> Seen:
    """The preview. `person` is a snapshot of somebody; `given` what a journey handed over, else invented.

    `recommended` is what would be recommended; where that is nothing, it is invented too.
    """
    nameless = document.get("channel", "email") == "email" and not document.get("subject")
    if nameless:  # the rest can be looked at already
        document = {**document, "subject": "-"}
    try:
        template = parse(document)
        compiled = render.compile(template, brand)
    except Invalid as fault:
        where = f"{fault.field}: " if fault.field else ""
        told = Finding(0, "error", "document", f"{where}{fault.message}")
        return Seen(fault=told.message, findings=(told,))
    made_up = () if given is not None else _invented(document)
    variables = {**(INVENTED if given is None else given), "person": SOMEBODY if person is None else person}
    if recommended:
        variables["recommendations"] = recommended
        made_up = tuple(name for name in made_up if name != "recommendations")
    intent = Intent(
        "preview", "", template.message_class, template.channel, template.topic,
        journey=journey, template=template.key, planned_at=now, variables=variables,
    )  # fmt: skip
    wanted = render.locale_of(intent.variables) if locale is None else locale
    chain = tuple(tag or template.locale for tag in fallback(wanted, template))
    made = render.render(compiled, intent, links, now=now, locale=wanted)
    sources = tuple(lint.lint(compiled))
    if nameless:
        sources = (Finding(0, "error", "subject", "there is no subject yet"), *sources)
    if isinstance(made, render.RenderFailed):
        where = f"{made.part}: " if made.part else ""
        told = Finding(made.line, "error", "render", f"{where}{made.reason}")
        return Seen(fault=told.message, findings=(told, *sources), invented=made_up, chain=chain)
    findings = (*sources, *checks.check(template, made))
    return Seen(
        subject="" if nameless and made.subject == "-" else made.subject,
        preview=_preview(template, compiled, variables, now, chain),
        sender=made.sender,
        html=made.html,
        text=made.text,
        locale=made.locale,
        push=made.push,
        hook_url=made.hook_url,
        hook_body=made.hook_body,
        findings=tuple(sorted(findings, key=lambda one: one.level != "error")),
        invented=made_up,
        links=_leads(compiled, made),
        chain=chain,
    )


def _leads(compiled: render.Compiled, made: render.Rendered) -> tuple[tuple[str, bool], ...]:
    counted = {address: compiled.template.message_class == "marketing" for _, address in made.links}
    found = dict.fromkeys(unescape(each) for each in _HREF.findall(made.html))
    return tuple((address, counted.get(address, False)) for address in found)


def _invented(document: dict[str, Any]) -> tuple[str, ...]:
    said = msgspec.json.encode(document).decode()
    return tuple(name for name in INVENTED if re.search(rf"\b{name}\b", said))


def _preview(
    template: Template, compiled: render.Compiled, data: dict[str, Any], now: Instant, chain: tuple[str, ...]
) -> str:
    said = [template.locales[tag].preview for tag in chain if tag in template.locales]
    source = next((one for one in said if one), template.preview)
    if not source:
        return ""
    values = liquid.merged(data, template.defaults)
    values["brand"] = msgspec.structs.asdict(compiled.brand)
    done = liquid.render(liquid.compile_text(render.TEXT, source, "preview"), values, now)
    return "" if isinstance(done, liquid.RenderFailed) else done


_HREF = re.compile(r"""<a\b[^>]*?\shref=["']([^"']*)["']""", re.IGNORECASE)
_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_PICTURE = re.compile(r"(<img\b[^>]*?)\ssrc=(\"[^\"]*\"|'[^']*')", re.IGNORECASE)


def look(html: str, *, dark: bool = False, pictures: bool = True) -> str:
    """The mail as a mail program shows it: in dark, or in light whatever the machine; without pictures."""
    html = _DARK.sub("@media all" if dark else "@media not all", html)
    return html if pictures else _PICTURE.sub(r"\1", html)
