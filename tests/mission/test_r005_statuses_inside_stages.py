"""R5: main stages are given, and inside each as many statuses as one likes."""

from slinga.kernel.clock import DAY
from slinga.testing.drafts import campaign, did, model, unlimited
from slinga.testing.world import World


def test_the_statuses_of_interest_come_and_go_at_their_instants(world: World) -> None:
    world.publish_shipped()
    start = world.now()
    world.known("anna")
    world.track("anna", "Signed Up")
    world.forward("1d")
    world.track("anna", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    world.forward("1d")
    world.track("anna", "Checkout Started", cart_id="c1", products=[{"product_id": "tea", "quantity": 1}])
    world.forward("20d")
    moved = world.facts("anna", "status_moved", "bow-tie")
    told = [(fact.body["to_status"], fact.at - start) for fact in moved]
    # The checkout counts for three days, the cart for seven; the stage stays Interest all along.
    assert told[-4:] == [("cart", DAY), ("checkout", 2 * DAY), ("cart", 5 * DAY), ("known-lead", 8 * DAY)]
    assert world.stage("anna") == ("interest", "known-lead")


def test_fifty_statuses_in_one_stage_and_a_journey_for_one_of_them(world: World) -> None:
    statuses = [
        {"key": f"like-{n}", "name": f"Likes {n}", "enter": did("Liked", last="10d", what=n)}
        for n in range(50)
    ]
    world.publish(
        model(
            "own",
            {"key": "here", "side": "left", "statuses": statuses},
            {"key": "there", "side": "right", "enter": did("Order Completed")},
        ),
        *campaign("about-49", 1, {"on": "status", "model": "own", "to": ["like-49"]}),
        unlimited(),
    )
    world.known("anna")
    assert world.stage("anna", "own") == ("here", None)
    world.track("anna", "Liked", what=48)
    assert world.stage("anna", "own") == ("here", "like-48")
    assert world.templates("anna") == []
    world.forward("10d")
    assert world.stage("anna", "own") == ("here", None)
    world.track("anna", "Liked", what=49)
    assert world.stage("anna", "own") == ("here", "like-49")
    assert world.templates("anna") == ["about-49-1"]
    world.order("anna", "o1")
    assert world.stage("anna", "own") == ("there", None)
