"""After an erasure nothing but hashes is left in any file: tables, indexes, statistics, logs, the journal.

The scan must find everything beforehand, or it would prove nothing.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.delivery.book.store import key_maker
from slinga.engine.jobs import Definition
from slinga.kernel.ids import person_key
from slinga.privacy import journal
from slinga.privacy.erase import erase
from slinga.privacy.export import export
from slinga.privacy.scrub import scrub
from slinga.runtime import secrets
from slinga.runtime.db import connect
from slinga.runtime.migrations import migrate
from slinga.runtime.postgres import Server, open_server
from slinga.testing.world import World, open_world

WORDS = ("anna.lindqvist", "+46701234567", "crm-4711", "Lindqvist", "tablet-99")
RECEIPT = {
    "key": "receipt",
    "name": "Receipt",
    "class": "transactional",
    "subject": "Order for {{ person.lastName | default: 'you' }}",
    "body": {"html": "<p>Thank you</p>"},
}
JOURNEY = {
    "key": "thanks",
    "name": "Thanks",
    "class": "transactional",
    "trigger": {"on": "event", "name": "Order Completed"},
    "start": "send",
    "nodes": {"send": {"type": "send", "template": "receipt"}},
}
PLAIN = {"fsync": "off", "wal_compression": "off", "max_wal_size": "128MB", "min_wal_size": "32MB"}
"""Nothing hidden by compression; small, so that the scan is quick."""


@pytest.fixture
def own() -> Iterator[tuple[Server, Path]]:
    """A server of its own, whose files are all ours."""
    base = Path(
        tempfile.mkdtemp(prefix="slinga-scan-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    )
    base.chmod(0o711)
    try:
        with open_server(base, overrides=PLAIN) as server:
            with connect(server.url) as db:
                migrate(db)
            yield server, base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def scan(*places: Path) -> dict[str, list[str]]:
    """Word -> files that hold it, in any case."""
    found: dict[str, list[str]] = {}
    for place in places:
        for path in sorted(place.rglob("*")):
            if not path.is_file() or "pginstall" in str(path) or path.name.startswith("postgresql-"):
                continue
            try:
                content = path.read_bytes().lower()
            except FileNotFoundError:
                continue
            for word in WORDS:
                if word.lower().encode() in content:
                    found.setdefault(word, []).append(str(path.relative_to(place)))
    return found


def live(world: World) -> None:
    world.publish(Definition("template", "receipt", RECEIPT), Definition("journey", "thanks", JOURNEY))
    world.browse("tablet-99", "Product Viewed", product_id="p1")
    world.browse("tablet-99", "Product Viewed", user="crm-4711", product_id="p2")
    traits = {"email": "anna.lindqvist@example.org", "phone": "+46701234567", "lastName": "Lindqvist"}
    world.known("crm-4711", **traits)
    world.known("bo", email="bo@example.org")
    for user in ("crm-4711", "bo"):
        world.order(user, f"o-{user}", customer=f"for {user}")
    for payload in ({"userId": "crm-4711", "event": 5}, {"userId": "bo", "event": 5}):
        world.client.post("/v1/track", json=payload, headers={"Authorization": f"Bearer {world.server_key}"})
    world.db.execute("ANALYZE")
    world.db.execute("CHECKPOINT")


def test_no_file_holds_a_word_of_whom_was_erased(own: tuple[Server, Path], tmp_path: Path) -> None:
    server, base = own
    with open_world(server.url, tmp_path / "installation") as world:
        live(world)
        before = scan(base)
        assert set(before) == set(WORDS)
        kinds = {file.split("/")[1] for files in before.values() for file in files if "/" in file}
        assert {"base", "pg_wal"} <= kinds, "the scan sees tables and the write-ahead log"
        pepper = secrets.load(world.settings.data, world.settings.secret).key("addresses")
        key, key_of = person_key("user", "crm-4711"), key_maker(pepper)
        with export(world.db, key, key_of=key_of) as file:
            assert len(file.read()) > 1000
        erase(world.db, key, key_of=key_of)
        path = tmp_path / "installation" / "journal.jsonl"
        journal.drain(world.db, path)
        done = scrub(world.db)
        assert done.log_gone and done.segments >= 1
        assert scan(base, tmp_path) == {}
        # What is left is the tombstone, by hash alone; everybody else is whole.
        assert key_of("anna.lindqvist@example.org").hex() in path.read_text()
        assert world.person("bo").profile.traits["email"].value == "bo@example.org"
        world.order("bo", "o-2")
        assert len(world.mails("bo@example.org")) == 2
