"""R25: on a form the anonymous history joins the name, also where that person was known before."""

from slinga.engine.jobs import Definition
from slinga.ingest import log
from slinga.testing.world import World

VIEWED = {
    "key": "looked-twice",
    "name": "Looked at green tea twice",
    "condition": {
        "op": "event",
        "name": "Product Viewed",
        "where": [{"prop": "product_id", "value": "green-tea"}],
        "value": 2,
    },
}


def test_what_was_seen_before_the_form_belongs_to_the_name(world: World) -> None:
    world.publish_shipped("cart-rescue", policy={"quiet_hours": "none"})
    world.publish(Definition("segment", "looked-twice", VIEWED))
    world.browse("d1", "Product Viewed", product_id="green-tea")
    world.browse("d1", "Product Viewed", product_id="green-tea")
    world.browse("d1", "Product Added", cart_id="c1", product_id="green-tea", quantity=1)
    before = world.person("d1", "anonymous")
    assert not before.profile.identified and "looked-twice" in before.members
    first_seen = before.created_at
    world.forward("10m")
    world.identify("anna", device="d1", email="anna@example.org", firstName="Anna", phone="+46701234567")
    world.consent("anna")
    anna = world.person("anna")
    assert world.person("d1", "anonymous").key == anna.key, "one person by either name"
    assert anna.profile.identified and anna.created_at == first_seen
    assert "looked-twice" in anna.members and anna.members["looked-twice"] == first_seen
    assert anna.visits.viewed["green-tea"].views == 2
    assert set(anna.profile.traits) >= {"email", "firstName", "phone"}
    # The cart of the nameless visitor is rescued by a letter to the name, two hours after its last change.
    world.forward("6h")
    (mail,) = world.mails("anna")
    assert (mail.template, mail.at - first_seen) == ("cart-1", 2 * 3_600_000_000)


def test_a_known_persons_new_device_adds_to_what_was_known(world: World) -> None:
    world.publish(Definition("segment", "looked-twice", VIEWED))
    world.known("anna", city="Lund")
    world.track("anna", "Product Viewed", product_id="green-tea")
    assert "looked-twice" not in world.person("anna").members
    world.forward("1d")
    world.browse("tablet", "Product Viewed", product_id="green-tea")
    joined = world.now()
    world.identify("anna", device="tablet", browser=True, city="Malmö")
    anna = world.person("anna")
    assert anna.members == {"looked-twice": joined}
    assert anna.profile.traits["city"].value == "Lund", "a browser's claim does not overwrite the shop's fact"
    names = [item.name for item in log.history(world.db, anna.key) if item.name == "Product Viewed"]
    assert len(names) == 2
    # What the device does from now on, and what arrives late under its old name, is Anna's.
    world.browse("tablet", "Product Viewed", product_id="pot")
    assert world.person("anna").visits.viewed["pot"].views == 1


def test_a_merge_starts_nothing_again(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    world.track("anna", "Signed Up")
    assert world.templates("anna") == ["welcome"]
    world.track("", "Signed Up", device="d9")
    world.identify("anna", device="d9")
    world.forward("1h")
    assert world.templates("anna") == ["welcome"]
