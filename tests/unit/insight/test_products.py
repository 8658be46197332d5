"""Ranks of products: the same whatever the order and the portions, half as much after a month."""

from hypothesis import given
from hypothesis import strategies as st

from slinga.insight.products.ranks import HALF_LIFE, Ranked, chosen, gather, joined, together

AT = 1_772_448_000_000_000
ORDERS = st.lists(
    st.tuples(st.integers(0, 400), st.lists(st.sampled_from("abcd"), min_size=1, max_size=4)), max_size=12
)


def ranks(orders: list[tuple[int, list[str]]]) -> dict[str, Ranked]:
    found: dict[str, Ranked] = {}
    for days, names in orders:
        at = AT + days * HALF_LIFE // 30
        gather(found, [{"product_id": one, "name": one.upper(), "price": days} for one in names], "SEK", at)
    return found


@given(ORDERS, st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_any_portions_give_the_same(orders: list, chance, cut: int) -> None:  # type: ignore[no-untyped-def, type-arg]
    whole = ranks(orders)
    shuffled = list(orders)
    chance.shuffle(shuffled)
    first, second = ranks(shuffled[:cut]), ranks(shuffled[cut:])
    for key in second:
        first[key] = together(first[key], second[key]) if key in first else second[key]
    assert first.keys() == whole.keys()
    for key, one in whole.items():
        assert abs(first[key].rank - one.rank) < 1e-9 and first[key].at == one.at
        assert first[key].said["name"] == key.upper()


def test_an_order_counts_half_after_a_month_and_once_for_each_product() -> None:
    old, new = ranks([(0, ["a"]), (0, ["a"])])["a"].rank, ranks([(30, ["b", "b", "b"])])["b"].rank
    assert abs(old - new) < 1e-9
    assert joined(5.0, 5.0) == 6.0


def test_what_somebody_has_and_what_cannot_be_shown_is_left_out() -> None:
    ranked = [("a", {"name": "A", "price": 3}), ("b", {"name": "B"}), ("c", {}), ("d", {"name": "D"})]
    assert [one["id"] for one in chosen(ranked, {"a"}, 9)] == ["b", "d"]
    assert chosen(ranked, (), 1) == [{"id": "a", "name": "A", "price": 3}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["product_id", "id", "name", "price"]), x),
    )
)
def test_whatever_is_said_breaks_nothing(products: object) -> None:
    found: dict[str, Ranked] = {}
    gather(found, products, products, AT)
    assert all(len(key) <= 200 for key in found)
