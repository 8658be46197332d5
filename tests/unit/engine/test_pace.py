"""How much a worker takes on: about a fifth of a second's worth, whatever things cost."""

from hypothesis import given
from hypothesis import strategies as st

from slinga.engine.pace import FAIR, FEWEST_LANES, HEAVY_S, LANES, LEAST_ROOM, ROOM, TICK_S, Pace


def play(cost_s: float, fixed_s: float = 0.005, turns: int = 40) -> Pace:
    pace = Pace()
    for _ in range(turns):
        pace.took(pace.room, fixed_s + pace.room * cost_s, left=True)
    return pace


@given(st.floats(1e-6, 2e-2))
def test_while_much_waits_a_transaction_takes_as_long_as_it_should(cost: float) -> None:
    room = play(cost).room
    took = 0.005 + room * cost
    assert room == LEAST_ROOM or took <= HEAVY_S * 1.05
    assert room in (ROOM, LEAST_ROOM) or took >= TICK_S / 2


@given(st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 30), st.booleans())))
def test_something_is_always_taken(turns: list[tuple[int, float, bool]]) -> None:
    pace = Pace()
    for items, seconds, left in turns:
        pace.took(min(items, pace.room), seconds, left=left)
        assert LEAST_ROOM <= pace.room <= ROOM
        assert FEWEST_LANES <= pace.lanes <= LANES
        assert pace.first(201) >= 1


def test_a_stall_of_something_else_halves_it_once() -> None:
    pace = Pace(room=4_000)
    pace.took(3, 5.0, left=False)
    assert pace.room == 2_000
    pace.took(3, 0.01, left=False)
    assert pace.room == 2_000 and not pace.busy


def test_nobody_waits_for_ever_behind_what_is_live() -> None:
    pace, firsts = Pace(), []
    for _ in range(3 * FAIR):
        firsts.append(pace.live_first)
        pace.took(10, 0.01, left=False)
    assert firsts.count(False) == 3
