"""What can be filled in of each block: one description for the plain form and for the island.

In: nothing; the fields of a form. Out: `FORMS`; the fields of a block.
Always true: pure; each field of a block's type is here, and a test fails where one is missing.
"""

from typing import Any, Literal

import msgspec

from slinga.admin.shell.words import noted as N_
from slinga.admin.writing import plainly
from slinga.admin.writing.plainly import LISTS
from slinga.kernel.errors import Invalid
from slinga.messages.blocks import NETWORKS

Kind = Literal[
    "line",
    "marks",
    "long",
    "address",
    "picture",
    "number",
    "choice",
    "flag",
    "over",
    "condition",
    "products",
    "places",
]


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to fill in. `options` are (value, name) pairs; `least` and `most` are for numbers."""

    name: str
    label: str
    kind: Kind = "line"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 0


class Form(msgspec.Struct, frozen=True):
    """A kind of block: its name, its picture, what it is for, its fields, and how a new one begins."""

    name: str
    icon: str
    about: str
    fields: tuple[Field, ...]
    begins: dict[str, Any]


ALIGN = Field(
    "align", N_("Alignment"), "choice",
    options=(("left", N_("Left")), ("center", N_("Centre")), ("right", N_("Right"))),
)  # fmt: skip
LINK_HINT = N_("A web address; data may be part of it.")
SHOWN: tuple[Field, ...] = (
    Field(
        "show_if",
        N_("Show only if"),
        "condition",
        N_("Nothing chosen: always."),
    ),
    Field(
        "repeat",
        N_("Repeat for each of"),
        "over",
        hint=N_("Once for each entry of a list; its name, price and picture can then be put in as data."),
        options=(("", N_("nothing, once")), *LISTS),
    ),
)
"""What all blocks have, shown apart."""

FORMS: dict[str, Form] = {
    "header": Form(
        N_("Header"), "photo", N_("The brand's logo, or its name."),
        (Field("link", N_("Leads to"), "address", N_("Empty: the brand's site.")), ALIGN),
        {},
    ),
    "heading": Form(
        N_("Heading"), "heading", N_("What this part is about."),
        (
            Field("text", N_("Text")),
            Field("level", N_("Size"), "choice",
                  options=(("1", N_("Large")), ("2", N_("Medium")), ("3", N_("Small")))),
            ALIGN,
        ),
        {"text": N_("A heading")},
    ),
    "text": Form(
        N_("Text"), "text-size", N_("Paragraphs, lists and links."),
        (
            Field("text", N_("Text"), "marks",
                  N_("**bold**, *italic*, [words](address); lines that begin with - or 1. make a list.")),
            Field("size", N_("Size"), "choice",
                  options=(("small", N_("Small")), ("normal", N_("Normal")), ("large", N_("Large")))),
            ALIGN,
        ),
        {"text": N_("Write something worth reading.")},
    ),
    "image": Form(
        N_("Picture"), "photo-plus", N_("A picture, with words for those who do not see it."),
        (
            Field("src", N_("Picture"), "picture", N_("Choose one that was uploaded, or give its address.")),
            Field("alt", N_("What it shows"), hint=N_("Read aloud, and shown where pictures are off.")),
            Field("link", N_("Leads to"), "address", LINK_HINT),
            Field("width", N_("Width in pixels"), "number", N_("0 is the whole width."), most=600),
            Field("rounded", N_("Round corners"), "flag"),
            ALIGN,
        ),
        {"src": ""},
    ),
    "button": Form(
        N_("Button"), "click", N_("The one thing to do next."),
        (
            Field("label", N_("Words")),
            Field("link", N_("Leads to"), "address", LINK_HINT),
            Field("style", N_("Look"), "choice",
                  options=(("solid", N_("Full")), ("outline", N_("Outline")))),
            Field("wide", N_("As wide as the mail"), "flag"),
            ALIGN,
        ),
        {"label": N_("Have a look"), "link": "{{ brand.url }}/"},
    ),
    "products": Form(
        N_("Products"), "shopping-bag", N_("Recommendations, a cart, or products chosen by hand."),
        (
            Field("title", N_("Heading above")),
            Field("items", N_("From this list"), "over",
                  N_("Where the list is empty, those chosen by hand are shown."),
                  options=(("", N_("none, those chosen by hand")), *LISTS)),
            Field("fallback", N_("Chosen by hand"), "products",
                  N_("Shown where the list is empty. One a line: name | price | address | picture.")),
            Field("limit", N_("At most"), "number", least=1, most=24),
            Field("columns", N_("Side by side"), "choice",
                  options=(("1", N_("One, picture at the left")), ("2", N_("Two")), ("3", N_("Three")))),
            Field("prices", N_("Show prices"), "flag"),
            Field("label", N_("Words of a button"), hint=N_("Empty: no button.")),
        ),
        {"items": "recommendations", "title": N_("Chosen for you")},
    ),
    "columns": Form(
        N_("Columns"), "columns-2", N_("Two or three side by side; one under the other on a phone."),
        (
            Field("split", N_("Widths"), "choice",
                  options=(("even", N_("Even")), ("narrow-wide", N_("Narrow first")),
                           ("wide-narrow", N_("Wide first")))),
        ),
        {},
    ),
    "coupon": Form(
        N_("Code"), "ticket", N_("A discount code, large enough to be typed over."),
        (
            Field("title", N_("Above it")),
            Field("code", N_("Code"), hint=N_("Fixed, or put in as data.")),
            Field("note", N_("Below it"), hint=N_("How long and for what it holds.")),
        ),
        {"title": N_("Your code")},
    ),
    "divider": Form(
        N_("Line"), "separator-horizontal", N_("A thin line between two parts."),
        (Field("space", N_("Room around it, in pixels"), "number", most=100),), {},
    ),
    "spacer": Form(
        N_("Room"), "arrows-vertical", N_("Empty room."),
        (Field("height", N_("Height in pixels"), "number", least=1, most=200),), {},
    ),
    "social": Form(
        N_("Social links"), "share", N_("The brand's places elsewhere."),
        (
            Field("links", N_("Places"), "places",
                  N_("Empty: those of the brand. One a line: network address. Networks: {networks}."
                     ).replace("{networks}", ", ".join(NETWORKS))),
            ALIGN,
        ),
        {},
    ),
    "footer": Form(
        N_("Footer"), "layout-bottombar", N_("How to leave, who writes, from where. Marketing needs one."),
        (
            Field("text", N_("Why it came"), hint=N_("Such as: You get this because you signed up.")),
            Field("unsubscribe", N_("Words for leaving"), hint=N_("Empty: those of the language.")),
            Field("preferences", N_("Words for choosing"), hint=N_("Empty: those of the language.")),
        ),
        {},
    ),
    "raw": Form(
        "MJML", "code", N_("MJML of your own, for what no block offers."),
        (Field("mjml", "MJML", "long"),),
        {"mjml": "<mj-text>\n  \n</mj-text>"},
    ),
}  # fmt: skip

_DEFAULTS: dict[str, Any] = {
    "limit": 4, "columns": 2, "space": 16, "height": 24, "level": 1, "prices": True,
    "code": "{{ offer_code }}",
    "split": "even", "style": "solid", "size": "normal",
}  # fmt: skip
_CENTRED = ("header", "image", "button", "social")


def value_of(block: dict[str, Any], field: Field) -> Any:
    """What a form shows of a field: text, a number or a truth; what a block leaves out is its default."""
    found = block.get(field.name)
    if field.name == "align" and found is None:
        return "center" if block.get("type") in _CENTRED else "left"
    if found is None:
        found = _DEFAULTS.get(field.name, False if field.kind == "flag" else "")
    if field.kind == "products":
        return "\n".join(_product_line(one) for one in found or ())
    if field.kind == "places":
        return "\n".join(f"{network} {address}" for network, address in (found or {}).items())
    return found if field.kind == "flag" else str(found)


def read(block: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """The block with a form's fields in it; what is as it would be anyway is left out."""
    found = dict(block)
    for field in (*FORMS[block["type"]].fields, *SHOWN):
        value = _value(field, _given(field, given))
        if value in ("", [], {}, None) and field.name not in ("text", "label", "link", "src", "mjml"):
            found.pop(field.name, None)
            if field.name == "code" and value == "":
                found[field.name] = ""
        else:
            found[field.name] = value
    return found


def _given(field: Field, given: dict[str, str]) -> str:
    """What a form says of a field; a condition comes in parts, or whole where it was written by hand."""
    path = given.get(f"{field.name}.path", "own")
    if field.kind != "condition" or path == "own":
        return given.get(field.name, "")
    how, value = (given.get(f"{field.name}.{part}", "") for part in ("how", "value"))
    if path and not (liquid := plainly.written(plainly.Plain(path, how, value))):
        raise Invalid("Give a value to compare with; more and less take a number.", field=field.name)
    return liquid if path else ""


def _value(field: Field, text: str) -> Any:
    text = text.replace("\r\n", "\n")
    if field.kind == "flag":
        return text == "on"
    if field.kind == "number":
        return int(text) if text.strip().isdigit() and len(text) < 6 else _DEFAULTS.get(field.name, 0)
    if field.kind == "choice":
        return int(text) if text.isdigit() else text
    if field.kind == "products":
        return [_product(line) for line in text.split("\n") if line.strip()]
    if field.kind == "places":
        pairs = (line.split(None, 1) for line in text.split("\n") if line.strip())
        return {pair[0].strip(":").lower(): pair[1].strip() if len(pair) > 1 else "" for pair in pairs}
    return text if field.kind in ("marks", "long") else " ".join(text.split())


_PRODUCT = ("name", "price", "url", "image_url")


def _product(line: str) -> dict[str, str]:
    pairs = zip(_PRODUCT, (part.strip() for part in line.split("|")), strict=False)
    return {name: part for name, part in pairs if part or name == "name"}


def _product_line(product: dict[str, Any]) -> str:
    parts = [str(product.get(name, "")) for name in _PRODUCT]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return " | ".join(parts)
