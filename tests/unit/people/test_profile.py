"""The profile fold: any order of arrival gives the same profile, and claims never beat facts."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from slinga.ingest.model import CLAIMED, PROVEN, Input
from slinga.kernel.clock import DAY, HOUR
from slinga.people import profile as profiles
from slinga.people.model import Profile

START = 1_700_000_000_000_000


def event(name: str, at: int, trust: int = PROVEN, **properties: Any) -> Input:
    return Input(
        "event",
        START + 100 * DAY,
        name=name,
        body={"properties": properties},
        trust=trust,
        occurred_at=START + at,
    )


def traits(at: int, trust: int = PROVEN, **values: Any) -> Input:
    return Input("identify", START + 100 * DAY, body={"traits": values}, trust=trust, occurred_at=START + at)


def folded(items: list[Input]) -> Profile:
    profile = Profile()
    for item in items:
        profiles.fold(profile, item)
    return profile


_instants = st.integers(0, 40)
_items = st.one_of(
    st.builds(
        lambda at, trust, name, value: traits(at, trust, **{name: value}),
        _instants,
        st.sampled_from([CLAIMED, PROVEN]),
        st.sampled_from(["city", "age"]),
        st.sampled_from(["Lund", "Oslo", 7, None]),
    ),
    st.builds(
        lambda at, name, order, total: event(name, at, order_id=order, total=total),
        _instants,
        st.sampled_from(["Order Completed", "Order Refunded", "Order Cancelled", "Order Shipped"]),
        st.sampled_from(["o1", "o2"]),
        st.integers(1, 5),
    ),
    st.builds(
        lambda at, value: event("Thing Updated", at, type="vehicle", id="v1", tyres=value),
        _instants,
        st.sampled_from(["summer", "winter"]),
    ),
)


@given(st.lists(_items, max_size=12).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_order_of_arrival_does_not_matter(pair: tuple[list[Input], list[Input]]) -> None:
    first, second = folded(pair[0]), folded(pair[1])
    assert msgspec.to_builtins(first) == msgspec.to_builtins(second)


@given(st.lists(_items, max_size=8), st.lists(_items, max_size=8))
def test_uniting_equals_folding_everything(one: list[Input], two: list[Input]) -> None:
    left, right = folded(one), folded(two)
    profiles.unite(left, right)
    assert msgspec.to_builtins(left) == msgspec.to_builtins(folded(one + two))


def test_a_claim_never_overwrites_a_proven_trait() -> None:
    profile = folded(
        [traits(1, PROVEN, email="anna@example.org"), traits(9, CLAIMED, email="eve@example.org")]
    )
    assert profiles.value(profile, "email") == "anna@example.org"


def test_one_order_counts_once_and_net_of_refunds() -> None:
    profile = folded(
        [
            event("Order Completed", 0, order_id="o1", total=100),
            event("Order Completed", HOUR, order_id="o1", total=100),
            event("Order Completed", DAY, order_id="o2", total=50),
            event("Order Refunded", 2 * DAY, order_id="o1", total=30),
            event("Order Completed", DAY, order_id="o3", total=10),
            event("Order Cancelled", 2 * DAY, order_id="o3"),
        ]
    )
    assert dict(profiles.order_values(profile)) == {"o1": 70, "o2": 50}


def test_two_carts_are_two_things() -> None:
    profile = folded(
        [
            event("Product Added", 0, cart_id="a", product_id="tea"),
            event("Product Added", 1, cart_id="b", product_id="pot"),
            event("Order Completed", 2, order_id="o1", cart_id="a", total=9),
        ]
    )
    status = {key: cart.attributes["status"].value for key, cart in profile.things["cart"].items()}
    assert status == {"a": "ordered", "b": "open"}


def test_a_cart_with_everything_taken_out_is_empty() -> None:
    profile = folded(
        [
            event("Product Added", 0, cart_id="a", product_id="tea"),
            event("Product Removed", 5, cart_id="a", product_id="tea"),
        ]
    )
    assert profile.things["cart"]["a"].attributes["status"].value == "empty"
