"""R7: stages rest on what people do in the shop and outside it, reactions to mail among it."""

from slinga.testing.drafts import OPEN_POLICY, campaign, on
from slinga.testing.world import World


def _mailed(world: World) -> None:
    """Somebody known only by name and address gets a letter; nobody has seen them on the site."""
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(*campaign("hello", 1, on("Invited")))
    world.known("anna")
    world.track("anna", "Invited")
    assert world.stage("anna") == ("invitation", "quiet")
    assert world.templates("anna") == ["hello-1"]
    world.forward("10m")


def test_a_click_in_a_mail_moves_and_a_machine_does_not(world: World) -> None:
    _mailed(world)
    mail = world.mails("anna")[0]
    world.click(mail, agent="Mozilla/5.0 (compatible; Barracuda Sentinel)")
    world.forward("1h")
    assert world.stage("anna")[0] == "invitation"
    clicked = world.now()
    world.click(mail)
    world.forward("1h")
    assert world.stage("anna")[0] == "attention"
    move = world.facts("anna", "stage_moved")[-1]
    assert move.body["rule"] == "stages.1.enter"
    assert 0 < move.at - clicked <= 120_000_000
    # And 90 days after the click, with nothing new, they are where they were.
    world.forward("91d")
    assert world.stage("anna") == ("invitation", "quiet")


def test_an_open_alone_is_no_step(world: World) -> None:
    _mailed(world)
    world.open(world.mails("anna")[0])
    world.forward("1h")
    assert [fact.body["to_stage"] for fact in world.facts("anna", "stage_moved")] == ["invitation"]


def test_what_happens_in_the_shop_and_at_the_till_counts_alike(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.browse("d1", "Product Viewed", product_id="tea")
    world.browse("d1", "Product Viewed", product_id="pot")
    assert world.person("d1", "anonymous").positions["bow-tie"].stage == "attention"
    world.known("bert")
    world.track("bert", "Form Submitted", form="fair", place="Malmö")
    assert world.stage("bert")[0] == "interest"
    world.known("cleo")
    world.order("cleo", "till-1", store="Lund")
    assert world.stage("cleo")[0] == "conversion"
