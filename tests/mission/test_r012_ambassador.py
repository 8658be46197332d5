"""R12: an ambassador buys regularly and recommends; one without the other is not enough."""

from slinga.testing.drafts import OPEN_POLICY
from slinga.testing.world import World


def test_both_together_in_either_order(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    for user in ("anna", "bert", "cleo", "dora"):
        world.known(user)
    for number in (1, 2, 3):
        world.order("anna", f"a{number}")
    assert world.stage("anna")[0] == "loyalty"
    world.track("anna", "Product Reviewed", product_id="tea", rating=2)  # a poor opinion recommends nothing
    assert world.stage("anna")[0] == "loyalty"
    world.track("anna", "Product Reviewed", product_id="tea", rating=5)
    assert world.stage("anna") == ("ambassador", "speaking")

    world.track("bert", "Product Shared", product_id="tea")
    world.order("bert", "b1")
    assert world.stage("bert")[0] not in ("loyalty", "ambassador")
    world.order("bert", "b2")
    world.order("bert", "b3")
    assert world.stage("bert") == ("ambassador", "speaking")

    world.track("cleo", "Referral Completed", friend="eva", outcome="test drive booked")
    world.order("cleo", "c1")
    assert world.stage("cleo")[0] != "ambassador"


def test_a_year_without_recommending_leads_back_to_loyalty(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    world.track("anna", "Referral Completed", friend="eva")
    recommended = world.now()
    for number in range(6):
        world.order("anna", f"o{number}")
        world.forward("60d")
    assert world.stage("anna") == ("ambassador", "bringing")
    world.forward("30d")
    assert world.stage("anna")[0] == "loyalty"
    back = world.facts("anna", "stage_moved", "bow-tie")[-1]
    assert back.at - recommended == 365 * 86_400_000_000
    assert back.body["because"] == "has not recommended us for a year"
