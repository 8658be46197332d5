import re

import msgspec
import pytest

from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.messages.colours import contrast
from slinga.messages.lint import lint
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Brand, Intent, Template, fallback, parse
from slinga.messages.render import Links, Rendered, compile, render, with_query
from slinga.messages.shipped import documents

NOW = instant("2026-03-10T12:00:00Z")
BRAND = Brand(
    "Kvällsro",
    "Storgatan 1, 111 22 Stockholm",
    "https://shop.example",
    sender="Kvällsro <hello@shop.example>",
)
LINKS = Links(
    unsubscribe="https://m.example/u/abc",
    preferences="https://m.example/p/abc",
    confirm="https://m.example/confirm/abc",
    pixel="https://m.example/o/abc",
    click=lambda number, url: f"https://m.example/c/{number}",
)
PLAIN = Links(unsubscribe="https://m.example/u/abc", preferences="https://m.example/p/abc")


def document(html: str = "", **changes) -> dict:
    page = f"<html><head><title>t</title></head><body>{html}</body></html>"
    fields = {
        "key": "t",
        "name": "T",
        "class": "marketing",
        "topic": "news",
        "subject": "Hi",
        "body": {"html": page},
    }
    return {**fields, **changes}


def intent(**variables) -> Intent:
    return Intent(
        "k", "p", "marketing", "email", "news", journey="welcome", planned_at=NOW, variables=variables
    )


def sent(document: dict, links: Links = LINKS, locale: str | None = None, **variables) -> Rendered:
    made = render(compile(parse(document), BRAND), intent(**variables), links, locale=locale)
    assert isinstance(made, Rendered), made
    return made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subjet": "x"}, "subjet"),
        ({"class": "spam"}, "class"),
        ({"topic": ""}, "topic"),
        ({"subject": ""}, "subject"),
        ({"body": {}}, "body"),
        ({"body": {"html": "a", "mjml": "b"}}, "body"),
        ({"body": {"htm": "a"}}, "body.htm"),
        ({"key": "Ä"}, "key"),
        ({"locales": {"english": {}}}, "locales.english"),
        ({"locales": {"sv": {"body": {}}}}, "locales.sv.body"),
        ({"utm": {"utm_x": "a"}}, "utm.utm_x"),
        ({"channel": "push"}, "push"),
        ({"channel": "sms"}, "text"),
        ({"channel": "webhook"}, "hook"),
    ],
)
def test_a_wrong_document_names_the_field(changes, field):
    with pytest.raises(Invalid) as caught:
        parse(document("x", **changes))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "{{ a | }}"}, "subject"),
        ({"body": {"html": "{% if %}"}}, "body"),
        ({"body": {"mjml": "<mjml>\n<mj-foo/></mjml>"}}, "body.mjml"),
        ({"locales": {"sv": {"subject": "{% x %}"}}}, "locales.sv.subject"),
        ({"locales": {"sv": {"body": {"mjml": "<mjml><mj-foo/></mjml>"}}}}, "locales.sv.body.mjml"),
    ],
)
def test_what_cannot_be_compiled_names_the_field(changes, field):
    with pytest.raises(Invalid) as caught:
        compile(parse(document("x", **changes)))
    assert caught.value.field == field


def test_a_document_round_trips():
    for plain in documents().values():
        template = parse(plain)
        assert msgspec.convert(msgspec.to_builtins(template), Template) == template


def test_locales_fall_back():
    template = parse(
        document(locales={"sv": {"subject": "Hej"}, "pt": {"subject": "Oi"}, "pt-BR": {"preview": "p"}})
    )
    assert fallback("sv-SE", template) == ("sv", "")
    assert fallback("pt_BR", template) == ("pt-BR", "pt", "")
    assert fallback("EN-gb", template) == ("",) == fallback("", template) == fallback("fi", template)
    made = {
        locale: sent(
            document(
                "x", locales={"sv": {"subject": "Hej"}, "pt": {"subject": "Oi"}, "pt-BR": {"preview": "p"}}
            ),
            locale=locale,
        )
        for locale in ("sv-SE", "pt-BR", "fi")
    }
    assert [one.subject for one in made.values()] == ["Hej", "Oi", "Hi"]
    assert sent(document("x", locales={"sv": {"subject": "Hej"}}), person={"locale": "sv"}).subject == "Hej"


def test_values_for_what_is_missing_fall_back_one_by_one():
    variants = {"pt": {"defaults": {"x": "far", "y": "far"}}, "pt-BR": {"defaults": {"y": "near"}}}
    written = document("x", subject="{{ x }} {{ y }} {{ z }}", defaults={"z": "own"}, locales=variants)
    assert sent(written, locale="pt-BR").subject == "far near own"


def test_the_text_part_has_every_link_and_the_way_out():
    html = (
        '<h1>Hello</h1><p>Read <a href="https://shop.example/a?x=1&amp;y=2">the guide</a> now</p>'
        "<ul><li>one</li><li>two</li></ul><ol><li>first</li></ol>"
        '<img src="https://i.example/x.png" alt="A cup"><style>p{color:red}</style>'
        '<div style="display:none">secret</div>'
        "<!--[if mso]><p>outlook</p><![endif]-->"
        '<a href="https://shop.example/"><img src="x.png" alt="Shop"></a>'
    )
    text = sent(document(html), PLAIN).text
    assert "the guide (https://shop.example/a?x=1&y=2&utm_source=" in text
    assert (
        "- one\n- two" in text
        and "1. first" in text
        and "A cup" in text
        and "Shop (https://shop.example/" in text
    )
    assert "Unsubscribe (https://m.example/u/abc)" in text and BRAND.address in text
    assert not re.search("color|secret|outlook|<|&nbsp;", text)


def test_own_text_replaces_the_made_one_but_keeps_the_way_out():
    text = sent(document("<p>html</p>", text="Only {{ brand.name }}")).text
    assert text.startswith("Only Kvällsro\n") and "https://m.example/u/abc" in text and "html" not in text


def test_a_marketing_mail_without_its_own_footer_gets_one_in_its_language():
    made = sent(document("x", locales={"sv": {"subject": "Hej"}}), locale="sv")
    assert "Avsluta prenumerationen" in made.html and BRAND.address in made.html
    receipt = sent(document("x", **{"class": "transactional", "topic": ""}))
    assert "/u/abc" not in receipt.html


def test_links_are_numbered_tagged_and_replaced():
    html = '<a href="https://shop.example/a#top">a</a><a href="mailto:x@y.co">m</a>'
    html += '<a href="{{ unsubscribe_url }}">u</a>'
    made = sent(document(html))
    assert re.findall(r'href="([^"]*)"', made.html) == [
        "https://m.example/c/0",
        "mailto:x@y.co",
        "https://m.example/u/abc",
    ]
    tags = "utm_source=kv%C3%A4llsro&utm_medium=email&utm_campaign=welcome&utm_content=t"
    assert made.links == ((0, f"https://shop.example/a?{tags}#top"),)
    assert 'src="https://m.example/o/abc"' in made.html


def test_a_mail_ends_as_its_document_does():
    for links in (LINKS, PLAIN):
        assert sent(document("<p>x</p>"), links).html.endswith("</body></html>")


def test_untracked_mail_has_no_pixel_and_plain_links():
    made = sent(document('<a href="/sale">a</a>', utm={"utm_campaign": "spring"}), PLAIN)
    assert 'href="https://shop.example/sale?utm_source=' in made.html and "utm_campaign=spring" in made.html
    assert "/o/" not in made.html and "c/0" not in made.html


def test_a_link_with_tags_keeps_them_and_transactional_links_get_none():
    assert with_query("https://a.b/?utm_source=x", "utm_source=y") == "https://a.b/?utm_source=x"
    made = sent(document('<a href="https://a.b/">a</a>', **{"class": "transactional", "topic": ""}), Links())
    assert made.links == ((0, "https://a.b/"),)


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        " ",
        "//evil.example",
        "http://a b",
        'https://a"b',
        "vbscript:x",
        "JaVaScRiPt:x",
    ],
)
def test_data_cannot_make_a_link_that_runs(bad):
    compiled = compile(parse(document('<a href="{{ url }}">a</a>')), BRAND)
    failed = render(compiled, intent(url=bad), LINKS)
    assert isinstance(failed, RenderFailed) and failed.part == "html"
    image = compile(parse(document('<img alt="" src="{{ url }}">')), BRAND)
    assert isinstance(render(image, intent(url=bad), LINKS), RenderFailed)


def test_data_in_a_link_are_escaped_once():
    made = sent(document('<a href="{{ url }}">a</a>'), PLAIN, url="https://a.b/?x=1&y='2'")
    assert re.search(r'href="https://a\.b/\?x=1&amp;y=&#x27;2&#x27;&amp;utm', made.html)
    assert "(https://a.b/?x=1&y='2'&utm_source" in made.text


def test_a_header_takes_no_control_characters_from_data():
    made = sent(document("x", subject="Hi {{ name }}"), name="x\r\nBcc: a@b.co\u2028\x00y\u202e")
    assert made.subject == "Hi x Bcc: a@b.co y"


def test_one_failed_part_fails_the_message():
    compiled = compile(parse(document("x", subject="{{ nobody }}")), BRAND)
    failed = render(compiled, intent(), LINKS)
    assert isinstance(failed, RenderFailed) and failed.part == "subject" and failed.line == 1
    empty = compile(parse(document("x", subject="{{ a }}")), BRAND)
    assert render(empty, intent(a=" \n"), LINKS) == RenderFailed("the subject is empty", 0, "subject")


def test_data_are_text_everywhere():
    made = sent(
        document("<p>{{ name }}</p>", subject="{{ name }}", preview="{{ name }}"),
        name="{{ 7 | times: 6 }}<b>",
    )
    assert made.subject == "{{ 7 | times: 6 }}<b>" and "42" not in made.html + made.text
    assert "<b>" not in made.html


def test_the_preview_is_the_first_text_and_not_in_the_text_part():
    made = sent(document("<p>body</p>", preview="Look inside"))
    body = made.html.split("<body>", 1)[1]
    assert body.startswith('<div style="display:none') and "Look inside&#847;" in body
    assert "Look inside" not in made.text


def test_letters_that_grow_when_made_small_do_not_move_the_end():
    assert "İİİ" in (made := sent(document("<p>İİİ</p>"))).html
    assert "</body></html>" in made.html.replace("\n", "")


def test_preview_and_message_are_the_same():
    compiled = compile(parse(document("<p>{{ now | date: '%Y' }}</p>")), BRAND)
    assert render(compiled, intent(), LINKS) == render(compiled, intent(), LINKS)


def test_the_sender_is_the_templates_or_the_brands():
    assert sent(document("x")).sender == BRAND.sender
    assert sent(document("x", **{"from": "A <a@b.co>"})).sender == "A <a@b.co>"


def test_push_and_sms_and_hook():
    push = {
        "key": "p",
        "name": "P",
        "class": "marketing",
        "topic": "news",
        "channel": "push",
        "push": {"title": "Hi {{ person.name }}", "body": "x", "url": "/sale"},
    }
    made = sent(push, person={"name": "Å\n"})
    assert made.push is not None and made.push.title == "Hi Å" and made.push.url == "https://m.example/c/0"
    failed = render(
        compile(parse({**push, "push": {"title": "x", "body": "y", "url": "{{ u }}"}}), BRAND),
        intent(u="javascript:x"),
        LINKS,
    )
    assert isinstance(failed, RenderFailed)
    odd = {**push, "push": {"title": "x", "body": "y", "url": "{{ u }}"}}
    assert (
        render(compile(parse(odd), BRAND), intent(u="https://[x#y"), LINKS).push.url
        == "https://m.example/c/0"
    )
    sms = {"key": "s", "name": "S", "class": "transactional", "channel": "sms", "text": "Code {{ code }}"}
    assert sent(sms, code=7).text == "Code 7\n"
    hook = {
        "key": "h",
        "name": "H",
        "class": "transactional",
        "channel": "webhook",
        "hook": {"url": "https://a.b/{{ id | url_encode }}", "body": '{"id": {{ id | json }} }'},
    }
    assert sent(hook, id="a b").hook_url == "https://a.b/a+b"


@pytest.mark.parametrize("key", documents())
@pytest.mark.parametrize("locale", ["en", "sv-SE", "pl"])
def test_shipped_templates_render_for_somebody_unknown_and_have_no_findings(key, locale):
    template = parse(documents()[key])
    compiled = compile(template, BRAND)
    assert lint(compiled) == []
    products = [
        {
            "name": "Tea <b>",
            "price": 1,
            "url": "https://shop.example/t",
            "image_url": "https://shop.example/t.png",
        }
    ]
    for variables in (
        {},
        {"person": {"first_name": "Åsa"}, "trigger": {"properties": {"products": products, "name": "Tea"}}},
    ):
        made = render(compiled, intent(**variables), LINKS, locale=locale)
        assert isinstance(made, Rendered), made
        if template.channel == "email":
            assert len(made.html) < 60_000 and "{{" not in made.html + made.text + made.subject
            if template.message_class == "marketing":
                assert LINKS.unsubscribe in made.html and LINKS.unsubscribe in made.text


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ('<img src="x.png">', "alt"),
        ("<table><tr><td>a</td></tr></table>", "role"),
        ('<p style="color:#999999">pale</p>', "contrast"),
        ('<p style="font-size:9px">small</p>', "small"),
        ('<p style="font-size:.9.1px"><b style="font-size:.9px">small</b></p>', "small"),
        ('<a href="https://a.b/"><img src="x" alt=""></a>', "link"),
        ('<a href="https://a.b/">click here</a>', "link"),
        ("<form></form>", "element"),
        ("x" * 103_000, "size"),
    ],
)
def test_the_checks_find(html, rule):
    assert rule in {one.rule for one in lint(compile(parse(document(html)), BRAND))}


def test_the_checks_find_missing_language_and_title():
    bare = document(body={"html": "<body>x</body>"})
    assert {"title", "preview"} <= {one.rule for one in lint(compile(parse(bare), BRAND))}


def test_contrast():
    assert round(contrast("#000", "#ffffff"), 1) == 21.0 and contrast("#777777", "#fff") < 4.5 < contrast(
        "#767676", "#fff"
    )
