"""Amounts in messages: as their reader writes them; what is no amount is shown as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.messages import render
from slinga.messages.model import Intent, Template, convert
from slinga.messages.money import reader, written

TEXT = "{{ total | money: currency }}"


def said(text: str, locale: str = "", tags: tuple[str, ...] = ("sv",), **data: object) -> str:
    document = {
        "key": "t",
        "name": "T",
        "class": "transactional",
        "channel": "sms",
        "text": text,
        "locale": "en",
    }
    document["locales"] = {tag: {"text": text} for tag in tags}
    intent = Intent("k", "p", "transactional", "sms", variables={**data, "person": {"locale": locale}})
    made = render.render(render.compile(convert(document, Template, "template")), intent, now=1)
    assert isinstance(made, render.Rendered), made
    return made.text.strip().replace("\xa0", " ")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("sv", "427,00 kr"),
        ("sv-SE", "427,00 kr"),
        ("", "SEK 427.00"),
        ("en-GB", "SEK 427.00"),
        ("pl", "SEK 427.00"),  # the message is in English for them, so its amounts are
        ("not a tag", "SEK 427.00"),
    ],
)
def test_an_amount_is_written_as_its_reader_does(locale: str, expected: str) -> None:
    assert said(TEXT, locale, total=427.0, currency="SEK") == expected


def test_what_is_no_amount_is_shown_as_it_is() -> None:
    assert said(TEXT + "!", total="from 10", currency="SEK") == "from 10 SEK!"
    assert said(TEXT + "!", total="", currency="SEK") == "!"
    assert said(TEXT, total=0, currency="EUR") == "€0.00"
    assert said(TEXT, "sv", total="1234.5", currency="") == "1 234,5"
    assert (
        said("{% for p in list %}{{ p.price | money: p.currency }};{% endfor %}", list=[{"price": 5}]) == "5;"
    )


@given(st.one_of(st.floats(), st.integers(), st.text(max_size=30)), st.text(max_size=5), st.text(max_size=12))
def test_nothing_breaks_it(amount: object, currency: str, locale: str) -> None:
    assert isinstance(written(str(amount), currency, locale), str)
    assert reader("sv", locale)
