"""Orders, refunds and cancellations, in any order and portions: the sums are of what is left in the end."""

from collections import Counter
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from slinga.insight.counting.model import Came, Event, Known, Properties
from slinga.insight.counting.orders import CANCELLED, ORDERED, REFUNDED, count
from slinga.insight.tally import Sums
from slinga.kernel.calendar import zone
from slinga.kernel.clock import DAY

AT = 1_772_448_000_000_000
CAME = (Came("j", "treated", AT - DAY), Came("k", "held", AT - 2 * DAY))
BOUGHT = (
    st.lists(  # for each order: who, what was paid, what is said to be given back, whether it is cancelled
        st.tuples(
            st.integers(0, 2), st.integers(0, 500), st.lists(st.integers(0, 600), max_size=3), st.booleans()
        ),
        max_size=7,
    )
)


def told(seq: int, who: int, name: str, order: int, total: int | None) -> Event:
    said = Properties(order_id=f"o{order}", total=total, currency="SEK")
    clicked, stages = ("j", "n", "t"), (("bow-tie", "conversion"),)
    return Event(0, seq, f"p{who}", name, AT, AT, said, False, clicked, CAME, stages)


def events(orders: list[tuple[int, int, list[int], bool]]) -> list[Event]:
    found = []
    for n, (who, paid, backs, cancelled) in enumerate(orders):
        found += [told(n, who, ORDERED, n, paid), told(n, who, ORDERED, n, paid)]
        found += [told(n, who, REFUNDED, n, back) for back in backs]
        found += [told(n, who, CANCELLED, n, None)] if cancelled else []
    return found


def summed(some: list[Event], known: Known, total: Counter[tuple[str, str]]) -> None:
    sums = Sums(zone("UTC"))
    for event in some:
        count(sums, event, known)
    for line, (number, value) in sums.lines.items():
        total[line.what, "count"] += number
        total[line.what, "value"] += value  # type: ignore[assignment]


@given(BOUGHT, st.randoms(use_true_random=False), st.integers(0, 40))
def test_what_is_left_counts_and_nothing_else(
    orders: list[tuple[int, int, list[int], bool]], chance: Random, cut: int
) -> None:
    some = events(orders)
    chance.shuffle(some)
    known, total = Known({}, {}), Counter[tuple[str, str]]()
    summed(some[:cut], known, total)
    summed(some[cut:], known, total)
    left = [
        (w, paid - (paid if gone else min(paid, max(backs, default=0)))) for w, paid, backs, gone in orders
    ]
    stands = [
        not gone and not (max(backs, default=0) and max(backs) >= paid) for _, paid, backs, gone in orders
    ]
    spent: Counter[int] = Counter()
    for who, value in left:
        spent[who] += value
    net = Decimal(sum(value for _, value in left))
    paid = sum(each[1] for each in orders)
    assert (total["order", "count"], total["order", "value"]) == (len(orders), paid)
    assert (total["refund", "count"], total["refund", "value"]) == (len(orders) - sum(stands), paid - net)
    for what, times in (("hourly", 1), ("order_in", 1), ("attributed", 1), ("arm_spent", len(CAME))):
        assert (total[what, "count"], total[what, "value"]) == (times * sum(stands), times * net), what
    buyers = {who for (who, _), kept in zip(left, stands, strict=True) if kept}
    assert total["arm_bought", "count"] == len(CAME) * len(buyers)
    assert total["arm_squares", "value"] == len(CAME) * sum(each**2 for each in spent.values())


def test_a_refund_without_an_order_and_an_order_without_a_number() -> None:
    known, total = Known({}, {}), Counter[tuple[str, str]]()
    summed([told(1, 1, REFUNDED, 1, 50)], known, total)
    assert not +total
    nameless = told(2, 1, ORDERED, 1, 80)
    nameless = nameless._replace(properties=Properties(total=80, currency="SEK"))
    summed([nameless, nameless._replace(seq=3), nameless._replace(seq=4, name=CANCELLED)], known, total)
    assert (total["order", "count"], total["refund", "count"]) == (2, 0)
