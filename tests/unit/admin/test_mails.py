"""A message is one entry: each step once, with its first instant."""

from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.people.mails import Mail, steps
from slinga.kernel.words import ENGLISH

HEARD = ("Message Delivered", "Message Opened", "Message Clicked", "Message Bounced", "Message Complained")


def mail(state="accepted", accepted=20, reason=""):
    return Mail(10, "m", "k", "email", "winback", "hello", state, reason, accepted, 30)


def told(*args):
    return [(step.text, step.at, step.count) for step in steps(*args, ENGLISH)]


def test_a_message_that_went_out_was_read_and_clicked():
    heard = [
        (50, "Message Clicked", {"url": "https://shop.test/tea?utm_source=x"}),
        (40, "Message Opened", {"machine": True}),
        (45, "Message Opened", {}),
        (48, "Message Opened", {}),
    ]
    decided = [(5, "send_deferred", {"reason": "quiet_hours"})]
    assert told(mail(), decided, heard) == [
        ("put off", 5, 1),
        ("planned", 10, 1),
        ("sent", 20, 1),
        ("opened by a machine", 40, 1),
        ("opened", 45, 2),
        ("clicked", 50, 1),
    ]
    assert steps(mail(), (), heard, ENGLISH)[-1].detail == "https://shop.test/tea"


def test_one_that_never_went_says_why():
    found = steps(mail("cancelled", None, "exited"), (), (), ENGLISH)
    assert found[-1].text == "cancelled" and "left the journey" in found[-1].detail
    blocked = steps(None, [(5, "send_blocked", {"reason": "no_consent"})], (), ENGLISH)
    assert [step.text for step in blocked] == ["not sent"] and "permission" in blocked[0].detail


@given(st.lists(st.tuples(st.integers(11, 99), st.sampled_from(HEARD), st.just({}))))
def test_nothing_heard_is_lost_or_told_twice(heard):
    found = steps(mail(), (), heard, ENGLISH)
    assert sum(step.count for step in found) == len(heard) + 2
    assert len({step.text for step in found}) == len(found)
    assert [step.at for step in found] == sorted(step.at for step in found)
