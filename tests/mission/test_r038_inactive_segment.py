"""R38: inactive customers are a segment; inactivity may mean no engagement as well as no purchase."""

from slinga.kernel.clock import DAY, instant
from slinga.testing.drafts import campaign, did, segment, unlimited
from slinga.testing.world import World

BOUGHT_NOT_LATELY = segment(
    "no-purchase",
    {
        "op": "all",
        "of": [
            did("Order Completed"),
            {"op": "event", "name": "Order Completed", "agg": "last", "cmp": "ge", "value": "90d"},
        ],
    },
)
NO_SIGN = segment(
    "no-sign",
    {
        "op": "all",
        "of": [
            did("Order Completed"),
            {"op": "event", "name": "Order Completed", "window": {"last": "90d"}, "cmp": "eq", "value": 0},
            {"op": "event", "name": "Visit Started", "window": {"last": "90d"}, "cmp": "eq", "value": 0},
            {"op": "reaction", "kind": "clicked", "window": {"last": "90d"}, "cmp": "eq", "value": 0},
        ],
    },
)


def test_who_visits_is_inactive_as_a_buyer_but_not_as_a_person(world: World) -> None:
    world.publish(BOUGHT_NOT_LATELY, NO_SIGN, unlimited())
    for user in ("anna", "bert"):
        world.known(user)
        world.order(user, f"{user}-1")
    start = world.now()
    world.forward("60d")
    world.browse("d1", user="anna", url="https://shop.example/")
    visited = world.now()
    world.until(start + 90 * DAY - 1)
    assert world.person("anna").members == {} == world.person("bert").members
    world.until(start + 90 * DAY)
    assert set(world.person("anna").members) == {"no-purchase"}
    assert set(world.person("bert").members) == {"no-purchase", "no-sign"}
    world.until(visited + 90 * DAY)
    assert set(world.person("anna").members) == {"no-purchase", "no-sign"}
    assert world.person("anna").members["no-sign"] == visited + 90 * DAY
    world.order("anna", "anna-2")
    assert world.person("anna").members == {}


def test_a_click_in_a_letter_counts_as_activity(world: World) -> None:
    world.publish(NO_SIGN, *campaign("news", 1, {"on": "event", "name": "Month"}), unlimited())
    world.known("anna")
    world.order("anna", "o1")
    world.forward("80d")
    world.track("anna", "Month")
    world.click(world.mails("anna")[0])
    clicked = world.now()
    world.forward("80d")
    assert world.person("anna").members == {}
    world.forward("11d")
    assert set(world.person("anna").members) == {"no-sign"}
    assert world.person("anna").members["no-sign"] - clicked == 90 * DAY


def test_the_shipped_half_year_flips_on_the_calendar_without_an_event(world: World) -> None:
    """From 31 August to the last day of February; the hour is the shop's, over both clock changes."""
    world.publish_shipped()
    world.until("2026-08-31T10:00:00Z")
    world.known("anna")
    for number in (1, 2, 3):
        world.order("anna", f"o{number}")
    world.until("2027-02-28T10:59:59Z")
    assert "silent-regulars" not in world.person("anna").members
    world.until("2027-02-28T11:00:00Z")  # noon in Stockholm, as it was in August
    assert world.person("anna").members["silent-regulars"] == instant("2027-02-28T11:00:00Z")
