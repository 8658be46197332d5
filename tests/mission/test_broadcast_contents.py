"""A broadcast of several messages, by contest or by what is true of each; and warming up a sender."""

from typing import Any

import pytest

from slinga.broadcasts import jobs as broadcasts
from slinga.broadcasts.addressing.jobs import Hand
from slinga.broadcasts.model import State
from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, HOUR
from slinga.kernel.errors import Invalid
from slinga.loops import address
from slinga.testing.crowd import permit
from slinga.testing.world import World

FREE = {"quiet_hours": "none", "caps": []}


def letter(key: str) -> Definition:
    html = (
        f"<html lang='en'><head><title>N</title></head><body><p>{key} <a href='https://shop.example/{key}'>Look</a>"
        "</p><p><a href='{{ unsubscribe_url }}'>Leave</a> {{ brand.address }}</p></body></html>"
    )
    document = {
        "key": key,
        "name": key,
        "channel": "email",
        "subject": key,
        "class": "marketing",
        "topic": "news",
    }
    return Definition("template", key, document | {"body": {"html": html}})


def town(world: World, people: int) -> list[str]:
    world.publish_shipped("welcome", policy=FREE)
    world.publish(*(letter(key) for key in ("plain", "bold", "tea")))
    names = [f"p{n:02d}" for n in range(people)]
    for n, who in enumerate(names):
        traits = {"email": f"{who}@example.org", "drinks": ("tea", "cocoa")[n % 2]}
        world.call("identify", {"userId": who, "traits": traits}, settle=False)
    permit(world, names)
    permit(world, names, "tracking")
    world.settle()
    return names


def document(**more: Any) -> dict[str, Any]:
    return {"key": "may", "name": "May", "audience": {"op": "identified"}, "topic": "news", **more}


TWO = [{"key": "a", "template": "plain"}, {"key": "b", "template": "bold"}]


def test_the_rest_gets_what_the_sample_clicked_on_once_each(world: World) -> None:
    people = town(world, 60)
    test = {"sample": 0.6, "by": "clicks", "after": "4h"}
    broadcasts.create(world.db, document(contents=TWO, test=test))
    broadcasts.start(world.db, "may")
    world.settle()
    tried = {mail.to: mail.template for mail in world.mails() if mail.template in ("plain", "bold")}
    assert 20 <= len(tried) < 60 and set(tried.values()) == {"plain", "bold"}
    assert broadcasts.progress(world.db, "may").state is State.TESTING
    for mail in world.mails(template="bold"):
        world.click(mail)
    world.forward("30m")
    broadcasts.pause(world.db, "may")
    broadcasts.resume(world.db, "may")
    assert broadcasts.progress(world.db, "may").state is State.TESTING
    world.forward("4h")
    found = broadcasts.progress(world.db, "may")
    assert (found.winner, found.state, found.audience, found.planned) == ("b", State.DONE, 60, 60)
    got = [mail for mail in world.mails() if mail.template in ("plain", "bold")]
    assert sorted(mail.to for mail in got) == sorted(f"{who}@example.org" for who in people)
    assert {mail.template for mail in got if mail.to not in tried} == {"bold"}


def test_without_a_clear_winner_the_rest_is_divided_as_drawn_whoever_addresses(world: World) -> None:
    town(world, 60)
    broadcasts.create(world.db, document(contents=TWO, test={"sample": 0.5, "after": "1h"}))
    broadcasts.start(world.db, "may")
    for _ in range(200):  # each portion by another process
        address(world.db, Hand(2))
        world.worker.drain()
    world.settle()
    world.forward("2h")
    found = broadcasts.progress(world.db, "may")
    assert (found.winner, found.state, found.planned) == ("", State.DONE, 60)
    got = [mail.template for mail in world.mails() if mail.template in ("plain", "bold")]
    assert len(got) == 60 and min(got.count("plain"), got.count("bold")) > 15


def test_each_gets_the_first_content_that_is_true_of_them(world: World) -> None:
    people = town(world, 8)
    tea = {"op": "trait", "name": "drinks", "cmp": "eq", "value": "tea"}
    contents = [{"key": "tea", "template": "tea", "when": tea}, {"key": "rest", "template": "plain"}]
    broadcasts.create(world.db, document(contents=contents))
    broadcasts.start(world.db, "may")
    world.settle()
    for n, who in enumerate(people):
        assert world.templates(who) == (["plain"] if n % 2 else ["tea"])


def test_a_sender_is_warmed_up_day_by_day(world: World) -> None:
    town(world, 12)
    broadcasts.create(world.db, document(template="plain", warm_up={"start": 2, "growth": 2, "most": 4}))
    begun = world.now()
    broadcasts.start(world.db, "may")
    world.settle()
    sent = [len(world.mails(template="plain"))]
    assert broadcasts.progress(world.db, "may").ends_at == begun + 3 * DAY
    for day in (1, 2, 3):
        world.until(begun + day * DAY + HOUR)
        sent.append(len(world.mails(template="plain")))
    assert sent == [2, 6, 10, 12]
    found = broadcasts.progress(world.db, "may")
    assert (found.state, found.planned) == (State.DONE, 12)


def test_while_warming_up_the_most_engaged_come_first(world: World) -> None:
    people = town(world, 12)
    broadcasts.create(world.db, document(key="first", template="bold"))
    broadcasts.start(world.db, "first")
    world.settle()
    readers = people[5:7]
    for who in readers:
        world.click(world.mails(who, template="bold")[0])
    world.order(people[11], "o1")
    world.forward("20d")
    late = people[3]
    world.order(late, "o2")
    world.call("identify", {"userId": "mute", "traits": {"drinks": "tea"}})  # cannot be reached at all
    plan = {"start": 1, "growth": 1, "most": 1}
    broadcasts.create(world.db, document(key="second", template="plain", warm_up=plan))
    begun = world.now()
    broadcasts.start(world.db, "second")
    world.settle()
    world.until(begun + 12 * DAY + HOUR)
    came = [mail.to.partition("@")[0] for mail in world.mails(template="plain")]
    assert came[0] == late and set(came[1:4]) == {*readers, people[11]} and sorted(came) == sorted(people)
    ends_at = broadcasts.progress(world.db, "second").ends_at
    assert ends_at == begun + 11 * DAY, "who cannot be reached takes nobody's day"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "template"),
        ({"template": "plain", "contents": TWO}, "template"),
        ({"contents": TWO[:1], "test": {}}, "test"),
        ({"contents": [TWO[0], TWO[0]]}, "contents"),
        (
            {
                "contents": [
                    {**TWO[0], "when": {"op": "identified"}},
                    {**TWO[1], "when": {"op": "identified"}},
                ]
            },
            "when",
        ),
        ({"contents": TWO, "test": {"sample": 1}}, "sample"),
        ({"template": "plain", "channel": "push", "warm_up": {}}, "warm_up"),
        ({"template": "plain", "warm_up": {"start": 0}}, "start"),
    ],
)
def test_faults_name_the_field(world: World, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        broadcasts.create(world.db, document(**more))
    assert field in fault.value.field
