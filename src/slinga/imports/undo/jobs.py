"""Take an import back: remove whom it alone brought, rebuild whom it touched.

In: an import's number. Out: a database as if it had never been, but for what happened since.
Always true: nothing is sent and nothing is started; each transaction leaves people whole; an undo that was
interrupted goes on when asked again.
"""

from collections.abc import Callable, Sequence

import msgspec

from slinga.engine.model import Person, Program
from slinga.engine.projecting import project
from slinga.imports import store
from slinga.imports.plans import Tally, Tell, silent
from slinga.imports.rebuild import asked_again, inherit, owed_after, passed_on, rebuild
from slinga.imports.undo import store as rows
from slinga.ingest import log
from slinga.ingest.model import IMPORTED, New
from slinga.kernel.errors import Conflict, Missing
from slinga.kernel.ids import BUCKETS, bucket_of, rank_of
from slinga.people import log as permissions
from slinga.runtime.db import Db
from slinga.segments.projection import Projection

PORTION = 50
"""Groups of people rebuilt in one transaction."""

MOST = 2_000
"""People removed in one transaction."""


class Undoing(msgspec.Struct, frozen=True):
    """What other stages do when an import is taken back."""

    program: Callable[[Db], Program]
    project: Callable[[Db, Sequence[Projection], Sequence[str]], object]
    unsuppress: Callable[[Db, bytes, str], bool]


class Undone(msgspec.Struct):
    """What was done."""

    removed: int = 0
    rebuilt: int = 0
    suppressions: int = 0


def undo(db: Db, number: int, parts: Undoing, tell: Tell = silent) -> Undone:
    """Take import `number` back. Raises Missing, Conflict where it is worked on or was taken back already."""
    if not store.claim(db, number):
        raise Conflict("Import %(number)s is being worked on by another process.", number=number)
    try:
        row = store.find(db, number)
        if row is None:
            raise Missing("There is no import %(number)s; `slinga import list` shows them.", number=number)
        if row.state == "undone":
            raise Conflict("Import %(number)s was taken back already.", number=number)
        store.move(db, number, "undoing")
        return _undo(db, number, parts, tell)
    finally:
        store.release(db, number)


def _undo(db: Db, number: int, parts: Undoing, tell: Tell) -> Undone:
    source, done = f"{IMPORTED}{number}", Undone()
    forwards: dict[str, str | None] = {}
    lived: set[str] = set()
    for bucket in range(BUCKETS):
        for key, forward, alive in rows.touched(db, bucket, number, source):
            forwards[key] = forward
            if alive:
                lived.add(key)
        tell(Tally("looking", bucket + 1, BUCKETS))
    groups, alone = _parted(forwards, lived)
    left = _remove(db, number, source, alone, parts, done, tell)
    if left:  # they have come to life meanwhile
        groups += [_whole(key, forwards) for key in left]
    for place in range(0, len(groups), PORTION):
        _rebuild_some(db, number, source, groups[place : place + PORTION], forwards, parts, done)
        tell(Tally("rebuilding", place + PORTION, len(groups)))
    with db.transaction():
        for address, scope in store.suppressions(db, number):
            done.suppressions += parts.unsuppress(db, address, scope)
        rows.forget_suppressions(db, number)
    for bucket in range(BUCKETS):
        with db.transaction():
            rows.forget(db, number, bucket)
    store.move(db, number, "undone")
    return done


def _root(key: str, forwards: dict[str, str | None]) -> str:
    while (onward := forwards.get(key)) is not None:
        key = onward
    return key


def _whole(key: str, forwards: dict[str, str | None]) -> list[str]:
    root = _root(key, forwards)
    return sorted({root, *(k for k in forwards if _root(k, forwards) == root)}, key=rank_of)


def _parted(forwards: dict[str, str | None], lived: set[str]) -> tuple[list[list[str]], list[str]]:
    """Groups of keys that are one person and have a life apart from the import; and keys that have none."""
    members: dict[str, list[str]] = {}
    for key in forwards:
        members.setdefault(_root(key, forwards), []).append(key)
    groups, alone = [], []
    for root, keys in members.items():
        # A survivor that the import did not touch by itself was there before it.
        if root not in forwards or not lived.isdisjoint(keys):
            groups.append(sorted({root, *keys}, key=rank_of))
        else:
            alone += keys
    return groups, alone


def _remove(
    db: Db, number: int, source: str, alone: Sequence[str], parts: Undoing, done: Undone, tell: Tell
) -> list[str]:
    """Remove people whom the import alone brought; those who live after all."""
    by_bucket: dict[int, list[str]] = {}
    for key in alone:
        by_bucket.setdefault(bucket_of(key), []).append(key)
    left: list[str] = []
    for bucket, keys in sorted(by_bucket.items()):
        for place in range(0, len(keys), MOST):
            some = keys[place : place + MOST]
            with db.transaction():
                rows.lock(db, [bucket])
                dead = rows.still_dead(db, bucket, source, some)
                rows.drop(db, bucket, dead)
                parts.project(db, [], dead)
            done.removed += len(dead)
            left += set(some) - set(dead)
            tell(Tally("removing", done.removed, len(alone)))
    return left


def _rebuild_some(
    db: Db,
    number: int,
    source: str,
    groups: Sequence[list[str]],
    forwards: dict[str, str | None],
    parts: Undoing,
    done: Undone,
) -> None:
    with db.transaction():
        rows.lock(db, [bucket_of(key) for keys in groups for key in keys])
        program = parts.program(db)
        changed: list[Projection] = []
        gone: list[str] = []
        again: list[New] = []
        for keys in groups:
            group = _Group(db, number, source, keys, program)
            for key in keys:
                person = group.rebuild(key)
                if person is None:
                    gone.append(key)
                elif person.forward is None:
                    changed.append(project(person, program))
            again += group.again
            done.rebuilt += len(keys)
        parts.project(db, changed, gone)
        log.append(db, again)


class _Group:
    """Keys that are one person, by rank: what was merged into another comes before it."""

    def __init__(self, db: Db, number: int, source: str, keys: Sequence[str], program: Program) -> None:
        self._db, self._number, self._source, self._program = db, number, source, program
        self._logs = {key: log.history(db, key) for key in keys}
        self._facts = {key: rows.facts(db, key) for key in keys}
        self._before = {key: rows.before(db, key) for key in keys}
        # Whoever was merged away before the import has handed over nothing of it.
        self._touched = {
            key
            for key in keys
            if any(i.source == source for i in self._logs[key])
            and ((known := self._before[key].get(number)) is None or known.forward is None)
        }
        self.again: list[New] = []
        self._alive: Person | None = None

    def rebuild(self, key: str) -> Person | None:
        """Bring one key to where it would be; None where nobody is left."""
        db, items = self._db, self._logs[key]
        old = rows.state(db, key)
        doomed = self._doomed(key)
        known = self._before[key]
        base = known.pop(self._number, None)
        kept = [item for item in items if item.seq not in doomed]
        permissions.take_back(db, key, self._source)
        if base is not None and base.forward is not None and old is not None:
            rows.drop_some(db, key, sorted(doomed))  # it was a forwarder before, and is one
            return old
        if old is not None and old.forward is not None:  # merged since: whoever asked for that asks again
            merges = [item for item in kept if item.kind == "merge" and item.seq > (base.seq if base else 0)]
            self.again += [asked_again(key, item) for item in merges]
            doomed |= {item.seq for item in merges}
            kept = [item for item in kept if item.seq not in doomed]
        rows.drop_some(db, key, sorted(doomed))
        if old is None:
            return None
        facts = [recorded for recorded in self._facts[key] if recorded.seq not in doomed]
        later = {n: p.seq for n, p in known.items() if n > self._number and p.forward is None}
        whole = old if old.forward is None else self._lived_to(old)
        person, seen = rebuild(whole, base, kept, facts, self._program, stops=sorted(set(later.values())))
        for n, seq in later.items():
            if seq in seen:
                rows.save_before(db, n, seen[seq])
        if not person.at:
            self.again += [asked_again(key, i) for i in kept if i.kind == "merge" and i.seq <= old.seq]
            rows.drop(db, bucket_of(key), [key], until=old.seq)
            self._bequeath(old)
            return None
        rows.save(db, person)
        self._alive = person
        return person

    def _bequeath(self, old: Person) -> None:
        """What began since at a profile that is gone goes on with who acted: the one that lives on."""
        heir = self._alive
        if heir is None or not (old.runs or old.sends.recent):
            return
        inherit(heir, old)
        rows.save(self._db, heir)

    def _lived_to(self, old: Person) -> Person:
        """A forwarder as far as it was applied: a person of its own again, with nothing but time."""
        return Person(key=old.key, at=old.at, seq=old.seq, program=self._program.number)

    def _doomed(self, key: str) -> set[int]:
        """What goes from a log: the import's inputs, and what merges brought that knew of it."""
        items = self._logs[key]
        doomed = {item.seq for item in items if item.source == self._source}
        for item in items:
            giver = str(item.body.get("from", "")) if item.kind == "handover" else ""
            if giver in self._touched or (giver and item.seq in doomed):
                doomed.add(item.seq)
                doomed |= owed_after(items, item)
                merged = self._merged(giver, key)
                theirs = self._logs.get(giver) or ()
                doomed |= passed_on([i for i in items if i.seq not in doomed], theirs, item.seq, merged)
                self._touched.add(key)
        return doomed

    def _merged(self, giver: str, into: str) -> int:
        """The input at which a key was merged into another."""
        for recorded in self._facts.get(giver, ()):
            if recorded.fact.kind == "merged" and recorded.fact.body.get("into") == into:
                return recorded.seq
        return 0
