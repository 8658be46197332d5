"""Ask the database whether the invariants hold.

In: a connection, the program in force, the set query, the key of addresses. Out: a finding for each.
Always true: one read-only snapshot for everything; people of whom something waits to be applied are left out
of the comparisons, so that the answer is exact while Slinga works.
"""

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from slinga.access.jobs import audit_broken
from slinga.engine.model import Person, Program, decode
from slinga.invariants import people, store
from slinga.invariants.model import Finding, found
from slinga.kernel.clock import Instant
from slinga.people.ledger import Recorded
from slinga.privacy.tables import with_people
from slinga.runtime.db import Db
from slinga.segments.terms import Condition

Question = Callable[[Db, Condition, ZoneInfo, Instant, Sequence[int]], set[str]]
"""The people of some buckets of whom a condition is true at an instant: the set query."""

ALL = tuple(range(256))
PORTION = 10_000
"""About how many people are compared at a time."""


def check(
    db: Db,
    program: Program,
    question: Question | None,
    *,
    key_of: Callable[[str], bytes] | None = None,
    buckets: Sequence[int] = ALL,
    progress: Callable[[float], object] = lambda share: None,
) -> list[Finding]:
    """All invariants, in their order. `buckets` limits what is asked of people, messages and inputs.

    `key_of` is the installation's function from an address to its key; without it suppressions are not
    compared with what left. Without `question` memberships are not asked for again. `progress` is told the
    share done. Must not run inside a transaction.
    """
    with db.transaction():
        store.snapshot(db)
        now = store.now(db)
        found_so_far = [
            _rows(db, "I1", store.count(db, "messages"), "one_end"),
            _rows(db, "I2", store.count(db, "messages"), "accepted_twice"),
            _left(db, buckets, key_of),
            _rows(
                db, "I4", store.count(db, "messages"), "without_message", "without_receipt", buckets=buckets
            ),
            _rows(db, "I5", store.count(db, "waking"), "overdue"),
            _rows(db, "I6", store.count(db, "inputs", buckets), "stored_twice", "skipped", buckets=buckets),
            *_people(db, program, question, buckets, now, progress),
            _erased(db),
            _rows(db, "I12", store.count(db, "messages"), "outlived"),
        ]
    return sorted(found_so_far, key=lambda one: int(one.code[1:]))


def _rows(db: Db, code: str, looked_at: int, *names: str, buckets: Sequence[int] = ()) -> Finding:
    return found(code, looked_at, [text for name in names for text in store.broken(db, name, buckets)])


def _erased(db: Db) -> Finding:
    """Rows that tell of erased people, table by table."""
    count = store.count(db, "erased")
    rows = [text for table in with_people() if count for text in store.remains(db, table)]
    return found("I9", count, rows)


def _left(db: Db, buckets: Sequence[int], key_of: Callable[[str], bytes] | None) -> Finding:
    """What left although its person or its address had said no before the gate."""
    broken: list[str] = []
    left = store.left(db, buckets)
    withheld = store.withheld(db, buckets)
    ledgers = store.ledgers(db, {one.person for one in left} & withheld)
    suppressed = store.suppressed(db) if key_of is not None else {}
    for one in left:
        rows = ledgers.get(one.person, [])
        if rows and people.withheld(rows, one.channel, one.topic, one.started_at):
            broken.append(f"message {one.id} left after {one.person} had withdrawn {one.channel}")
        if key_of is None or not one.address:
            continue
        scopes = ("global", "marketing", f"topic:{one.topic}")
        if any(
            scope in scopes and at < one.started_at for scope, at in suppressed.get(key_of(one.address), ())
        ):
            broken.append(f"message {one.id} left although its address was suppressed")
    return found("I3", len(left), broken)


def _people(
    db: Db,
    program: Program,
    question: Question | None,
    buckets: Sequence[int],
    now: Instant,
    progress: Callable[[float], object],
) -> Iterable[Finding]:
    """What is compared person by person: consents, memberships, rows, chains."""
    broken: dict[str, list[str]] = {"I7": [], "I8": [], "I10": [], "I11": []}
    looked_at = dict.fromkeys(broken, 0)
    merged = store.merged(db)
    size = max(1, min(256, PORTION * 256 // max(1, store.population(db))))
    for start in range(0, len(buckets), size):
        portion = buckets[start : start + size]
        resting = [
            person
            for key, state, _ in store.resting(db, portion)
            if (person := decode(state)).program >= program.basis and not person.owed
        ]
        chained = store.chained(db, portion)
        for key, rows in store.ledgers(db, chained).items():
            looked_at["I11"] += 1
            broken["I11"] += filter(None, [people.chain_broken(key, rows)])
        _consents(db, resting, merged, now, looked_at, broken)
        profiles, members, positions, things = (
            store.rows(db, name, portion) for name in ("profiles", "memberships", "positions", "things")
        )
        for person in resting:
            looked_at["I10"] += 1
            differs = people.rows_differ(person, program, profiles, members, positions, things)
            broken["I10"] += filter(None, [differs])
        for key, predicate in program.segments.items():
            if question is None:
                break
            inside = question(db, predicate.condition, program.zone, now, portion)
            looked_at["I8"] += len(resting)
            wrong = [p for p in resting if (key in p.members) != (p.key in inside)]
            broken["I8"] += [
                f"person {p.key} should have {'left' if key in p.members else 'entered'} {key}" for p in wrong
            ]
        progress(min(1.0, (start + size) / len(buckets)))
    if at := audit_broken(db):
        broken["I11"].append(f"the audit log breaks at entry {at}")
    return [found(code, looked_at[code], texts) for code, texts in broken.items()]


def _consents(
    db: Db,
    resting: Sequence[Person],
    merged: dict[str, list[str]],
    now: Instant,
    looked_at: dict[str, int],
    broken: dict[str, list[str]],
) -> None:
    keys = {key for person in resting for key in (person.key, *merged.get(person.key, ()))}
    ledgers = store.ledgers(db, keys)
    for person in resting:
        rows: list[Recorded] = []
        for key in (person.key, *merged.get(person.key, ())):
            rows += ledgers.get(key, [])
        looked_at["I7"] += 1
        broken["I7"] += filter(None, [people.consents_differ(person, rows, now)])


def sample(db: Db, wanted: int) -> tuple[int, ...]:
    """Buckets that together hold about `wanted` people, other ones each day; all where there are fewer."""
    share = max(1, min(256, wanted * 256 // max(1, store.population(db))))
    first = store.now(db) // 86_400_000_000 * share
    return tuple(sorted((first + n) % 256 for n in range(share)))
