"""R15: which message serves which phase stands in one plan, those without one too."""

import re

from slinga.testing.desk import page
from slinga.testing.drafts import letter, on, sending, unlimited
from slinga.testing.world import World


def test_the_plan_names_every_message_under_the_phase_it_serves(world: World) -> None:
    world.publish_shipped("welcome", "cart-rescue", "post-purchase")
    world.publish(
        letter("ours", stage="ambassador"),
        letter("stray"),
        sending("thanks", ["thanks-1"], on("Order Completed"), serves=["bow-tie/loyalty"]),
        letter("thanks-1"),
        unlimited(),
    )
    plan = (
        page(world, "/admin/map").split("What serves which stage")[1].split("Touchpoints entered by hand")[0]
    )
    names = (
        "Invitation",
        "Attention",
        "Interest",
        "Conversion",
        "Adoption",
        "Loyalty",
        "Ambassador",
        "No stage",
    )
    parts = dict(zip(names, re.split("|".join(names), plan)[1:], strict=True))
    assert "Cart rescue" in parts["Interest"] and "Cart: you left something" in parts["Interest"]
    assert "After the purchase" in parts["Adoption"]
    assert "thanks" in parts["Loyalty"] and "thanks-1" in parts["Loyalty"]
    assert "ours" in parts["Ambassador"]
    assert "stray" in parts["No stage"] and "thanks" not in parts["No stage"]
    assert "Nothing yet. Start a journey here" in parts["Invitation"]


def test_a_message_moves_in_the_plan_with_its_phase(world: World) -> None:
    world.publish_shipped()
    world.publish(letter("ours", stage="loyalty"))
    before = page(world, "/admin/map").split("What serves which stage")[1]
    assert before.index("Loyalty") < before.index("ours") < before.index("Ambassador")
    world.publish(letter("ours", stage="attention"))
    after = page(world, "/admin/map").split("What serves which stage")[1]
    assert after.index("Attention") < after.index("ours") < after.index("Interest")
