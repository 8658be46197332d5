"""R89, word for word: a regular buyer makes no purchase for half a year; a personalised sequence of e-mails;
if it is ignored, a web push; if that is not clicked, the person moves to an earlier stage.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import DAY, Instant, instant, iso
from slinga.testing.world import ZONE, World, open_world

CALM = {"quiet_hours": "none"}


def half_a_year_after(at: Instant) -> Instant:
    return add(at, period("6mo"), zone(ZONE))


def regular(world: World, user: str = "anna") -> Instant:
    """Somebody who buys once a month, four times; when the last order was."""
    world.known(user)
    world.allow_push(user)
    for number in range(4):
        world.order(user, f"{user}-{number}")
        last = world.now()
        if number < 3:
            world.forward("30d")
    assert world.stage(user)[0] == "loyalty"
    return last


def test_the_half_year_rule_word_for_word(world: World) -> None:
    world.publish_shipped("win-back", policy=CALM)
    due = half_a_year_after(regular(world))
    world.until(due - 1)
    assert world.mails("anna") == []
    assert world.stage("anna")[0] == "loyalty"

    world.until(due)  # the very microsecond, and no event brought it about
    assert [(mail.template, mail.at) for mail in world.mails("anna")] == [("win-back-1", due)]
    for mail in world.mails("anna"):
        assert "Anna" in mail.subject and "Anna" in mail.text and "Anna" in mail.html

    world.forward("1h")
    mail = world.mails("anna")[0]
    world.open(mail, agent="Mozilla/5.0")  # a mail program fetches pictures ahead: that is not a reaction
    world.get(mail.links[0], method="HEAD")  # nor is a scanner that tries the links
    world.until(due + 21 * DAY - 1)
    assert [(m.template, m.at - due) for m in world.mails("anna")] == [
        ("win-back-1", 0),
        ("win-back-2", 7 * DAY),
        ("win-back-3", 14 * DAY),
    ]
    assert world.pushes() == []

    world.until(due + 21 * DAY)
    (push,) = world.pushes()
    assert (push.received_at - due, push.recipient) == (21 * DAY, "https://push.example/anna")
    assert "Anna" in push.subject

    world.until(due + 24 * DAY - 1)
    assert world.stage("anna")[0] == "loyalty"
    world.until(due + 24 * DAY)
    assert world.stage("anna") == ("interest", "win-back")
    (*_, move) = world.facts("anna", "stage_moved", "bow-tie")
    assert (move.at - due, move.body["to_stage"], move.body["direction"]) == (24 * DAY, "interest", "back")
    assert (move.body["cause"], move.body["because"]) == ("journey", "win-back")
    (end,) = world.facts("anna", "run_ended", "win-back")
    assert (end.body["outcome"], end.at - due) == ("moved to an earlier stage", 24 * DAY)

    world.forward("30d")
    assert len(world.mails("anna")) == 3 and len(world.pushes()) == 1
    assert world.stage("anna") == ("interest", "win-back")


def test_who_buys_is_left_alone_at_once(world: World) -> None:
    world.publish_shipped("win-back", policy=CALM)
    due = half_a_year_after(regular(world))
    world.until(due + 7 * DAY - 1)
    world.order("anna", "back")  # a microsecond before the second mail
    (end,) = world.facts("anna", "run_ended", "win-back")
    assert (end.body["reason"], end.at) == ("goal", due + 7 * DAY - 1)
    world.forward("60d")
    assert world.templates("anna") == ["win-back-1"]
    assert world.pushes() == []
    assert world.stage("anna")[0] == "loyalty"


def test_who_clicks_an_e_mail_gets_no_push_and_stays(world: World) -> None:
    world.publish_shipped("win-back", policy=CALM)
    due = half_a_year_after(regular(world))
    world.until(due + 8 * DAY)
    assert world.templates("anna") == ["win-back-1", "win-back-2"]
    world.click(world.mails("anna")[-1])
    world.forward("60d")
    assert world.templates("anna") == ["win-back-1", "win-back-2"]
    assert world.pushes() == []
    assert world.stage("anna")[0] == "loyalty"


def test_who_clicks_the_push_is_not_moved(world: World) -> None:
    world.publish_shipped("win-back", policy=CALM)
    due = half_a_year_after(regular(world))
    world.until(due + 23 * DAY)
    (push,) = world.pushes()
    world.click_push(push)
    world.until(due + 50 * DAY)
    assert world.stage("anna")[0] == "loyalty"
    assert [fact.body["outcome"] for fact in world.facts("anna", "run_ended", "win-back")] == []
    world.until(due + 54 * DAY)
    assert [fact.body["outcome"] for fact in world.facts("anna", "run_ended", "win-back")] == ["answered"]


def test_two_purchases_are_no_habit(world: World) -> None:
    world.publish_shipped("win-back", policy=CALM)
    world.known("anna")
    world.order("anna", "o1")
    world.forward("30d")
    world.order("anna", "o2")
    world.forward("8mo")
    assert world.mails("anna") == []


@pytest.fixture
def autumn(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in August before a leap year."""
    with open_world(database_url, tmp_path, at="2027-08-01T10:00:00Z") as found:
        yield found


def test_the_second_holds_over_daylight_saving_and_29_february(autumn: World) -> None:
    """Half a year is a calendar half-year in the workspace's zone, to the microsecond."""
    world = autumn
    world.publish_shipped("win-back", policy=CALM)
    expected = {
        # the 31st has no twin: the last day of February, a leap day, at the same time of day
        "anna": ("2027-08-31T12:00:00.000001Z", "2028-02-29T13:00:00.000001Z"),
        # half past two does not exist on the night of the spring switch: the offset before it counts
        "berta": ("2027-09-26T00:30:00Z", "2028-03-26T01:30:00Z"),
        # from the leap day itself, over the spring switch
        "cilla": ("2028-02-29T09:30:15Z", "2028-08-29T08:30:15Z"),
    }
    for user in expected:
        world.known(user)
        world.order(user, f"{user}-1")
        world.order(user, f"{user}-2")
    steps = sorted((at, user, kind) for user, pair in expected.items() for kind, at in enumerate(pair))
    for at, user, kind in steps:
        if kind == 0:
            world.until(at)
            world.order(user, f"{user}-3")
            continue
        world.until(instant(at) - 1)
        assert world.mails(user) == []
        world.until(at)
        assert [(mail.template, iso(mail.at)) for mail in world.mails(user)] == [
            ("win-back-1", iso(instant(at)))
        ]
