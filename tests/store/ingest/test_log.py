"""The log under many writers: readers see a prefix, duplicates are stored once, nothing is skipped."""

import random
import threading

from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.clock import HOUR
from slinga.kernel.ids import BUCKETS, bucket_of, person_key
from slinga.runtime.db import connect

PEOPLE = [person_key("user", f"u{n}") for n in range(40)]


def new(n, person=None, dedupe=""):
    return New(person or PEOPLE[n % len(PEOPLE)], "event", f"e{n}", {"properties": {"n": n}}, dedupe=dedupe)


def put(db, items):
    with db.transaction():
        return log.append(db, items)


def everything(db):
    out = []
    for bucket in range(BUCKETS):
        after = 0
        while page := log.read(db, bucket, after, 100):
            out += page
            after = page[-1][1].seq
    return out


def test_append_and_read_back(db):
    seqs = put(db, [new(0), new(1), new(0, dedupe="a"), new(2, dedupe="a"), new(0, dedupe="a")])
    assert seqs[:2] == [1, 2] and seqs[4] == 0
    assert put(db, [new(0, dedupe="a")]) == [0]
    found = log.history(db, PEOPLE[0])
    assert [i.name for i in found] == ["e0", "e0"]
    assert found[0].at <= found[1].at and found[0].occurred_at == found[0].at


def test_a_happening_is_never_later_than_its_acceptance(db):
    item = New(PEOPLE[0], "event", "x", occurred_at=log.horizon(db) + HOUR)
    put(db, [item])
    (found,) = log.history(db, PEOPLE[0])
    assert found.occurred_at == found.at


def test_readers_never_skip_an_input_under_concurrent_appenders(db, database_url):
    writers, rounds = 6, 60
    done = threading.Event()
    failures = []

    def write(number):
        chance = random.Random(number)
        with connect(database_url) as mine:
            for n in range(rounds):
                with mine.transaction():
                    # Uneven transactions: some hold the others up, as a slow disk would.
                    log.append(mine, [new(number * 10_000 + n * 10 + k) for k in range(chance.randint(1, 5))])
                    if chance.random() < 0.1:
                        mine.execute("SELECT pg_sleep(0.005)")

    seen: list[int] = []

    def follow():
        """Read each bucket behind its cursor, as the workers do; late rows below a cursor would be lost."""
        cursors = dict.fromkeys({bucket_of(p) for p in PEOPLE}, 0)
        last = False
        with connect(database_url) as mine:
            while True:
                last = done.is_set()
                for bucket in cursors:
                    for _, item in log.read(mine, bucket, cursors[bucket], 7):
                        cursors[bucket] = item.seq
                        seen.append(item.seq)
                if last and not any(log.read(mine, b, c, 1) for b, c in cursors.items()):
                    return

    def horizons():
        """What was accepted before a horizon is visible once the horizon is known."""
        with connect(database_url) as mine:
            while not done.is_set():
                edge = log.horizon(mine)
                count = "SELECT count(*) FROM input WHERE accepted_at < to_timestamp(%s / 1e6)"
                first = mine.execute(count, (edge,)).fetchone()
                later = mine.execute(count, (edge,)).fetchone()
                if first != later:
                    failures.append((edge, first, later))

    others = [threading.Thread(target=follow), threading.Thread(target=horizons)]
    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in [*others, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    stored = [item.seq for _, item in everything(db)]
    assert sorted(seen) == sorted(stored) and len(seen) == len(set(seen))
    assert failures == []
    ordered = db.execute("SELECT accepted_at FROM input ORDER BY seq").fetchall()
    assert ordered == sorted(ordered)


def test_shuffled_duplicates_from_many_senders_are_stored_once(db, database_url):
    chance = random.Random(29)
    unique = [new(n, dedupe=f"shop:{n}") for n in range(10_000)]
    sent = unique + chance.sample(unique, 1_000)
    chance.shuffle(sent)
    batches = [sent[i : i + 100] for i in range(0, len(sent), 100)]
    batches += chance.sample(batches, 20)  # whole batches sent again
    stored = []

    def send(mine):
        with connect(database_url) as own:
            for batch in mine:
                stored.append(sum(1 for seq in put(own, batch) if seq))

    threads = [threading.Thread(target=send, args=(batches[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(stored) == len(unique)
    assert sorted(i.name for _, i in everything(db)) == sorted(u.name for u in unique)
