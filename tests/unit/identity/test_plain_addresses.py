"""The quick look at ordinary e-mail addresses says what the careful one says."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.identity.identifiers import _PLAIN_EMAIL, careful_email
from slinga.kernel.errors import Invalid

LETTERS = st.text(string.ascii_letters + string.digits + "_+.-", min_size=1, max_size=24)
HOST = st.text(string.ascii_letters + string.digits + "-.", min_size=1, max_size=24)


@settings(max_examples=300, deadline=None)
@given(LETTERS, HOST, st.sampled_from(["se", "com", "example", "co.uk", "xn--p1ai", "test", "1a"]))
def test_what_looks_plain_is_valid_and_the_same(local: str, host: str, top: str) -> None:
    text = f"{local}@{host}.{top}"
    if _PLAIN_EMAIL.fullmatch(text):
        assert careful_email(text) == text.lower()


def test_ordinary_addresses_look_plain_and_odd_ones_do_not() -> None:
    for text in ("anna@example.org", "Anna.Berg+shop@mail.example.co.uk", "a_b-c@my-shop.se"):
        assert _PLAIN_EMAIL.fullmatch(text) and careful_email(text) == text.lower()
    for text in ("-a@b.se", "a..b@c.se", "a@b", "a@-b.se", "a@b--c.se", "ö@b.se", "a@b.se ", "a@b.se\n"):
        assert not _PLAIN_EMAIL.fullmatch(text)
    for text in ("a@b", "a..b@c.se"):
        try:
            careful_email(text)
        except Invalid:
            continue
        raise AssertionError(text)
