"""What the finished mail is checked for, beside its sources: links, pictures, order, what mail programs know.

In: a template, one language of it rendered. Out: findings by rule.
Always true: pure; no address is asked for anything; an error is what receivers refuse or people cannot use.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborHTMLParser

from slinga.kernel.words import filled
from slinga.kernel.words import noted as N_
from slinga.messages import sms
from slinga.messages.model import Finding, Template
from slinga.messages.render import Rendered

SHORTENERS = frozenset({"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly"})
GROUPS: dict[str, str] = {
    "links": "links",
    "link": "links",
    "unsubscribe": "links",
    "alt": "access",
    "role": "access",
    "contrast": "access",
    "small": "access",
    "lang": "access",
    "title": "access",
    "headings": "access",
    "size": "size",
    "programs": "programs",
    "element": "programs",
}
"""Rule -> where a page shows it; what is not here is about arriving in the inbox."""
_REDIRECTS = frozenset(
    {"url", "redirect", "redirect_uri", "redirect_url", "next", "goto", "target", "dest", "u"}
)
_WORD = re.compile(r"\w{2,}")
_PROGRAMS: tuple[tuple[str, str], ...] = (
    (r"display\s*:\s*(inline-)?(flex|grid)", N_("Outlook for Windows and some webmail ignore flex and grid")),
    (r"position\s*:\s*(absolute|fixed|sticky)", N_("most mail programs ignore positioning")),
    (r"@font-face|@import", N_("Gmail and Outlook for Windows show their own font instead of a loaded one")),
    (
        r"background(-image)?\s*:[^;}]*url\(",
        N_("Outlook for Windows shows no background pictures without VML"),
    ),
    (r"<video\b|<audio\b", N_("only Apple Mail plays video or sound; others need a picture with a link")),
    (r"<svg\b|\.svg[\"'?]", N_("Gmail and Outlook show no SVG; use PNG")),
    (r"\.webp[\"'?]", N_("Outlook for Windows shows no WebP; use PNG or JPEG")),
    (r"box-shadow\s*:", N_("Outlook for Windows and Gmail for accounts of others show no shadows")),
    (r"animation\s*:|@keyframes", N_("only Apple Mail moves things; the first picture must stand alone")),
    (r"var\(\s*--", N_("Outlook and Gmail know no variables of CSS")),
)


def check(template: Template, made: Rendered) -> list[Finding]:
    """Findings about one rendered mail, errors first."""
    if template.channel != "email":
        return list(_short(template, made))
    tree = LexborHTMLParser(made.html)
    found = [
        *_links(template, tree, made),
        *_headings(tree),
        *_arriving(template, tree, made),
        *_programs(made.html),
    ]
    return sorted(dict.fromkeys(found), key=lambda one: one.level != "error")


def group(finding: Finding) -> str:
    """Where a page shows it: links, access, size, programs or inbox."""
    return GROUPS.get(finding.rule, "inbox")


def _error(rule: str, message: str) -> Finding:
    return Finding(0, "error", rule, message)


def _warning(rule: str, message: str) -> Finding:
    return Finding(0, "warning", rule, message)


def _links(template: Template, tree: LexborHTMLParser, made: Rendered) -> Iterator[Finding]:
    hrefs = [(node.attributes.get("href") or "").strip() for node in tree.css("a[href]")]
    for address in dict.fromkeys(hrefs):
        if address in ("", "#"):
            yield _error("links", "a link leads nowhere")
        elif address.startswith("#") and not tree.css(f"#{_name(address)}, [name={_name(address)!r}]"):
            yield _warning("links", filled("there is no place %(place)s in this mail", place=address))
        elif address.lower().startswith("http"):
            yield from _web(address)
    if template.message_class == "marketing":
        if not any("/u/" in address for address in hrefs):
            yield _error("unsubscribe", "there is no link to unsubscribe: {{ unsubscribe_url }}")
        if "/u/" not in made.text:
            yield _error("unsubscribe", "the plain text has no link to unsubscribe")


def _name(address: str) -> str:
    return re.sub(r"[^\w-]", "", address[1:]) or "x"


def _web(address: str) -> Iterator[Finding]:
    try:
        parts = urlsplit(address)
    except ValueError:
        yield _error("links", filled("%(address)s is no web address", address=address[:80]))
        return
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1")
    if not local and "." not in host:
        yield _error("links", filled("%(address)s names no site that others reach", address=address[:80]))
    if parts.scheme == "http" and not local:
        yield _warning("links", filled("%(host)s is linked without https", host=host))
    if host.removeprefix("www.") in SHORTENERS:
        yield _warning("links", filled("%(host)s hides where a link leads; filters distrust it", host=host))
    for name, value in parse_qsl(parts.query):
        if name.lower() in _REDIRECTS and value.lower().startswith(("http:", "https:", "//")):
            yield _warning(
                "links",
                filled(
                    "%(host)s is asked to lead on to another site (%(name)s); link to the end",
                    host=host,
                    name=name,
                ),
            )


def _headings(tree: LexborHTMLParser) -> Iterator[Finding]:
    levels = [int((node.tag or "h1")[1]) for node in tree.css("h1, h2, h3, h4, h5, h6")]
    if levels.count(1) > 1:
        yield _warning("headings", "there is more than one heading of the first level")
    if levels and levels[0] != 1:
        yield _warning("headings", "the first heading is not of the first level")
    for before, after in pairwise(levels):
        if after > before + 1:
            yield _warning(
                "headings",
                filled(
                    "a heading of level %(after)s follows one of level %(before)s", after=after, before=before
                ),
            )
            return


def _arriving(template: Template, tree: LexborHTMLParser, made: Rendered) -> Iterator[Finding]:
    subject = made.subject
    if len(subject) > 70:
        yield _warning(
            "subject",
            filled("the subject has %(number)s characters; phones show about 40", number=len(subject)),
        )
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) > 8 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters):
        yield _warning("subject", "a subject in capital letters looks like spam")
    if subject.count("!") > 1 or re.search(r"[€$£]{2}|100 ?%", subject):
        yield _warning("subject", "exclamation and money signs in the subject look like spam")
    if re.match(r"\s*(re|fw|fwd|sv|odp)\s*:", subject, re.IGNORECASE):
        yield _error("subject", "the subject pretends to be an answer")
    for node in tree.css("style, script, title"):
        node.decompose()
    words = len(_WORD.findall(tree.body.text(separator=" ") if tree.body else ""))
    pictures = [node for node in tree.css("img") if node.attributes.get("width") != "1"]
    if pictures and words < 20:
        yield _warning(
            "pictures", "nearly all of this mail is pictures; without them nothing is left to read"
        )
    if not made.sender:
        yield _warning("sender", "neither the template nor the brand names a sender")
    if not made.text.strip():
        yield _error("text", "there is no plain text")


def _programs(html: str) -> Iterator[Finding]:
    # What stands in comments is for Outlook alone and written for it.
    shown = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    for pattern, told in _PROGRAMS:
        if re.search(pattern, shown, re.IGNORECASE):
            yield _warning("programs", told)


def _short(template: Template, made: Rendered) -> Iterator[Finding]:
    if template.channel == "sms":
        found = sms.length(made.text.strip())
        if found.parts > 1:
            told = "%(number)s characters are %(many)s text messages"
            yield _warning("size", filled(told, number=found.signs, many=found.parts))
    elif template.channel == "push" and made.push is not None:
        if len(made.push.title) > 50:
            yield _warning("size", "phones show about 50 characters of a title")
        if len(made.push.body) > 150:
            yield _warning("size", "phones show about 150 characters of a text")
