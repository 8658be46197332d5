"""Erasure against everything that goes on meanwhile: nothing is sent, nothing stays, nothing comes back."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from slinga.delivery import store as outbox
from slinga.engine.jobs import Definition
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.errors import Missing
from slinga.kernel.ids import person_key
from slinga.privacy import store as privacy
from slinga.privacy.erase import erase, mop, readmit
from slinga.privacy.tables import SUSPECT_NAMES, SUSPECT_TYPES, TABLES, with_people
from slinga.runtime.db import Db, Key, connect
from slinga.testing.world import World

KeyOf = Callable[[str], bytes]

LETTER = {
    "key": "news",
    "name": "News",
    "class": "marketing",
    "topic": "news",
    "subject": "News for {{ person.firstName }}",
    "body": {"mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Hello"
             " <a href='https://shop.example/x'>x</a></mj-text></mj-column></mj-section></mj-body></mjml>"},
    "defaults": {"person": {"firstName": "you"}},
}  # fmt: skip
CAMPAIGN = {
    "key": "campaign",
    "name": "Campaign",
    "trigger": {"on": "event", "name": "Order Completed"},
    "quiet_hours": "none",
    "start": "first",
    "nodes": {
        "first": {"type": "send", "template": "news", "next": "pause"},
        "pause": {"type": "wait", "for": "1d", "next": "second"},
        "second": {"type": "send", "template": "news"},
    },
}


def rows_of(db: Db, keys: set[str]) -> dict[str, int]:
    """How many rows of each table still know one of these keys, by any uuid column or any text."""
    found = {}
    for table in with_people():
        if table.by in ("person", "scan"):
            query = f"SELECT count(*) FROM {table.name} WHERE {table.column} = ANY(%s::uuid[])"
            (count,) = db.execute(query, ([Key(key) for key in sorted(keys)],)).fetchone() or (0,)
            if count:
                found[table.name] = count
    return found


def containing(db: Db, word: str) -> dict[str, int]:
    """How many rows of each table contain a word, whatever the column."""
    tables = db.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    found = {}
    for (name,) in tables:
        needle, plain = word.lower(), word.lower().encode().hex()
        query = f'SELECT count(*) FROM "{name}" r WHERE position(%s IN lower(r::text)) > 0'
        query += " OR position(%s IN lower(r::text)) > 0"
        (count,) = db.execute(query, (needle, plain)).fetchone() or (0,)
        if count:
            found[name] = count
    return found


def test_every_table_that_may_know_people_is_declared(db: Db) -> None:
    columns = db.execute(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
    ).fetchall()
    suspect = {
        table: column for table, column, kind in columns if kind in SUSPECT_TYPES or column in SUSPECT_NAMES
    }
    undeclared = {table: column for table, column in suspect.items() if table not in TABLES}
    assert undeclared == {}, "name these tables in slinga.privacy.tables, so that erasure reaches them"
    names = {(table, column) for table, column, _ in columns}
    wrong = [t.name for t in with_people() if (t.name, t.column) not in names]
    assert wrong == [], "slinga.privacy.tables names columns that do not exist"
    assert [t.name for t in TABLES.values() if t.by == "none" and not t.why] == []


@pytest.fixture
def running(world: World) -> World:
    """A campaign that runs, with somebody in the middle of it."""
    world.publish(
        Definition("template", "news", LETTER),
        Definition("journey", "campaign", CAMPAIGN),
        Definition("policy", "policy", {"quiet_hours": "none", "caps": [], "tracking": "all"}),
    )
    world.browse("tablet-1", "Product Viewed", product_id="p1")
    world.browse("tablet-1", "Product Viewed", user="anna-lindqvist", product_id="p2")
    world.known("anna-lindqvist", phone="+46701234567", name="Anna Lindqvist")
    world.known("bo")
    for user in ("anna-lindqvist", "bo"):
        world.order(user, f"order-{user}")
    world.track("anna-lindqvist", "Thing Updated", type="vehicle", id="ABC123", tyres="summer")
    assert len(world.mails("anna-lindqvist")) == len(world.mails("bo")) == 1
    return world


def gone(world: World) -> set[str]:
    return {
        person_key("user", "anna-lindqvist"),
        person_key("anonymous", "tablet-1"),
        person_key("email", "anna-lindqvist@example.org"),
        person_key("phone", "+46701234567"),
    }


def test_a_person_in_a_running_campaign_goes_with_every_key_and_every_row(
    running: World, key_of: KeyOf
) -> None:
    world, keys = running, gone(running)
    (mail,) = world.mails("anna-lindqvist")
    assert {"input", "message", "profile"} <= set(containing(world.db, "anna-lindqvist"))
    done = erase(world.db, person_key("anonymous", "tablet-1"), key_of=key_of, by="test")
    assert done.people >= len(keys)
    assert rows_of(world.db, keys) == {}
    for word in ("anna-lindqvist", "+46701234567", "Anna Lindqvist", "tablet-1", "ABC123"):
        assert containing(world.db, word) == {}
    # The campaign goes on, without her.
    world.forward("2d")
    assert len(world.mails("anna-lindqvist")) == 1
    assert len(world.mails("bo")) == 2
    # What comes late says so and is kept nowhere; a click on an old mail and one on its unsubscription too.
    answer = world.client.post(
        "/v1/track",
        json={"userId": "anna-lindqvist", "event": "Late", "messageId": "late1"},
        headers={"Authorization": f"Bearer {world.server_key}"},
    )
    assert answer.json()["errors"][0]["reason"] == "erased"
    assert "readmit" in answer.json()["errors"][0]["message"]
    assert world.get(mail.links[0]).status_code in (302, 303, 307)
    world.forward("1h")
    with world.db.transaction():
        replayed = New(
            person_key("user", "anna-lindqvist"),
            "event",
            "Message Delivered",
            {"properties": {"email": "anna-lindqvist@example.org"}},
        )
        assert log.append(world.db, [replayed]) == [log.ERASED]
    world.settle()
    assert mop(world.db) == 0
    assert rows_of(world.db, keys) == {}
    assert containing(world.db, "anna-lindqvist") == {}


def test_the_same_address_under_another_name_lives_on_and_hears_nothing_that_was_forbidden(
    running: World, key_of: KeyOf
) -> None:
    world = running
    world.identify("carl", email="anna-lindqvist@example.org", firstName="Carl")
    world.consent("carl")
    erase(world.db, person_key("user", "anna-lindqvist"), key_of=key_of)
    assert world.person("carl").profile.traits["email"].value == "anna-lindqvist@example.org"
    found = world.db.execute("SELECT key FROM suppression").fetchall()
    assert [bytes(row[0]) for row in found] == [key_of("+46701234567")]
    world.order("carl", "order-carl")
    assert len(world.mails("anna-lindqvist")) == 2  # hers before, his now
    both = [person_key("user", "anna-lindqvist"), person_key("user", "carl")]
    assert log.erased(world.db, both) == set(both[:1])
    hashes = [key_of("anna-lindqvist@example.org"), key_of("+46701234567")]
    assert privacy.erased_addresses(world.db, hashes) == set(hashes[1:])


def test_what_is_leased_but_not_past_the_gate_never_leaves(world: World, key_of: KeyOf) -> None:
    world.publish(
        Definition("template", "news", LETTER),
        Definition("journey", "campaign", CAMPAIGN),
        Definition("policy", "policy", {"quiet_hours": "none", "caps": []}),
    )
    world.known("anna")
    world.track("anna", "Order Completed", order_id="o1", settle=False)
    world.worker.drain()
    world.db.execute(  # as a courier of release 0.1 does
        "UPDATE message SET state = 'leased', lease_epoch = 1, leased_until = 'infinity'"
    )
    erase(world.db, person_key("user", "anna"), key_of=key_of, wait_s=0)
    assert outbox.counts(world.db).planned == 0
    world.forward("2d")
    assert world.mails("anna") == []


def test_a_merge_that_is_under_way_does_not_save_the_other_half(world: World, key_of: KeyOf) -> None:
    world.publish(Definition("template", "news", LETTER))
    world.identify("anna", email="anna@example.org")
    world.browse("phone-77", "Product Viewed", product_id="p1")
    world.call(
        "track", {"userId": "anna", "anonymousId": "phone-77", "event": "Product Viewed"}, settle=False
    )
    erase(world.db, person_key("user", "anna"), key_of=key_of)
    world.settle()
    assert rows_of(world.db, {person_key("user", "anna"), person_key("anonymous", "phone-77")}) == {}
    assert containing(world.db, "phone-77") == {}


def test_erasing_twice_is_one_erasure_and_nobody_is_missing(world: World, key_of: KeyOf) -> None:
    world.identify("anna", email="anna@example.org")
    first = erase(world.db, person_key("user", "anna"), key_of=key_of)
    assert erase(world.db, person_key("user", "anna"), key_of=key_of).id == first.id
    with pytest.raises(Missing):
        erase(world.db, person_key("user", "nobody"), key_of=key_of)


def test_the_obligation_is_noted_and_names_nobody(world: World, key_of: KeyOf) -> None:
    world.identify("anna", email="anna@example.org")
    erase(world.db, person_key("user", "anna"), key_of=key_of)
    kinds: dict[str, Any] = dict(world.db.execute("SELECT kind, body FROM obligation").fetchall())
    assert kinds["erasure"]["people"] and kinds["erasure"]["addresses"] == [key_of("anna@example.org").hex()]
    assert "anna" not in str(kinds)


def test_whoever_comes_back_by_themselves_is_readmitted(world: World, key_of: KeyOf) -> None:
    world.identify("anna", email="anna@example.org")
    erase(world.db, person_key("user", "anna"), key_of=key_of)
    readmit(world.db, person_key("user", "anna"))
    world.identify("anna", email="anna@example.org")
    assert world.person("anna").created_at == world.now()
    assert world.db.execute("SELECT count(*) FROM suppression").fetchone() == (0,)


def test_refused_calls_that_name_them_go_and_others_stay(world: World, key_of: KeyOf) -> None:
    for who in ("anna@example.org", "bo@example.org"):
        world.client.post(
            "/v1/track",
            json={"userId": who, "event": 5, "properties": {"note": f"call {who.upper()}"}},
            headers={"Authorization": f"Bearer {world.server_key}"},
        )
    world.identify("u-anna", email="anna@example.org")
    erase(world.db, person_key("user", "u-anna"), key_of=key_of)
    payloads = b"".join(bytes(row[0]) for row in world.db.execute("SELECT payload FROM quarantine"))
    assert b"bo@example.org" in payloads
    assert b"anna" not in payloads.lower()


def test_live_traffic_while_somebody_is_erased_leaves_nothing(
    world: World, key_of: KeyOf, database_url: str
) -> None:
    world.identify("anna", email="anna@example.org")
    stop, faults = threading.Event(), []

    def traffic() -> None:
        with connect(database_url) as db:
            n = 0
            while not stop.is_set():
                n += 1
                try:
                    with db.transaction():
                        log.append(
                            db,
                            [New(person_key("user", "anna"), "event", "Seen", {"properties": {"n": n}})],
                        )
                except Exception as fault:
                    faults.append(fault)
                    return

    threads = [threading.Thread(target=traffic) for _ in range(3)]
    for thread in threads:
        thread.start()
    world.worker.tick()
    erase(world.db, person_key("user", "anna"), key_of=key_of)
    stop.wait(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    world.settle()
    assert faults == []
    assert rows_of(world.db, {person_key("user", "anna")}) == {}
