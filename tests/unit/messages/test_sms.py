"""How long text messages are: alphabets, parts, and signs that count twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.messages.sms import MANY, ONE, length


@pytest.mark.parametrize(
    ("text", "alphabet", "parts", "used"),
    [
        ("", "GSM-7", 1, 0),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 8),
        ("ångström åäö ÅÄÖ", "GSM-7", 1, 16),
        ("€" * 80, "GSM-7", 1, 160),
        ("€" * 81, "GSM-7", 2, 10),
        ("zażółć", "UCS-2", 1, 6),
        ("ż" * 70, "UCS-2", 1, 70),
        ("ż" * 71, "UCS-2", 2, 4),
        ("🎁" * 35, "UCS-2", 1, 70),
        ("🎁" * 36, "UCS-2", 2, 6),
        ("“Hi”", "UCS-2", 1, 4),
    ],
)
def test_known_lengths(text: str, alphabet: str, parts: int, used: int) -> None:
    found = length(text)
    assert (found.alphabet, found.parts, found.used) == (alphabet, parts, used)


def test_the_signs_that_make_it_wide_are_named_once() -> None:
    assert length("Łódź – Łódź").wide == ("Ł", "ó", "ź", "–")


@given(st.text(max_size=400))
def test_parts_hold_all_units_and_never_fewer_than_they_need(text: str) -> None:
    found = length(text)
    assert 0 <= found.used <= found.room
    assert found.room == (ONE if found.parts == 1 else MANY)[found.alphabet]
    assert (found.alphabet == "UCS-2") == bool(found.wide)
    assert length(text + "a").parts >= found.parts
