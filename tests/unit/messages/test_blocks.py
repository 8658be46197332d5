"""Block documents: read strictly, written back without loss, composed to MJML that the renderer takes."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.errors import Invalid
from slinga.messages import blocks, marks, mjml
from slinga.messages.colours import contrast
from slinga.messages.composing import compose
from slinga.messages.dress import dress
from slinga.messages.lint import lint
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Brand, Intent, parse
from slinga.messages.render import Links, Rendered, compile, composed, render

BRAND = Brand("Kvällsro", "Storgatan 1, Lund", "https://shop.example")
LINKS = Links(unsubscribe="https://m.example/u/1", preferences="https://m.example/p/1")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
plain = words.filter(lambda text: "{" not in text and "%}" not in text)
kinds: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "header": st.just({}),
    "heading": st.fixed_dictionaries({"text": plain, "level": st.integers(1, 3)}),
    "text": st.fixed_dictionaries({"text": plain}),
    "image": st.fixed_dictionaries({"src": st.just("https://x.example/a.png"), "alt": plain}),
    "button": st.fixed_dictionaries({"label": plain, "link": st.just("{{ brand.url }}/")}),
    "products": st.fixed_dictionaries(
        {"items": st.just("list"), "columns": st.integers(1, 3), "title": plain, "label": plain}
    ),
    "divider": st.just({}),
    "spacer": st.just({"height": 3}),
    "coupon": st.fixed_dictionaries({"code": plain, "title": plain}),
    "social": st.just({"links": {"x": "https://x.example/"}}),
    "footer": st.fixed_dictionaries({"text": plain}),
    "raw": st.just({"mjml": "<mj-text>own</mj-text>"}),
}
inner = ("heading", "text", "image", "button", "divider", "spacer", "coupon")


@st.composite
def documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = 0

    def one(allowed: tuple[str, ...]) -> dict[str, Any]:
        nonlocal count
        count += 1
        kind = draw(st.sampled_from(allowed))
        found = {"type": kind, "id": f"b{count}"}
        if kind == "columns":
            columns = [
                {"blocks": [one(inner) for _ in range(draw(st.integers(1, 2)))]}
                for _ in range(draw(st.integers(2, 3)))
            ]
            return {**found, "columns": columns}
        if draw(st.booleans()):
            found["show_if"] = "person.first_name"
        return {**found, **draw(kinds[kind])}

    return [one((*kinds, "columns")) for _ in range(draw(st.integers(1, 6)))]


def template(found: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "key": "t", "name": "T", "class": "marketing", "topic": "news", "subject": "Hi",
        "body": {"blocks": found}, **more,
    }  # fmt: skip


def made(document: dict[str, Any], locale: str = "", **variables: Any) -> Rendered:
    compiled = compile(parse(document), BRAND)
    intent = Intent("k", "p", "marketing", "email", variables=variables)
    done = render(compiled, intent, LINKS, locale=locale)
    assert isinstance(done, Rendered), done
    return done


@given(documents())
def test_a_document_is_written_back_as_the_same_blocks(found: list[dict[str, Any]]) -> None:
    read = msgspec.convert(found, blocks.Blocks)
    blocks.check(read)
    again = msgspec.json.decode(msgspec.json.encode(read), type=blocks.Blocks)
    assert again == read
    written = msgspec.json.decode(msgspec.json.encode(read))
    assert _telling(written) == _telling(found)


_DEFAULTS = {"level": 1, "columns": 2, "height": 24}


def _telling(document: Any) -> Any:
    """The document without what is as it would be anyway."""
    if isinstance(document, list):
        return [_telling(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {k: _telling(v) for k, v in document.items() if v != "" and v != _DEFAULTS.get(k)}


@given(documents())
def test_what_is_composed_is_mjml_and_renders(found: list[dict[str, Any]]) -> None:
    source = compose(msgspec.convert(found, blocks.Blocks), BRAND, "en")
    assert mjml.lint(source) == []
    done = made(template(found), list=[{"name": "Mug", "price": 3, "url": "https://x.example/"}], person={})
    assert "</html>" in done.html


HOSTILE = '"><script>alert(1)</script><b onload="x">'


@pytest.mark.parametrize(
    "block",
    [
        {"type": "heading", "text": HOSTILE},
        {"type": "text", "text": f"**{HOSTILE}** [x{HOSTILE}](https://x.example/)"},
        {"type": "image", "src": "https://x.example/a.png", "alt": HOSTILE},
        {"type": "button", "label": HOSTILE, "link": "https://x.example/"},
        {"type": "coupon", "code": HOSTILE, "title": HOSTILE, "note": HOSTILE},
        {"type": "products", "title": HOSTILE, "fallback": [{"name": HOSTILE, "price": HOSTILE}]},
        {"type": "footer", "text": HOSTILE, "unsubscribe": HOSTILE},
    ],
)
def test_words_are_shown_and_never_markup(block: dict[str, Any]) -> None:
    html = made(template([{"id": "a", **block}])).html
    assert "<script" not in html and "<b onload" not in html and "&lt;script" in html


def test_data_in_a_list_is_escaped_and_fields_may_be_missing() -> None:
    found = [{"type": "products", "id": "p", "items": "recommendations", "columns": 2, "limit": 3}]
    listed = [{"name": HOSTILE, "url": "https://x.example/1", "price": "9"}, {"name": "Two"}, {"name": "3rd"}]
    html = made(template(found), recommendations=listed).html
    assert "<script" not in html and "Two" in html and "3rd" in html


def test_a_list_that_is_empty_or_missing_gives_way_to_what_was_chosen() -> None:
    chosen = [{"name": "Mug", "url": "https://x.example/mug"}]
    found = [{"type": "products", "id": "p", "items": "recommendations", "fallback": chosen}]
    for variables in ({}, {"recommendations": []}):
        assert "Mug" in made(template(found), **variables).html
    assert "Mug" not in made(template(found), recommendations=[{"name": "Cup"}]).html


def test_conditions_and_repetition() -> None:
    found = [
        {"type": "text", "id": "a", "text": "Dear {{ item.name }}", "repeat": "people"},
        {"type": "text", "id": "b", "text": "only VIPs", "show_if": "person.vip"},
        {"type": "products", "id": "c", "fallback": [{"name": "Mug"}], "show_if": "person.vip"},
    ]
    html = made(template(found), people=[{"name": "Ada"}, {"name": "Bo"}], person={"vip": False}).html
    assert "Dear Ada" in html and "Dear Bo" in html and "only VIPs" not in html and "Mug" not in html
    assert "only VIPs" in made(template(found), people=[], person={"vip": True}).html


def test_a_language_changes_words_and_falls_back() -> None:
    found = [
        {"type": "heading", "id": "h", "text": "Hello"},
        {"type": "columns", "id": "c", "columns": [
            {"blocks": [{"type": "text", "id": "l", "text": "left"}]}, {"blocks": []}]},
    ]  # fmt: skip
    locales = {
        "pt": {"words": {"h": {"text": "Olá"}, "l": {"text": "esquerda"}}},
        "pt-BR": {"words": {"h": {"text": "Oi"}}},
    }
    document = template(found, locales=locales)
    brazil, portugal, other = (made(document, locale).html for locale in ("pt-BR", "pt", "de"))
    assert "Oi" in brazil and "esquerda" in brazil
    assert "Olá" in portugal and "Hello" in other and "left" in other


def test_languages_that_ship_say_how_to_leave() -> None:
    found = [{"type": "footer", "id": "f"}]
    done = made(template(found, locales={"sv": {"subject": "Hej"}}), "sv")
    assert "Avsluta prenumerationen" in done.html and 'href="https://m.example/u/1"' in done.html
    assert "Storgatan 1, Lund" in done.text


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ({"type": "heading", "id": "h", "text": "{{ person."}, "body.blocks.0.text"),
        ({"type": "text", "id": "h", "text": "x", "show_if": "a %}{% if"}, "body.blocks.0.show_if"),
        ({"type": "text", "id": "h", "text": "x", "show_if": "a =="}, "body.blocks.0.show_if"),
        ({"type": "text", "id": "h", "text": "x", "repeat": "a | b"}, "body.blocks.0.repeat"),
        ({"type": "text", "id": "H h", "text": "x"}, "body.blocks.0.id"),
        ({"type": "raw", "id": "h", "mjml": "<mj-txt>x</mj-txt>"}, "body.blocks.0.mjml"),
        ({"type": "spacer", "id": "h", "height": 0}, "body.blocks.0.height"),
        ({"type": "products", "id": "h", "limit": 99}, "body.blocks.0.limit"),
        ({"type": "social", "id": "h", "links": {"mastodon": "x"}}, "body.blocks.0.links"),
        ({"type": "columns", "id": "h", "columns": []}, "body.blocks.0.columns"),
        ({"type": "image", "id": "h", "src": "x", "width": 900}, "body.blocks.0.width"),
        ({"type": "heading", "id": "h"}, "body.blocks.0.text"),
    ],
)
def test_what_is_wrong_names_its_field(block: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        compile(parse(template([block])), BRAND)
    assert caught.value.field == field


def test_ids_are_unique_and_a_body_is_one_thing() -> None:
    twice = [{"type": "divider", "id": "d"}] * 2
    with pytest.raises(Invalid, match="two blocks"):
        parse(template(twice))
    with pytest.raises(Invalid, match="exactly one"):
        parse(template([], body={"blocks": [{"type": "divider", "id": "d"}], "html": "<p>"}))


def test_what_is_not_blocks_stays_as_it_is() -> None:
    found = parse(template([], body={"html": "<html><body>x</body></html>"}))
    assert found.body is not None and composed(found.body, BRAND, "en") is found.body


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_brand_can_be_read(accent: str, surface: str) -> None:
    worn = dress(Brand(color=accent, surface=surface, background=surface, text_color=accent))
    pairs = (
        (worn.text, surface),
        (worn.on_accent, accent),
        (worn.page_text, surface),
        (worn.link_colour, surface),
    )
    assert all(contrast(*pair) >= 4.5 for pair in pairs)


def test_a_colour_that_is_none_ends_no_attribute() -> None:
    worn = dress(Brand(color='red" onclick="x', background="url(x)"))
    assert (worn.accent, worn.background) == ("#1f4b99", "#f4f2ee")


def test_a_mail_of_all_blocks_has_nothing_to_mend() -> None:
    found = [
        {"type": "header", "id": "h"},
        {"type": "heading", "id": "t", "text": "Hello"},
        {"type": "text", "id": "p", "text": "One **bold**\n\n- a\n- b"},
        {"type": "image", "id": "i", "src": "https://x.example/a.png", "alt": "A dog"},
        {"type": "button", "id": "b", "label": "See it", "link": "{{ brand.url }}/"},
        {"type": "coupon", "id": "c", "code": "X10", "note": "a week"},
        {"type": "social", "id": "s", "links": {"instagram": "https://instagram.com/x"}},
        {"type": "footer", "id": "f"},
    ]
    assert lint(compile(parse(template(found, preview="A preview")), BRAND)) == []


@given(plain)
def test_text_without_marks_is_shown_as_it_was_written(text: str) -> None:
    safe = re.sub(r"([\\*\[\]()_-])", r"\\\1", text)
    shown = re.sub(r"<[^>]+>", "", marks.inline(safe))
    assert msgspec.json.encode(_unescaped(shown)) == msgspec.json.encode(
        "".join(c for c in text if not "\ue000" <= c <= "\uf8ff")
    )


def _unescaped(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b* 5 * 3 * 2", "<strong>a</strong> <em>b</em> 5 * 3 * 2"),
        ("[shop](https://x.example/a_b*c*)", '<a href="https://x.example/a_b*c*">shop</a>'),
        ('{{ a | default: "**x**" }}', '{{ a | default: "**x**" }}'),
        ("[{{ a }}]({{ b }}/x)", '<a href="{{ b }}/x">{{ a }}</a>'),
        ('[a](https://x.example/"onmouseover=x)', '<a href="https://x.example/&quot;onmouseover=x">a</a>'),
        (r"\*a\* \[b\]", "*a* [b]"),
    ],
)
def test_marks(text: str, html: str) -> None:
    assert marks.inline(text) == html


def test_a_failed_condition_fails_the_message_and_not_the_process() -> None:
    compiled = compile(parse(template([{"type": "text", "id": "a", "text": "{{ missing }}"}])), BRAND)
    done = render(compiled, Intent("k", "p", "marketing", "email"), LINKS)
    assert isinstance(done, RenderFailed) and "missing" in done.reason
