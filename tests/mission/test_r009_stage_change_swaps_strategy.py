"""R9: a stage change swaps the communication strategy: the journeys that run, their content, the pressure."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, HOUR
from slinga.testing.drafts import OPEN_POLICY, campaign, did, letter, model, on, sending, unlimited
from slinga.testing.world import World


def _shop(choosing: dict[str, Any], owning: dict[str, Any]) -> Definition:
    return model(
        "shop",
        {"key": "choosing", "side": "left", "strategy": choosing},
        {"key": "owning", "side": "knot", "enter": did("Order Completed"), "strategy": owning},
    )


def test_the_journeys_of_the_old_stage_stop_and_those_of_the_new_one_start(world: World) -> None:
    world.publish(
        _shop({}, {"stop": ["persuade"], "start": ["care"]}),
        *campaign("persuade", 5, on("Signed Up")),
        sending("care", ["care-1", "care-2"], {"on": "manual"}),
        letter("care-1", "You are {{ person.stages.shop }}"),
        letter("care-2"),
        unlimited(),
    )
    world.known("anna")
    world.known("bert")
    start = world.now()
    world.track("anna", "Signed Up")
    world.track("bert", "Signed Up")
    world.forward("36h")
    world.order("anna", "o1")
    world.forward("10d")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [
        ("persuade-1", 0),
        ("persuade-2", DAY),
        ("care-1", 36 * HOUR),
        ("care-2", 60 * HOUR),
    ]
    assert "You are owning" in world.mails("anna", template="care-1")[0].html
    ended = world.facts("anna", "run_ended", "persuade")
    assert [fact.body["reason"] for fact in ended] == ["stopped"]
    assert world.templates("bert") == [f"persuade-{number}" for number in range(1, 6)]


def test_the_weekly_limit_is_that_of_the_stage(world: World) -> None:
    world.publish(
        _shop({"weekly_messages": 2}, {}), *campaign("news", 5, on("Signed Up"), gap="1d"), unlimited()
    )
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Signed Up")
    start = world.now()
    world.forward("3d")
    put_off = world.facts("anna", "send_deferred")
    assert [(fact.at - start, fact.body["reason"]) for fact in put_off] == [(2 * DAY, "cap_overall")]
    world.order("anna", "o1")  # the new stage has no limit: what was put off goes at once
    world.forward("5d")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [
        ("news-1", 0),
        ("news-2", DAY),
        ("news-3", 3 * DAY),
        ("news-4", 4 * DAY),
        ("news-5", 5 * DAY),
    ]
    # Whoever stays gets two in any seven days; the third was stale before there was room for it.
    assert [(mail.template, mail.at - start) for mail in world.mails("bert")] == [
        ("news-1", 0),
        ("news-2", DAY),
        ("news-4", 7 * DAY),
        ("news-5", 8 * DAY),
    ]


def test_the_limit_of_a_shipped_stage_binds_marketing_and_not_the_receipt(world: World) -> None:
    world.publish_shipped("order-reassurance", policy=OPEN_POLICY)
    world.publish(*campaign("chatty", 4, on("Order Completed")))
    world.known("anna")
    start = world.now()
    world.order("anna", "o1")
    world.forward("6d")
    assert world.stage("anna") == ("conversion", "just-bought")
    mails = [(mail.template, mail.at - start) for mail in world.mails("anna")]
    assert sorted(mails) == [("chatty-1", 0), ("chatty-2", DAY), ("receipt", 0)]


def test_a_stage_reached_between_decision_and_hand_over_binds_at_the_wire(world: World) -> None:
    world.publish(
        _shop({}, {"weekly_messages": 1}),
        *campaign("first", 1, on("Signed Up")),
        *campaign("second", 1, on("Product Viewed")),
        unlimited(),
    )
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Signed Up")
    world.forward("1d")
    for user in ("anna", "bert"):
        world.track(user, "Product Viewed", settle=False)
    world.worker.drain()
    assert all(len(world.facts(user, "send_planned", "second")) == 1 for user in ("anna", "bert"))
    world.track("anna", "Order Completed", order_id="o1", settle=False)  # no worker has seen this yet
    world.courier.run_until_idle()
    world.forward("5d")
    assert world.templates("anna") == ["first-1"]
    assert world.templates("bert") == ["first-1", "second-1"]
    (settled,) = [f for f in world.facts("anna", "send_settled") if f.body["outcome"] != "accepted"]
    assert settled.body["outcome"] == "expired"
