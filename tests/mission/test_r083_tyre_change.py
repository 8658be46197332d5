"""R83: spring and autumn, a reminder to change tyres, for people whose car is on the other season's."""

from slinga.kernel.clock import iso
from slinga.testing.world import World


def car(world: World, user: str, plate: str, tyres: str) -> None:
    world.track(user, "Thing Updated", type="vehicle", id=plate, tyres=tyres)


def arrived(world: World, user: str) -> list[tuple[str, str]]:
    return [(mail.template, iso(mail.at)) for mail in world.mails(user)]


def test_a_year_of_seasons(world: World) -> None:
    world.publish_shipped("tyre-change")
    for user in ("anna", "berta", "cilla", "doris"):
        world.known(user)
    car(world, "anna", "ABC 123", "summer")
    car(world, "berta", "BCD 234", "winter")
    car(world, "cilla", "CDE 345", "all-season")
    car(world, "doris", "DEF 456", "winter")
    car(world, "doris", "DEF 457", "summer")  # one car for the winter, one for the summer
    world.until("2026-04-02T00:00:00Z")
    spring = [("tyres-summer", "2026-04-01T08:00:00.000Z")]
    assert [arrived(world, user) for user in ("anna", "berta", "cilla", "doris")] == [[], spring, [], spring]
    world.track("berta", "Service Booked", service="tyres")
    car(world, "berta", "BCD 234", "summer")
    world.until("2026-09-30T00:00:00Z")
    assert arrived(world, "berta") == spring
    assert arrived(world, "doris") == [*spring, ("tyres-reminder", "2026-04-15T08:00:00.000Z")]
    world.until("2026-10-02T00:00:00Z")
    assert arrived(world, "anna") == [("tyres-winter", "2026-10-01T08:00:00.000Z")]
    assert arrived(world, "berta") == [*spring, ("tyres-winter", "2026-10-01T08:00:00.000Z")]
    assert arrived(world, "cilla") == []
