"""A group that the store refuses: whatever happens while its requests are stored singly, answers are true.

The database's own clock counts how often it is looked at, so that a span can end, or the connection, at each
place where the present matters. Senders give no message ids: what is stored and not acknowledged comes twice.
"""

import msgspec
import pytest

from slinga.identity.identifiers import key_of, refer
from slinga.ingest import log, store
from slinga.ingest.jobs import Committer
from slinga.ingest.model import PROVEN, Call, Source
from slinga.ingest.rows import SPAN
from slinga.ingest.steps import Envelope, examine
from slinga.ingest.worked import Checked, Job
from slinga.kernel.clock import SECOND
from slinga.kernel.errors import Unavailable
from slinga.runtime.db import connect

SERVER = Source("server", PROVEN)
EDGE = (1_790_000_000 * SECOND // SPAN) * SPAN
PLACES = range(1, 16)


def track(name):
    raw = msgspec.json.encode({"type": "track", "event": name, "userId": "u"})
    return Checked(raw, examine(raw, Envelope()))


def job(*items):
    return Job(SERVER, list(items))


def poison(name):
    """What no step lets through, and no document can hold."""
    return Checked(b"{}", Call("track", user_id="u", event=name, properties={"a": "\0"}))


def at_look(db, place, what):
    """From now on the clock is looked at under count; `what` happens at the look of this number, and the next
    span has begun from then on."""
    db.execute("CREATE SEQUENCE look")
    db.execute(f"""CREATE OR REPLACE FUNCTION slinga_now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
        DECLARE n bigint := nextval('look');
        BEGIN
            IF n = {place} THEN PERFORM {what}; END IF;
            RETURN to_timestamp({EDGE // SECOND} + CASE WHEN n < {place} THEN -60 ELSE n END);
        END $$""")


def answers(database_url, group):
    """What a committer says to each request of one group: the outcome, or None for 503."""
    committer = Committer(lambda: connect(database_url), refer)
    waiting = [committer.submit(each) for each in group]
    committer.start()
    out = []
    for each in waiting:
        try:
            out.append(each.result(30))
        except Unavailable:
            out.append(None)
    committer.stop()
    return out


def names(db):
    return sorted(item.name for item in log.history(db, key_of("user", "u")))


@pytest.mark.parametrize("place", PLACES)
def test_a_span_that_ends_meanwhile_stores_nothing_twice_and_refuses_nobody(database_url, db, place):
    at_look(db, place, "1")
    group = [
        job(track("a")),
        job(track("b"), poison("bad"), track("c"), track("d"), poison("worse")),
        job(track("e")),
    ]
    one, two, three = answers(database_url, group)
    assert [each.accepted for each in (one, two, three)] == [1, 3, 1]
    assert [index for index, _ in two.drops] == [1, 4]
    assert names(db) == ["a", "b", "c", "d", "e"]
    assert len(store.quarantined(db)) == 2


@pytest.mark.parametrize("place", PLACES)
def test_who_is_told_503_has_nothing_stored_when_the_connection_is_lost(database_url, db, place):
    at_look(db, place, "pg_terminate_backend(pg_backend_pid())")
    group = [job(track("a")), job(track("b"), poison("bad"), track("c")), job(track("d"))]
    one, two, three = answers(database_url, group)
    stored = [name for answer, names in ((one, "a"), (two, "bc"), (three, "d")) if answer for name in names]
    assert names(db) == stored
    assert len(store.quarantined(db)) == (two is not None)


def test_what_an_item_that_cannot_be_held_would_have_merged_the_next_one_does(database_url, db):
    both = Call("track", user_id="u", anonymous_id="x", event="bad", properties={"a": "\0"})
    raw = msgspec.json.encode({"type": "track", "event": "a", "userId": "u", "anonymousId": "x"})
    fine = Checked(raw, examine(raw, Envelope()))
    (found,) = answers(database_url, [job(Checked(b"{}", both), fine)])
    assert (found.accepted, [index for index, _ in found.drops]) == (1, [0])
    assert db.execute("SELECT count(*) FROM input WHERE kind = 'merge'").fetchone() == (1,)
