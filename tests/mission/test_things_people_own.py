"""A person owns several things with dates and attributes; conditions ask any, none, all, count, latest."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.kernel.clock import iso
from slinga.testing.world import World


def _thing(quantifier: str, *where: dict[str, Any], type: str = "vehicle", **more: Any) -> dict[str, Any]:
    return {"op": "thing", "type": type, "quantifier": quantifier, "where": list(where), **more}


SUMMER = {"attr": "tyres", "cmp": "eq", "value": "summer"}
CONDITIONS = {
    "any-on-summer": _thing("any", SUMMER),
    "none-on-summer": _thing("none", SUMMER),
    "all-on-summer": _thing("all", SUMMER),
    "two-on-summer": _thing("count", SUMMER, cmp="ge", value=2),
    "latest-on-summer": _thing("latest", SUMMER),
    "lease-ends-soon": _thing("any", {"attr": "lease_end_on", "cmp": "within_next", "value": "60d"}),
}


def _car(world: World, id: str, **attributes: Any) -> None:
    world.forward("1h")
    world.track("anna", "Thing Updated", type="vehicle", id=id, attributes=attributes)


def test_every_quantifier_over_two_cars_in_both_readings(world: World) -> None:
    world.publish(
        *(
            Definition("segment", key, {"key": key, "name": key, "condition": condition})
            for key, condition in CONDITIONS.items()
        )
    )
    world.known("anna")

    def inside() -> set[str]:
        members = set(world.person("anna").members)
        assert members == {key for key in CONDITIONS if world.counted(key)}, "the set query agrees"
        return members

    assert inside() == {"none-on-summer"}
    _car(world, "volvo", tyres="summer", lease_end_on="2026-06-01")
    assert inside() == {"any-on-summer", "all-on-summer", "latest-on-summer"}
    _car(world, "saab", tyres="winter")
    assert inside() == {"any-on-summer"}
    _car(world, "saab", tyres="summer")
    assert inside() == {"any-on-summer", "all-on-summer", "two-on-summer", "latest-on-summer"}
    _car(world, "volvo", tyres="winter")
    assert inside() == {"any-on-summer"}, "the latest word is about the Volvo"
    world.until("2026-04-05T00:00:00Z")
    soon = [f for f in world.facts("anna", "segment_entered") if f.name == "lease-ends-soon"]
    assert [iso(f.at)[:10] for f in soon] == ["2026-04-01"] and "lease-ends-soon" in inside()
    world.track("anna", "Thing Removed", type="vehicle", id="volvo")
    assert inside() == {"any-on-summer", "all-on-summer", "latest-on-summer"}


def test_two_subscriptions_renew_apart_from_each_other(world: World) -> None:
    world.publish_shipped("renewal", policy={"quiet_hours": "none", "caps": []})
    world.known("anna")
    for id, on in (("tea", "2026-04-15"), ("coffee", "2026-04-20")):
        world.track("anna", "Subscription Started", subscription_id=id, renews_on=on, name=id)
    world.until("2026-03-25T00:00:00Z")
    assert [(m.template, iso(m.at)[:10]) for m in world.mails("anna")] == [
        ("renewal-1", "2026-03-16"),
        ("renewal-1", "2026-03-21"),
    ]
    world.track("anna", "Subscription Renewed", subscription_id="tea", renews_on="2027-04-15")
    world.until("2026-05-01T00:00:00Z")
    assert [(m.template, iso(m.at)[:10]) for m in world.mails("anna")][2:] == [("renewal-2", "2026-04-13")]
    ended = {f.body["key"]: f.body["reason"] for f in world.facts("anna", "run_ended", "renewal")}
    assert ended["tea"] in ("goal", "moved") and ended["coffee"] == "completed"
