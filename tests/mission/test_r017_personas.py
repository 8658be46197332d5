"""R17: personas are described and attached to segments and journeys."""

from slinga.testing.desk import page, press
from slinga.testing.drafts import campaign, did, on, segment, unlimited
from slinga.testing.world import World

NEW = "/admin/map/personas/new"


def test_a_persona_has_words_goals_segments_and_journeys_and_decides_nothing(world: World) -> None:
    world.publish_shipped()
    world.publish(
        segment("bakers", did("Product Viewed", category="flour")),
        *campaign("baking", 1, on("Signed Up")),
        unlimited(),
    )
    before = world.program().number
    shown = press(
        world, NEW, NEW,
        name="Anna, who bakes", words="Forty, two children.", goals="Bread that succeeds\nNo waste",
        segments="bakers", journeys="baking",
    )  # fmt: skip
    told = shown.split("Personas")[-1]
    for part in (
        "Anna, who bakes",
        "Forty, two children.",
        "Bread that succeeds",
        "No waste",
        "bakers",
        "baking",
    ):
        assert part in told
    assert world.program().number == before and world.mails() == []
    shown = press(world, "/admin/map/personas/1", "/admin/map/personas/1", name="Bo", words="Bakes too.")
    assert "Bo" in shown and "Anna" not in shown
    assert "None yet. A persona says" in press(world, "/admin/map/personas/1", "/admin/map/personas/1/remove")
    assert "persona/1" in page(world, "/admin/team/audit")
