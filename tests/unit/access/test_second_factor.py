"""Codes by RFC 6238, each once; recovery codes however they are typed; what a browser calls itself."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.access.factor.codes import STEP_S, recovery, spelt, step_of
from slinga.access.sessions.agents import agent

SECRET = pyotp.random_base32()


def test_the_vectors_of_the_rfc() -> None:
    """RFC 6238, appendix B, SHA-1: the last six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for at, digits in (
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ):
        assert step_of(secret, digits, at, 0) == at // STEP_S


@given(st.integers(4, 10**7), st.integers(-3, 3))
def test_a_code_counts_for_its_step_and_those_beside_it(step: int, off: int) -> None:
    code = pyotp.TOTP(SECRET).at((step + off) * STEP_S)
    found = step_of(SECRET, code, step * STEP_S + 7, 0)
    assert (found == step + off) == (
        abs(off) <= 1
    ) or found is not None  # two steps may share a code by chance
    if found is not None:
        assert step_of(SECRET, code, step * STEP_S, found) is None or found < step + 1


@given(st.text(max_size=12))
def test_any_text_is_judged_without_a_fault(text: str) -> None:
    step_of(SECRET, text, 1e9, 0)
    assert recovery(text) == "" or len(recovery(text)) == 10


@given(st.integers(2**63, 2**64 - 1))
def test_a_recovery_code_is_read_however_it_is_typed(number: int) -> None:
    code = spelt(number)
    assert recovery(code) == recovery(f" {code.upper()} ".replace("-", " - ")) == code.replace("-", "")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", ""),
        ("<script>", ""),
    ],
)  # fmt: skip
def test_what_a_browser_calls_itself(header: str, told: str) -> None:
    assert agent(header) == told
