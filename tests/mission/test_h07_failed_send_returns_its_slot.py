"""Trap 7, sends: a mail that failed used nothing up: its place under the cap is free again at once."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import HOUR
from slinga.testing.plans import one_mail
from slinga.testing.smtp_sink import Script
from slinga.testing.world import World

BROKEN = {
    "key": "broken",
    "name": "Needs what nobody has",
    "class": "marketing",
    "topic": "news",
    "subject": "Your fit is {{ trigger.properties.fit }}",
    "body": {"html": "<p>Hello</p><p>The Shop, Storgatan 1 {{ unsubscribe_url }}</p>"},
}


def outcomes(world: World, user: str) -> list[str]:
    return [fact.body["outcome"] for fact in world.facts(user, "send_settled")]


def test_neither_a_refusal_nor_a_broken_template_uses_the_cap(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})  # one mail in 16 hours
    world.publish(
        Definition("template", "broken", BROKEN),
        one_mail("one", "First", "broken"),
        one_mail("two", "Second"),
        one_mail("three", "Third", "win-back-2"),
    )
    world.known("anna")
    world.sink.scripts["anna@example.org"] = Script(data="554 5.7.1 not today", times=1)
    start = world.now()
    world.track("anna", "First")
    world.forward("1h")
    world.track("anna", "Second")
    world.forward("1h")
    assert outcomes(world, "anna") == ["render_failed", "rejected"]
    assert world.mails("anna") == []
    world.track("anna", "Third")
    world.forward("1h")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [("win-back-2", 2 * HOUR)]
    world.track("anna", "Third")  # now the slot is taken
    assert len(world.mails("anna")) == 1
