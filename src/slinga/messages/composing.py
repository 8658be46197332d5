"""Blocks as MJML: the same document gives the same source, in the brand's colours and fonts.

In: the blocks of one language, the brand, the locale. Out: MJML with Liquid in it.
Always true: words of authors reach MJML escaped, addresses inside attributes, only a raw block as it stands;
each Liquid text is tried on its own first, so that a fault names the block's field.
"""

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from itertools import groupby
from typing import Any

from slinga.kernel.errors import Invalid
from slinga.messages import blocks as b
from slinga.messages import liquid, marks, mjml
from slinga.messages.blocks import Block, Blocks
from slinga.messages.dress import Dress, dress
from slinga.messages.footer import words
from slinga.messages.model import Brand

_TRIED = liquid.fence(html=True)
_SECTIONS = ("<mj-section", "<mj-wrapper", "<mj-hero")
_SIZES = {"small": "14px", "normal": "16px", "large": "19px"}
_LEVELS = {1: "28px", 2: "21px", 3: "17px"}
_SPLITS: dict[tuple[int, str], tuple[str, ...]] = {
    (2, "narrow-wide"): ("36%", "64%"),
    (2, "wide-narrow"): ("64%", "36%"),
    (3, "narrow-wide"): ("25%", "25%", "50%"),
    (3, "wide-narrow"): ("50%", "25%", "25%"),
}
Place = str
"""Where a group of blocks stands: on the page, on the card, or as sections of its own."""


def compose(blocks: Blocks, brand: Brand, locale: str, path: str = "body.blocks") -> str:
    """MJML of a body. Raises Invalid naming the block's field whose Liquid or MJML is wrong."""
    b.check(blocks, path)
    _try_all(blocks, path)
    worn = dress(brand)
    writer = _Writer(worn, locale)
    out: list[str] = []
    on_card = False
    for place, group in groupby(blocks, _place):
        found = list(group)
        if (place != "page") != on_card:
            on_card = not on_card
            out.append(writer.edge(top=on_card))
        out += writer.group(place, found)
    if on_card:
        out.append(writer.edge(top=False))
    return f"<mjml>\n{worn.head()}\n<mj-body {worn.page}>\n" + "\n".join(out) + "\n</mj-body>\n</mjml>\n"


def _place(block: Block) -> Place:
    if isinstance(block, b.Header | b.Footer | b.Social):
        return "page"
    whole = isinstance(block, b.Raw) and block.mjml.lstrip().startswith(_SECTIONS)
    return "whole" if whole or isinstance(block, b.Columns | b.Products) else "card"


def _try_all(blocks: Blocks, path: str) -> None:
    for where, block in b.each(blocks, path):
        if block.show_if:
            liquid.compile_text(_TRIED, f"{{% if {block.show_if} %}}{{% endif %}}", f"{where}.show_if")
        for field in block.words:
            liquid.compile_text(_TRIED, getattr(block, field), f"{where}.{field}")
        if isinstance(block, b.Raw):
            inside = block.mjml
            if not inside.lstrip().startswith(_SECTIONS):
                inside = f"<mj-section><mj-column>{inside}</mj-column></mj-section>"
            wrong = mjml.lint(f"<mjml><mj-body>{inside}</mj-body></mjml>")
            if wrong:
                told = "; ".join(f"line {one.line}: {one.message}" for one in wrong[:5])
                raise Invalid(told, field=f"{where}.mjml")


def conditioned(block: Block, inside: str) -> str:
    """What the block shows, once, for each entry of its list, or only if its condition holds."""
    if block.show_if:
        inside = f"{{% if {block.show_if} %}}{inside}{{% endif %}}"
    return f"{{% for item in {block.repeat} %}}{inside}{{% endfor %}}" if block.repeat else inside


class _Writer:
    """Writes blocks for one brand and one language."""

    def __init__(self, worn: Dress, locale: str) -> None:
        self._worn = worn
        self._locale = locale
        self._ways: dict[type, Callable[[Any], str]] = {
            b.Header: self._header,
            b.Heading: self._heading,
            b.Text: self._text,
            b.Image: self._image,
            b.Button: self._button,
            b.Divider: self._divider,
            b.Spacer: self._spacer,
            b.Coupon: self._coupon,
            b.Social: self._social,
            b.Footer: self._footer,
            b.Raw: lambda block: block.mjml,
        }

    def group(self, place: Place, blocks: list[Any]) -> Iterable[str]:
        if place == "whole":
            return [conditioned(block, self._whole(block)) for block in blocks]
        rows = "\n".join(conditioned(block, self._ways[type(block)](block)) for block in blocks)
        ground = self._worn.card if place == "card" else self._worn.bare
        return [f"<mj-section {ground}><mj-column>\n{rows}\n</mj-column></mj-section>"]

    def edge(self, *, top: bool) -> str:
        """The upper or lower end of the card: a thin strip with round corners."""
        strip = '<mj-column><mj-spacer height="12px" /></mj-column>'
        return f"<mj-section {self._worn.edge(top=top)}>{strip}</mj-section>"

    def _whole(self, block: Any) -> str:
        if isinstance(block, b.Raw):
            return block.mjml
        if isinstance(block, b.Products):
            return self._products(block)
        widths = _SPLITS.get((len(block.columns), block.split), ("",) * len(block.columns))
        columns = []
        for width, column in zip(widths, block.columns, strict=True):
            rows = "".join(conditioned(one, self._ways[type(one)](one)) for one in column.blocks)
            wide = f' width="{width}"' if width else ""
            columns.append(f'<mj-column vertical-align="top"{wide}>{rows}</mj-column>')
        return f"<mj-section {self._worn.card}>{''.join(columns)}</mj-section>"

    def _header(self, block: b.Header) -> str:
        link = _attribute(block.link or "{{ brand.url }}/")
        style = f"color:{self._worn.page_text};text-decoration:none"
        name = f'<a href="{link}" style="{style}">{{{{ brand.name }}}}</a>'
        word = (
            f'<mj-text align="{block.align}" font-size="22px" font-weight="700" css-class="sl-page-text"'
            f' color="{self._worn.page_text}">{name}</mj-text>'
        )
        if not self._worn.logo:
            return word
        width = f"{self._worn.logo_width}px"
        return (
            f'<mj-image src="{_attribute(self._worn.logo)}" alt="{{{{ brand.name }}}}" href="{link}"'
            f' align="{block.align}" width="{width}" padding="20px 24px 12px" />'
        )

    def _heading(self, block: b.Heading) -> str:
        size, tag = _LEVELS[block.level], f"h{block.level}"
        font = f"font-family:{self._worn.heading_font}"
        style = f"margin:0;font-size:{size};line-height:1.25;font-weight:700;{font}"
        return (
            f'<mj-text align="{block.align}" css-class="sl-text" font-size="{size}" padding="10px 28px 6px">'
            f'<{tag} style="{style}">{marks.inline(block.text, self._worn.link)}</{tag}></mj-text>'
        )

    def _text(self, block: b.Text) -> str:
        size = _SIZES[block.size]
        return (
            f'<mj-text align="{block.align}" css-class="sl-text" font-size="{size}" padding="6px 28px 2px">'
            f"{marks.to_html(block.text, self._worn.link)}</mj-text>"
        )

    def _image(self, block: b.Image) -> str:
        width = f' width="{block.width}px"' if block.width else ""
        link = f' href="{_attribute(block.link)}"' if block.link else ""
        shape = f' border-radius="{self._worn.radius}px"' if block.rounded else ""
        fluid = "false" if block.width else "true"
        return (
            f'<mj-image src="{_attribute(block.src)}" alt="{_attribute(block.alt)}" align="{block.align}"'
            f'{width}{link}{shape} fluid-on-mobile="{fluid}" padding="10px 28px" />'
        )

    def _button(self, block: b.Button) -> str:
        look = self._worn.button if block.style == "solid" else self._worn.outline
        wide = ' width="100%"' if block.wide else ""
        return (
            f'<mj-button href="{_attribute(block.link)}" align="{block.align}"{wide} {look}>'
            f"{marks.inline(block.label)}</mj-button>"
        )

    def _divider(self, block: b.Divider) -> str:
        return (
            f'<mj-divider css-class="sl-line" border-width="1px" border-color="{self._worn.line}"'
            f' padding="{block.space}px 28px" />'
        )

    def _spacer(self, block: b.Spacer) -> str:
        return f'<mj-spacer height="{block.height}px" />'

    def _coupon(self, block: b.Coupon) -> str:
        ground, ink = self._worn.tint, self._worn.tint_text
        soft = f'css-class="sl-tint" container-background-color="{ground}" color="{ink}"'
        out = []
        if block.title:
            title = marks.inline(block.title)
            out.append(f'<mj-text align="center" {soft} padding="18px 24px 2px">{title}</mj-text>')
        room = "4px" if block.title else "18px"
        out.append(
            f'<mj-text align="center" {soft} font-size="26px" font-weight="700" letter-spacing="3px"'
            f' padding="{room} 24px {"4px" if block.note else "18px"}">{marks.inline(block.code)}</mj-text>'
        )
        if block.note:
            out.append(
                f'<mj-text align="center" {soft} font-size="14px" padding="2px 24px 18px">'
                f"{marks.inline(block.note)}</mj-text>"
            )
        return "".join(out)

    def _social(self, block: b.Social) -> str:
        found = block.links or self._worn.links
        said = [
            f'<a href="{_attribute(address)}" style="{self._worn.page_link}">{escape(_NETWORK[network])}</a>'
            for network, address in found.items()
            if address and network in _NETWORK
        ]
        if not said:
            return ""
        return (
            f'<mj-text align="{block.align}" font-size="14px" css-class="sl-page-text"'
            f' color="{self._worn.page_text}">{" &nbsp;·&nbsp; ".join(said)}</mj-text>'
        )

    def _footer(self, block: b.Footer) -> str:
        leave, choose = words(self._locale)
        style = self._worn.page_link
        lines = [marks.inline(block.text, style)] if block.text else []
        links = (
            ("unsubscribe_url", marks.inline(block.unsubscribe) or leave),
            ("preferences_url", marks.inline(block.preferences) or choose),
        )
        # A receipt has no address to leave at.
        said = " &nbsp;·&nbsp; ".join(
            f'{{% if {name} != "" %}}<a href="{{{{ {name} }}}}" style="{style}">{text}</a>{{% endif %}}'
            for name, text in links
        )
        lines += [said, "{{ brand.name }}, {{ brand.address }}"]
        return (
            f'<mj-text align="center" font-size="14px" line-height="1.6" css-class="sl-page-text"'
            f' color="{self._worn.page_text}" padding="14px 24px 28px">{"<br />".join(lines)}</mj-text>'
        )

    def _products(self, block: b.Products) -> str:
        out = []
        if block.title:
            heading = self._heading(b.Heading(id="x", text=block.title, level=2))
            out.append(f"<mj-section {self._worn.card}><mj-column>{heading}</mj-column></mj-section>")
        chosen = "".join(self._chosen(block))
        if not block.items:
            out.append(chosen)
        else:
            some = f"{block.items}.size > 0"
            out.append(f"{{% if {some} %}}{self._listed(block)}{{% else %}}{chosen}{{% endif %}}")
        return "".join(out)

    def _listed(self, block: b.Products) -> str:
        if block.columns == 1:
            row = self._row(block, _LISTED)
            return f"{{% for product in {block.items} limit: {block.limit} %}}{row}{{% endfor %}}"
        # A section may not be opened in one turn of a loop and closed in another for mail programs that read
        # conditional comments, so each row of the grid is a loop over its own part of the list.
        out = []
        for at in range(0, block.limit, block.columns):
            many = min(block.columns, block.limit - at)
            column = self._column(block, _LISTED)
            loop = f"{{% for product in {block.items} limit: {many} offset: {at} %}}{column}{{% endfor %}}"
            row = f"<mj-section {self._worn.card}>{loop}</mj-section>"
            out.append(f"{{% if {block.items}.size > {at} %}}{row}{{% endif %}}" if at else row)
        return "".join(out)

    def _chosen(self, block: b.Products) -> Iterable[str]:
        cells = [
            _Cell(
                name=marks.escaped(one.name),
                price=marks.escaped(one.price),
                url=_attribute(one.url),
                image=_attribute(one.image_url),
                either=partial(_has, one),
            )
            for one in block.fallback[: block.limit]
        ]
        if block.columns == 1:
            yield from (self._row(block, cell) for cell in cells)
            return
        for at in range(0, len(cells), block.columns):
            columns = "".join(self._column(block, cell) for cell in cells[at : at + block.columns])
            yield f"<mj-section {self._worn.card}>{columns}</mj-section>"

    def _row(self, block: b.Products, cell: "_Cell") -> str:
        shape = 'alt="" width="110px" border-radius="6px" padding="8px 0 8px 28px"'
        picture = f'<mj-image src="{cell.image}" {shape} />'
        words_ = (
            f'<mj-text css-class="sl-text" padding="8px 28px 8px 12px">{self._said(block, cell)}</mj-text>'
        )
        button = self._under(block, cell)
        return (
            f'<mj-section {self._worn.card}><mj-column width="30%" vertical-align="middle">'
            f"{cell.only('image_url', picture)}</mj-column>"
            f'<mj-column width="70%" vertical-align="middle">{words_}{button}</mj-column></mj-section>'
        )

    def _column(self, block: b.Products, cell: "_Cell") -> str:
        picture = f'<mj-image src="{cell.image}" alt="" border-radius="6px" padding="8px 16px 4px" />'
        said = self._said(block, cell)
        words_ = f'<mj-text align="center" css-class="sl-text" padding="4px 16px 8px">{said}</mj-text>'
        width = f"{100 / block.columns:.4g}%"
        return (
            f'<mj-column width="{width}" vertical-align="top">{cell.only("image_url", picture)}{words_}'
            f"{self._under(block, cell)}</mj-column>"
        )

    def _said(self, block: b.Products, cell: "_Cell") -> str:
        linked = f'<a href="{cell.url}" style="color:{self._worn.text};text-decoration:none">{cell.name}</a>'
        price = cell.only("price", f"<br />{cell.price}") if block.prices else ""
        return f"<strong>{cell.either('url', linked, cell.name)}</strong>{price}"

    def _under(self, block: b.Products, cell: "_Cell") -> str:
        if not block.label:
            return ""
        label = marks.inline(block.label)
        return cell.only("url", f'<mj-button href="{cell.url}" {self._worn.small_button}>{label}</mj-button>')


class _Cell:
    """One product as it is written: its values, and what stands where it has a field and where it has not."""

    def __init__(
        self, name: str, price: str, url: str, image: str, either: Callable[[str, str, str], str]
    ) -> None:
        self.name, self.price, self.url, self.image, self.either = name, price, url, image, either

    def only(self, field: str, text: str) -> str:
        """What stands only where it has the field."""
        return self.either(field, text, "")


def _has(product: b.Product, field: str, yes: str, no: str) -> str:
    return yes if getattr(product, field) else no


def _where(field: str, yes: str, no: str) -> str:
    other = f"{{% else %}}{no}" if no else ""
    return f"{{% if product.{field} %}}{yes}{other}{{% endif %}}"


_LISTED = _Cell(
    name="{{ product.name }}",
    price="{{ product.price | money: product.currency }}"
    "{% if product.quantity %} × {{ product.quantity }}{% endif %}",
    url="{{ product.url }}",
    image="{{ product.image_url }}",
    either=_where,
)
"""A product out of a list, as Liquid."""


def _attribute(text: str) -> str:
    return marks.escaped(text.strip())


_NETWORK = {
    "website": "Website",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "pinterest": "Pinterest",
    "snapchat": "Snapchat",
    "x": "X",
    "youtube": "YouTube",
}
