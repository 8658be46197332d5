"""What the public pages find in the engine's and delivery's tables, and many hands at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec

from slinga.engine.model import FORMAT, Person, encode
from slinga.ingest.model import PROVEN, Input
from slinga.kernel.ids import bucket_of, digest
from slinga.onsite import store
from slinga.onsite.jobs import site
from slinga.people import log
from slinga.people.consent import Consents, fold, state
from slinga.people.ledger import Consent, broken
from slinga.runtime.db import At, Json, Key, connect


def keep(db, key, *, forward=None, consents=None):
    person = Person(key=key)
    person.consents = consents or Consents()
    db.execute(
        "INSERT INTO person VALUES (%s, %s, %s, %s, 1, 0, NULL, %s, slinga_now())",
        (bucket_of(key), Key(key), encode(person), FORMAT, Key(forward) if forward else None),
    )


def granted(at: int) -> Consents:
    body = {"channel": "email", "topic": "news", "action": "granted", "source": "form"}
    return fold(Consents(), Input("consent", at, body=body, trust=PROVEN, occurred_at=at))


def test_old_links_reach_the_survivor_of_merges(world):
    last = digest("last")
    keep(world.db, world.anna, forward=world.bert)
    keep(world.db, world.bert, forward=last)
    keep(world.db, last)
    assert store.keys(world.db, world.anna) == (last, world.bert, world.anna)
    world.app.state.site = msgspec.structs.replace(site(world.key), tracking=world.app.state.site.tracking)
    world.web.post(world.links(world.anna).unsubscribe)
    assert {row[0] for row in world.rows("SELECT person FROM consent")} == {last}


def test_grants_that_came_through_the_api_are_shown_and_can_be_withdrawn(world):
    keep(world.db, world.anna, consents=granted(1_000))
    world.app.state.site = site(world.key)
    page = world.web.get(world.links().preferences).text
    assert 'name="allow:email:news" value="1" checked' in page
    world.web.post(world.links().preferences, data={"shown:email:news": "1"})
    assert [row.action for row in log.ledger(world.db, (world.anna,))] == ["withdrawn"]


def test_a_reaction_knows_its_message(world):
    name = digest("m")
    columns = {"bucket": bucket_of(world.anna), "id": Key(name), "send_key": "k", "person": Key(world.anna)}
    columns |= {"class": "marketing", "channel": "email", "topic": "news", "journey": "winback", "version": 1}
    columns |= {"run": "r", "node": "n", "template": "t", "priority": 0, "lane": "", "address": "a@b.test"}
    columns |= {"variables": Json({}), "witness": Json({}), "state": "accepted", "accepted_at": At(5_000_000)}
    columns |= dict.fromkeys(("planned_at", "not_before", "expires_at", "due_at", "changed_at"), At(1))
    places = ", ".join(["%s"] * len(columns))
    world.db.execute(f"INSERT INTO message ({', '.join(columns)}) VALUES ({places})", tuple(columns.values()))
    found = store.sent(world.db, world.anna, name)
    assert found is not None
    assert (found.journey, found.run, found.node, found.template, found.accepted_at) == (
        "winback",
        "r",
        "n",
        "t",
        5_000_000,
    )
    assert (
        store.sent(world.db, world.anna, digest("x")) is None
        and store.sent(world.db, world.anna, "m1") is None
    )


def test_many_hands_at_once_make_one_chain(world, database_url):
    start = threading.Barrier(6)

    def write(n: int) -> None:
        with connect(database_url) as db:
            start.wait()
            for m in range(10):
                with db.transaction():
                    log.record(db, [Consent(world.anna, "email", f"t{n}-{m}", "granted", source="form")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    rows = log.ledger(world.db, (world.anna,))
    assert sorted(row.n for row in rows) == list(range(1, 61)) and broken(rows) == 0
    assert len(world.inputs()) == 60


def test_the_state_follows_the_log_as_the_ledger_does(world):
    """The ledger folds to what the inputs it appended fold to."""
    world.web.post(world.links().unsubscribe)
    world.db.execute("UPDATE clock SET shift = interval '1 day'")
    world.web.post(world.links().preferences, data={"shown:email:news": "1", "allow:email:news": "1"})
    world.web.post(world.links().preferences, data={"shown:tracking:": "1"})
    held = Consents()
    for at, source, body in world.rows(
        "SELECT accepted_at, source, body FROM input WHERE kind = 'consent' ORDER BY seq"
    ):
        held = fold(held, Input("consent", at, body=body, trust=PROVEN, source=source, occurred_at=at))
    now = store.now(world.db)
    from_ledger = log.consents(world.db, (world.anna,))
    for channel, topic in (("email", "news"), ("email", "offers"), ("tracking", ""), ("*", "")):
        assert state(held, channel, topic, now) == state(from_ledger, channel, topic, now)
