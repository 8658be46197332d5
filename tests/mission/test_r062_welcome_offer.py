"""R62: the welcome offer drives to the site; the visit and the purchase it brings are known as its own."""

from slinga.testing.world import World


def test_from_the_letter_to_the_site_to_the_first_purchase(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    world.identify("anna", device="d1")
    world.track("anna", "Signed Up")
    (mail,) = world.mails("anna")
    assert "WELCOME10" in mail.html
    world.forward("2h")
    landing = world.click(mail)
    assert landing.startswith("https://shop.example/")
    world.browse("d1", url=landing)
    (visit,) = world.facts("anna", "visit_started")
    assert visit.body["channel"] == "Email" and "welcome" in visit.body["campaign"]
    world.forward("10m")
    bought_at = world.now()
    world.order("anna", "o1", coupon="WELCOME10")
    (goal,) = world.facts("anna", "goal_reached")
    assert (goal.name, goal.body["goal"], goal.at) == ("welcome", "first purchase", bought_at)
    (event,) = [f for f in world.facts("anna", "run_ended") if f.name == "welcome"]
    assert event.body["reason"] == "goal"
    world.forward("30d")
    assert world.templates("anna") == ["welcome"]


def test_whoever_has_bought_needs_no_first_offer(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("bo")
    world.order("bo", "o1")
    world.track("bo", "Signed Up")
    world.forward("20d")
    assert world.mails() == []
