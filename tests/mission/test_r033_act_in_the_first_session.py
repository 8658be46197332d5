"""R33: a message leaves while the very first visit is going on."""

import json

from slinga.channels import mailbox
from slinga.engine.jobs import Definition
from slinga.kernel.clock import MINUTE
from slinga.kernel.ids import person_key
from slinga.people.log import Consent, record
from slinga.testing.world import World

NOW_OR_NEVER = {
    "key": "now-or-never",
    "name": "Looks at one product again and again",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "event", "name": "Product Viewed"},
    "condition": {
        "op": "event",
        "name": "Product Viewed",
        "where": [{"prop": "product_id", "value": "pot"}],
        "window": {"last": "30m"},
        "value": 3,
    },
    "reentry": {"every": "1d"},
    "start": "push",
    "nodes": {"push": {"type": "send", "channel": "push", "template": "look"}},
}
LOOK = {
    "key": "look",
    "name": "Still looking?",
    "class": "marketing",
    "channel": "push",
    "topic": "news",
    "push": {
        "title": "Still looking at {{ trigger.properties.name }}?",
        "body": "It is in stock.",
        "url": "https://shop.example/",
    },
}
HELLO = {
    "key": "hello",
    "name": "Welcome in the visit",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "visit", "phase": "first"},
    "start": "wait",
    "nodes": {
        "wait": {
            "type": "wait",
            "until_condition": {
                "op": "all",
                "of": [
                    {"op": "reachable", "channel": "email"},
                    {"op": "consent", "channel": "email", "topic": "news", "is": "granted"},
                ],
            },
            "timeout": "30m",
            "next": "mail",
            "on_timeout": "mail",
        },
        "mail": {"type": "send", "template": "welcome"},
    },
}


def test_a_nameless_first_visitor_gets_a_push_while_looking(world: World) -> None:
    world.publish(
        Definition("template", "look", LOOK),
        Definition("journey", "now-or-never", NOW_OR_NEVER),
        Definition("policy", "policy", {"quiet_hours": "none"}),
    )
    start = world.now()
    world.browse("d1", url="https://shop.example/")
    world.browse("d1", "Thing Updated", type="push_subscription", id="https://push.example/d1")
    with world.db.transaction():
        record(world.db, [Consent(person_key("anonymous", "d1"), "push", "", "granted", source="browser")])
    for n in range(3):
        world.forward("1m")
        world.browse("d1", "Product Viewed", product_id="pot", name="The Pot")
        assert len(world.pushes()) == (n == 2)
    (push,) = world.pushes()
    kept = mailbox.one(world.db, push.id)
    assert kept is not None and json.loads(kept.raw)["title"] == "Still looking at The Pot?"
    assert push.received_at == start + 3 * MINUTE
    person = world.person("d1", "anonymous")
    assert not person.profile.identified and person.visits.count == 1
    assert person.visits.current is not None, "the visit goes on"


def test_who_fills_in_a_form_in_the_first_visit_gets_the_mail_before_it_ends(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(Definition("journey", "hello", HELLO))
    world.browse("d1", url="https://shop.example/")
    world.forward("5m")
    world.identify("anna", device="d1", email="anna@example.org", firstName="Anna")
    assert world.mails() == []
    asked_at = world.now()
    world.consent("anna")
    assert [(m.template, m.at) for m in world.mails("anna")] == [("welcome", asked_at)]
    visit = world.person("anna").visits.current
    assert visit is not None and visit.number == 1
