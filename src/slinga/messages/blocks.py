"""The body of an e-mail as blocks: what authors move, fill and show to some.

In: plain dicts. Out: frozen structs, one for each kind of block.
Always true: a block document says what is shown and never how a mail program is brought to show it; each
block has an id of its own in its document; reading and writing a document loses nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from slinga.kernel.errors import Invalid

Align = Literal["left", "center", "right"]
MOST = 200
"""Blocks of one document, at most."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
"""A list that a block is repeated over, such as trigger.properties.products."""
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
NETWORKS = ("website", "facebook", "instagram", "linkedin", "pinterest", "snapchat", "x", "youtube")


class Block(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
):
    """What all blocks have."""

    words: ClassVar[tuple[str, ...]] = ()
    """The fields that a language may say differently."""

    id: str
    """Its name in the document; languages name their words by it."""
    show_if: str = ""
    """A Liquid condition, such as person.first_name or trigger.properties.total > 50; without it, always."""
    repeat: str = ""
    """A list variable: the block stands once for each of its entries, which is called `item`."""


class Header(Block, frozen=True, tag="header"):
    """The brand's logo, or its name where there is none."""

    words: ClassVar[tuple[str, ...]] = ("link",)

    align: Align = "center"
    link: str = ""
    """Where it leads; without it, to the brand's site."""


class Heading(Block, frozen=True, tag="heading"):
    """A heading."""

    words: ClassVar[tuple[str, ...]] = ("text",)

    text: str
    level: Literal[1, 2, 3] = 1
    align: Align = "left"


class Text(Block, frozen=True, tag="text"):
    """Paragraphs and lists with a few marks: **bold**, *italic*, [words](address), `- ` and `1. `."""

    words: ClassVar[tuple[str, ...]] = ("text",)

    text: str
    align: Align = "left"
    size: Literal["small", "normal", "large"] = "normal"


class Image(Block, frozen=True, tag="image"):
    """A picture. `alt` says what it shows; empty, it is decoration."""

    words: ClassVar[tuple[str, ...]] = ("alt", "link", "src")

    src: str
    alt: str = ""
    link: str = ""
    width: int = 0
    """In pixels, at most 600; 0 is the whole width."""
    align: Align = "center"
    rounded: bool = False


class Button(Block, frozen=True, tag="button"):
    """A button in the brand's colour, full or as an outline."""

    words: ClassVar[tuple[str, ...]] = ("label", "link")

    label: str
    link: str
    align: Align = "center"
    style: Literal["solid", "outline"] = "solid"
    wide: bool = False


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A product that was chosen by hand."""

    name: str
    price: str = ""
    url: str = ""
    image_url: str = ""


class Products(Block, frozen=True, tag="products"):
    """Products out of a list variable, such as recommendations; those chosen by hand where it is empty."""

    words: ClassVar[tuple[str, ...]] = ("title", "label")

    items: str = ""
    """The list variable; each entry has a name and may have price, currency, quantity, url and image_url."""
    fallback: tuple[Product, ...] = ()
    title: str = ""
    limit: int = 4
    columns: Literal[1, 2, 3] = 2
    label: str = ""
    """The words of a button under each; without it there is none."""
    prices: bool = True


class Divider(Block, frozen=True, tag="divider"):
    """A thin line."""

    space: int = 16
    """Above and below it, in pixels."""


class Spacer(Block, frozen=True, tag="spacer"):
    """Room."""

    height: int = 24


class Coupon(Block, frozen=True, tag="coupon"):
    """A code, large enough to be typed over."""

    words: ClassVar[tuple[str, ...]] = ("title", "code", "note")

    code: str = "{{ offer_code }}"
    title: str = ""
    note: str = ""


class Social(Block, frozen=True, tag="social"):
    """Links to the brand's places elsewhere; `links` names others by their network."""

    links: dict[str, str] = {}
    align: Align = "center"


class Footer(Block, frozen=True, tag="footer"):
    """Why it came, how to leave, who writes from where. Marketing needs one."""

    words: ClassVar[tuple[str, ...]] = ("text", "unsubscribe", "preferences")

    text: str = ""
    unsubscribe: str = ""
    """The words of that link; without them, those of the language."""
    preferences: str = ""


class Raw(Block, frozen=True, tag="raw"):
    """MJML of one's own: elements of a column, or whole sections."""

    words: ClassVar[tuple[str, ...]] = ("mjml",)

    mjml: str


Inner: TypeAlias = Heading | Text | Image | Button | Divider | Spacer | Coupon
"""What may stand in a column."""


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the columns, from top to bottom."""

    blocks: tuple[Inner, ...] = ()


class Columns(Block, frozen=True, tag="columns"):
    """Two or three columns side by side; on a phone they stand one under the other."""

    columns: tuple[Column, ...]
    split: Literal["even", "narrow-wide", "wide-narrow"] = "even"


AnyBlock: TypeAlias = (
    Header
    | Heading
    | Text
    | Image
    | Button
    | Products
    | Columns
    | Divider
    | Spacer
    | Coupon
    | Social
    | Footer
    | Raw
)
KINDS: tuple[type[Block], ...] = (
    Header,
    Heading,
    Text,
    Image,
    Button,
    Products,
    Columns,
    Coupon,
    Divider,
    Spacer,
    Social,
    Footer,
    Raw,
)
"""In the order in which a palette offers them."""

Blocks = tuple[AnyBlock, ...]
Words = Mapping[str, Mapping[str, str]]
"""Block's id -> field -> what a language says instead."""


def name_of(block: Block | type[Block]) -> str:
    """The word by which a document calls this kind of block."""
    return str(block.__struct_config__.tag)


def each(blocks: Blocks, path: str = "body.blocks") -> Iterator[tuple[str, Any]]:
    """Every block with its path in the document, those in columns after the one they stand in."""
    for number, block in enumerate(blocks):
        yield f"{path}.{number}", block
        if isinstance(block, Columns):
            for place, column in enumerate(block.columns):
                for inner, one in enumerate(column.blocks):
                    yield f"{path}.{number}.columns.{place}.blocks.{inner}", one


def check(blocks: Blocks, path: str = "body.blocks") -> None:
    """What the types cannot say. Raises Invalid naming the field."""
    seen: set[str] = set()
    for where, block in each(blocks, path):
        if len(seen) >= MOST:
            raise Invalid("a mail has at most %(most)s blocks", field=path, most=MOST)
        if not ID.fullmatch(block.id):
            raise Invalid("an id is made of a-z, 0-9, dash and underscore", field=f"{where}.id")
        if block.id in seen:
            raise Invalid("two blocks are called '%(id)s'", field=f"{where}.id", id=block.id)
        seen.add(block.id)
        if block.repeat and not VARIABLE.fullmatch(block.repeat):
            raise Invalid("name a list, such as trigger.properties.products", field=f"{where}.repeat")
        if any(mark in block.show_if for mark in ("{%", "%}", "{{", "}}", "\n")):
            raise Invalid("write the condition alone, without {% %} or {{ }}", field=f"{where}.show_if")
        _check_one(where, block)


def _check_one(where: str, block: Any) -> None:
    if isinstance(block, Columns) and not 2 <= len(block.columns) <= 3:
        raise Invalid("two or three columns fit side by side", field=f"{where}.columns")
    if isinstance(block, Products):
        if block.items and not VARIABLE.fullmatch(block.items):
            raise Invalid("name a list, such as recommendations", field=f"{where}.items")
        if not 1 <= block.limit <= 24:
            raise Invalid("show 1 to 24 products", field=f"{where}.limit")
    if isinstance(block, Image) and not 0 <= block.width <= 600:
        raise Invalid("a picture is at most 600 pixels wide", field=f"{where}.width")
    if isinstance(block, Spacer) and not 1 <= block.height <= 200:
        raise Invalid("leave 1 to 200 pixels", field=f"{where}.height")
    if isinstance(block, Divider) and not 0 <= block.space <= 100:
        raise Invalid("leave 0 to 100 pixels", field=f"{where}.space")
    if isinstance(block, Social):
        for network in block.links:
            if network not in NETWORKS:
                raise Invalid(
                    "'%(value)s' is not one of %(known)s",
                    field=f"{where}.links",
                    value=network,
                    known=", ".join(NETWORKS),
                )


def reworded(blocks: Blocks, words: Words) -> Blocks:
    """The blocks as a language says them; words of blocks that are not there are left out."""

    def said(block: Any) -> Any:
        changes = {
            field: text
            for field, text in words.get(block.id, {}).items()
            if field in type(block).words and text
        }
        if isinstance(block, Columns):
            changes["columns"] = tuple(  # type: ignore[assignment]
                Column(tuple(said(inner) for inner in column.blocks)) for column in block.columns
            )
        return msgspec.structs.replace(block, **changes) if changes else block

    return tuple(said(block) for block in blocks)
