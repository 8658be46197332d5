"""R90: who does not answer on one channel is asked on the next: e-mail, web push, text message."""

from typing import Any

from slinga.channels import mailbox
from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY
from slinga.testing.world import World

ANSWERED = {"op": "reaction", "kind": "clicked", "journey": "escalate", "window": {"since_entry": True}}


def ask(template: str, channel: str, wait: str, on_drop: str) -> dict[str, Any]:
    return {"type": "send", "channel": channel, "template": template, "next": wait, "on_drop": on_drop}


def listen(further: str) -> dict[str, Any]:
    return {
        "type": "wait",
        "until_condition": ANSWERED,
        "timeout": "3d",
        "next": "answered",
        "on_timeout": further,
    }


ESCALATE: dict[str, Any] = {
    "key": "escalate",
    "name": "Ask louder",
    "topic": "news",
    "trigger": {"on": "event", "name": "Quote Sent"},
    "start": "mail",
    "nodes": {
        "mail": ask("win-back-1", "email", "wait_mail", "push"),
        "wait_mail": listen("push"),
        "push": ask("win-back-push", "push", "wait_push", "text"),
        "wait_push": listen("text"),
        "text": ask("text", "sms", "done", "done"),
        "answered": {"type": "exit", "outcome": "answered"},
        "done": {"type": "exit", "outcome": "asked everywhere"},
    },
}
TEXT = {
    "key": "text",
    "name": "A text message",
    "class": "marketing",
    "channel": "sms",
    "topic": "news",
    "text": "Your quote is waiting.",
}


def begin(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(Definition("template", "text", TEXT), Definition("journey", "escalate", ESCALATE))


def others(world: World, channel: str) -> list[mailbox.Kept]:
    return [kept for kept in reversed(mailbox.latest(world.db, limit=100)) if kept.channel == channel]


def test_silence_goes_up_the_ladder(world: World) -> None:
    begin(world)
    start = world.now()
    world.known("anna", phone="+46701234567")
    world.allow_push("anna")
    world.consent("anna", "sms")
    world.track("anna", "Quote Sent")
    world.forward("10d")
    steps = [(mail.template, mail.at) for mail in world.mails("anna")]
    steps += [(kept.channel, kept.received_at) for kept in [*world.pushes(), *others(world, "sms")]]
    assert [(name, at - start) for name, at in steps] == [
        ("win-back-1", 0),
        ("push", 3 * DAY),
        ("sms", 6 * DAY),
    ]


def test_an_answer_ends_it_and_a_closed_channel_is_passed_over(world: World) -> None:
    begin(world)
    world.known("anna", phone="+46701234567")
    world.allow_push("anna")
    world.consent("anna", "sms")
    world.known("berta", phone="+46701234568")  # never asked for push
    world.consent("berta", "sms")
    world.track("anna", "Quote Sent")
    world.track("berta", "Quote Sent")
    world.forward("1d")
    world.click(world.mails("anna")[0])
    world.forward("3d")
    assert world.pushes() == []
    assert [kept.recipient for kept in others(world, "sms")] == ["+46701234568"]
