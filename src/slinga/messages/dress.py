"""What a brand wears: the colours, fonts and shapes of its mails, as MJML attributes.

In: a brand. Out: a `Dress`.
Always true: pure; a colour that is none falls back to ours, so nothing of a brand can end an attribute; what
is written on a colour can be read on it; dark mail programs get colours in pairs.
"""

import re

import msgspec

from slinga.messages.colours import contrast, mixed
from slinga.messages.model import FONTS, Brand

_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
DARK_PAGE, DARK_CARD, DARK_TEXT, DARK_SOFT = "#141416", "#202024", "#f2f2f4", "#b9b9c0"


def colour(given: str, otherwise: str) -> str:
    """A colour such as #1f4b99, or the other one."""
    return given if _COLOUR.fullmatch(given) else otherwise


class Dress(msgspec.Struct, frozen=True):
    """Ready-made pieces of MJML; `page_text` is for what stands outside the card."""

    text: str
    background: str
    surface: str
    accent: str
    on_accent: str
    link_colour: str
    page_text: str
    line: str
    tint: str
    tint_text: str
    font: str
    heading_font: str
    radius: int
    logo: str
    logo_width: int
    links: dict[str, str]

    @property
    def page(self) -> str:
        """Attributes of the body."""
        return f'background-color="{self.background}" css-class="sl-page"'

    @property
    def card(self) -> str:
        """Attributes of a section on the card."""
        return f'background-color="{self.surface}" padding="0" css-class="sl-card"'

    @property
    def bare(self) -> str:
        """Attributes of a section outside it."""
        return 'padding="8px 0"'

    def edge(self, *, top: bool) -> str:
        """Attributes of the card's first or last strip."""
        round_ = min(self.radius + 4, 24)
        corners = f"{round_}px {round_}px 0 0" if top else f"0 0 {round_}px {round_}px"
        return f'background-color="{self.surface}" border-radius="{corners}" padding="0" css-class="sl-card"'

    @property
    def link(self) -> str:
        """The style of a link in a text."""
        return f"color:{self.link_colour};text-decoration:underline"

    @property
    def page_link(self) -> str:
        """The style of a link outside the card."""
        return f"color:{self.page_text};text-decoration:underline"

    @property
    def button(self) -> str:
        """Attributes of a full button."""
        return f'background-color="{self.accent}" color="{self.on_accent}"'

    @property
    def outline(self) -> str:
        """Attributes of a button that is only framed."""
        return (
            f'background-color="{self.surface}" color="{self.link_colour}" border="2px solid'
            f' {self.link_colour}" css-class="sl-outline"'
        )

    @property
    def small_button(self) -> str:
        """Attributes of a button under a product."""
        return f'{self.button} font-size="14px" inner-padding="9px 16px" padding="4px 16px 14px"'

    def head(self) -> str:
        """What goes for the whole mail, with the colours for dark mail programs."""
        dark = f"background: {DARK_CARD} !important; background-color: {DARK_CARD} !important;"
        shape = f'border-radius="{self.radius}px" inner-padding="14px 28px" padding="14px 28px"'
        return f"""<mj-head>
<mj-attributes>
<mj-all font-family="{self.font}" />
<mj-text font-size="16px" line-height="1.55" color="{self.text}" padding="8px 28px" />
<mj-button font-size="16px" font-weight="600" {shape} />
</mj-attributes>
<mj-raw>
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
</mj-raw>
<mj-style>
@media (prefers-color-scheme: dark) {{
body, .sl-page {{ background-color: {DARK_PAGE} !important; }}
.sl-card, .sl-card > table {{ {dark} }}
.sl-card div, .sl-text a {{ color: {DARK_TEXT} !important; }}
.sl-line p {{ border-top-color: #4a4a52 !important; }}
.sl-tint, .sl-tint div {{ background: #2c2c32 !important; color: {DARK_TEXT} !important; }}
.sl-page-text div, .sl-page-text a {{ color: {DARK_SOFT} !important; }}
.sl-outline td, .sl-outline a {{ {dark} color: {DARK_TEXT} !important; }}
.sl-outline td {{ border-color: {DARK_TEXT} !important; }}
}}
</mj-style>
</mj-head>"""


def dress(brand: Brand) -> Dress:
    """What this brand wears."""
    surface = colour(brand.surface, "#ffffff")
    background = colour(brand.background, "#f4f2ee")
    text = readable(colour(brand.text_color, "#1d1d1f"), surface)
    accent = colour(brand.color, "#1f4b99")
    tint = mixed(accent, surface, 0.9)
    return Dress(
        text=text,
        background=background,
        surface=surface,
        accent=accent,
        on_accent=readable("#ffffff", accent),
        link_colour=readable(accent, surface),
        page_text=readable("#5c5c61", background),
        line=mixed(text, surface, 0.86),
        tint=tint,
        tint_text=readable(text, tint),
        font=FONTS[brand.font],
        heading_font=FONTS[brand.heading_font or brand.font],
        radius=max(0, min(brand.rounding, 28)),
        logo=brand.logo_url,
        logo_width=max(40, min(brand.logo_width, 400)),
        links=dict(brand.links),
    )


def readable(ink: str, ground: str) -> str:
    """The ink, or where it cannot be read on the ground, near-black or white."""
    if contrast(ink, ground) >= 4.5:
        return ink
    return max(("#1d1d1f", "#ffffff", "#000000"), key=lambda one: contrast(one, ground))
