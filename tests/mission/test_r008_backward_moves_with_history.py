"""R8: people fall back when the rules say so, and the whole way is kept with dates and causes."""

from slinga.kernel.clock import DAY, instant
from slinga.testing.desk import person_page
from slinga.testing.drafts import OPEN_POLICY, campaign
from slinga.testing.world import World


def test_from_loyalty_step_by_step_back_to_interest_to_the_microsecond(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(*campaign("sorry", 1, {"on": "stage", "model": "bow-tie", "direction": "back"}))
    world.known("anna")
    start = world.now()
    for number in (1, 2, 3):
        world.order("anna", f"o{number}")
        world.forward("10d")
    assert world.stage("anna") == ("loyalty", "regular")
    # Ten seconds before the first order is a year old she still is, without any event in between.
    year = instant("2027-03-02T09:00:00Z")
    world.until(year - 1)
    assert world.stage("anna")[0] == "loyalty"
    world.until(year)
    assert world.stage("anna")[0] == "adoption"
    world.forward("1y")
    history = [
        (fact.body["from_stage"], fact.body["to_stage"], fact.at - start, fact.body.get("because", ""))
        for fact in world.facts("anna", "stage_moved", "bow-tie")
        if fact.body.get("direction") == "back"
    ]
    assert history == [
        ("loyalty", "adoption", 365 * DAY, "buys less than three times a year"),
        ("adoption", "interest", 385 * DAY, "no purchase for a year"),
    ]
    assert world.stage("anna") == ("interest", "lapsed")
    assert world.templates("anna") == ["sorry-1", "sorry-1"]
    moves = world.facts("anna", "stage_moved", "bow-tie")
    assert [fact.body.get("stayed_for") for fact in moves][-2:] == [345 * DAY, 20 * DAY]
    shown = person_page(world, "anna")
    assert "buys less than three times a year" in shown
    assert "no purchase for a year" in shown


def test_a_member_moves_somebody_back_and_gives_a_reason(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    for number in (1, 2, 3):
        world.order("anna", f"o{number}")
    world.command(
        "anna", "set_stage", model="bow-tie", stage="interest", pin="30d", note="complained by phone"
    )
    assert world.stage("anna")[0] == "interest"
    assert "complained by phone" in person_page(world, "anna")
    world.track("anna", "Product Viewed", product_id="tea")
    world.forward("29d")
    assert world.stage("anna")[0] == "interest"
    world.forward("2d")  # the pin has ended: three orders in a year speak again
    assert world.stage("anna")[0] == "loyalty"
