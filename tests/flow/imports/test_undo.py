"""An import that was taken back leaves a database as if it had never been, but for what happened since."""

import csv
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from slinga.engine.jobs import person_of
from slinga.imports import mappings
from slinga.kernel.clock import DAY, iso
from slinga.kernel.ids import person_key
from slinga.people.ledger import broken
from slinga.people.log import ledger
from slinga.testing.compare import differences
from slinga.testing.importing import take_back, take_in
from slinga.testing.proof import prove
from slinga.testing.world import World, open_world

CALM = {"quiet_hours": "none"}
TABLES = ("profile", "membership", "position", "consent_state", "thing")
"""Not scores: their rows follow when something else of a person changes, here or there a little later."""
COLUMNS = {
    "profile": "person, zone, traits, tags, identified, reachable",
    "membership": "person, segment, entered_at",
    "position": "person, model, stage, status, entered_at",
    "consent_state": "person, channel, topic, state",
    "thing": "person, type, id, attributes, updated_at",
}
OF_THE_LOG = ("at", "seq", "rests", "rests_of", "soonest")
"""How far the log was applied, and what is remembered of answers: no part of who somebody is."""
SINCE = 500_000
"""Where the log goes on after the import, in both worlds."""


@pytest.fixture
def worlds(server, databases, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two worlds with the same life: one is to import and take back."""
    names = [databases.take(), databases.take()]
    one, two = (tmp_path / "one", tmp_path / "two")
    with (
        open_world(server.database_url(names[0]), one) as first,
        open_world(server.database_url(names[1]), two) as second,
    ):
        yield first, second
    for name in names:
        databases.give_back(name)


def states(world: World) -> dict[str, Any]:
    rows = world.db.execute("SELECT key, state FROM person").fetchall()
    found = {key: msgspec.msgpack.decode(state) for key, state in rows}
    for state in found.values():
        state["features"] = placeless(state.get("features", {}))
    return {
        key: {"forward": state["forward"]}
        if state.get("forward")
        else {name: value for name, value in state.items() if name not in OF_THE_LOG}
        for key, state in found.items()
    }


def placeless(value: Any) -> Any:
    """An aggregate without the places in the log that those of sequences remember: see `SINCE`."""
    if isinstance(value, dict):
        return {name: placeless(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [placeless(each) for each in value]
    return "since" if isinstance(value, int) and SINCE <= value < 2 * SINCE else value


def tables(world: World) -> dict[str, list[str]]:
    return {
        name: sorted(map(str, world.db.execute(f"SELECT {COLUMNS[name]} FROM {name}").fetchall()))
        for name in TABLES
    }


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    head = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, head)
        out.writeheader()
        out.writerows(rows)
    return path


def before(world: World) -> None:
    world.publish_shipped("cart-rescue", "win-back", "birthday", policy=CALM)
    world.known("anna", city="Lund")
    world.order("anna", "live-1")
    world.known("bo")
    world.identify("", device="dana-phone", email="dana@example.org")
    world.call("track", {"anonymousId": "dana-phone", "event": "Quiz Taken", "properties": {}})
    world.forward("2d")


def permission(user: str) -> dict[str, str]:
    return {
        "email_consent": "granted",
        "consent_basis": "consent",
        "consent_date": "2025-01-01",
        "consent_source": "till",
        "user_id": user,
        "email": f"{user}@example.org",
    }


def bring(world: World, folder: Path) -> list[int]:
    people = [
        permission("anna") | {"city": "Kiruna", "tags": "old,gold", "birth_date": "1980-03-20"},
        permission("cleo") | {"city": "Ystad", "suppressed": "yes", "stage": "loyalty"},
        permission("dana") | {"city": "Umeå"},
        permission("eve") | {"city": "Gävle"},
    ]
    orders = [
        {"user_id": user, "order_id": f"{user}-{n}", "date": iso(world.now() - n * 60 * DAY), "total": "90"}
        for user in ("anna", "cleo", "eve")
        for n in range(1, 6)
    ]
    done = [
        take_in(world.db, world.settings, [write(folder / f"{kind}.csv", rows)], mappings.document(kind))
        for kind, rows in (("people", people), ("orders", orders))
    ]
    assert [row.errors for row in done] == [0, 0], (folder / "people.errors.csv").read_text()
    world.settle()
    assert world.stage("cleo")[0] == "loyalty"
    assert world.person("dana@example.org", "email").key == world.person("dana").key
    return [row.id for row in done]


def after(world: World) -> None:
    world.browse("anna-phone", user="anna")
    world.browse("anna-phone", "Product Added", user="anna", product_id="tea", cart_id="c1", price=9)
    world.track("eve", "Quiz Taken")
    world.consent("anna", "sms", "offers")
    world.identify("", device="dana-phone", email="dana@example.org", city="Visby")
    world.forward("6h")


def same(one: World, two: World) -> None:
    ours, theirs = states(one), states(two)
    found = list(differences(ours, theirs))
    assert not found, "\n".join(found)
    assert tables(one) == tables(two)


def left_of(world: World) -> dict[str, int]:
    asked = {
        "inputs": "SELECT count(*) FROM input WHERE source LIKE 'import:%'",
        "content": "SELECT count(*) FROM import_content",
        "before": "SELECT count(*) FROM import_before",
        "suppressions": "SELECT count(*) FROM suppression",
        "permissions": "SELECT count(*) FROM consent WHERE source = 'import'",
    }
    return {name: world.db.execute(text).fetchone()[0] for name, text in asked.items()}  # type: ignore[index]


def test_undone_is_never_imported_for_those_who_lived_before_and_since(worlds, tmp_path: Path) -> None:
    one, two = worlds
    for world in worlds:
        before(world)
    numbers = bring(one, tmp_path / "files")
    for world in worlds:  # aggregates of sequences remember places in the log, so both go on from one
        world.db.execute("SELECT setval('input_seq', %s)", (SINCE,))
        after(world)
    assert len(one.mails("anna")) == len(two.mails("anna")) == 1
    sent = one.db.execute("SELECT count(*) FROM message").fetchone()
    for number in numbers:  # the older first: what the later one remembers of people must not bring it back
        take_back(one.db, number)
    for world in worlds:
        world.settle()
    same(one, two)
    assert set(left_of(one).values()) == {0}
    assert one.db.execute("SELECT count(*) FROM message").fetchone() == sent
    assert broken(ledger(one.db, [one.person("anna").key])) == 0
    for world in worlds:
        world.forward("8mo")
    assert one.templates("anna") == two.templates("anna")
    prove(one.db)


def test_undone_at_once_leaves_nothing_and_nobody(worlds, tmp_path: Path) -> None:
    one, two = worlds
    for world in worlds:
        before(world)
    numbers = bring(one, tmp_path / "files")
    for number in reversed(numbers):
        take_back(one.db, number)
    for world in worlds:
        world.settle()
    same(one, two)
    assert set(left_of(one).values()) == {0}
    gone = one.db.execute(
        "SELECT count(*) FROM fact f LEFT JOIN person p ON p.key = f.person WHERE p.key IS NULL"
    )
    assert gone.fetchone() == (0,)
    again = bring(one, tmp_path / "files")  # what was taken back may come again
    assert one.stage("cleo")[0] == "loyalty" and again[0] > numbers[-1]


def test_what_began_since_goes_on_with_who_lives_on(worlds, tmp_path: Path) -> None:
    """The import joined an address and a customer number; whose cart it is stays, though the number goes."""
    world, _ = worlds
    before(world)
    numbers = bring(world, tmp_path / "files")
    world.identify("", device="dana-phone", email="dana@example.org")
    world.browse("dana-phone", "Product Added", product_id="tea", cart_id="c9", price=9)
    assert [run.journey for run in world.person("dana").runs] == ["cart-rescue"]
    for number in numbers:
        take_back(world.db, number)
    world.settle()
    assert person_of(world.db, person_key("user", "dana")) is None
    assert [run.journey for run in world.person("dana@example.org", "email").runs] == ["cart-rescue"]
    world.forward("8d")
    assert world.person("dana@example.org", "email").runs == []
    assert world.mails("dana") == []  # nobody permits any more


def live_before(world: World, user: str, chance: random.Random) -> None:
    """One of the ways in which a shop may know somebody, or not."""
    match chance.randrange(5):
        case 1:
            world.identify(user, city="Lund")
        case 2:
            world.identify("", device=f"{user}-phone", email=f"{user}@example.org")
            world.call("track", {"anonymousId": f"{user}-phone", "event": "Quiz Taken", "properties": {}})
        case 3:
            world.known(user)
            world.order(user, f"{user}-live")
        case 4:
            world.browse(f"{user}-phone")


def imported(user: str, chance: random.Random, now: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What files say of somebody: rows of people, lines of orders."""
    people: list[dict[str, str]] = []
    if chance.random() < 0.7:
        # Without permissions: what was sent because of one remains, and is no difference to find here.
        no = {"email_consent": ""}
        people.append(permission(user) | no | {"city": chance.choice(("Kiruna", "Umeå")), "tags": "old"})
        if chance.random() < 0.3:
            people[0]["user_id"] = ""
    who = {"user_id": user} if chance.random() < 0.5 else {"user_id": "", "email": f"{user}@example.org"}
    orders = [
        {**who, "order_id": f"{user}-{n}", "date": iso(now - n * 50 * DAY), "total": "70"}
        for n in range(1, 1 + chance.randrange(4))
    ]
    return people, orders


def live_after(world: World, user: str, chance: random.Random) -> None:
    """What somebody may do since."""
    for _ in range(chance.randrange(3)):
        match chance.randrange(6):
            case 0:
                world.identify(user, email=f"{user}@example.org")
            case 1:
                world.identify("", device=f"{user}-phone", email=f"{user}@example.org")
            case 2:
                world.track(user, "Quiz Taken")
            case 3:
                world.order(user, f"{user}-since")
            case 4:
                world.browse(f"{user}-phone", "Product Viewed", product_id="tea")
            case 5:
                world.consent(user, action="withdrawn", source="one_click")


SEEDS = range(20) if os.environ.get("SLINGA_LONG") else (4, 5)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", SEEDS)
def test_lives_of_all_sorts_are_as_if_it_had_never_been(worlds, tmp_path: Path, seed: int) -> None:
    one, two = worlds
    users = [f"u{n}" for n in range(9)]
    for world in worlds:
        chance = random.Random(seed)
        world.publish_shipped("cart-rescue", policy=CALM)
        for user in users:
            live_before(world, user, chance)
    chance = random.Random(seed + 1000)
    people, orders = [], []
    for user in users:
        more, lines = imported(user, chance, one.now())
        people += more
        orders += lines
    numbers = [
        take_in(one.db, one.settings, [write(tmp_path / f"{kind}.csv", rows)], mappings.document(kind)).id
        for kind, rows in (("people", people), ("orders", orders))
    ]
    one.settle()
    for world in worlds:
        world.db.execute("SELECT setval('input_seq', %s)", (SINCE,))
        chance = random.Random(seed + 2000)
        for user in users:
            live_after(world, user, chance)
        world.forward("2h")
    for number in numbers if seed % 2 else reversed(numbers):
        take_back(one.db, number)
    for world in worlds:
        world.settle()
    same(one, two)
    assert set(left_of(one).values()) == {0}
    prove(one.db)
