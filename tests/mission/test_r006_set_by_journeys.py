"""R6: journeys put people into stages and statuses, automatically."""

from slinga.engine.jobs import Definition
from slinga.testing.drafts import did, model, on
from slinga.testing.world import World


def _placing(stage: str, status: str | None = None, pin: str | None = None) -> Definition:
    node = {"type": "set_stage", "model": "own", "stage": stage, "next": None}
    node |= {"status": status} if status else {}
    node |= {"pin": pin} if pin else {}
    nodes = {"wait": {"type": "wait", "for": "2d", "next": "place"}, "place": node}
    document = {"key": "place", "name": "Place", "trigger": on("Test Drive Booked"), "start": "wait"}
    return Definition("journey", "place", {**document, "nodes": nodes})


OWN = model(
    "own",
    {"key": "looking", "side": "left"},
    {
        "key": "tried",
        "side": "left",
        "enter": did("Never Happens"),
        "statuses": [{"key": "drove", "name": "Drove it"}],
        "fall": [{"when": {"op": "everyone"}, "to": "looking"}],
    },
    {"key": "bought", "side": "knot", "enter": did("Order Completed")},
)


def test_a_journey_places_people_at_its_instant_and_says_so(world: World) -> None:
    world.publish(OWN, _placing("tried", "drove", "10d"))
    world.known("anna")
    start = world.now()
    world.track("anna", "Test Drive Booked")
    assert world.stage("anna", "own") == ("looking", None)
    world.forward("2d")
    assert world.stage("anna", "own") == ("tried", "drove")
    fact = world.facts("anna", "stage_moved", "own")[-1]
    assert (fact.at - start, fact.body["cause"], fact.body["because"]) == (
        172_800_000_000,
        "journey",
        "place",
    )
    # The model's own rules leave the person there for as long as the journey said, and not a second longer.
    world.until(fact.at + 10 * 86_400_000_000 - 1)
    assert world.stage("anna", "own") == ("tried", "drove")
    world.until(fact.at + 10 * 86_400_000_000)
    assert world.stage("anna", "own") == ("looking", None)


def test_a_purchase_moves_on_whoever_a_journey_has_placed(world: World) -> None:
    world.publish(OWN, _placing("tried", "drove"))
    world.known("anna")
    world.track("anna", "Test Drive Booked")
    world.forward("3d")
    world.order("anna", "o1")
    assert world.stage("anna", "own") == ("bought", None)
    world.forward("60d")
    assert world.stage("anna", "own") == ("bought", None)
