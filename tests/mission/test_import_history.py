"""An import of people with two years of history builds up what is known and fires nothing; life goes on."""

import csv
import os
import random
import threading
import time
from pathlib import Path

import pytest

from slinga.demo.definitions import documents
from slinga.engine import store as engine
from slinga.engine.jobs import Definition
from slinga.filing import parts_of
from slinga.imports import mappings
from slinga.kernel.clock import DAY, iso
from slinga.loops import make_worker
from slinga.privacy.erase import erase
from slinga.runtime.db import connect
from slinga.testing.importing import go_on, take_in
from slinga.testing.world import World

PEOPLE = int(os.environ.get("SLINGA_IMPORT_PEOPLE") or (200_000 if os.environ.get("SLINGA_LONG") else 60))
CALM = {"quiet_hours": "none"}
HALF_YEAR = {
    "key": "quiet-buyers",
    "name": "Bought, but not for 180 days",
    "condition": {
        "op": "all",
        "of": [
            {"op": "event", "name": "Order Completed"},
            {"op": "event", "name": "Order Completed", "window": {"last": "180d"}, "cmp": "eq", "value": 0},
        ],
    },
}
PEOPLE_HEAD = (
    "user_id", "email", "first_name", "country", "birth_date", "email_consent", "consent_basis",
    "consent_date", "consent_source", "tags",
)  # fmt: skip


def write(path: Path, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def person(user: str, consent: str = "granted", basis: str = "consent", **more: str) -> tuple[object, ...]:
    row = {
        "user_id": user,
        "email": f"{user}@example.org",
        "first_name": user.title(),
        "country": "SE",
        "email_consent": consent,
        "consent_basis": basis,
        "consent_date": "2024-05-01",
        "consent_source": "footer form",
        **more,
    }
    return tuple(row.get(name, "") for name in PEOPLE_HEAD)


def ago(world: World, days: float) -> str:
    return iso(int(world.now() - days * DAY))


SWEDES = {
    "key": "swedes",
    "name": "Swedes",
    "condition": {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
}
GREETING = {
    "key": "greet-swedes",
    "name": "Greet whoever turns out to be Swedish",
    "class": "transactional",
    "trigger": {"on": "segment", "key": "swedes", "change": "entered"},
    "start": "greet",
    "nodes": {"greet": {"type": "send", "template": "win-back-1", "next": None}},
}


def demo(world: World) -> None:
    """All that the demo publishes, and a journey that anybody would start whose traits were news."""
    found = documents("https://shop.example")
    world.publish(
        *(Definition(kind, key, document) for kind, key, document in found),  # type: ignore[arg-type]
        Definition("segment", "swedes", SWEDES),
        Definition("journey", "greet-swedes", GREETING),
    )


def counts(world: World) -> dict[str, int]:
    (messages, facts) = world.db.execute(
        "SELECT (SELECT count(*) FROM message), "
        "(SELECT count(*) FROM fact WHERE kind IN ('run_entered', 'send_planned', 'send_blocked', 'step'))"
    ).fetchone()  # type: ignore[misc]
    return {"messages": messages, "journeys": facts}


def import_all(world: World, tmp_path: Path, number: int) -> dict[str, float]:
    """People, and two years of their orders and visits to products; what each part took, in seconds."""
    chance = random.Random(7)
    people, orders, events = [], [], []
    for n in range(number):
        user = f"p{n}"
        month, day = 1 + n % 12, 1 + n % 28
        people.append(
            person(user, birth_date=f"19{50 + n % 50}-{month:02}-{day:02}", tags="old" if n % 3 else "")
        )
        for m in range(chance.choice((0, 1, 1, 2, 4))):
            at = ago(world, chance.uniform(0, 730))
            orders.append((f"{user}-{m}", user, at, "tea", 1 + m, "99.50", "SEK"))
            if m % 2:
                orders.append((f"{user}-{m}", user, at, "coffee", 1, "49", "SEK"))
        for _ in range(chance.choice((0, 1, 3, 6))):
            events.append((user, "Product Viewed", ago(world, chance.uniform(0, 730)), "tea"))
        if n % 10 == 0:
            events.append((user, "Product Added", ago(world, chance.uniform(0, 1)), "tea"))
    files = {
        "people": write(tmp_path / "people.csv", PEOPLE_HEAD, people),
        "orders": write(
            tmp_path / "orders.csv",
            ("order_id", "user_id", "order_date", "sku", "qty", "price", "currency"),
            orders,
        ),
        "events": write(tmp_path / "events.csv", ("user_id", "event", "timestamp", "product_id"), events),
    }
    took = {}
    for kind, path in files.items():
        began = time.perf_counter()
        done = take_in(world.db, world.settings, [path], mappings.document(kind))
        took[kind] = time.perf_counter() - began
        assert done.state == "done" and done.errors == 0, path.with_suffix(".errors.csv").read_text()
        assert done.accepted + done.duplicates == done.rows
        took[f"{kind} inputs"] = done.inputs
    began = time.perf_counter()
    world.worker.drain()
    took["applying"] = time.perf_counter() - began
    return took


@pytest.mark.timeout(7200)
def test_importing_people_with_two_years_of_history_creates_zero_intents(
    world: World, tmp_path: Path
) -> None:
    demo(world)
    world.known("live")
    before = counts(world)
    took = import_all(world, tmp_path, PEOPLE)
    print({name: round(value, 1) for name, value in took.items()})
    assert counts(world) == before
    assert world.mails() == [] and world.pushes() == []
    (people,) = world.db.execute("SELECT count(*) FROM profile WHERE identified").fetchone()  # type: ignore[misc]
    assert people == PEOPLE + 1
    assert world.counted("swedes") == PEOPLE
    buyers = world.db.execute("SELECT count(*) FROM position WHERE model = 'bow-tie' AND stage <> 'interest'")
    assert buyers.fetchone()[0] > PEOPLE // 3  # type: ignore[index]


def test_what_happens_after_the_import_runs_as_ever(world: World, tmp_path: Path) -> None:
    world.publish_shipped("cart-rescue", policy=CALM)
    files = [write(tmp_path / "people.csv", PEOPLE_HEAD, [person("anna"), person("bo", basis="")])]
    done = take_in(world.db, world.settings, files, mappings.document("people"))
    world.settle()
    assert (done.accepted, done.notes) == (2, 1)
    assert "basis" in (tmp_path / "people.errors.csv").read_text()

    for user in ("anna", "bo"):
        world.browse(f"{user}-phone", user=user)
        world.browse(
            f"{user}-phone", "Product Added", user=user, product_id="tea", cart_id=f"c-{user}", price=9
        )
    world.forward("4h")
    assert [mail.to for mail in world.mails()] == ["anna@example.org"]
    assert [fact.body["reason"] for fact in world.facts("bo", "send_blocked")] == ["no_consent"]


def test_half_a_year_after_the_last_imported_order_at_that_very_instant(world: World, tmp_path: Path) -> None:
    world.publish_shipped("win-back", policy=CALM)
    world.publish(Definition("segment", "quiet-buyers", HALF_YEAR))
    last = world.now() - 100 * DAY
    rows = [("o1", "anna", iso(last - 500 * DAY), 100), ("o2", "anna", iso(last), 100)]
    take_in(
        world.db,
        world.settings,
        [write(tmp_path / "orders.csv", ("order_id", "user_id", "date", "total"), rows)],
        mappings.document("orders"),
    )
    world.settle()
    assert "quiet-buyers" not in world.person("anna").members
    world.until(last + 180 * DAY - 1)
    assert "quiet-buyers" not in world.person("anna").members
    world.until(last + 180 * DAY)
    assert world.person("anna").members["quiet-buyers"] == world.now()
    assert world.counted("quiet-buyers") == 1


def test_no_grant_in_a_file_beats_a_withdrawal_of_the_person(world: World, tmp_path: Path) -> None:
    world.publish_shipped("cart-rescue", policy=CALM)
    world.known("anna")
    world.consent("anna", action="withdrawn", source="one_click")
    rows = [person("anna", consent_date="2020-01-01"), person("anna", consent_date="2026-03-01")]
    take_in(
        world.db, world.settings, [write(tmp_path / "p.csv", PEOPLE_HEAD, rows)], mappings.document("people")
    )
    world.settle()
    assert world.person("anna").consents.entries["email"].stop is not None
    world.browse("a", "Product Added", user="anna", product_id="tea", cart_id="c", price=9)
    world.forward("4h")
    assert world.mails() == []


def test_an_address_that_a_file_suppresses_gets_nothing(world: World, tmp_path: Path) -> None:
    world.publish_shipped("cart-rescue", policy=CALM)
    world.known("anna")
    path = tmp_path / "dead.csv"
    path.write_text("email,suppressed,suppression_reason\nANNA@example.org,yes,bounced before\n")
    done = take_in(world.db, world.settings, [path], mappings.document("people"))
    assert done.accepted == 1
    world.browse("a", user="anna")
    world.browse("a", "Product Added", user="anna", product_id="tea", cart_id="c", price=9)
    world.forward("4h")
    assert world.mails() == []
    reasons = world.db.execute("SELECT reason FROM message WHERE state = 'cancelled'").fetchall()
    assert reasons and all("bounced before" in reason for (reason,) in reasons)


def test_an_import_that_stopped_half_way_goes_on(world: World, tmp_path: Path, monkeypatch) -> None:
    world.publish_shipped()
    rows = [person(f"p{n}") for n in range(40)] + [person("q", email="no address")]
    path = write(tmp_path / "people.csv", PEOPLE_HEAD, rows)
    monkeypatch.setattr("slinga.imports.jobs.CHUNK", 40)

    class Stopped(Exception):
        pass

    def stop(tally) -> None:
        if tally.phase == "importing" and tally.done > 10:
            raise Stopped

    with pytest.raises(Stopped):
        take_in(world.db, world.settings, [path], mappings.document("people"), tell=stop)
    world.settle()
    done = go_on(world.db, world.settings, 1)
    assert (done.state, done.rows, done.accepted, done.errors) == ("done", 41, 40, 1)
    (report,) = csv.DictReader((tmp_path / "people.errors.csv").read_text().splitlines())
    assert (report["line"], report["column"]) == ("42", "email")
    world.settle()
    (people,) = world.db.execute("SELECT count(*) FROM profile WHERE identified").fetchone()  # type: ignore[misc]
    assert people == 40
    again = take_in(world.db, world.settings, [path], mappings.document("people"))
    assert (again.accepted, again.duplicates, again.errors, again.inputs) == (0, 40, 1, 0)


def test_whoever_was_erased_is_not_brought_back(world: World, tmp_path: Path) -> None:
    world.publish_shipped()
    world.known("anna")
    erase(world.db, world.person("anna").key, key_of=parts_of(world.settings).key_of)
    rows = [person("anna"), person("", email="anna@example.org"), person("bo")]
    path = write(tmp_path / "people.csv", PEOPLE_HEAD, rows)
    done = take_in(world.db, world.settings, [path], mappings.document("people"))
    world.settle()
    assert (done.accepted, done.errors) == (1, 2)
    report = (tmp_path / "people.errors.csv").read_text()
    assert report.count("was erased") == 2 and "anna" not in report
    (people,) = world.db.execute("SELECT count(*) FROM profile WHERE identified").fetchone()  # type: ignore[misc]
    assert people == 1


def test_live_inputs_hardly_wait_for_an_import(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a worker applies the log, no more than a little is ahead of what comes live."""
    world.publish_shipped()
    monkeypatch.setattr("slinga.imports.jobs.CHUNK", 100)
    monkeypatch.setattr("slinga.imports.jobs.ROOM", 150)
    path = write(tmp_path / "people.csv", PEOPLE_HEAD, [person(f"p{n}") for n in range(400)])
    most, done = [], threading.Event()

    def work() -> None:
        with connect(world.settings.database_url, application="slinga worker") as db:
            worker = make_worker(db)
            while not done.is_set():
                worker.tick()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        take_in(
            world.db,
            world.settings,
            [path],
            mappings.document("people"),
            tell=lambda tally: most.append(engine.behind(world.db)),
        )
    finally:
        done.set()
        thread.join()
    assert len(most) > 5 and max(most) < 150 + 2 * 130  # the last chunk, and the merges that it asked for
    world.settle()
    (people,) = world.db.execute("SELECT count(*) FROM profile WHERE identified").fetchone()  # type: ignore[misc]
    assert people == 400
