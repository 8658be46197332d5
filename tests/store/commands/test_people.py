"""`slinga export`, `erase` and `readmit` on a real database."""

import zipfile

import pytest

from slinga.access.jobs import audit_broken
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.errors import Missing
from slinga.kernel.ids import person_key
from slinga.loops import make_worker


def know(db, user: str) -> str:
    key = person_key("user", user)
    body = {
        "traits": {"email": f"{user}@example.org"},
        "identifiers": [["user", user], ["email", f"{user}@example.org"]],
    }
    with db.transaction():
        log.append(db, [New(key, "identify", body=body)])
    make_worker(db).drain()
    return key


def test_a_person_is_exported_erased_and_readmitted(db, run, invoke, tmp_path):
    key = know(db, "anna")
    place = tmp_path / "anna.zip"
    assert str(place) in run("export", "anna", "-o", place)
    with zipfile.ZipFile(place) as archive:
        assert b"anna@example.org" in archive.read("profile.json")
    asked = invoke("erase", "user:anna")
    assert asked.exit_code == 1 and "cannot be taken back" in asked.output
    said = run("erase", "user:anna", "--yes", "--now")
    assert "Erasure 1 of" in said and "tables rewritten" in said and "segments are gone" in said
    assert db.execute("SELECT count(*) FROM person").fetchone() == (0,)
    actions = [row[0] for row in db.execute("SELECT action FROM audit ORDER BY n")]
    assert actions == ["export_person", "erase_person"]
    assert audit_broken(db) == 0
    with db.transaction():
        assert log.append(db, [New(key, "event", "Late")]) == [log.ERASED]
    assert "is lifted" in run("readmit", "anna")
    with pytest.raises(Missing):
        run("readmit", "anna")


def test_who_is_nobody_is_said_so(run, invoke):
    with pytest.raises(Missing):
        run("export", "nobody")
    assert "Name a person" in invoke("erase").output
