"""The notes of a courier: what stands in them, when they are believed, when they are gone."""

import os
import signal
from pathlib import Path

import pytest

from slinga.delivery.notes import store as notes

NAMES = [f"{n:032x}" for n in range(1, 5_000)]


def left_by_a_killed(folder: Path, *, begins: list[str], ends: list[str]) -> None:
    """A process notes, and is killed."""
    child = os.fork()
    if not child:
        kept = notes.Notes(folder, "gone")
        for name in begins:
            kept.begin(name)
        for name in ends:
            kept.end(name)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_what_was_begun_and_not_settled_is_found(tmp_path: Path) -> None:
    left_by_a_killed(tmp_path, begins=NAMES[:5], ends=NAMES[1:3])
    assert notes.gone(tmp_path) == {"gone": frozenset({NAMES[0], NAMES[3], NAMES[4]})}
    notes.forget(tmp_path, ["gone"])
    assert notes.gone(tmp_path) == {} and not list(tmp_path.iterdir())


def test_of_the_living_nothing_is_said(tmp_path: Path) -> None:
    kept = notes.Notes(tmp_path, "alive")
    kept.begin(NAMES[0])
    assert notes.gone(tmp_path) == {}
    kept.close()
    assert notes.gone(tmp_path) == {"alive": frozenset({NAMES[0]})}


def test_who_settled_all_leaves_nothing(tmp_path: Path) -> None:
    kept = notes.Notes(tmp_path, "done")
    kept.begin(NAMES[0])
    kept.begin(NAMES[0])
    kept.end(NAMES[0])
    kept.close()
    assert not list(tmp_path.iterdir())


def test_places_are_used_again(tmp_path: Path) -> None:
    ends = [name for name in NAMES if name != NAMES[7]]
    left_by_a_killed(tmp_path, begins=NAMES[:4_000], ends=ends)
    assert notes.gone(tmp_path) == {"gone": frozenset({NAMES[7]})}


def test_without_room_nothing_is_believed(tmp_path: Path) -> None:
    left_by_a_killed(tmp_path, begins=NAMES, ends=NAMES)
    assert notes.gone(tmp_path) == {}
    (path,) = tmp_path.iterdir()
    at = path.stat().st_mtime - 100_000
    os.utime(path, (at, at))
    assert notes.gone(tmp_path) == {} and not path.exists(), "nobody waits for it after a day"


@pytest.mark.parametrize(("age_s", "stays"), [(60, True), (100_000, False)])
def test_another_boot_is_not_believed(tmp_path: Path, age_s: int, stays: bool) -> None:
    left_by_a_killed(tmp_path, begins=NAMES[:2], ends=[])
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"another-boot".ljust(36) + path.read_bytes()[36:])
    at = path.stat().st_mtime - age_s
    os.utime(path, (at, at))
    assert notes.gone(tmp_path) == {}
    assert path.exists() == stays
