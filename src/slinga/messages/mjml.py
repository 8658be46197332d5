"""MJML: checked by us first, then compiled to HTML.

In: MJML with Liquid. Out: findings with line numbers, and protected HTML.
Always true: what is not known is refused with its line before the compiler, which forgives and guesses,
sees it; nothing is included from files or the network.
"""

import re
from collections.abc import Callable

import css_inline
import mjml as compiler

from slinga.kernel.errors import Invalid
from slinga.messages.markup import blanked
from slinga.messages.model import Finding

_TABLE = """
$pad: padding padding-top padding-right padding-bottom padding-left
$font: color font-family font-size font-style font-weight letter-spacing line-height text-align
    text-decoration text-transform
$border: border border-top border-right border-bottom border-left border-radius
$back: background-color background-position background-position-x background-position-y background-repeat
    background-size background-url
$link: href rel target title name
$box: align vertical-align container-background-color $pad
mjml: lang dir owa
mj-head:
mj-attributes:
mj-all: *
mj-class: *
mj-html-attributes: *
mj-breakpoint: width
mj-font: name href
mj-preview:
mj-style: inline
mj-title:
mj-raw: position
mj-body: background-color width id lang dir
mj-wrapper: $back $border $pad full-width text-align direction gap
mj-section: $back $border $pad full-width text-align text-padding direction
mj-column: background-color inner-background-color $border inner-border inner-border-radius $pad
    vertical-align width direction
mj-group: background-color direction vertical-align width
mj-hero: $back $pad background-height background-width border-radius height inner-background-color mode
    vertical-align width
mj-text: $font $box background-color height align
mj-button: $font $link $box $border background-color height inner-padding width
mj-image: $link $box $border alt src srcset sizes usemap fluid-on-mobile font-size height max-height
    width
mj-divider: $box border-color border-style border-width width
mj-spacer: $box height
mj-table: $font $box $border cellpadding cellspacing role table-layout width
mj-social: $font $box border-radius icon-height icon-padding icon-size inner-padding mode table-layout
    text-padding
mj-social-element: $font $link $pad align alt background-color border-radius icon-height icon-padding
    icon-position icon-size src srcset sizes text-padding vertical-align
mj-navbar: align base-url hamburger ico-* $pad
mj-navbar-link: $font $link $pad
mj-accordion: $box border font-family icon-align icon-height icon-position icon-unwrapped-alt
    icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url
mj-accordion-element: background-color border font-family icon-align icon-height icon-position
    icon-unwrapped-alt
    icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url
mj-accordion-title: background-color color font-family font-size font-weight $pad
mj-accordion-text: background-color color font-family font-size font-weight letter-spacing line-height
    $pad
mj-carousel: $box border-radius icon-width left-icon right-icon tb-border tb-border-radius
    tb-hover-border-color tb-selected-border-color tb-width thumbnails
mj-carousel-image: $link alt src border-radius tb-border tb-border-radius thumbnails-src
"""
"""Elements and their attributes; a word with $ stands for a set, * for any."""


def _read(table: str) -> dict[str, str]:
    rows: dict[str, str] = {}
    for row in table.strip().replace("\n    ", " ").splitlines():
        name, _, words = row.partition(":")
        rows[name] = " ".join(rows.get(word, word) for word in words.split())
    return {name: words for name, words in rows.items() if not name.startswith("$")}


ATTRIBUTES = _read(_TABLE)

_HEAD = "mj-attributes mj-breakpoint mj-font mj-html-attributes mj-preview mj-style mj-title mj-raw"
_CONTENT = (
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer"
    " mj-table mj-text"
)

CHILDREN: dict[str, str] = {
    "": "mjml",
    "mjml": "mj-head mj-body mj-raw",
    "mj-head": _HEAD,
    "mj-attributes": "*",
    "mj-html-attributes": "*",
    "mj-body": "mj-section mj-wrapper mj-hero mj-raw",
    "mj-wrapper": "mj-section mj-hero mj-raw",
    "mj-section": "mj-column mj-group mj-raw",
    "mj-group": "mj-column mj-raw",
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-social": "mj-social-element mj-raw",
    "mj-navbar": "mj-navbar-link mj-raw",
    "mj-accordion": "mj-accordion-element mj-raw",
    "mj-accordion-element": "mj-accordion-title mj-accordion-text mj-raw",
    "mj-carousel": "mj-carousel-image mj-raw",
}
_FREE = frozenset(ATTRIBUTES) - frozenset(CHILDREN) - {"mj-all", "mj-class"}
"""Elements whose inside is HTML of the author's, up to their own closing tag."""
_TAG = re.compile(
    r"""<!--.*?-->|<(?P<close>/)?(?P<name>[a-zA-Z][\w:-]*)(?P<rest>(?:"[^"]*"|'[^']*'|[^>"'])*)>""", re.DOTALL
)
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")


def lint(source: str) -> list[Finding]:
    """Everything wrong with the structure, each with its line. Liquid may stand anywhere."""
    text = blanked(source)
    found: list[Finding] = []
    stack: list[tuple[str, int]] = []
    at = 0

    def say(offset: int, message: str) -> None:
        found.append(Finding(1 + text.count("\n", 0, offset), "error", "mjml", message))

    while match := _TAG.search(text, at):
        between, start = text[at : match.start()].strip(), match.start()
        if between:
            say(
                at + len(text[at:start]) - len(text[at:start].lstrip()),
                f"text may not stand here: {between[:30]!r}",
            )
        at = match.end()
        if match[0].startswith("<!--"):
            continue
        name, rest = match["name"], match["rest"] or ""
        parent = stack[-1][0] if stack else ""
        if match["close"]:
            if not stack:
                say(start, f"</{name}> closes nothing")
            elif name != parent:
                say(start, f"</{name}> closes <{parent}> of line {stack[-1][1]}")
                if any(name == opened for opened, _ in stack):
                    while stack.pop()[0] != name:
                        continue
            else:
                stack.pop()
            continue
        line = 1 + text.count("\n", 0, start)
        _check(name, rest, parent, start, say)
        if rest.rstrip().endswith("/"):
            continue
        if name in _FREE or name not in ATTRIBUTES:
            end = re.compile(rf"</{re.escape(name)}\s*>").search(text, at)
            if end is None:
                say(start, f"<{name}> is never closed")
                break
            at = end.end()
            continue
        stack.append((name, line))
    if text[at:].strip() and not stack:
        say(at, f"text may not stand here: {text[at:].strip()[:30]!r}")
    for name, line in stack:
        found.append(Finding(line, "error", "mjml", f"<{name}> is never closed"))
    if not any(finding.line for finding in found) and "<mj-body" not in text:
        found.append(Finding(1, "error", "mjml", "there is no <mj-body>"))
    return sorted(found, key=lambda finding: finding.line)


def _check(name: str, rest: str, parent: str, start: int, say: Callable[[int, str], None]) -> None:
    allowed = CHILDREN.get(parent, "").split()
    if name == "mj-include":
        say(start, "<mj-include> is not available: a template stands alone")
        return
    if name not in ATTRIBUTES:
        if parent not in ("mj-attributes", "mj-html-attributes"):
            say(start, f"<{name}> is not an MJML element")
        return
    if "*" not in allowed and name not in allowed:
        say(start, f"<{name}> may not stand in {f'<{parent}>' if parent else 'the root'}")
    known = ATTRIBUTES[name].split()
    if parent == "mj-attributes" or "*" in known:
        return
    for attribute in _ATTRIBUTE.finditer(rest.rstrip().removesuffix("/")):
        word = attribute[1]
        fits = word in known or any(one.endswith("*") and word.startswith(one[:-1]) for one in known)
        if not fits and word not in ("css-class", "mj-class"):
            say(start, f"<{name}> has no attribute {word!r}")
        elif attribute[2] is None:
            say(start, f"the attribute {word!r} of <{name}> needs a value")


_INLINE = re.compile(r"<mj-style\b[^>]*\binline\s*=\s*[\"']inline[\"'][^>]*>(.*?)</mj-style>", re.DOTALL)


def compile_mjml(protected: str, locale: str, title: str) -> str:
    """HTML of protected MJML. The document's language and title are set where it sets none.

    Raises Invalid with what the compiler says. `title` is protected text.
    """
    source = re.sub(
        r"<mjml(?![^>]*\blang=)", f'<mjml lang="{locale}" dir="{direction(locale)}"', protected, count=1
    )
    css = "\n".join(_INLINE.findall(source))
    source = _INLINE.sub("", source)
    if "<mj-title" not in source:
        heading = f"<mj-title>{title}</mj-title>"
        if "<mj-head>" in source:
            source = source.replace("<mj-head>", f"<mj-head>{heading}", 1)
        else:
            source = source.replace("<mj-body", f"<mj-head>{heading}</mj-head><mj-body", 1)
    try:
        html = compiler.mjml2html(source, fonts={})
    except (ValueError, TypeError) as error:
        raise Invalid("MJML: %(why)s", field="body.mjml", why=error) from None
    return _inline_only(html, css) if css else html


_IGNORED = ' data-css-inline="ignore"'


def _inline_only(html: str, css: str) -> str:
    """Inline these rules and leave the styles that are in the document where they are."""
    marked = html.replace("<style", f"<style{_IGNORED}").replace("</head>", f"<style>{css}</style></head>", 1)
    return inline(marked).replace(_IGNORED, "")


def inline(html: str) -> str:
    """CSS rules as style attributes, without touching the network. Media queries stay in a style tag."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html)


def direction(locale: str) -> str:
    """The writing direction of a language."""
    return "rtl" if locale.split("-")[0] in ("ar", "fa", "he", "ur", "yi") else "ltr"
