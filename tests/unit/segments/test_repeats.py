"""One order counts once."""

from slinga.ingest.model import Input
from slinga.segments.repeats import KEPT, counts


def order(id: object, name: str = "Order Completed") -> Input:
    return Input("event", 0, name=name, body={"properties": {"order_id": id}})


def test_the_first_report_of_an_order_counts_and_no_other() -> None:
    known: list[str] = []
    assert [counts(known, order(id)) for id in ("a", "b", "a", 5, "5", 5.0, ["a"])] == [
        True, True, False, True, True, False, False,
    ]  # fmt: skip


def test_what_has_no_id_and_what_is_no_order_always_counts() -> None:
    known: list[str] = []
    assert all(counts(known, order(id)) for id in (None, None, "", "", {}, {}))
    assert all(counts(known, order("a", "Order Refunded")) for _ in range(2))
    assert known == []


def test_the_memory_is_bounded() -> None:
    known: list[str] = []
    for n in range(KEPT + 10):
        counts(known, order(f"o{n}"))
    assert len(known) == KEPT and not counts(known, order(f"o{KEPT + 9}")) and counts(known, order("o0"))
