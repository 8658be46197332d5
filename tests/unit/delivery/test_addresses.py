"""Where a message goes, and when two addresses are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.delivery.addresses import address_key, destination, lane, normalise, receiver

P = b"pepper"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Example.COM", " anna@example.com "),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@example.com.", "anna@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
    ],
)
def test_spellings_of_one_mailbox(one, other):
    assert address_key(one, P) == address_key(other, P)


@pytest.mark.parametrize(
    "other", ["an.na@example.com", "anna+shop@example.com", "anna-b@example.com", "anna@example.org"]
)
def test_other_people_stay_apart(other):
    assert address_key("anna@example.com", P) != address_key(other, P)


def test_the_key_needs_the_pepper():
    assert address_key("a@b.c", b"1") != address_key("a@b.c", b"2")
    assert len(address_key("a@b.c", P)) == 32


@given(st.text(max_size=80))
def test_any_text_has_a_key_and_normalising_is_stable(text):
    assert normalise(normalise(text)) == normalise(text)
    assert len(address_key(text, P)) == 32
    receiver(text)


def test_where_it_goes():
    assert destination("email", {"person": {"email": " a@b.c "}}) == "a@b.c"
    assert destination("sms", {"person": {"phone": "+46700000000"}}) == "+46700000000"
    assert destination("email", {"address": "x@y.z", "person": {"email": "a@b.c"}}) == "x@y.z"
    assert destination("email", {"person": {"email": None}}) == destination("email", {}) == ""


def test_lanes():
    assert lane("marketing", "email", "a@gmail.com") == "marketing:email:google"
    assert lane("transactional", "email", "a@GMAIL.com") == "transactional:email:google"
    assert lane("marketing", "sms", "+46") == "marketing:sms"
    assert receiver("a@shop.example") == receiver("b@shop.example")
