"""Whatever happens, in whatever order: crashes change nothing, nothing leaves twice, deadlines are exact."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.journeys import decision as d
from slinga.journeys import shipped
from slinga.journeys.compiled import compile_journey
from slinga.journeys.model import parse
from slinga.kernel.clock import HOUR, MINUTE, instant
from slinga.kernel.ids import chance
from slinga.lifecycle import decide, models, scores
from slinga.lifecycle import model as lifecycle
from slinga.segments.live import compile_condition
from slinga.segments.model import parse_segment
from slinga.testing.walk import Walk

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-01-15T09:00:00Z")
JOURNEYS = [compile_journey(parse(shipped.document(key)), version=1, zone=ZONE) for key in shipped.KEYS]
MODELS = [
    decide.compile_model(lifecycle.parse(models.document(key)), ZONE) for key in ("bow-tie", "rfm", "cycle")
]
SCORES = [scores.compile_score(scores.parse(models.document("responsiveness")), ZONE, [10, 20])]
SEGMENT = parse_segment(shipped.document("silent-regulars"))
WATCHED = {SEGMENT.key: compile_condition(SEGMENT.condition, ZONE)}

EVENTS = st.sampled_from(
    [
        ("Signed Up", {}),
        ("Visit Started", {"number": 1, "first": True}),
        ("Product Viewed", {"category": "new-model"}),
        ("Product Added", {"cart_id": "c"}),
        ("Product Removed", {"cart_id": "c"}),
        ("Order Completed", {"order_id": "1", "products": [{"lasts_days": 14}]}),
        ("Order Completed", {"order_id": "2"}),
        ("Order Cancelled", {"order_id": "1"}),
        ("Order Shipped", {"order_id": "1"}),
        ("Order Delivered", {"order_id": "2"}),
        ("Product Reviewed", {"rating": 5}),
        ("Test Drive Booked", {}),
        ("Message Clicked", {"send_key": "?", "journey": "win-back"}),
        ("Message Sent", {"send_key": "s", "class": "marketing"}),
    ]
)
GAPS = st.sampled_from([0, 1, MINUTE, HOUR, 2 * HOUR, 26 * HOUR, 72 * HOUR, 30 * 24 * HOUR, 190 * 24 * HOUR])
HISTORIES = st.lists(st.tuples(GAPS, EVENTS), max_size=14)


def moody(request, now):
    """A policy that defers and drops by chance, the same chance every time it is asked the same."""
    drawn = chance("policy", request.send_key, now)
    if drawn < 0.2:
        return d.Answer(ask=request.send_key, outcome="deferred", until=now + 7 * HOUR, reason="quiet_hours")
    if drawn < 0.3:
        return d.Answer(ask=request.send_key, outcome="dropped", reason="no_consent")
    return d.Answer(ask=request.send_key, outcome="planned")


def lived(history, *, store=False):
    walked = Walk(JOURNEYS, MODELS, SCORES, now=START, zone=ZONE, policy=moody, watched=WATCHED, store=store)
    walked.traits["birth_date"] = "1990-05-05"
    walked.consents["email", "news"] = "granted"
    walked.owned["cart"] = [{"id": "c", "updated_at": 0, "attributes": {"status": "open"}}]
    walked.owned["vehicle"] = [{"id": "v", "updated_at": 0, "attributes": {"tyres": "winter"}}]
    for gap, (name, properties) in history:
        walked.happen(name, properties, after=gap)
    walked.let(40 * 24 * HOUR)
    return walked


def story(walked):
    return [msgspec.to_builtins(fact) for fact in walked.facts], [
        (sent.at, msgspec.to_builtins(sent.request)) for sent in walked.sent
    ]


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(HISTORIES)
def test_a_crash_between_any_two_steps_changes_nothing(history):
    assert story(lived(history)) == story(lived(history, store=True))


@SLOW
@given(HISTORIES)
def test_no_send_key_leaves_twice_and_every_run_ends_once(history):
    walked = lived(history)
    keys = [sent.request.send_key for sent in walked.sent]
    assert len(keys) == len(set(keys))
    began = [f.run for f in walked.facts if isinstance(f, d.RunEntered)]
    ended = [f.run for f in walked.facts if isinstance(f, d.RunEnded)]
    assert len(began) == len(set(began))
    assert len(ended) == len(set(ended))
    assert sorted(ended + [run.id for run in walked.runs]) == sorted(began)
    assert not any(f.reason == "loop" for f in walked.facts if isinstance(f, d.RunEnded))


@SLOW
@given(HISTORIES)
def test_nothing_is_sent_by_a_run_after_its_end_and_the_rescue_keeps_its_cap(history):
    walked = lived(history)
    ended = {f.run: f.at for f in walked.facts if isinstance(f, d.RunEnded)}
    for sent in walked.sent:
        assert sent.at <= ended.get(sent.request.run, sent.at)
    firsts = [sent.at for sent in walked.sent if sent.request.template == "cart-1"]
    assert all(later - earlier >= 72 * HOUR for earlier, later in pairwise(firsts))


@SLOW
@given(HISTORIES, st.lists(st.integers(min_value=0, max_value=400), max_size=6))
def test_looking_in_between_changes_nothing(history, looks):
    """Deadlines are exact: applying nothing at any other instant decides nothing new."""
    plain = lived(history)
    looked = Walk(JOURNEYS, MODELS, SCORES, now=START, zone=ZONE, policy=moody, watched=WATCHED)
    looked.traits |= plain.traits
    looked.owned |= plain.owned
    looked.consents |= plain.consents
    for gap, (name, properties) in history:
        end = looked.now + gap
        for look in sorted(looks):
            looked.until(min(end, looked.now + look * HOUR))
        looked.until(end)
        looked.happen(name, properties)
    looked.let(40 * 24 * HOUR)
    facts, sends = story(plain)
    assert sends == story(looked)[1]
    assert [f for f in facts if f["fact"] != "score_changed"] == [
        f for f in story(looked)[0] if f["fact"] != "score_changed"
    ]


@pytest.mark.parametrize("key", [compiled.journey.key for compiled in JOURNEYS])
def test_one_run_of_each_journey_ends(key):
    walked = lived([(0, ("Order Completed", {"order_id": "1"}))])
    walked.let(600 * 24 * HOUR)
    assert [run for run in walked.runs if run.journey == key] == []
