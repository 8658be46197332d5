"""The twin keeps its promises: same seed same life, in order, with a truth that fits what it reports."""

from collections import Counter
from itertools import pairwise

import pytest

from slinga.demo import Call, Mail, Twin
from slinga.demo.responses import kind_of
from slinga.kernel.clock import DAY, HOUR, instant

START = instant("2025-05-22T00:00:00Z")
SPAN = 150 * DAY


@pytest.fixture(scope="module")
def lived() -> tuple[Twin, list[Call]]:
    twin = Twin(7, START)
    return twin, list(twin.calls(START + SPAN))


def names(calls: list[Call]) -> Counter[str]:
    return Counter(call.body.get("event") or call.body["type"] for call in calls)


def test_a_seed_names_a_life(lived):
    twin, calls = lived
    again = Twin(7, START)
    assert list(again.calls(START + SPAN)) == calls
    assert again.truth() == twin.truth()
    assert list(Twin(8, START).calls(START + 20 * DAY)) != [c for c in calls if c.at <= START + 20 * DAY]


@pytest.mark.parametrize("step", [HOUR * 7, DAY, 31 * DAY])
def test_steps_do_not_matter_nor_being_written_down(lived, step):
    twin, calls = Twin(7, START), []
    at = START
    while at < START + SPAN:
        at = min(at + step, START + SPAN)
        calls += twin.calls(at)
        if at % 3 == 0:
            twin = Twin.load(twin.save())
    assert calls == lived[1]
    assert twin.truth() == lived[0].truth()


def test_calls_come_in_order_with_their_own_ids(lived):
    calls = lived[1]
    assert all(a.at <= b.at for a, b in pairwise(calls))
    assert len({call.body["messageId"] for call in calls}) == len(calls)
    assert all(START < call.at <= START + SPAN for call in calls)


def test_the_browser_never_says_who_someone_is(lived):
    for call in lived[1]:
        if call.key == "browser":
            assert call.body["type"] in ("page", "track")
            assert "email" not in call.body.get("properties", {})
        else:
            assert "userId" in call.body or call.body["properties"]["type"] == "push_subscription"


def test_the_truth_is_what_was_reported(lived):
    twin, calls = lived
    truth, count = twin.truth(), names(calls)
    assert truth.orders == count["Order Completed"]
    assert truth.returned == count["Order Refunded"]
    assert truth.signed_up == count["Signed Up"]
    reported = [c.body for c in calls if c.body.get("event") in ("Order Completed", "Order Refunded")]
    revenue = sum(b["properties"]["total"] * (1 if b["event"] == "Order Completed" else -1) for b in reported)
    assert truth.revenue == pytest.approx(revenue)
    assert truth.buyers == len({b["userId"] for b in reported})
    carts = {c.body["properties"]["cart_id"] for c in calls if c.body.get("event") == "Product Added"}
    assert truth.carts == len(carts)
    assert 0 < truth.repeat_buyers < truth.buyers < truth.known < truth.visitors


def mail_to(twin: Twin, journey: str, at: int) -> list[Mail]:
    known = [p for p in twin.people if p.known]
    return [
        Mail(
            id=f"m{p.number}",
            to=p.email,
            at=at,
            journey=journey,
            open_url=f"/o/{p.number}",
            links=(f"/c/{p.number}", f"/c/{p.number}b"),
            unsubscribe_url=f"/u/{p.number}",
        )
        for p in known
    ]


def test_messages_are_answered_once_and_bring_visits(lived):
    twin = Twin.load(lived[0].save())
    now = twin.lived_to
    mails = mail_to(twin, "cart-rescue", now)
    hits = twin.react(mails, now)
    assert twin.react(mails, now + DAY) == []
    kinds = Counter(hit.kind for hit in hits)
    assert kinds["open"] > kinds["click"] > 0 and kinds["machine_open"] > 0
    assert all(hit.at > now for hit in hits)
    calls = list(twin.calls(now + 2 * DAY))
    campaigns = Counter(c.body.get("context", {}).get("campaign", {}).get("source") for c in calls)
    assert campaigns["slinga"] > 0


def test_tiredness_lowers_the_response():
    def clicks(before: int) -> int:
        twin = Twin(3, START)
        list(twin.calls(START + 300 * DAY))
        now = twin.lived_to
        for person in twin.people:
            person.fatigue, person.fatigue_at = float(before), now
        return sum(hit.kind == "click" for hit in twin.react(mail_to(twin, "welcome", now), now))

    assert clicks(0) > clicks(12)


@pytest.mark.parametrize(
    ("journey", "template", "channel", "kind"),
    [
        ("cart-rescue", "", "email", "cart"),
        ("half-year-win-back", "", "email", "win"),
        ("", "welcome_1", "email", "welcome"),
        ("post-purchase", "", "email", "post"),
        ("anything", "", "webpush", "push"),
        ("anything", "", "email", "other"),
    ],
)
def test_a_message_is_known_by_its_journey_or_template(journey, template, channel, kind):
    assert kind_of(Mail("m", "a@example.com", 0, template=template, journey=journey, channel=channel)) == kind
