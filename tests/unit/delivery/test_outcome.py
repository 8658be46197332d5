"""The table of SMTP replies (RFC 5321, RFC 3463) and what it may never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.delivery.outcome import Kind, classify, worn_out
from slinga.kernel.clock import DAY

TABLE = [
    (250, "2.0.0", "ok", Kind.ACCEPTED, False, ""),
    (550, "5.1.1", "no such user", Kind.BAD_ADDRESS, False, "global"),
    (550, "5.1.2", "bad domain", Kind.BAD_ADDRESS, False, "global"),
    (553, "5.1.3", "bad syntax", Kind.BAD_ADDRESS, False, "global"),
    (550, "5.1.6", "moved", Kind.BAD_ADDRESS, False, "global"),
    (556, "5.1.10", "null MX", Kind.BAD_ADDRESS, False, "global"),
    (550, "5.2.1", "disabled", Kind.BAD_ADDRESS, False, "global"),
    (550, "", "User unknown", Kind.BAD_ADDRESS, False, "global"),
    (550, "5.7.17", "mailbox owner changed", Kind.BAD_ADDRESS, False, ""),
    (452, "4.2.2", "full", Kind.MAILBOX, True, ""),
    (552, "5.2.2", "over quota", Kind.MAILBOX, True, ""),
    (450, "4.2.1", "temporarily disabled", Kind.MAILBOX, True, ""),
    (452, "", "insufficient storage", Kind.MAILBOX, True, ""),
    (421, "", "closing", Kind.SYSTEM, True, ""),
    (450, "", "busy", Kind.SYSTEM, True, ""),
    (451, "4.3.0", "error", Kind.SYSTEM, True, ""),
    (421, "4.4.2", "timeout", Kind.SYSTEM, True, ""),
    (550, "5.7.26", "unauthenticated", Kind.POLICY, False, ""),
    (550, "5.7.515", "access denied", Kind.POLICY, False, ""),
    (550, "5.7.1", "user unknown", Kind.POLICY, False, ""),
    (554, "", "listed by Spamhaus", Kind.POLICY, False, ""),
    (550, "5.1.1", "blocked using zen.spamhaus.org", Kind.POLICY, False, ""),
    (421, "4.7.0", "[TSS04] deferred", Kind.POLICY, True, ""),
    (421, "4.7.28", "unusual rate of mail", Kind.THROTTLED, True, ""),
    (552, "5.3.4", "too big", Kind.CONTENT, False, ""),
    (554, "5.6.0", "bad content", Kind.CONTENT, False, ""),
    (552, "", "message size exceeds limit", Kind.CONTENT, False, ""),
    (501, "5.5.4", "syntax", Kind.OUR_BUG, False, ""),
    (503, "", "bad sequence", Kind.OUR_BUG, False, ""),
    (553, "5.6.7", "no SMTPUTF8", Kind.REFUSED, False, ""),
    (550, "", "no", Kind.REFUSED, False, ""),
    (0, "", "connection reset", Kind.DROPPED, True, ""),
]


@pytest.mark.parametrize(("code", "enhanced", "text", "kind", "retry", "suppress"), TABLE)
def test_replies(code, enhanced, text, kind, retry, suppress):
    verdict = classify(code, enhanced, text)
    assert (verdict.kind, verdict.retry, verdict.suppress) == (kind, retry, suppress)


@given(st.sampled_from([421, 450, 550, 554]), st.integers(0, 999), st.text(max_size=60))
def test_a_word_about_us_never_reaches_an_address(code, detail, text):
    assert classify(code, f"{code // 100}.7.{detail}", text).suppress == ""


@given(st.integers(400, 499), st.text(max_size=60))
def test_a_temporary_reply_is_always_retried(code, text):
    verdict = classify(code, "", text)
    assert verdict.retry and not verdict.suppress


@given(st.integers(0, 599), st.text(max_size=20), st.text(max_size=60))
def test_nothing_a_server_says_breaks_it(code, enhanced, text):
    classify(code, enhanced, text)


def test_throttling_and_dropped_lines_cost_no_try():
    assert not classify(421, "4.7.28", "rate").counts
    assert not classify(0, "", "").counts
    assert classify(451, "4.3.0", "").counts


@pytest.mark.parametrize(
    ("failures", "messages", "days", "end"),
    [(5, 5, 14, True), (4, 4, 30, False), (9, 9, 13, False), (30, 1, 30, False)],
)
def test_a_mailbox_is_given_up_slowly(failures, messages, days, end):
    assert worn_out(failures, messages, 0, days * DAY) is end
