"""The obligations journal: each obligation is in the table or the file, and the file tells on its editor."""

import os
from pathlib import Path

import pytest

from slinga.delivery.book.store import key_maker, suppress, suppressions, unsuppress
from slinga.kernel.errors import Conflict, Invalid
from slinga.kernel.ids import person_key
from slinga.people.log import Consent, ledger, record
from slinga.privacy import journal
from slinga.privacy.keeping import keep
from slinga.runtime import instance, obligations
from slinga.runtime.db import Db
from slinga.runtime.obligations import lag

EVA = person_key("user", "eva")
KEY_OF = key_maker(b"secret")


def test_effects_and_their_obligations_commit_together(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "journal" / "obligations.jsonl"
    with db.transaction():
        suppress(db, b"\x07" * 32, "global", "hard_bounce", detail="eva@example.org is gone")
    with db.transaction():
        suppress(db, b"\x07" * 32, "global", "complaint")  # there already
        record(db, [Consent(EVA, "email", "news", "granted"), Consent(EVA, "email", "news", "withdrawn")])
    try:
        with db.transaction():
            suppress(db, b"\x08" * 32, "global", "hard_bounce")
            raise KeyError
    except KeyError:
        pass
    assert lag(db) == 2
    assert journal.drain(db, file) == 2
    assert lag(db) == 0 == journal.drain(db, file)
    first, second = journal.read(file)
    assert (first.kind, first.body) == (
        "suppression",
        {"address": "07" * 32, "scope": "global", "reason": "hard_bounce"},
    )
    assert (second.kind, second.body["person"], second.body["action"]) == ("withdrawal", EVA, "withdrawn")
    assert b"example.org" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_loses_nothing(db: Db, tmp_path: Path) -> None:
    journal.note(db, "erasure", person=EVA)
    (tmp_path / "full").write_text("a file, where a directory is asked for")
    with pytest.raises(OSError):
        journal.drain(db, tmp_path / "full" / "obligations.jsonl")
    assert lag(db) == 1


def test_a_torn_line_is_cut_off_and_the_chain_goes_on(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "obligations.jsonl"
    for number in range(2):
        journal.note(db, "erasure", person=f"{number:032x}")
        journal.drain(db, file)
    journal.note(db, "erasure", person="f" * 32)
    journal.append(file, obligations.waiting(db, 9))  # and the power fails before all is written
    file.write_bytes(file.read_bytes()[:-20])
    assert [line.n for line in journal.read(file)] == [1, 2]
    assert journal.tail(file).n == 2
    assert journal.drain(db, file) == 1
    assert [line.body["person"][-1] for line in journal.read(file)] == ["0", "1", "f"]


def test_a_crash_between_file_and_table_writes_nothing_twice(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "obligations.jsonl"
    for number in range(2):
        journal.note(db, "erasure", person=f"{number:032x}")
    journal.append(file, obligations.waiting(db, 9))
    journal.note(db, "erasure", person="f" * 32)
    keep(db, file, KEY_OF)
    assert [line.body["person"][-1] for line in journal.read(file)] == ["0", "1", "f"]
    assert (lag(db), instance.holds(db)) == (0, [])


def test_a_database_that_went_back_in_time_is_held_and_taught(db: Db, tmp_path: Path) -> None:
    """As after a restore by any tool: the journal goes on where this database never was."""
    file = tmp_path / "obligations.jsonl"
    suppress(db, b"\x07" * 32, "global", "hard_bounce")
    keep(db, file, KEY_OF)
    (before,) = db.execute("SELECT to_jsonb(j) FROM journal j").fetchone() or ()
    with db.transaction():
        suppress(db, b"\x08" * 32, "global", "complaint")
        suppress(db, b"\x09" * 32, "marketing", "mailbox_full")
        unsuppress(db, b"\x09" * 32, "marketing")
        record(db, [Consent(EVA, "email", "news", "withdrawn", evidence={"ip": "10.0.0.1"})])
    keep(db, file, KEY_OF)
    for table in ("suppression", "consent", "input"):
        db.execute(f"DELETE FROM {table} WHERE bucket <> 7")
    db.execute("UPDATE journal SET n = %s, hash = %s", (before["n"], before["hash"]))
    keep(db, file, KEY_OF)
    keep(db, file, KEY_OF)
    assert "put back from a copy" in instance.holds(db)[0]
    assert suppressions(db, [b"\x07" * 32, b"\x08" * 32, b"\x09" * 32]) == {
        b"\x07" * 32: {"global": "hard_bounce"},
        b"\x08" * 32: {"global": "complaint"},
    }
    (no,) = ledger(db, [EVA])
    assert (no.channel, no.topic, no.action, no.evidence) == ("email", "news", "withdrawn", {"journal": 5})
    assert (lag(db), journal.tail(file).n) == (0, 5)


@pytest.mark.parametrize("harm", ["change", "drop"])
def test_a_changed_or_missing_line_is_found(db: Db, tmp_path: Path, harm: str) -> None:
    file = tmp_path / "obligations.jsonl"
    for number in range(3):
        journal.note(db, "erasure", person=f"{number:032x}")
    journal.drain(db, file)
    lines = file.read_bytes().splitlines(keepends=True)
    lines[1:2] = [lines[1].replace(b'01"', b'0f"')] if harm == "change" else []
    file.write_bytes(b"".join(lines))
    with pytest.raises(Conflict, match="Line 2"):
        list(journal.read(file))


def test_many_drainers_write_each_obligation_once(db: Db, database_url: str, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from slinga.runtime.db import connect

    file = tmp_path / "obligations.jsonl"
    for number in range(1200):
        journal.note(db, "erasure", person=f"{number:032x}")

    def work(_: int) -> int:
        with connect(database_url) as own:
            return journal.drain(own, file)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) + journal.drain(db, file) == 1200
    with connect(database_url) as last:
        assert journal.drain(last, file) == 0
    assert sorted(int(line.body["person"], 16) for line in journal.read(file)) == list(range(1200))


def test_an_unknown_kind_is_refused(db: Db) -> None:
    with pytest.raises(Invalid, match="whim"):
        journal.note(db, "whim", person=EVA)


def test_a_long_line_at_the_end_is_found(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "obligations.jsonl"
    journal.note(db, "erasure", person=EVA, people=[os.urandom(16).hex() for _ in range(6000)])
    journal.drain(db, file)
    journal.note(db, "erasure", person=EVA)
    journal.drain(db, file)
    assert journal.tail(file).n == 2
    assert [line.n for line in journal.read(file)] == [1, 2]
