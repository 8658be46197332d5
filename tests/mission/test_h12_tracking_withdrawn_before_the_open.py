"""Trap 12: tracking consent withdrawn between send and open: the link still leads, nothing is remembered."""

from slinga.ingest import log
from slinga.testing.plans import journey, send
from slinga.testing.world import World

CLICKED = {"op": "reaction", "kind": "clicked", "journey": "story", "window": {"since_entry": True}}


def test_what_was_sent_with_permission_is_not_followed_without(world: World) -> None:
    listen = {"type": "wait", "until_condition": CLICKED, "timeout": "2d", "next": "yes", "on_timeout": "no"}
    nodes = {
        "mail": send("win-back-1", "listen"),
        "listen": listen,
        "yes": {"type": "exit", "outcome": "clicked"},
        "no": {"type": "exit", "outcome": "silent"},
    }
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(journey("story", "Quote Sent", nodes))
    for user in ("anna", "berta"):
        world.known(user)
        world.track(user, "Quote Sent")
    world.forward("1h")
    world.consent("anna", "tracking", action="withdrawn", source="preferences")
    for user in ("anna", "berta"):
        (mail,) = world.mails(user)
        world.open(mail)
        assert world.click(mail).startswith("https://shop.example/")
    world.forward("3d")
    seen = {
        user: {
            item.name
            for item in log.history(world.db, world.person(user).key)
            if item.name in ("Message Opened", "Message Clicked")
        }
        for user in ("anna", "berta")
    }
    assert seen == {"anna": set(), "berta": {"Message Opened", "Message Clicked"}}
    ends = {u: [f.body["outcome"] for f in world.facts(u, "run_ended", "story")] for u in ("anna", "berta")}
    assert ends == {"anna": ["silent"], "berta": ["clicked"]}
