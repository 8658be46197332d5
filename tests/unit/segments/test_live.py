"""The live reading: exact instants, groups, every kind of leaf."""

from typing import Any

import pytest

from slinga.kernel.calendar import zone
from slinga.kernel.clock import HOUR, SECOND, instant, iso
from slinga.segments import compile_condition, parse

from .seen import Seen, ask, event, only_feature

NOT_FOR_SIX_MONTHS = {
    "op": "event", "name": "Order Completed", "window": {"last": "6mo"}, "cmp": "eq", "value": 0
}  # fmt: skip


@pytest.mark.parametrize(
    ("zone_name", "bought", "length", "flips"),
    [
        # 31 August has no 31 February to reach: the 28th, in a leap year the 29th
        ("Europe/Stockholm", "2026-08-31T10:00:00+02:00", "6mo", "2027-02-28T10:00:00+01:00"),
        ("Europe/Stockholm", "2023-08-31T10:00:00+02:00", "6mo", "2024-02-29T10:00:00+01:00"),
        ("Europe/Stockholm", "2024-02-29T12:00:00+01:00", "1y", "2025-02-28T12:00:00+01:00"),
        ("Europe/Stockholm", "2024-02-29T12:00:00+01:00", "6mo", "2024-08-29T12:00:00+02:00"),
        # 02:30 on 29 March 2026 does not occur: read with the offset before the gap
        ("Europe/Stockholm", "2025-09-29T02:30:00+02:00", "6mo", "2026-03-29T03:30:00+02:00"),
        # 02:30 on 25 October 2026 occurs twice: the first
        ("Europe/Stockholm", "2026-04-25T02:30:00+02:00", "6mo", "2026-10-25T02:30:00+02:00"),
        # elapsed time does not care: 30 days over a switch are 720 hours
        ("Europe/Stockholm", "2026-03-15T12:00:00+01:00", "30d", "2026-04-14T13:00:00+02:00"),
        # Lord Howe moves by half an hour
        ("Australia/Lord_Howe", "2026-04-04T12:00:00+11:00", "6mo", "2026-10-04T12:00:00+11:00"),
        ("Australia/Lord_Howe", "2026-04-04T02:15:00+11:00", "6mo", "2026-10-04T02:45:00+11:00"),
        ("Australia/Lord_Howe", "2026-07-01T12:00:00+10:30", "6mo", "2027-01-01T12:00:00+11:00"),
        ("America/New_York", "2026-09-08T02:30:00-04:00", "6mo", "2027-03-08T02:30:00-05:00"),
    ],
)
def test_not_bought_flips_at_the_instant(zone_name: str, bought: str, length: str, flips: str) -> None:
    tz = zone(zone_name)
    condition = {**NOT_FOR_SIX_MONTHS, "window": {"last": length}}
    truth = ask(condition, [event(bought)], bought, tz)
    assert not truth.value
    assert truth.until is not None
    assert iso(truth.until) == iso(instant(flips))
    assert not ask(condition, [event(bought)], truth.until - 1, tz).value
    after = ask(condition, [event(bought)], truth.until, tz)
    assert after.value
    assert after.until is None


def test_a_later_purchase_can_leave_a_calendar_window_first() -> None:
    # the 29th at noon and the 31st at eight both reach 28 February, each at its time of day
    events = [event("2026-08-29T12:00:00+02:00"), event("2026-08-31T08:00:00+02:00", seq=2)]
    truth = ask(NOT_FOR_SIX_MONTHS, events, "2026-09-01T00:00:00Z")
    assert truth.until == instant("2027-02-28T12:00:00+01:00")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_late_events_count_by_when_they_happened(order: tuple[int, ...]) -> None:
    times = ["2026-01-01T00:00:00Z", "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"]
    events = [
        event(times[n], accepted="2026-02-01T00:00:00Z", seq=place, total=n) for place, n in enumerate(order)
    ]
    last = {"op": "event", "name": "Order Completed", "agg": "last", "cmp": "ge", "value": "30d"}
    truth = ask(last, events, "2026-02-01T00:00:00Z")
    assert (truth.value, truth.until) == (False, instant("2026-02-19T00:00:00Z"))
    count = {"op": "event", "name": "Order Completed", "window": {"last": "30d"}, "value": 2}
    truth = ask(count, events, "2026-02-01T00:00:00Z")
    assert (truth.value, truth.until) == (True, instant("2026-02-09T00:00:00Z"))


@pytest.mark.parametrize(
    ("agg", "cmp", "value", "expected"),
    [
        ("sum", "eq", 0.3, True), ("sum", "gt", 0.3, False), ("avg", "eq", 0.15, True),
        ("min", "eq", 0.1, True), ("max", "eq", 0.2, True), ("max", "ne", 0.2, False),
        ("distinct", "eq", 2, True),
        ("avg", "ge", 0.150001, False),
    ],
)  # fmt: skip
def test_aggregates_are_exact_decimals(agg: str, cmp: str, value: float, expected: bool) -> None:
    events = [event("2026-01-01T00:00:00Z", total=0.1), event("2026-01-02T00:00:00Z", seq=2, total=0.2)]
    events.append(event("2026-01-03T00:00:00Z", seq=3, total="0.7"))  # text is no number
    leaf = {"op": "event", "name": "Order Completed", "agg": agg, "prop": "total", "cmp": cmp, "value": value}
    if agg == "distinct":
        events.pop()
    assert ask(leaf, events, "2026-01-04T00:00:00Z").value is expected


@pytest.mark.parametrize("agg", ["min", "max", "avg", "first", "last"])
def test_aggregates_of_nothing_compare_false(agg: str) -> None:
    leaf: dict[str, Any] = {"op": "event", "name": "Order Completed", "agg": agg, "cmp": "le", "value": 5}
    leaf |= {"value": "30d"} if agg in ("first", "last") else {"prop": "total"}
    assert not ask(leaf, [], "2026-01-01T00:00:00Z").value


def test_a_group_lives_as_long_as_its_longest_lived_reason() -> None:
    short = {"op": "event", "name": "A", "window": {"last": "1d"}}
    long = {"op": "event", "name": "A", "window": {"last": "2d"}}
    events = [event("2026-01-01T00:00:00Z", "A")]
    now = "2026-01-01T06:00:00Z"
    day, two = instant("2026-01-02T00:00:00Z"), instant("2026-01-03T00:00:00Z")
    assert ask({"op": "all", "of": [short, long]}, events, now).until == day
    assert ask({"op": "any", "of": [short, long]}, events, now).until == two
    negated = {"op": "all", "of": [{"op": "not", "of": short}, {"op": "not", "of": long}]}
    assert ask(negated, events, now).until == two
    assert ask({"op": "all", "of": []}, [], now).value
    assert not ask({"op": "any", "of": []}, [], now).value


def test_a_sequence_must_keep_its_order_and_its_time() -> None:
    leaf = {
        "op": "sequence",
        "steps": [{"name": "A"}, {"name": "B"}],
        "within": "1h",
        "window": {"last": "1d"},
    }
    first, second = event("2026-01-01T10:00:00Z", "A"), event("2026-01-01T10:59:59Z", "B", seq=2)
    truth = ask(leaf, [first, second], "2026-01-01T12:00:00Z")
    assert (truth.value, truth.until) == (True, instant("2026-01-02T10:59:59Z"))
    assert not ask(leaf, [first, event("2026-01-01T11:00:00Z", "B", seq=2)], "2026-01-01T12:00:00Z").value
    assert not ask(leaf, [event("2026-01-01T09:59:59Z", "B", seq=2), first], "2026-01-01T12:00:00Z").value
    late = event("2026-01-01T10:30:00Z", "B", seq=2, accepted="2026-01-01T20:00:00Z")
    assert ask(leaf, [first, late], "2026-01-01T20:00:00Z").value


def test_ignored_waits_for_its_time_and_human_signs_only() -> None:
    leaf = {"op": "reaction", "kind": "ignored", "after": "3d", "channel": "email"}
    sent = event("2026-01-01T10:00:00Z", "Message Sent", send_key="k", channel="email")
    truth = ask(leaf, [sent], "2026-01-02T00:00:00Z")
    assert (truth.value, truth.until) == (False, instant("2026-01-04T10:00:00Z"))
    assert ask(leaf, [sent], truth.until or 0).value
    machine = event("2026-01-01T10:00:01Z", "Message Opened", seq=2, send_key="k", machine=True)
    assert ask(leaf, [sent, machine], "2026-01-05T00:00:00Z").value
    other = event("2026-01-01T11:00:00Z", "Message Clicked", seq=2, send_key="other")
    assert ask(leaf, [sent, other], "2026-01-05T00:00:00Z").value
    for name in ("Message Opened", "Message Clicked", "Visit Started", "Order Completed"):
        sign = event("2026-01-04T09:59:59Z", name, seq=2, send_key="k")
        truth = ask(leaf, [sent, sign], "2026-01-05T00:00:00Z")
        assert (truth.value, truth.until) == (False, None), name


CAR = {
    "type": "car",
    "id": "1",
    "updated_at": 1,
    "attributes": {"tyres": "summer", "lease_end_on": "2026-03-01"},
}
OLD = {
    "type": "car",
    "id": "2",
    "updated_at": 0,
    "attributes": {"tyres": "winter", "lease_end_on": "2026-01-05"},
}


@pytest.mark.parametrize(
    ("quantifier", "value", "things", "expected"),
    [
        ("any", 1, [CAR, OLD], True), ("none", 1, [CAR, OLD], False), ("all", 1, [CAR, OLD], False),
        ("all", 1, [CAR], True), ("all", 1, [], False), ("none", 1, [], True),
        ("latest", 1, [CAR, OLD], True),
        ("latest", 1, [OLD], False), ("count", 1, [CAR, OLD], True), ("count", 2, [CAR, OLD], False),
    ],
)  # fmt: skip
def test_things_are_quantified(quantifier: str, value: int, things: list[Any], expected: bool) -> None:
    where = [
        {"attr": "tyres", "value": "summer"},
        {"attr": "lease_end_on", "cmp": "within_next", "value": "60d"},
    ]
    leaf = {"op": "thing", "type": "car", "quantifier": quantifier, "where": where, "value": value}
    assert ask(leaf, [], "2026-01-10T12:00:00Z", things=things).value is expected


def test_a_things_date_has_a_deadline() -> None:
    leaf = {
        "op": "thing",
        "type": "car",
        "where": [{"attr": "lease_end_on", "cmp": "within_next", "value": "1mo"}],
    }
    truth = ask(leaf, [], "2026-01-10T12:00:00Z", things=[CAR])
    assert (truth.value, truth.until) == (False, instant("2026-02-01T00:00:00+01:00"))
    truth = ask(leaf, [], truth.until or 0, things=[CAR])
    assert (truth.value, truth.until) == (True, instant("2026-03-02T00:00:00+01:00"))


def test_leaves_over_the_persons_value() -> None:
    now = "2026-01-31T12:00:00Z"
    values: dict[str, Any] = {
        "traits": {"country": "SE", "address": {"city": "Lund"}, "likes": ["tea", 5]}, "stage": "loyalty",
        "status": None, "since": instant("2026-01-01T00:00:00Z"), "score": 29.5, "segments": {"vip"},
        "consent": "granted", "reachable": {"email"}, "tags": {"t"}, "identified": True,
    }  # fmt: skip
    yes = [
        {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
        {"op": "trait", "name": "address.city", "cmp": "starts_with", "value": "Lu"},
        {"op": "trait", "name": "likes", "cmp": "eq", "value": 5},
        {"op": "trait", "name": "likes", "cmp": "not_in", "value": ["coffee", "5"]},
        {"op": "trait", "name": "phone", "cmp": "ne", "value": "x"},
        {"op": "stage", "model": "bow-tie", "is": ["loyalty", "growth"]},
        {"op": "not", "of": {"op": "status", "model": "bow-tie", "is": ["new"]}},
        {"op": "score", "name": "r", "cmp": "lt", "value": 30},
        {"op": "segment", "key": "vip"}, {"op": "segment", "key": "new", "is": False},
        {"op": "tag", "name": "t"},
        {"op": "consent", "channel": "email", "topic": "news"}, {"op": "reachable", "channel": "email"},
        {"op": "identified"}, {"op": "everyone"}, {"op": "in_stage_for", "model": "bow-tie", "for": "30d"},
    ]  # fmt: skip
    for leaf in yes:
        assert ask(leaf, [], now, **values).value, leaf
    early = ask({"op": "in_stage_for", "model": "m", "for": "1mo"}, [], now, **values)
    assert (early.value, early.until) == (False, instant("2026-02-01T00:00:00Z"))


def test_a_run_binds_its_trigger_and_its_entry() -> None:
    cancelled = {
        "op": "event", "name": "Order Cancelled",
        "where": [{"prop": "order_id", "value": {"trigger": "properties.order_id"}}],
    }  # fmt: skip
    feature = only_feature(cancelled)
    assert feature.scope == "run"
    state = feature.init(entered_at=5, trigger={"properties.order_id": "o1"}.get)
    other = feature.fold(state, event("2026-01-01T00:00:00Z", "Order Cancelled", order_id="o2"))
    mine = feature.fold(other, event("2026-01-01T00:00:00Z", "Order Cancelled", order_id="o1"))
    predicate = compile_condition(parse(cancelled), zone("UTC"))
    assert not predicate.test(Seen({feature.id: other}, instant("2026-01-02T00:00:00Z"))).value
    feature_id = predicate.features[0].id
    assert predicate.test(Seen({feature_id: mine}, instant("2026-01-02T00:00:00Z"))).value

    since = {"op": "event", "name": "Order Completed", "window": {"since_entry": True}}
    feature = only_feature(since)
    state = feature.init(entered_at=instant("2026-01-01T00:00:00Z"))
    before = feature.fold(state, event("2025-12-31T23:59:59Z"))
    assert before == state
    assert feature.fold(state, event("2026-01-01T00:00:00Z")) != state


def test_a_witness_shows_what_it_rested_on() -> None:
    truth = ask(NOT_FOR_SIX_MONTHS, [event("2026-08-31T10:00:00+02:00")], "2026-09-01T00:00:00Z")
    assert truth.witness == {'did not do "Order Completed" in the last 6mo': 1}


def test_near_thresholds_share_a_running_aggregate() -> None:
    both = {"op": "all", "of": [{**NOT_FOR_SIX_MONTHS, "value": n, "cmp": "ge"} for n in (1, 2, 3)]}
    assert len(compile_condition(parse(both), zone("UTC")).features) == 1


def test_states_stay_small() -> None:
    leaf = {"op": "event", "name": "A", "window": {"last": "30d"}, "value": 3}
    summed = {"op": "event", "name": "A", "agg": "sum", "prop": "n", "window": {"last": "30d"}, "value": 3}
    steps = {"op": "sequence", "steps": [{"name": "A"}, {"name": "B"}]}
    predicate = compile_condition(parse({"op": "all", "of": [leaf, summed, steps]}), zone("UTC"))
    states = [feature.init() for feature in predicate.features]
    start = instant("2026-01-01T00:00:00Z")
    one = event("2026-01-01T00:00:00Z", "A", n=0.1)
    for n in range(1500):
        at = start + n * SECOND
        fed = type(one)(kind="event", at=at, seq=n, name="A", body=one.body, occurred_at=at)
        states = [feature.fold(state, fed) for feature, state in zip(predicate.features, states, strict=True)]
    assert len(states[0]) == 4
    assert len(states[1]) == 1024
    assert len(states[2][0]) == 512
    value, _ = predicate.features[1].read(states[1], start + HOUR)
    assert value == (150 * 1_000_000, 1500)
