"""The master secret: made once, private, the same for everybody; keys by purpose."""

import threading
from pathlib import Path

import pytest

from slinga.kernel.errors import Conflict
from slinga.runtime.secrets import FILE, Secrets, load


def test_made_once_and_private(tmp_path: Path) -> None:
    first = load(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert load(tmp_path).key("a") == first.key("a")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(load(tmp_path).key("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_purposes_and_installations_differ() -> None:
    one, other = Secrets(b"one"), Secrets(b"other")
    keys = {one.key("session"), one.key("unsubscribe"), other.key("session")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert "one" not in repr(one)


def test_a_setting_wins_and_makes_no_file(tmp_path: Path) -> None:
    assert load(tmp_path, "x" * 32).key("a") == Secrets(b"x" * 32).key("a")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(Conflict, match="chmod 600"):
        load(tmp_path)


def test_a_damaged_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).touch(0o600)
    with pytest.raises(Conflict, match="Restore it"):
        load(tmp_path)
    assert (tmp_path / FILE).read_text() == ""
