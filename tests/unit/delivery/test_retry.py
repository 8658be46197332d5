"""Schedules: when, how far apart, and never too late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.delivery.retry import JITTER, SCHEDULES, WINDOWS, next_try
from slinga.kernel.clock import DAY, HOUR, MINUTE

FAR = 365 * DAY


@pytest.mark.parametrize(
    ("message_class", "tries", "delay"),
    [
        ("transactional", 0, MINUTE),
        ("transactional", 1, MINUTE),
        ("transactional", 2, 5 * MINUTE),
        ("transactional", 5, HOUR),
        ("transactional", 9, 2 * HOUR),
        ("marketing", 1, 15 * MINUTE),
        ("marketing", 5, 4 * HOUR),
        ("marketing", 17, 4 * HOUR),
    ],
)
def test_the_schedule(message_class, tries, delay):
    due = next_try(message_class, "key", tries, 0, planned_at=0, expires_at=FAR)
    assert abs(due - delay) <= delay * JITTER


@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.text(),
    st.integers(0, 50),
    st.integers(0, 5 * DAY),
    st.integers(0, FAR),
)
def test_never_beyond_the_expiry_nor_the_window(message_class, key, tries, now, expires_at):
    due = next_try(message_class, key, tries, now, planned_at=0, expires_at=expires_at)
    if due is not None:
        assert now < due < min(expires_at, WINDOWS[message_class])
    assert due == next_try(message_class, key, tries, now, planned_at=0, expires_at=expires_at)


def test_the_window_ends_it():
    assert next_try("transactional", "k", 9, 24 * HOUR, planned_at=0, expires_at=FAR) is None
    assert next_try("marketing", "k", 9, 72 * HOUR, planned_at=0, expires_at=FAR) is None


def test_different_messages_come_back_at_different_times():
    dues = {next_try("marketing", f"m{n}", 1, 0, planned_at=0, expires_at=FAR) for n in range(100)}
    assert len(dues) > 90
