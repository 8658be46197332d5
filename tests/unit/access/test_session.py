"""The session cookie proves itself and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.access.session import Session, cookie_value, form_token, read_cookie

KEY = b"k" * 32
SESSION = Session(1, 0, 2_000_000_000, "abc")
COOKIE = cookie_value(KEY, SESSION)


def test_a_cookie_comes_back() -> None:
    assert read_cookie(KEY, COOKIE, 1_999_999_999) == SESSION


def test_it_runs_out_at_its_second() -> None:
    assert read_cookie(KEY, COOKIE, 2_000_000_000) is None


def test_another_key_opens_nothing() -> None:
    assert read_cookie(b"x" * 32, COOKIE, 0) is None


@pytest.mark.parametrize("position", range(len(COOKIE) - 1))
def test_a_changed_cookie_is_nobodys(position: int) -> None:
    """The last character is left out: its low bits are padding and carry nothing."""
    other = "A" if COOKIE[position] != "A" else "B"
    assert read_cookie(KEY, COOKIE[:position] + other + COOKIE[position + 1 :], 0) is None


@given(st.text())
def test_any_text_is_refused_without_a_fault(text: str) -> None:
    assert read_cookie(KEY, text, 0) is None


def test_a_form_belongs_to_its_session() -> None:
    assert form_token(KEY, SESSION) != form_token(KEY, Session(1, 0, SESSION.until, "abd"))
