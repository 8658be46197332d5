"""An export is complete, readable, and about nobody else."""

import csv
import io
import json
import zipfile
from collections.abc import Callable

import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.errors import Missing
from slinga.kernel.ids import person_key
from slinga.people import consent
from slinga.people.ledger import broken
from slinga.people.log import consents, ledger
from slinga.privacy import store
from slinga.privacy.erase import know
from slinga.privacy.export import export
from slinga.privacy.sections import cell
from slinga.privacy.tables import TABLES
from slinga.testing.world import World

KeyOf = Callable[[str], bytes]
RECEIPT = {
    "key": "receipt",
    "name": "Receipt",
    "class": "transactional",
    "subject": "Thank you",
    "body": {"html": "<p>Order {{ trigger.properties.order_id }}</p>"},
}
JOURNEY = {
    "key": "thanks",
    "name": "Thanks",
    "class": "transactional",
    "trigger": {"on": "event", "name": "Order Completed"},
    "start": "send",
    "nodes": {
        "send": {"type": "send", "template": "receipt", "next": "rest"},
        "rest": {"type": "wait", "for": "30d"},
    },
}


@pytest.fixture
def lived(world: World) -> World:
    world.publish(Definition("template", "receipt", RECEIPT), Definition("journey", "thanks", JOURNEY))
    world.browse("tablet-1", "Product Viewed", product_id="p1", note="=cmd()")
    world.browse("tablet-1", "Product Viewed", user="anna", product_id="p2")
    world.known("anna", phone="+46701234567")
    world.consent("anna", topic="news", evidence={"wording_id": "news-v3", "wording": "Yes, write to me"})
    world.consent("anna", topic="news", action="withdrawn", source="one_click")
    world.known("bo")
    for user in ("anna", "bo"):
        world.order(user, f"order-{user}")
    return world


def opened(world: World, key_of: KeyOf, key: str) -> zipfile.ZipFile:
    with export(world.db, key, key_of=key_of) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def test_every_row_of_every_table_is_in_it_and_nobody_else(lived: World, key_of: KeyOf) -> None:
    world = lived
    archive = opened(world, key_of, person_key("anonymous", "tablet-1"))
    whole = b"".join(archive.read(name) for name in archive.namelist())
    for word in (b"anna@example.org", b"+46701234567", b"tablet-1", b"order-anna", b"news-v3", b"p1"):
        assert word in whole
    assert b"order-bo" not in whole and b"bo@example.org" not in whole
    known = know(world.db, person_key("user", "anna"))
    assert known is not None
    mine = store.messages(world.db, known.keys)
    for table in TABLES.values():
        if not table.section or table.by in ("text", "address"):
            continue
        stands = len(list(store.select(world.db, table, known.keys, mine, ())))
        shown = json.loads(archive.read(f"{table.section}.json"))
        lines = list(csv.reader(io.StringIO(archive.read(f"{table.section}.csv").decode())))
        assert len(shown) == stands == len(lines) - 1, table.section
    for section in ("log", "messages", "attempts", "consents", "things", "decisions"):
        assert json.loads(archive.read(f"{section}.json")), section


def test_provenance_templates_and_runs_are_told(lived: World, key_of: KeyOf) -> None:
    archive = opened(lived, key_of, person_key("user", "anna"))
    profile = json.loads(archive.read("profile.json"))
    assert profile["traits"]["email"] == {
        "value": "anna@example.org",
        "at": "2026-03-02T09:00:00.000Z",
        "trust": "told by a server",
    }
    (message,) = json.loads(archive.read("messages.json"))
    assert (message["template"], message["template_version"]) == ("receipt", 1)
    assert message["variables"]["trigger"]["properties"]["order_id"] == "order-anna"
    (run, *_) = json.loads(archive.read("journeys.json"))
    assert run["journey"] == "thanks"
    assert "consents: " in archive.read("README.txt").decode()


def test_consent_is_proven_and_folds_to_what_stands(lived: World) -> None:
    """The wording, the time, the source and the trail; the chain holds; the fold is the state."""
    world = lived
    rows = ledger(world.db, [person_key("user", "anna")])
    assert [(r.topic, r.action, r.source) for r in rows if r.topic] == [
        ("news", "granted", "form"),
        ("news", "withdrawn", "one_click"),
    ]
    assert rows[-2].evidence == {"wording_id": "news-v3", "wording": "Yes, write to me"}
    assert broken(rows) == 0
    now, held = world.now(), consents(world.db, [person_key("user", "anna")])
    for channel, topic in (("email", ""), ("email", "news"), ("tracking", ""), ("sms", "")):
        stands = consent.state(world.person("anna").consents, channel, topic, now)
        assert consent.state(held, channel, topic, now) == stands


def test_a_grant_dated_back_cannot_beat_a_withdrawal(lived: World) -> None:
    world = lived
    world.consent("anna", topic="news", source="api", occurred_at=world.now())
    world.consent("anna", topic="news", source="import", occurred_at=world.now() - 1)
    world.forward("1d")
    world.consent("anna", topic="news", source="api")
    state = consent.state(world.person("anna").consents, "email", "news", world.now())
    assert state == "withdrawn"


def test_a_cell_is_never_a_formula() -> None:
    assert cell("=1+1") == "'=1+1"
    assert cell("@x") == "'@x"
    assert cell("plain") == "plain"
    assert cell(None) == ""
    assert cell({"a": 1}) == '{"a":1}'


def test_nobody_is_missing(world: World, key_of: KeyOf) -> None:
    with pytest.raises(Missing):
        export(world.db, person_key("user", "nobody"), key_of=key_of)
