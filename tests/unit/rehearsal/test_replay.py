"""The recorded past made ready: instants, what is left out and kept for echoes, merged people, robots."""

from typing import Any

import pytest

from slinga.engine.advance import ROBOT
from slinga.kernel.clock import DAY, HOUR
from slinga.rehearsal.replay import GAP, Row, past_of

T = 1_000 * DAY


def row(
    kind: str,
    at: int,
    name: str = "",
    *,
    source: str = "shop",
    occurred: int = 0,
    trust: int = 2,
    **body: Any,
) -> Row:
    return Row(kind, name, trust, source, at, occurred or at, body)


def message(name: str, at: int, key: str = "k", **more: Any) -> Row:
    return row("event", at, name, source="delivery", properties={"send_key": key, **more})


def test_history_happens_as_events_numbered_in_order() -> None:
    past = past_of([row("history", T, "Order Completed"), row("event", T + 5, "Page Viewed")], None, T, None)
    assert [(i.kind, i.name, i.at, i.seq) for i in past.inputs] == [
        ("event", "Order Completed", T, GAP),
        ("event", "Page Viewed", T + 5, 2 * GAP),
    ]
    assert past.events == 2


def test_imported_facts_without_a_date_hold_from_the_first_thing_on() -> None:
    undated = row("identify", 0, source="import:1", occurred=T + 900 * DAY, traits={"email": "a@b.c"})
    order = row("history", T, "Order Completed", source="import:2", more=True)
    past = past_of([undated, order], None, T - DAY, None)
    assert [(i.kind, i.at, i.occurred_at) for i in past.inputs] == [("identify", T, T), ("event", T, T)]
    assert [i.source for i in past.inputs] == ["import:1", ""], "what was always so starts nothing"
    alone = past_of([undated], None, T - DAY, None)
    assert [i.at for i in alone.inputs] == [T - DAY]


def test_what_the_past_decided_is_kept_aside() -> None:
    rows = [
        row("receipt", T, "accepted", source="delivery", send_key="k"),
        message("Message Sent", T),
        message("Message Opened", T + HOUR),
        row("answer", T + 1, ask="q", value=3),
        row("consent", T + 2, channel="email", action="withdrawn", source="one_click"),
        row("event", T + 3, "Unsubscribed", source="onsite", properties={"send_key": "k"}),
    ]
    past = past_of(rows, None, T, None)
    assert [i.kind for i in past.inputs] == ["consent"], "what the person said stays"
    assert past.left_out == 5
    assert past.echoes["k"].sent_at == T
    assert [(at - T, i.name) for at, i in past.echoes["k"].back] == [
        (HOUR, "Message Opened"),
        (3, "Unsubscribed"),
    ]
    assert [i.kind for _, i in past.echoes["q"].back] == ["answer"]


def test_a_message_that_left_before_the_start_is_lived_to_its_end() -> None:
    rows = [
        row("receipt", T, "accepted", source="delivery", send_key="before"),
        message("Message Sent", T, "before"),
        message("Message Sent", T + 2 * DAY, "after"),
        message("Message Clicked", T + 3 * DAY, "before"),
        message("Message Clicked", T + 3 * DAY, "after"),
    ]
    past = past_of(rows, T + DAY, T, None)
    assert [i.name for i in past.inputs] == ["accepted", "Message Sent", "Message Clicked"]
    assert set(past.echoes) == {"after"}


@pytest.mark.parametrize(
    ("name", "more", "stays"),
    [
        ("Message Bounced", {"bounce": "hard"}, True),
        ("Message Bounced", {"bounce": "soft"}, False),
        ("Message Complained", {}, True),
        ("Message Opened", {}, False),
    ],
)
def test_what_tells_of_an_address_is_true_whatever_is_sent(
    name: str, more: dict[str, Any], stays: bool
) -> None:
    past = past_of([message(name, T, **more)], None, T, None)
    assert bool(past.inputs) is stays


def test_messages_of_another_system_are_facts_like_any() -> None:
    opened = row("history", T, "Message Opened", source="import:2", properties={"send_key": "theirs"})
    assert [i.name for i in past_of([opened], None, T, None).inputs] == ["Message Opened"]


def test_events_that_nobody_hears_are_counted_but_the_first_makes_the_person_known() -> None:
    rows = [row("event", T + n, "Page Viewed", properties={}, trust=2 * (n == 3)) for n in range(5)]
    rows.append(row("event", T + 9, "Order Completed"))
    past = past_of(rows, None, T, {"Order Completed"})
    names = [(i.name, i.at - T) for i in past.inputs]
    assert names == [("Page Viewed", 0), ("Page Viewed", 3), ("Order Completed", 9)], "a server vouches at 3"
    assert past.events == 6


def test_a_merged_person_is_lived_as_the_survivor() -> None:
    rows = [
        row("history", T, "Product Added", handed=True, properties={"cart_id": "c"}),
        row("history", T + 1, "Visit Started", handed=True, visit=True, properties={}),
        row("handover", T + 2, owed=7, estate={"runs": [{"id": "r"}], "sends": {"recent": {}}}),
    ]
    past = past_of(rows, None, T, None)
    assert [(i.kind, i.name) for i in past.inputs] == [("event", "Product Added"), ("handover", "")]
    assert "handed" not in past.inputs[0].body
    estate = past.inputs[1].body["estate"]
    assert (estate["runs"], estate["sends"]) == ([], {}) and "owed" not in past.inputs[1].body


def test_robots_are_no_longer_decided_about_that_day() -> None:
    rows = [row("event", T + n, "Page Viewed", properties={}) for n in range(ROBOT + 10)]
    rows.append(row("event", T + 2 * DAY, "Page Viewed", properties={}))
    past = past_of(rows, None, T, None)
    assert (past.robot, len(past.inputs)) == (11, ROBOT)
