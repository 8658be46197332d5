"""R10: "took a step but has not bought" is a state of its own: a known lead."""

from slinga.testing.drafts import OPEN_POLICY, campaign
from slinga.testing.world import World


def test_a_form_makes_a_known_lead_whom_a_journey_follows_until_the_purchase(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(
        *campaign(
            "nurture",
            3,
            {"on": "status", "model": "bow-tie", "to": ["known-lead"]},
            exit={"op": "not", "of": {"op": "status", "model": "bow-tie", "is": ["known-lead"]}},
        )
    )
    world.browse("d1", url="https://shop.example/")
    assert world.person("d1", "anonymous").positions["bow-tie"].stage == "invitation"
    world.consent("anna")  # the box was ticked in the form
    world.identify("anna", device="d1", email="anna@example.org")
    world.track("anna", "Form Submitted", form="guide")
    assert world.stage("anna") == ("interest", "known-lead")
    world.forward("25h")
    world.order("anna", "o1")
    assert world.stage("anna") == ("conversion", "just-bought")
    world.forward("10d")
    assert world.templates("anna") == ["nurture-1", "nurture-2"]
    lead = world.facts("anna", "stage_moved", "bow-tie")
    assert ("interest", "known-lead") in [(f.body["to_stage"], f.body.get("to_status")) for f in lead]


def test_who_bought_before_and_lapsed_is_no_lead(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    world.order("anna", "o1")
    world.forward("366d")
    world.track("anna", "Form Submitted", form="guide")
    assert world.stage("anna") == ("interest", "lapsed")


def test_half_a_year_after_the_step_nothing_is_left_of_it(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    world.track("anna", "Form Submitted", form="guide")
    world.until("2026-09-02T07:59:59Z")
    assert world.stage("anna") == ("interest", "known-lead")
    world.until("2026-09-02T08:00:00Z")  # six months on the shop's clock, which is an hour ahead by now
    assert world.stage("anna")[0] != "interest"


def test_what_the_device_had_reached_already_starts_nothing_a_second_time(world: World) -> None:
    """The visitor filled a cart before anybody knew the name; knowing it is no second filling."""
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(
        *campaign("cart", 1, {"on": "status", "model": "bow-tie", "to": ["cart"]}, reentry="always")
    )
    world.browse("d1", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    assert world.person("d1", "anonymous").positions["bow-tie"].status == "cart"
    world.consent("anna")
    world.identify("anna", device="d1", email="anna@example.org")
    assert world.stage("anna") == ("interest", "cart")
    assert world.templates("anna") == []
    merged = world.facts("anna", "stage_moved", "bow-tie")[-1]
    assert (merged.body["cause"], merged.body["to_status"]) == ("merge", "cart")
