"""R1: a lifecycle without a terminal stage; people go round again and again."""

from slinga.testing.drafts import OPEN_POLICY
from slinga.testing.world import World


def test_somebody_goes_round_twice_and_each_round_counts(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    for turn in (1, 2):
        world.track("anna", "Signed Up")
        assert world.stage("anna")[0] == "interest"
        for number in (1, 2, 3):
            world.order("anna", f"o{turn}-{number}")
            world.forward("10d")
        assert world.stage("anna")[0] == "loyalty"
        world.forward("13mo")
        assert world.stage("anna")[0] == "interest"
        assert world.person("anna").positions["bow-tie"].round == turn + 1
    world.order("anna", "o3")
    assert world.stage("anna")[0] == "conversion"
    reached = [to for _, to in world.moves("anna")]
    assert reached.count("conversion") == 3
    assert reached.count("loyalty") == 2


def test_every_stage_of_every_shipped_model_but_the_first_can_be_left_backwards(world: World) -> None:
    """Read off what the workspace says is published, not off the files."""
    shipped = ("bow-tie", "cycle", "b2b-bow-tie", "rfm")
    world.publish_shipped(models_=shipped)
    for key in shipped:
        stages = world.program().models[key].model.stages
        # In the RFM map the stages after a purchase lead down to "about to lose", and up again by buying.
        closed = [stage.key for stage in stages[1:] if not stage.fall]
        assert closed == (["about-to-lose"] if key == "rfm" else [])
