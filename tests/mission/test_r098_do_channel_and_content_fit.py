"""R98: do channel and content fit the stage: what is planned and unused, what is used and unplanned."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.testing.desk import page
from slinga.testing.drafts import letter, on, unlimited
from slinga.testing.world import World


def test_the_map_says_where_the_plan_and_what_happened_part(world: World) -> None:
    world.publish_shipped()
    nodes: dict[str, Any] = {"send": {"type": "send", "template": "care"}}
    document = {"key": "news", "name": "News", "topic": "news", "trigger": on("Looked"), "start": "send"}
    serves = ["bow-tie/interest", "bow-tie/ambassador"]
    journey = Definition("journey", "news", {**document, "nodes": nodes, "serves": serves})
    world.publish(journey, letter("care", "How to begin"), unlimited())
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Signed Up")
    world.order("bert", "o1")
    for user in ("anna", "bert"):
        world.track(user, "Looked")
    tally(world.db)
    told = page(world, "/admin/map")
    assert "Planned and not used Ambassador · E-mail" in told
    assert "Used and not planned for the stage Conversion · E-mail" in told
    assert "Interest · E-mail" not in told.split("Planned and not used")[1].split("What serves")[0]
