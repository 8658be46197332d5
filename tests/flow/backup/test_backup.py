"""Backup and restore: everything comes back, nothing is sent, and whoever said no meanwhile is heard."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from slinga.backup.restoring import restore
from slinga.backup.taking import take
from slinga.delivery.book.store import KeyOf, key_maker, suppress
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.invariants import Finding
from slinga.kernel.errors import Conflict
from slinga.kernel.ids import person_key
from slinga.loops import make_courier
from slinga.privacy.erase import erase
from slinga.privacy.keeping import keep
from slinga.runtime import instance, secrets
from slinga.runtime.db import Db, connect
from slinga.runtime.postgres import Server
from slinga.runtime.settings import Settings
from slinga.testing.plans import journey, send, wait
from slinga.testing.proof import findings
from slinga.testing.world import World, open_world

PASS = "correct horse battery"


@pytest.fixture
def empty_url(server: Server) -> Iterator[str]:
    """An empty database without tables."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield server.database_url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path / "shop") as found:
        yield found


def back(world: World, url: str, **more: object) -> Settings:
    """The settings of the same installation on another database."""
    return msgspec.structs.replace(world.settings, database_url=url, **more)


def whole(db: Db) -> dict[str, list[object]]:
    """Every row of every table, as text."""
    tables = db.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND relname <> 'backup_taken'"  # it is written when the backup is whole, so no backup can hold it
    )
    return {
        name: sorted(row for (row,) in db.execute(f'SELECT t::text FROM "{name}" t').fetchall())
        for (name,) in tables.fetchall()
        if name != "instance"
    }


@pytest.mark.parametrize("passphrase", ["", PASS])
def test_everything_comes_back(world: World, empty_url: str, tmp_path: Path, passphrase: str) -> None:
    world.publish_shipped("welcome")
    world.known("anna")
    world.consent("anna", "email", "news")
    world.track("anna", "Signed Up")
    (tmp_path / "shop" / "notes").mkdir()
    (tmp_path / "shop" / "notes" / "a.txt").write_text("kept")
    steps: list[int] = []
    path, manifest = take(
        world.settings,
        world.settings.database_url,
        tmp_path,
        passphrase=passphrase,
        progress=lambda done, total: steps.append(100 * done // total),
    )
    assert path.stat().st_mode & 0o077 == 0
    assert steps == sorted(steps) and steps[-1] == 100
    settings = back(world, empty_url, data_dir=str(tmp_path / "new"))
    done = restore(settings, path, passphrase=passphrase)
    assert (done.replayed, done.migrated) == (0, 0)
    with connect(empty_url) as db:
        assert whole(db) == whole(world.db)
        assert "restored from a backup" in instance.holds(db)[0]
    assert (tmp_path / "new" / "notes" / "a.txt").read_text() == "kept"
    secret = (tmp_path / "new" / "secret").read_text()
    assert secret == (tmp_path / "shop" / "secret").read_text()
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o077 == 0
    assert manifest.rows["input"] == len(whole(world.db)["input"])


def test_who_said_no_or_was_erased_since_gets_nothing(world: World, empty_url: str, tmp_path: Path) -> None:
    """Yesterday's backup; today one unsubscribes, one complains, one is erased; the restore knows."""
    world.publish_shipped()
    world.publish(journey("quote", "Quote Sent", {"wait": wait("2d", "mail"), "mail": send("win-back-1")}))
    for who in ("anna", "berta", "carl", "dora"):
        world.known(who)
        world.track(who, "Quote Sent")
    path, _ = take(world.settings, world.settings.database_url, tmp_path)
    key_of = key_maker(secrets.load(world.settings.data).key("addresses"))
    world.forward("1d")
    world.consent("anna", "email", "", "withdrawn")
    suppress(world.db, key_of("berta@example.org"), "global", "complaint")
    erase(world.db, world.person("carl").key, key_of=key_of)
    keep(world.db, world.settings.journal_path, key_of)
    before = len(world.sink.mails)

    settings = back(world, empty_url)
    done = restore(settings, path)
    assert done.replayed == 3
    with connect(empty_url) as db:
        assert db.execute("SELECT count(*) FROM person WHERE forward IS NULL").fetchone() == (3,)
        text = "".join(str(row) for rows in whole(db).values() for row in rows)
        assert "dora@example.org" in text and b"dora@example.org".hex() in text  # states are bytes
        assert "carl@example.org" not in text and b"carl@example.org".hex() not in text
    with open_world(
        empty_url, world.settings.data, at="2026-03-02T09:00:00Z", extra={"SLINGA_INSTANCE": "the shop"}
    ) as again:
        again.forward("3d")
        assert again.mails() == []  # held
        instance.confirm(again.db, again.settings)
        again.courier = make_courier(again.settings, again.pool)
        again.settle()
        again.forward("1d")
        assert {mail.to for mail in again.mails()} == {"dora@example.org"}
        assert broken(again.db, key_of) == []
    assert len(world.sink.mails) == before


def test_a_backup_of_an_installation_at_work_holds_what_must_always_hold(
    world: World, empty_url: str, tmp_path: Path
) -> None:
    """Orders come in, people are advanced and mails are sent while the backup is taken."""
    world.publish_shipped("welcome", "post-purchase")
    world.publish(journey("thanks", "Order Completed", {"mail": send("win-back-1")}))
    world.known("anna")
    stop, done = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            done.append(len(done))
            world.known(f"p{len(done)}")
            world.order(f"p{len(done)}", f"o{len(done)}")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        while len(done) < 4:
            stop.wait(0.05)
        before = len(done)
        path, manifest = take(world.settings, world.settings.database_url, tmp_path)
        during = len(done) - before
    finally:
        stop.set()
        thread.join()
    restore(back(world, empty_url), path)
    with connect(empty_url) as db:
        assert broken(db, key_maker(secrets.load(world.settings.data).key("addresses"))) == []
        assert 0 < manifest.rows["input"] <= log_length(world.db)
    assert during >= 0


def broken(db: Db, key_of: KeyOf) -> list[Finding]:
    """The invariants that do not hold."""
    found = findings(db, key_of=key_of)
    assert len(found) >= 10
    return [one for one in found if not one.holds]


def log_length(db: Db) -> int:
    (count,) = db.execute("SELECT count(*) FROM input").fetchone() or (0,)
    return int(count)


def test_a_backup_under_load_is_of_one_instant(database_url: str, empty_url: str, tmp_path: Path) -> None:
    """Writers move between accounts meanwhile; the backup holds as much as there ever was at one time."""
    with connect(database_url) as db:
        db.execute("CREATE TABLE account (n int PRIMARY KEY, money int NOT NULL)")
        db.execute("INSERT INTO account SELECT n, 100 FROM generate_series(1, 50) n")
        db.execute("CREATE TABLE zz_copy (n int PRIMARY KEY, money int NOT NULL)")
    stop = threading.Event()

    def work(number: int) -> None:
        with connect(database_url) as db:
            while not stop.is_set():
                with db.transaction():
                    db.execute("UPDATE account SET money = money - 1 WHERE n = %s", (number,))
                    db.execute(
                        "INSERT INTO zz_copy VALUES (%s, 1) "
                        "ON CONFLICT (n) DO UPDATE SET money = zz_copy.money + 1",
                        (number,),
                    )
                    log.append(db, [New(person_key("user", f"u{number}"), "event", "Page Viewed")])

    threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    settings = Settings(data_dir=str(tmp_path / "d"), database_url=database_url)
    try:
        path, manifest = take(settings, database_url, tmp_path)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    restore(msgspec.structs.replace(settings, database_url=empty_url), path)
    with connect(empty_url) as db:
        (left,) = db.execute("SELECT sum(money) FROM account").fetchone() or (0,)
        (taken,) = db.execute("SELECT coalesce(sum(money), 0) FROM zz_copy").fetchone() or (0,)
        (inputs,) = db.execute("SELECT count(*) FROM input").fetchone() or (0,)
        assert (left + taken, inputs) == (5000, taken)
        assert manifest.rows["input"] == inputs
        with db.transaction():  # numbers go on behind those that are there
            (seq,) = log.append(db, [New(person_key("user", "x"), "event", "Page Viewed")])
        (last,) = db.execute("SELECT max(seq) FROM input WHERE seq < %s", (seq,)).fetchone() or (0,)
        assert last is None or last < seq


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> tuple[Settings, Path]:
    settings = Settings(data_dir=str(tmp_path / "shop"), database_url=database_url)
    return settings, take(settings, database_url, tmp_path / "one.backup", passphrase=PASS)[0]


def test_what_does_not_verify_is_refused(kept: tuple[Settings, Path], empty_url: str) -> None:
    settings, path = kept
    settings = msgspec.structs.replace(settings, database_url=empty_url)
    data = path.read_bytes()

    def fails(content: bytes, passphrase: str, match: str) -> None:
        path.write_bytes(content)
        with pytest.raises(Conflict, match=match):
            restore(settings, path, passphrase=passphrase)

    fails(data, "", "sealed")
    fails(data, "another passphrase", "does not open")
    fails(data[: len(data) // 2], PASS, "does not open")
    fails(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], PASS, "does not open")
    fails(b"no backup at all" * 999, PASS, "no backup of Slinga")
    with connect(empty_url) as db:
        assert whole(db) == {}


def test_the_first_backup_of_all_brings_its_secret(database_url: str, empty_url: str, tmp_path: Path) -> None:
    path, _ = take(
        Settings(data_dir=str(tmp_path / "shop"), database_url=database_url), database_url, tmp_path
    )
    restore(Settings(data_dir=str(tmp_path / "new"), database_url=empty_url), path)
    assert (tmp_path / "new" / "secret").read_text() == (tmp_path / "shop" / "secret").read_text()


def test_a_damaged_open_backup_is_refused(database_url: str, empty_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "shop"), database_url=database_url)
    path, _ = take(settings, database_url, tmp_path)
    data = path.read_bytes()
    settings = msgspec.structs.replace(settings, database_url=empty_url)
    for place in (2000, len(data) // 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.raises(Conflict, match="damaged"):
            restore(settings, path)
    path.write_bytes(data[: len(data) // 2])  # the end is only what fills up the last record
    with pytest.raises(Conflict, match=r"damaged|not whole"):
        restore(settings, path)


def test_the_place_must_be_empty_and_the_secret_the_same(
    kept: tuple[Settings, Path], database_url: str, empty_url: str, tmp_path: Path
) -> None:
    settings, path = kept
    with pytest.raises(Conflict, match="not empty"):
        restore(settings, path, passphrase=PASS)
    other = msgspec.structs.replace(settings, database_url=empty_url, secret="s" * 40)
    with pytest.raises(Conflict, match="another master secret"):
        restore(other, path, passphrase=PASS)
    with pytest.raises(Conflict, match="is there already"):
        take(settings, database_url, path)


@pytest.mark.parametrize("step", ["Verifying", "Loading"])
def test_a_restore_that_is_killed_leaves_nothing(
    kept: tuple[Settings, Path], empty_url: str, tmp_path: Path, step: str
) -> None:
    settings, path = kept
    settings = msgspec.structs.replace(settings, database_url=empty_url)

    def killed(now: str, done: int, total: int) -> None:
        if now == step and done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(settings, path, passphrase=PASS, progress=killed)
    with connect(empty_url) as db:
        assert whole(db) == {}
    restore(settings, path, passphrase=PASS)
