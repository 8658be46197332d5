"""The enum, the table of moves, the CHECK constraint, the statements and the document say the same."""

import re
from pathlib import Path

from slinga.delivery.states import MOVES, OPEN, OUTCOMES, State, allowed

ROOT = Path(__file__).resolve().parents[3]


def test_every_state_has_its_moves_and_can_be_reached():
    assert set(MOVES) == set(State)
    reached = {State.PLANNED}
    while True:
        wider = reached | {new for old in reached for new in MOVES[old]}
        if wider == reached:
            break
        reached = wider
    assert reached == set(State)
    assert set(State) == OPEN | OUTCOMES and not OPEN & OUTCOMES


def test_only_dialling_leads_to_doubt_and_doubt_never_back_to_waiting_unmarked():
    assert [old for old in State if allowed(old, State.UNKNOWN)] == [State.DIALLING]
    assert not allowed(State.DIALLING, State.PLANNED)
    assert not allowed(State.UNKNOWN, State.PLANNED) and not allowed(State.UNKNOWN, State.LEASED)


def test_outcomes_are_final_except_doubt():
    assert {state for state in OUTCOMES if MOVES[state]} == {State.UNKNOWN}


def test_the_check_constraint_lists_the_states():
    text = (ROOT / "migrations/0070_delivery.sql").read_text("utf-8")
    listed = re.search(r"CONSTRAINT message_state CHECK \(state IN \(([^)]*)\)", text)[1]
    assert set(re.findall(r"'(\w+)'", listed)) == set(State)


def test_the_document_lists_the_states_and_the_moves():
    text = (ROOT / "docs/reference/delivery-states.md").read_text("utf-8")
    arrows = set(re.findall(r"^ +(\w+) --> (\w+)", text, re.M))
    assert arrows == {(old.value, new.value) for old, news in MOVES.items() for new in news}
    table = text.partition("## Why")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == set(State)


def test_the_statements_write_only_states_that_exist():
    text = (ROOT / "src/slinga/delivery/store.sql").read_text("utf-8")
    assert set(re.findall(r"SET state = '(\w+)'", text)) <= set(State)
