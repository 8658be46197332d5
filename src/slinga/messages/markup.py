"""Liquid inside HTML and MJML: kept out of the way of parsers, and links made addressable.

In: source with Liquid. Out: source in which each `{{ }}` and `{% %}` is a mark that parsers leave alone,
and back; HTML in which each link is a numbered block that the render fills.
Always true: `restore(protect(x)) == x`; an address that a reader may follow is http, https, mailto, tel or
an anchor, whatever the data say.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import Any

import msgspec
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.exceptions import LiquidValueError
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_EOF, TOKEN_TAG, Token

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SCAN = re.compile(
    r"(?P<liquid>\{\{.*?\}\}|\{%.*?%\})|(?P<open><!--)|(?P<close>-->)|(?P<tag><[/a-zA-Z])|(?P<end>>)",
    re.DOTALL,
)
_MARK = re.compile(r'<!--LQD(\d+)-->|&lt;!--LQD(\d+)--&gt;|LQDx(\d+)x(?:="")?', re.IGNORECASE)
_PLAIN = re.compile(r"(title|style|script|textarea|mj-title|mj-style|mj-preview)\b", re.IGNORECASE)
OWN_URLS = ("unsubscribe_url", "preferences_url", "view_url", "confirm_url")
"""Addresses of ours: never tracked, never tagged."""
_OWN = re.compile(r"\{\{-?\s*(" + "|".join(OWN_URLS) + r")\s*-?\}\}")
_ANCHOR = re.compile(r"<(a|area|v:rect|v:roundrect)\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""(\shref\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_SOURCE = re.compile(
    r"""(\s(?:src|background|poster)\s*=\s*)("[^"]*LQDx[^"]*"|'[^']*LQDx[^']*')""", re.IGNORECASE
)
_ALLOWED = re.compile(r"(https?://[^\s<>\"]+|mailto:[^\s<>\"]+|tel:[+0-9(). -]+|#[^\s<>\"]*)", re.IGNORECASE)
_IMAGE = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def protect(source: str) -> tuple[str, list[str]]:
    """Replace each Liquid construct by a mark: a comment between elements, a word inside tags and titles."""
    spans: list[str] = []
    result: list[str] = []
    last = 0
    in_tag = in_comment = False
    plain = ""
    for match in _SCAN.finditer(source):
        kind = match.lastgroup
        if kind == "open" and not in_tag:
            in_comment = True
        elif kind == "close":
            in_comment = False
        elif kind == "tag" and not in_comment:
            in_tag = True
            name = _PLAIN.match(source, match.end() - 1)
            closing = source[match.start() + 1] == "/"
            if closing and plain and source[match.end() :].lower().startswith(plain):
                plain = ""
            elif name and not plain:
                plain = name[1].lower()
        elif kind == "end" and in_tag:
            in_tag = False
            if source[match.start() - 1] == "/":
                plain = ""
        elif kind == "liquid":
            result.append(source[last : match.start()])
            number = len(spans)
            spans.append(match[0])
            result.append(f"LQDx{number}x" if in_tag or in_comment or plain else f"<!--LQD{number}-->")
            last = match.end()
    return "".join([*result, source[last:]]), spans


def restore(source: str, spans: list[str]) -> str:
    """Put the Liquid back."""

    def back(match: re.Match[str]) -> str:
        number = int(match[1] or match[2] or match[3])
        return spans[number] if number < len(spans) else match[0]

    return _MARK.sub(back, source)


def blanked(source: str) -> str:
    """The source with Liquid turned to spaces, every character and line where it was."""
    return LIQUID.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


class Link(msgspec.Struct, frozen=True):
    """A link of a template: its number, the address as written, and whether it may be tracked."""

    number: int
    source: str
    tracked: bool


def number_links(protected: str, spans: list[str]) -> tuple[str, list[Link]]:
    """Wrap every link's address in a numbered block, and images' addresses that contain data in a check."""
    links: list[Link] = []

    def anchor(tag: re.Match[str]) -> str:
        return _HREF.sub(href, tag[0], count=1)

    def href(attribute: re.Match[str]) -> str:
        inner = attribute[2][1:-1]
        source = unescape(restore(inner, spans)).strip()
        own = _OWN.fullmatch(source) is not None
        tracked = not own and not re.match(r"(mailto:|tel:|#)", source, re.IGNORECASE)
        number = len(links)
        links.append(Link(number, source, tracked))
        return f'{attribute[1]}"{_mark(spans, "link", number)}{inner}{_mark(spans, "endlink")}"'

    def image(attribute: re.Match[str]) -> str:
        inner = attribute[2][1:-1]
        return f'{attribute[1]}"{_mark(spans, "image")}{inner}{_mark(spans, "endimage")}"'

    return _SOURCE.sub(image, _ANCHOR.sub(anchor, protected)), links


def _mark(spans: list[str], *words: object) -> str:
    spans.append("{% " + " ".join(str(word) for word in words) + " %}")
    return f"LQDx{len(spans) - 1}x"


class AddressNode(Node):
    """Renders its block to an address, checks it, and lets the render replace it."""

    __slots__ = ("block", "constant", "number", "ready")

    def __init__(self, token: Token, block: BlockNode, number: int | None) -> None:
        super().__init__(token)
        self.block = block
        self.blank = False
        self.number = number
        self.ready: str | None = None
        self.constant = (
            "".join(node.text for node in block.nodes if isinstance(node, ContentNode))
            if all(isinstance(node, ContentNode) for node in block.nodes)
            else None
        )

    def settle(self, written: str, base: str, *, escapes: bool) -> None:
        """The address is the same for everybody; one that is refused stays for the render to refuse."""
        self.constant = written
        address = self.absolute(written, base, escapes=escapes)
        self.ready = address if self.pattern.fullmatch(address) else None

    def render_to_output(self, context: Any, buffer: Any) -> int:
        address = self.ready
        if address is None:
            address = self._checked(context, buffer)
        if self.number is not None and "link" in context.slots:
            address = context.slots["link"](self.number, address)
        return int(buffer.write(str(escape(address)) if context.autoescape else address))

    render = render_to_output

    @property
    def pattern(self) -> re.Pattern[str]:
        """What it may look like."""
        return _IMAGE if self.number is None else _ALLOWED

    def _checked(self, context: Any, buffer: Any) -> str:
        written = self.constant
        if written is None:
            inner = context.get_buffer(buffer)
            self.block.render(context, inner)
            written = inner.getvalue()
        address = self.absolute(written, context.slots.get("base", ""), escapes=context.autoescape)
        if not self.pattern.fullmatch(address):
            kind = "an image" if self.number is None else "a link"
            raise LiquidValueError(f"{address[:80]!r} cannot be the address of {kind}", token=self.token)
        return address

    @staticmethod
    def absolute(written: str, base: str, *, escapes: bool) -> str:
        """The address that was written, with the base before it where it has none."""
        address = (unescape(written) if escapes else written).strip()
        return base + address if address.startswith("/") and not address.startswith("//") else address

    def children(self, static_context: Any, *, include_partials: bool = True) -> Iterable[Node]:
        yield self.block


class LinkTag(Tag):
    """`{% link 3 %}address{% endlink %}`: written by the compiler, not by people."""

    name = "link"
    end = "endlink"

    def parse(self, stream: TokenStream) -> Node:
        """The block, with the link's number."""
        token = stream.eat(TOKEN_TAG)
        number: int | None = None
        if self.name == "link":
            number = int(stream.into_inner(tag=token).next().value)
        block = get_parser(self.env).parse_block(stream, frozenset((self.end, TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value=self.end)
        return AddressNode(token, block, number)


class ImageTag(LinkTag):
    """`{% image %}address{% endimage %}`: an image whose address comes from data."""

    name = "image"
    end = "endimage"


class PixelNode(Node):
    """The open pixel, where the render has one."""

    def render_to_output(self, context: Any, buffer: Any) -> int:
        address = context.slots.get("pixel", "")
        if not address:
            return 0
        style = 'width="1" height="1" style="display:block;width:1px;height:1px;border:0"'
        return int(buffer.write(f'<img src="{escape(address)}" alt="" role="presentation" {style}>'))


class PixelTag(Tag):
    """`{% pixel %}`: the place of the open pixel."""

    name = "pixel"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """No arguments; the parser itself goes on to what follows."""
        stream.expect(TOKEN_TAG)
        node = PixelNode(stream.current)
        node.blank = False
        return node


TAGS = (LinkTag, ImageTag, PixelTag)
