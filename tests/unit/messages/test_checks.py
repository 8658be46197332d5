"""What a finished mail is checked for: one example for each rule, and none in a good mail."""

import pytest

from slinga.messages import checks
from slinga.messages.model import Brand, Intent, parse
from slinga.messages.render import Links, Rendered, compile, render
from slinga.messages.sms import length

BRAND = Brand("Shop", "Street 1", "https://shop.example", sender="Shop <a@shop.example>")
LINKS = Links(unsubscribe="https://m.example/u/1", preferences="https://m.example/p/1")
WORDS = (
    "<p>Enough words to be read by somebody who sees no picture at all, and by filters that count too.</p>"
)


def found(html: str = "", **changes: object) -> list[str]:
    page = f"<html><head><title>t</title></head><body>{WORDS}{html}</body></html>"
    document = {
        "key": "t", "name": "T", "class": "marketing", "topic": "n", "subject": "Hi", 
        "body": {"html": page}, **changes,
    }  # fmt: skip
    compiled = compile(parse(document), BRAND)
    made = render(compiled, Intent("k", "p", "marketing", compiled.template.channel), LINKS)
    assert isinstance(made, Rendered), made
    return [one.message for one in checks.check(compiled.template, made)]


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ('<a href="#">x</a>', "nowhere"),
        ('<a href="#there">x</a>', "no place"),
        ('<a href="https://intranet/x">x</a>', "others reach"),
        ('<a href="https://[x">x</a>', "no web address"),
        ('<a href="http://x.example/">x</a>', "without https"),
        ('<a href="https://bit.ly/x">x</a>', "hides where"),
        ('<a href="https://x.example/go?url=https://evil.example">x</a>', "lead on"),
        ("<h2>x</h2>", "not of the first level"),
        ("<h1>x</h1><h1>y</h1>", "more than one"),
        ("<h1>x</h1><h3>y</h3>", "follows one"),
        ('<p style="display:flex">x</p>', "flex"),
        ('<p style="box-shadow:0 0 1px red">x</p>', "shadows"),
        ('<img src="https://x.example/a.webp" alt="x">', "WebP"),
    ],
)
def test_each_rule_says_what_to_mend(html: str, told: str) -> None:
    assert any(told in message for message in found(html)), found(html)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("RE: your order", "answer"),
        ("BUY THIS NOW PLEASE", "capital"),
        ("Wow!!", "spam"),
        ("x" * 80, "phones"),
    ],
)
def test_subjects(subject: str, told: str) -> None:
    assert any(told in message for message in found(subject=subject))


def test_a_good_mail_has_none() -> None:
    assert found('<h1>Hi</h1><a href="https://x.example/a">Look at it</a>') == []


def test_pictures_alone_are_not_enough() -> None:
    page = '<html><head><title>t</title></head><body><img src="https://x.example/a.png" alt=""></body></html>'
    told = found(body={"html": page})
    assert any("pictures" in message for message in told)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("a" * 306, 2),
        ("", 1),
        ("a" * 159 + "€", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_text_messages_are_counted(text: str, parts: int) -> None:
    assert length(text).parts == parts
