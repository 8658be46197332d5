"""What is stored, known already or about the erased: as it was when keys had a table of their own.

A model of that table is compared with the function of today and that of the release before, in any mixture,
at any place of the spans in which keys are numbered.
"""

import threading

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.ingest import log, store
from slinga.ingest.jobs import SEEN_FOR
from slinga.ingest.model import New
from slinga.ingest.rows import SPAN, columns, row, spell
from slinga.kernel.clock import DAY, HOUR, SECOND
from slinga.kernel.ids import bucket_of, person_key
from slinga.runtime.db import connect

EDGE = (1_790_000_000 * SECOND // SPAN) * SPAN
PEOPLE = [person_key("user", f"u{n}") for n in range(3)] + [person_key("anonymous", "a")]


def event(person, message, source="shop"):
    """As the tracking API appends: the key is the source and the message id."""
    dedupe = f"{source}:{message}" if message else ""
    return New(person, "event", "e", {"properties": {}}, source=source, message_id=message, dedupe=dedupe)


def merge(person, other, message="m", source="shop"):
    dedupe = f"merge:{person}:{other}:identify:2"
    return New(
        person,
        "merge",
        body={"other": other, "why": "identify"},
        source=source,
        message_id=message,
        dedupe=dedupe,
    )


def today(db, items):
    """Append with the function of this release; the fate of each."""
    with db.transaction():
        return [min(seq, 1) for seq in log.append(db, items)]


def today_past_the_driver(db, items):
    """The same on a connection like the committer's."""
    usual, db.prepare_threshold = db.prepare_threshold, None
    fates = today(db, items)
    db.prepare_threshold = usual
    return fates


def before(db, items):
    """Append as the release before does: known keys and numbers from `slinga_append`, rows beside it."""
    with db.transaction():
        gone = {
            n
            for n, one in enumerate(items)
            if log.erased(db, [one.person, *filter(None, [one.body.get("other")])])
        }
        keyed = {}
        for n, one in enumerate(items):
            if n not in gone and one.dedupe:
                keyed.setdefault((bucket_of(one.person), one.dedupe), n)
        unkeyed = [n for n, one in enumerate(items) if n not in gone and not one.dedupe]
        at, _, count, last, buckets, ids = db.execute(
            "SELECT * FROM slinga_append(%s::smallint[], %s::text[], %s, NULL, true)",
            ([bucket for bucket, _ in keyed], [text for _, text in keyed], len(unkeyed)),
        ).fetchone()
        fresh = set(keyed)
        if count - len(unkeyed) < len(keyed):
            fresh = set(zip(buckets or (), ids or (), strict=True))
        stored = sorted([*unkeyed, *(n for key, n in keyed.items() if key in fresh)])
        for seq, n in enumerate(stored, (last or 0) - count + 1):
            one = items[n]
            db.execute(
                "INSERT INTO input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, "
                "occurred_at, body) VALUES (%s, %s, %s::uuid, %s, %s, %s, %s, %s, to_timestamp(%s / 1e6), "
                "to_timestamp(%s / 1e6), %s)",
                (
                    *(bucket_of(one.person), seq, one.person, one.kind, one.name, one.trust),
                    *(one.source, one.message_id, at, at, psycopg.types.json.Jsonb(one.body)),
                ),
            )
    return [log.ERASED if n in gone else int(n in stored) for n in range(len(items))]


def freeze(db, now):
    """Stop the clock at an instant, earlier ones too: each example begins anew."""
    db.execute("UPDATE clock SET frozen_at = to_timestamp(%s / 1e6)", (now,))


def erase(db, person):
    db.execute("INSERT INTO erased VALUES (%s, %s::uuid, 1)", (bucket_of(person), person))


class Model:
    """The table of keys, and who was erased."""

    def __init__(self):
        self.at, self.erased = {}, set()

    def append(self, items, now):
        fates = []
        for one in items:
            key = (bucket_of(one.person), one.dedupe)
            if self.erased & {one.person, one.body.get("other")}:
                fates.append(log.ERASED)
            elif one.dedupe and now - self.at.get(key, -SEEN_FOR) < SEEN_FOR:
                fates.append(0)
            else:
                fates.append(1)
                self.at[key] = now
        return fates


ITEM = st.one_of(
    st.builds(event, st.sampled_from(PEOPLE), st.sampled_from(["", "1", "2", "ø"]), st.sampled_from("ab")),
    st.builds(merge, st.sampled_from(PEOPLE[:3]), st.sampled_from(PEOPLE[2:]), st.sampled_from("12")),
)
STEP = st.tuples(
    st.sampled_from([today, today_past_the_driver, before]),
    st.lists(ITEM, min_size=1, max_size=8),
    st.sampled_from([0, 0, DAY, 5 * DAY, 9 * DAY, 24 * DAY]),
    st.sampled_from([None, None, None, *PEOPLE]),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=2, max_size=7), st.sampled_from([EDGE - 2 * DAY, EDGE, EDGE + 20 * DAY]))
def test_fates_are_those_of_a_table_of_keys(db, steps, now):
    db.execute("TRUNCATE input, seen, erased")
    model = Model()
    for way, items, later, gone in steps:
        now += later + HOUR
        freeze(db, now)
        store.forget(db, seen_before=now - SEEN_FOR, quarantine_before=0)
        assert way(db, items) == model.append(items, now)
        if gone and gone not in model.erased:
            erase(db, gone)
            model.erased.add(gone)


@given(st.integers(0, 255), st.text(max_size=20), st.integers(0, 2**52))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_has_the_same_number_in_python_and_in_the_database(db, bucket, text, now):
    if "\0" in text or not text:
        return
    person = f"{bucket:02x}" + "05" + "0" * 28
    made = columns([row(New(person, "event", dedupe=text))], spell(now))
    number = int.from_bytes(made.keys.data[-8:], signed=True)
    asked = (bucket, text, now // SPAN)
    assert db.execute("SELECT slinga_dedupe(%s::smallint, %s, %s)", asked).fetchone() == (number,)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["quickly", "one by one"])
def test_a_key_of_the_span_before_is_found_for_a_week(db, elsewhere):
    if elsewhere:
        erase(db, PEOPLE[3])  # somebody else: now each row is looked at
    items = [event(PEOPLE[0], "1"), event(PEOPLE[1], "2"), merge(PEOPLE[0], PEOPLE[2])]
    freeze(db, EDGE - HOUR)
    assert today(db, items) == [1, 1, 1]
    for now in (EDGE - 1, EDGE, EDGE + DAY, EDGE + 8 * DAY - HOUR - 1):
        freeze(db, now)
        assert today(db, [event(PEOPLE[0], f"at {now}"), *items]) == [1, 0, 0, 0]
    freeze(db, EDGE + 8 * DAY - HOUR)
    assert today(db, items) == [1, 1, 1]
    freeze(db, EDGE + 12 * DAY)
    assert today(db, items) == [0, 0, 0]


@pytest.mark.parametrize("now", [EDGE + DAY, EDGE + 20 * DAY], ids=["two spans", "one span"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["quickly", "one by one"])
def test_another_key_with_the_same_number_drops_nothing(db, now, elsewhere):
    freeze(db, now)
    assert today(db, [event(PEOPLE[0], "1"), merge(PEOPLE[0], PEOPLE[2])]) == [1, 1]
    if elsewhere:
        erase(db, PEOPLE[3])
    for new in (event(PEOPLE[0], "2"), event(PEOPLE[1], "1", "other"), merge(PEOPLE[1], PEOPLE[2])):
        made = columns([row(new)], spell(now))
        for key in filter(None, (made.keys, made.before)):
            db.execute("UPDATE input SET dedupe = %s", (int.from_bytes(key.data[-8:], signed=True),))
            with db.transaction(force_rollback=True):
                assert today(db, [new]) == [1]


def test_keys_of_the_release_before_are_known_until_they_are_a_week_old(db):
    freeze(db, EDGE + 20 * DAY)
    old, new = event(PEOPLE[0], "old"), event(PEOPLE[1], "new")
    assert before(db, [old, merge(PEOPLE[0], PEOPLE[2])]) == [1, 1]
    assert today(db, [new, old, merge(PEOPLE[0], PEOPLE[2], "other")]) == [1, 0, 0]
    assert before(db, [new, old]) == [0, 0]
    freeze(db, EDGE + 28 * DAY + 1)
    store.forget(db, seen_before=store.now(db) - SEEN_FOR, quarantine_before=0)
    assert today(db, [new, old]) == [1, 1]
    assert db.execute("SELECT count(*) FROM seen").fetchone() == (0,)


@pytest.mark.parametrize("now", [EDGE, EDGE + 20 * DAY], ids=["two spans", "one span"])
def test_both_releases_write_at_once_and_each_key_is_stored_once(db, database_url, now):
    freeze(db, now)
    keys = [event(PEOPLE[n % 3], str(n)) for n in range(120)] + [merge(p, PEOPLE[3]) for p in PEOPLE[:3]]
    counts = []

    def write(way, number):
        with connect(database_url) as mine:
            for first in range(0, len(keys), 10):
                turned = (first + 40 * number) % len(keys)
                counts.append(sum(way(mine, keys[turned : turned + 10] * 2)))

    threads = [threading.Thread(target=write, args=(way, n)) for n, way in enumerate([today, before, today])]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (stored,) = db.execute("SELECT count(*) FROM input").fetchone()
    assert (stored, sum(counts)) == (len(keys), len(keys))
    seqs = db.execute("SELECT seq, lead(seq) OVER (ORDER BY seq) FROM input ORDER BY seq").fetchall()
    assert all(after is None or after > seq for seq, after in seqs)
