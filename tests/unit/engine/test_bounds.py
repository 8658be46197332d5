"""A state keeps within its bytes also where aggregates and runs alone would exceed them."""

from hypothesis import given, settings
from hypothesis import strategies as some

from slinga.engine.bounds import LARGEST, bounded
from slinga.engine.model import Batch, Person, decode
from slinga.journeys.runs import Run
from slinga.kernel.ids import person_key

ANNA = person_key("user", "anna")


def run(number: int, size: int) -> Run:
    properties = {"note": "x" * size, "total": number}
    return Run(
        id=f"run{number}", journey="thanks", version=1, key=f"o{number}", entry=number, entered_at=number,
        node="wait", since=number, trigger={"name": "Order Completed", "properties": properties},
    )  # fmt: skip


def large(sums: int, runs: int, size: int) -> Person:
    person = Person(key=ANNA, rests=[5, 6])
    for number in range(sums):
        person.features[f"sum{number}"] = [[10**15 + n, 12_345_678, 1] for n in range(1024)]  # type: ignore[assignment]
    person.features["sequence"] = [[[10**15 + n, n, 1, True] for n in range(512)], 7]  # type: ignore[assignment]
    person.features["different"] = {f"s{n}": 10**15 + n for n in range(300)}  # type: ignore[assignment]
    person.runs = [run(n, size) for n in range(runs)]
    return person


def test_the_largest_values_of_runs_and_the_oldest_of_aggregates_go() -> None:
    person, batch = large(8, 40, 4000), Batch()
    kept = decode(bounded(person, batch))
    (cut,) = [one.fact for one in batch.facts]
    assert cut.kind == "state_cut" and cut.body["cut"] == ["what started runs", "aggregates"]
    assert [each.id for each in kept.runs] == [f"run{n}" for n in range(40)], "runs stay"
    assert all(each.trigger["properties"] == {"total": each.entry} for each in kept.runs)
    newest = kept.feature("sum0")
    assert 1 < len(newest) < 1024 and newest[-1][0] == 10**15 + 1023
    assert kept.feature("sequence")[1] == 7, "what is not an entry stays"
    assert kept.rests == [], "and everything is asked anew"


@given(some.integers(0, 9), some.integers(0, 50), some.integers(0, 9000))
@settings(max_examples=30, deadline=None)
def test_a_state_of_aggregates_and_runs_is_bounded(sums: int, runs: int, size: int) -> None:
    batch = Batch()
    state = bounded(large(sums, runs, size), batch)
    assert len(state) <= LARGEST
    assert bounded(decode(state), Batch()) == state, "cut once, it stays"
