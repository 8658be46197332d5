"""R4: number, names and order of stages are the workspace's to choose, on both sides of the knot."""

import pytest

from slinga.insight.jobs import tally
from slinga.kernel.errors import Invalid
from slinga.testing.desk import page
from slinga.testing.drafts import did, model
from slinga.testing.world import World

STEPS = ("Aware", "Curious", "Wanting", "Buying", "Using", "Loving", "Praising", "Bringing", "Founding")


def _long() -> tuple[dict, ...]:
    """Nine stages: three before the knot, five after it."""
    stages = []
    for number, name in enumerate(STEPS):
        side = "left" if number < 3 else "knot" if number == 3 else "right"
        stage = {"key": name.lower(), "name": f"{name} ♥", "side": side}
        if number:
            stage |= {"enter": did(f"Step {number}")}
        stages.append(stage)
    return tuple(stages)


def test_nine_stages_of_ones_own_names_move_people_and_stand_on_the_desk(world: World) -> None:
    world.publish(model("own", *_long()))
    world.known("anna")
    world.known("bert")
    for number in range(1, 9):
        world.track("anna", f"Step {number}")
    reached = [to for _, to in world.moves("anna", "own")]
    assert reached == [name.lower() for name in STEPS]
    tally(world.db)
    shown = page(world, "/admin/lifecycle?model=own")
    places = [shown.rindex(f"{name} ♥ ") for name in STEPS]
    assert places == sorted(places)
    assert "Founding ♥ 1 50.0 %" in shown
    assert "Aware ♥ 1 50.0 %" in shown


def test_another_number_and_order_is_published_over_the_first(world: World) -> None:
    world.publish(model("own", *_long()))
    world.known("anna")
    world.track("anna", "Step 8")
    world.track("anna", "Step 1")
    assert world.stage("anna", "own")[0] == "founding"
    # Two stages are enough, and what was right of the knot may come left of it.
    world.publish(
        model(
            "own",
            {"key": "founding", "side": "left"},
            {"key": "aware", "side": "knot", "enter": did("Step 1")},
        )
    )
    world.track("anna", "Something Else")
    assert world.stage("anna", "own")[0] == "aware"
    world.publish(
        model("own", {"key": "one", "side": "left"}, {"key": "two", "side": "right", "enter": did("Step 9")})
    )
    world.track("anna", "Something Else")
    assert world.stage("anna", "own")[0] == "one"
    world.track("anna", "Step 9")
    assert world.stage("anna", "own")[0] == "two"


def test_what_cannot_be_ordered_is_refused_with_its_place(world: World) -> None:
    with pytest.raises(Invalid) as fault:
        world.publish(
            model("own", {"key": "a", "side": "right"}, {"key": "b", "side": "left", "enter": did("Step 1")})
        )
    assert fault.value.field == "model/own: stages.1.side"
