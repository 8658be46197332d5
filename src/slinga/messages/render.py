"""From a template and an intent to exactly what is sent.

In: a template compiled once per version; per message the intent and the links. Out: `Rendered`, or
`RenderFailed` as data.
Always true: all that does not depend on the person is done in `compile`; a preview takes the same way as
a message; data reach the output only escaped for where they stand; a failed part fails the whole message.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.messages import flat, folding, liquid, markup, mjml, preview, text
from slinga.messages.blocks import reworded
from slinga.messages.composing import compose
from slinga.messages.footer import footer_html, footer_text
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Body, Brand, Intent, Push, Template, Variant, fallback
from slinga.messages.money import LOCALE, reader

HTML = liquid.fence(html=True)
TEXT = liquid.fence(html=False)
for _tag in markup.TAGS:
    HTML.add_tag(_tag)
    TEXT.add_tag(_tag)

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""What may not stand in a header: controls, line separators and overrides of the writing direction."""


class Links(msgspec.Struct, frozen=True):
    """The addresses of one message. `click` gets a link's number and address and returns what to print.

    None or "" means: not tracked, no pixel. Built from tokens by whoever receives the clicks.
    """

    unsubscribe: str = ""
    preferences: str = ""
    view: str = ""
    confirm: str = ""
    pixel: str = ""
    mailto: str = ""
    """The mail form of unsubscribing, for the header only."""
    click: Callable[[int, str], str] | None = None


NO_LINKS = Links()


class Rendered(msgspec.Struct, frozen=True):
    """A message ready for its channel. `links` are the (number, final address) pairs in it.

    `pieces` are the HTML once more, the template's constant text told apart from what is the person's own;
    `text_pieces` the plain text, unless it had to be tidied.
    """

    locale: str
    subject: str = ""
    html: str = ""
    text: str = ""
    sender: str = ""
    reply_to: str = ""
    headers: dict[str, str] = {}
    links: tuple[tuple[int, str], ...] = ()
    push: Push | None = None
    hook_url: str = ""
    hook_body: str = ""
    pieces: Sequence[str] = ()
    text_pieces: Sequence[str] = ()


class Part(msgspec.Struct, frozen=True):
    """One locale of a template, compiled: named Liquid texts."""

    locale: str
    texts: dict[str, Any]
    defaults: dict[str, Any]
    links: tuple[markup.Link, ...] = ()
    html: str = ""
    """The source of the compiled HTML, for the checks."""
    untracked: frozenset[int] = frozenset()
    """The numbers of links that stay as they are."""


class Compiled(msgspec.Struct, frozen=True):
    """A template ready to render any number of times, from any thread."""

    template: Template
    brand: Brand
    parts: dict[str, Part]
    said: dict[str, str]
    """The brand, as templates name it."""
    confirms: bool = False
    """Whether any part speaks of `confirm_url`, which is then made for each message."""


NO_BRAND = Brand()


def compile(template: Template, brand: Brand = NO_BRAND) -> Compiled:
    """Compile every locale. Raises Invalid with field and line on Liquid or MJML that is wrong."""
    parts = {}
    for tag in ("", *template.locales):
        chain = [template.locales[one] for one in fallback(tag, template) if one] if tag else []
        prefix = f"locales.{tag}." if tag else ""
        parts[tag] = _part(resolved(template, chain), tag or template.locale, prefix, brand)
    said = msgspec.json.encode(template)
    return Compiled(template, brand, parts, msgspec.structs.asdict(brand), b"confirm_url" in said)


def resolved(template: Template, chain: list[Variant]) -> Template:
    """The template with the words of its variants, nearest first in `chain`."""
    for variant in reversed(chain):
        said = {name: getattr(variant, name, None) for name in template.__struct_fields__}
        changes: dict[str, Any] = {name: value for name, value in said.items() if value}
        body = changes.get("body", template.body)
        if variant.words and body is not None:
            changes["body"] = Body(body.mjml, body.html, reworded(body.blocks, variant.words))
        if variant.defaults:
            changes["defaults"] = liquid.merged(variant.defaults, template.defaults)
        template = msgspec.structs.replace(template, **changes)
    return template


def _part(template: Template, locale: str, prefix: str, brand: Brand) -> Part:
    texts: dict[str, Any] = {}
    links: list[markup.Link] = []
    html = ""
    known = msgspec.structs.asdict(brand)
    said = {"brand": {name: value for name, value in known.items() if isinstance(value, str)}}

    def add(name: str, source: str, env: liquid.Fenced = TEXT, field: str = "") -> None:
        if source:
            compiled = liquid.compile_text(env, source, prefix + (field or name))
            folding.fold(compiled, source, said, brand.url.rstrip("/"))
            compiled.flat = flat.flatten(compiled)
            texts[name] = compiled

    add("sender", template.sender or brand.sender, field="from")
    add("reply_to", template.reply_to or brand.reply_to)
    add("subject", template.subject)
    if template.channel == "email" and template.body is not None:
        body = composed(template.body, brand, locale, prefix)
        html, plain, links = _mail(template, body, locale, prefix)
        add("html", html, HTML, "body")
        add("text", plain)
    elif template.channel == "sms":
        add("text", template.text)
    elif template.push is not None:
        for name in ("title", "body", "url", "icon"):
            add(f"push.{name}", getattr(template.push, name))
    if template.hook is not None:
        add("hook.url", template.hook.url)
        add("hook.body", template.hook.body)
    untracked = frozenset(link.number for link in links if not link.tracked)
    return Part(locale, texts, template.defaults, tuple(links), html, untracked)


def composed(body: Body, brand: Brand, locale: str, prefix: str = "") -> Body:
    """A body of blocks as MJML; any other as it is. `prefix` is where it stands in the document."""
    if not body.blocks:
        return body
    return Body(mjml=compose(body.blocks, brand, locale, f"{prefix}body.blocks"))


def _mail(template: Template, body: Body, locale: str, prefix: str) -> tuple[str, str, list[markup.Link]]:
    """The Liquid sources of the HTML and the plain text of a mail, and its links."""
    source = body.mjml or body.html
    if body.mjml:
        wrong = mjml.lint(source)
        if wrong:
            told = "; ".join(f"line {one.line}: {one.message}" for one in wrong[:5])
            raise Invalid(told, field=f"{prefix}body.mjml")
    protected, spans = markup.protect(source)
    if body.mjml:
        title, own = markup.protect(f"<title>{template.subject}</title>")
        title = title.removeprefix("<title>").removesuffix("</title>")
        title = re.sub(r"LQDx(\d+)x", lambda m: f"LQDx{int(m[1]) + len(spans)}x", title)
        spans += own
        html = mjml.compile_mjml(protected, locale, title.replace("<", "&lt;"))
    else:
        html = mjml.inline(_with_lang(protected, locale))
    marketing = template.message_class == "marketing"
    if marketing and "unsubscribe_url" not in source:
        foot, more = markup.protect(footer_html(locale))
        foot = re.sub(r"LQD(x?)(\d+)", lambda m: f"LQD{m[1]}{int(m[2]) + len(spans)}", foot)
        spans += more
        html = preview.insert(html, "", foot)
    html, links = markup.number_links(html, spans)
    plain = template.text or markup.restore(text.from_html(html), spans)
    html = preview.insert(markup.restore(html, spans), preview.block(template.preview), "{% pixel %}")
    if template.text and marketing and "unsubscribe_url" not in template.text:
        plain = template.text.rstrip() + "\n\n" + footer_text(locale)
    return html, plain, links


def _with_lang(html: str, locale: str) -> str:
    return re.sub(
        r"<html(?![^>]*\blang=)", f'<html lang="{locale}" dir="{mjml.direction(locale)}"', html, count=1
    )


def locale_of(variables: dict[str, Any]) -> str:
    """The person's language as far as a message's snapshot knows it."""
    person = variables.get("person")
    if not isinstance(person, dict):
        return ""
    found = person.get("locale") or person.get("language")
    return found if isinstance(found, str) else ""


def render(
    compiled: Compiled,
    intent: Intent,
    links: Links = NO_LINKS,
    *,
    now: Instant | None = None,
    locale: str | None = None,
) -> Rendered | RenderFailed:
    """Render one message. `now` (default: when it was planned) is what "now" means in the template.

    The locale is the person's unless given. Never raises on what data contain.
    """
    template, brand = compiled.template, compiled.brand
    at = intent.planned_at if now is None else now
    part = compiled.parts[fallback(locale_of(intent.variables) if locale is None else locale, template)[0]]
    followed: list[tuple[int, str]] = []
    follow = _follower(compiled, part, intent, links, followed)
    slots = {"link": follow, "pixel": links.pixel, "base": brand.url.rstrip("/")}
    slots[LOCALE] = reader(part.locale, locale_of(intent.variables) if locale is None else locale)
    data = liquid.merged(intent.variables, part.defaults)
    data["brand"] = compiled.said
    data["unsubscribe_url"], data["preferences_url"] = links.unsubscribe, links.preferences
    data["view_url"], data["confirm_url"] = links.view, links.confirm
    done: dict[str, str] = {}
    pieces: Sequence[str] = ()
    text_pieces: Sequence[str] = ()
    scene = liquid.Scene(data, at, slots)
    for name, compiled_text in part.texts.items():
        written = liquid.pieces(compiled_text, scene, name)
        if isinstance(written, RenderFailed):
            return written
        out = "".join(written)
        if name == "html":
            pieces = written
        elif name == "text":
            tidied = text.tidy(out)
            if tidied == out:
                text_pieces = written
            out = tidied
        elif name != "hook.body":
            out = _line(out)
        done[name] = out
    if template.channel == "email" and not done.get("subject"):
        return RenderFailed("the subject is empty", 0, "subject")
    push = None
    if template.push is not None and template.channel == "push":
        made = _push(template.push, done, brand, follow)
        if isinstance(made, RenderFailed):
            return made
        push = made
    return Rendered(
        part.locale,
        done.get("subject", ""),
        done.get("html", ""),
        done.get("text", ""),
        done.get("sender", ""),
        done.get("reply_to", ""),
        template.headers,
        tuple(dict.fromkeys(followed)),
        push,
        done.get("hook.url", ""),
        done.get("hook.body", ""),
        pieces,
        text_pieces,
    )


def _line(value: str) -> str:
    return CONTROLS.sub(" ", value).strip()


def _push(
    push: Push, done: dict[str, str], brand: Brand, link: Callable[[int, str], str]
) -> Push | RenderFailed:
    url = done.get("push.url", "") or brand.url
    if url.startswith("/"):
        url = brand.url.rstrip("/") + url
    for address in (url, done.get("push.icon", "")):
        if address and not re.fullmatch(r"https?://[^\s<>\"]+", address):
            return RenderFailed(f"{address[:80]!r} cannot be the address of a push", 0, "push")
    if not done.get("push.title"):
        return RenderFailed("the title is empty", 0, "push.title")
    return Push(
        done["push.title"],
        done.get("push.body", ""),
        link(0, url) if url else "",
        done.get("push.icon", ""),
        push.ttl_s,
    )


def _follower(
    compiled: Compiled, part: Part, intent: Intent, links: Links, followed: list[tuple[int, str]]
) -> Callable[[int, str], str]:
    template = compiled.template
    query = _query(
        compiled.brand.name, template.channel, intent.journey, template.key, tuple(template.utm.items())
    )
    untracked = part.untracked
    marketing = template.message_class == "marketing"

    made: dict[tuple[int, str], str] = {}

    def follow(number: int, address: str) -> str:
        if number in untracked or address[:4].lower() != "http":
            return address
        known = made.get((number, address))
        if known is None:  # HTML and plain text have the same links
            final = with_query(address, query) if marketing else address
            followed.append((number, final))
            known = links.click(number, final) if links.click is not None else final
            made[number, address] = known
        return known

    return follow


@lru_cache(maxsize=256)
def _query(brand: str, channel: str, journey: str, key: str, own: tuple[tuple[str, str], ...]) -> str:
    """The campaign tags of a message's links."""
    tags = {
        "utm_source": brand.lower().replace(" ", "-") or "slinga",
        "utm_medium": channel,
        "utm_campaign": journey or key,
        "utm_content": key,
        **dict(own),
    }
    return "&".join(f"{name}={quote(value)}" for name, value in tags.items() if value)


def with_query(address: str, query: str) -> str:
    """The address with more query parameters before its fragment; one with campaign tags keeps its own."""
    if "utm_" in address or not query:
        return address
    place, mark, fragment = address.partition("#")
    return f"{place}{'&' if '?' in place else '?'}{query}{mark}{fragment}"
