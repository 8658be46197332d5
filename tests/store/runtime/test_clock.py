"""The virtual clock: forward only, frozen or running."""

import pytest

from slinga.ingest.log import append
from slinga.ingest.model import New
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key
from slinga.runtime import clock
from slinga.runtime.db import Db

FAR = instant("2099-03-01T00:00:00Z")


def test_it_runs_with_the_real_one_at_first(db: Db) -> None:
    assert clock.shift(db) == 0
    assert not clock.frozen(db)
    assert clock.now(db) <= clock.now(db)


def test_frozen_it_stands_and_moves_by_exactly_what_is_asked(db: Db) -> None:
    assert clock.freeze(db, FAR) == FAR
    assert clock.now(db) == clock.now(db) == FAR
    assert clock.move(db, 3 * DAY + 1) == FAR + 3 * DAY + 1
    assert clock.move_to(db, FAR + 5 * DAY) == FAR + 5 * DAY


def test_thawed_it_runs_on_from_there(db: Db) -> None:
    clock.freeze(db, FAR)
    clock.thaw(db)
    assert FAR <= clock.now(db) < FAR + MINUTE
    assert not clock.frozen(db)


def test_running_it_jumps(db: Db) -> None:
    before = clock.now(db)
    assert before + HOUR <= clock.move(db, HOUR) < before + HOUR + MINUTE


def test_an_empty_workspace_may_begin_in_the_past(db: Db) -> None:
    past = instant("2020-02-29T00:00:00Z")
    clock.freeze(db, FAR)
    assert clock.freeze(db, past) == past
    clock.thaw(db)
    assert past <= clock.now(db) < past + MINUTE


def test_once_anything_has_happened_it_never_goes_back(db: Db) -> None:
    clock.freeze(db, FAR)
    with db.transaction():
        append(db, [New(person_key("user", "u1"), "event", "Signed Up")])
    for attempt in (
        lambda: clock.move(db, -1),
        lambda: clock.freeze(db, FAR - 1),
        lambda: clock.move_to(db, FAR - 1),
    ):
        with pytest.raises(Invalid, match="cannot go back"):
            attempt()
    assert clock.now(db) == FAR
