"""R2, R3: the four shipped models stand side by side, and each moves people by its own rules."""

from slinga.kernel.clock import DAY
from slinga.testing.drafts import OPEN_POLICY
from slinga.testing.world import World

ALL = ("bow-tie", "cycle", "b2b-bow-tie", "rfm")


def test_one_purchase_in_four_maps(world: World) -> None:
    world.publish_shipped(models_=ALL, policy=OPEN_POLICY)
    world.known("anna")
    first = {key: world.stage("anna", key)[0] for key in ALL}
    assert first == {
        "bow-tie": "invitation",
        "cycle": "attract",
        "b2b-bow-tie": "awareness",
        "rfm": "no-purchase",
    }
    world.order("anna", "o1")
    start = world.now()
    assert [world.stage("anna", key)[0] for key in ALL] == ["conversion", "buy-again", "awareness", "recent"]
    assert world.stage("anna", "rfm") == ("recent", "once")
    world.forward("200d")
    told = [
        (fact.body["to_stage"], (fact.at - start) / DAY)
        for fact in world.facts("anna", "stage_moved", "rfm")
        if fact.at > start
    ]
    assert told == [("needs-nurturing", 40), ("at-risk", 90), ("about-to-lose", 180)]
    world.order("anna", "o2")
    assert world.stage("anna", "rfm") == ("recent", "some")


def test_a_company_comes_grows_and_leaves(world: World) -> None:
    world.publish_shipped(models_=ALL, policy=OPEN_POLICY)
    world.known("acme")

    def stage() -> tuple[str, str | None]:
        return world.stage("acme", "b2b-bow-tie")

    world.track("acme", "Content Downloaded", file="guide")
    assert stage() == ("education", None)
    world.track("acme", "Trial Started")
    assert stage() == ("selection", "trial")
    world.forward("30d")
    assert stage() == ("selection", "talking")
    world.track("acme", "Subscription Started", subscription_id="s1", renews_on="2027-04-01")
    assert stage()[0] == "commit"
    world.track("acme", "Onboarding Started")
    assert stage()[0] == "onboard"
    world.track("acme", "Onboarding Completed")
    for _ in range(4):
        world.track("acme", "Product Used")
    assert stage() == ("impact", "steady")
    world.track("acme", "Subscription Expanded", subscription_id="s1")
    assert stage()[0] == "growth"
    used = world.now()
    world.forward("31d")  # the fourth use is thirty days old, and thirty days is the shortest stay
    assert stage()[0] == "onboard"
    fell = world.facts("acme", "stage_moved", "b2b-bow-tie")[-1]
    assert fell.at - used == 30 * DAY
    world.forward("150d")  # by then the trial is too long ago to make them somebody who is choosing
    world.track("acme", "Subscription Ended", subscription_id="s1")
    assert stage()[0] == "education"
    assert world.person("acme").positions["b2b-bow-tie"].round == 2
