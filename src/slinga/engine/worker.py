"""Apply the log: read inputs and wake-ups of free lanes, call `advance`, write everything at once.

In: lanes of the log. Out: states, facts, intents, projections, inputs for other people.
Always true: what a batch changed and the lane's cursor commit in one transaction, so each input takes
effect exactly once whatever dies; any number of workers may run, a lane is held by one at a time; within
a person, inputs and wake-ups apply in the order of their instants.

The clock: a batch first asks the log for its horizon, an instant before which every accepted input is
visible. Wake-ups fire up to it and no further, so no input can arrive "in the past" of a wake-up.
"""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import ExitStack

import msgspec

from slinga.engine import store
from slinga.engine.adopting import adopt, missing
from slinga.engine.advance import advance_many
from slinga.engine.bounds import bounded
from slinga.engine.lane import Lane
from slinga.engine.merging import take_over
from slinga.engine.model import FORMAT, Batch, Newer, Person, Program, decode
from slinga.engine.pace import Pace
from slinga.engine.projecting import moved, project
from slinga.ingest import log as input_log
from slinga.ingest.model import Input, New
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.lifecycle.moves import told
from slinga.messages.model import Intent
from slinga.people.model import Fact
from slinga.runtime.db import Db
from slinga.runtime.garbage import uncollected
from slinga.segments.projection import Projection

CROWD = 200
"""A person with this many inputs in one batch is parked and applied apart, so that others need not wait."""


SWEEP = 8
"""Lanes swept in one transaction after a publication."""

SWEEP_FOR_S, SWEEP_MOST = 0.1, 2_000
"""How long such a transaction should take, and people in one at most."""

SWEEP_AGAIN_S = 60.0
"""After a sweep found nobody, whoever a worker with an older program has just written is looked for again."""

AT_ONCE = 50
"""People whose pasts are read together."""

EARLY = 128
"""People whose states are sent off together, while those after them are decided on."""

Past = tuple[Iterable[Input], Iterable[Fact]]
NO_PAST: Past = ((), ())


class Sinks(msgspec.Struct, frozen=True):
    """What the worker calls, inside its transaction, with what other stages must store."""

    plan: Callable[[Db, Sequence[Intent]], object]
    project: Callable[[Db, Sequence[Projection], Sequence[str]], object]
    """Write the projections of changed people, and remove those of the keys that became forwarders."""


class Done(msgspec.Struct):
    """What one tick did."""

    inputs: int = 0
    wakes: int = 0
    people: int = 0
    facts: int = 0
    intents: int = 0
    adopted: int = 0
    left: bool = False
    """Whether inputs were left behind in lanes that it held."""

    @property
    def idle(self) -> bool:
        return not (self.inputs or self.wakes or self.people or self.adopted)


class Worker:
    """One worker on one connection. Not shared between threads."""

    def __init__(self, db: Db, load: Callable[[Db, int], Program], sinks: Sinks) -> None:
        self._db = db
        self._load = load
        self._sinks = sinks
        self._program: Program | None = None
        self._swept, self._sweep_again, self._portion = -1, 0.0, SWEEP
        self._pace = Pace()

    def program(self) -> Program:
        """The program in force, compiled once per number."""
        number = store.program_number(self._db)
        if self._program is None or self._program.number != number:
            self._program = self._load(self._db, number)
        return self._program

    def tick(self) -> Done:
        """Apply one batch of whatever is waiting; an idle result means there was nothing."""
        with uncollected():
            return self._tick()

    def _tick(self) -> Done:
        program = self.program()
        now = input_log.horizon(self._db)
        done, began, pace = Done(), time.monotonic(), self._pace
        with self._db.transaction():
            claimed = store.claim(self._db, now, pace.lanes, live_first=pace.live_first)
            lanes = self._read(claimed, now, done)
            if lanes:
                self._apply(program, lanes, done)
        pace.took(done.inputs + done.wakes, time.monotonic() - began, left=done.left)
        if not pace.busy:  # what comes in goes first
            self._sweep(program, now, done)
        return done

    def drain(self, limit: int = 1_000_000) -> Done:
        """Tick until nothing is left to do at this instant; sums of what was done."""
        total = Done()
        for _ in range(limit):
            done = self.tick()
            for name in Done.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(done, name))
            if done.idle:
                return total
        raise RuntimeError(f"the log did not run dry in {limit} batches")

    def _read(self, claimed: Sequence[store.Claimed], now: Instant, done: Done) -> list[Lane]:
        """What claimed lanes have to do, of as many as there is room for; the others are left as they are."""
        pace, taken, first = self._pace, [], 0
        room, size = pace.room, pace.first(CROWD + 1)
        while first < len(claimed) and (not first or done.inputs < room):
            some = claimed[first : first + size]
            if not pace.deep:
                limit = pace.share(len(some))
            else:  # more than a lane's share to begin with: else nobody would see that it is a crowd
                limit = max(1 if first else CROWD + 1, (room - done.inputs) // len(some))
            taken += self._read_some(some, now, limit, done)
            first, size = first + size, size * 2
        done.left |= first < len(claimed)
        woken = [lane for lane in taken if lane.due]
        if woken:
            most = max(1, max(room - done.inputs, room // 4) // len(woken))
            dues = store.due(self._db, [(lane.bucket, lane.until) for lane in woken], most)
            by_bucket = {lane.bucket: lane for lane in woken}
            for person in dues:
                lane = by_bucket[bucket_of(person)]
                if person not in lane.parked:
                    lane.work.setdefault(person, [])
        return taken

    def _read_some(
        self, claimed: Sequence[store.Claimed], now: Instant, limit: int, done: Done
    ) -> list[Lane]:
        """Unread inputs, so many of each lane at most, and one parked person of each."""
        db = self._db
        lanes = [Lane(one.bucket, one.cursor, now, due=one.due) for one in claimed]
        # Asked anew, now that the lanes are locked: who held them before may have parked somebody meanwhile.
        parked = store.parked(db, [lane.bucket for lane in lanes])
        for lane in lanes:
            lane.parked = parked.get(lane.bucket, [])
        # Read before the inputs: what lies up to here is visible to the read, or belongs to a parked person.
        ends = store.last_seqs(db, [lane.bucket for lane in lanes if lane.parked])
        unread = [(one.bucket, one.cursor) for one in claimed if one.unread or one.bucket in parked]
        reads: dict[int, list[tuple[str, Input]]] = {}
        apart = [person for lane in lanes for person in lane.parked]
        for person, item in store.read(db, unread, apart, limit) if unread else ():
            reads.setdefault(bucket_of(person), []).append((person, item))
        taken: list[Lane] = []
        for lane in lanes:
            items = reads.get(lane.bucket, [])
            if done.inputs and done.inputs + len(items) > self._pace.room:
                done.left = True
                continue
            taken.append(lane)
            drained = len(items) < limit
            done.left |= not drained
            if items:
                lane.cursor = items[-1][1].seq
                lane.until = lane.until if drained else min(lane.until, items[-1][1].at)
            if drained:
                lane.cursor = max(lane.cursor, ends.get(lane.bucket, 0))
            for person, item in items:
                lane.work.setdefault(person, []).append(item)
            self._part_crowds(lane)
            done.inputs += sum(map(len, lane.work.values()))
        return taken

    def _part_crowds(self, lane: Lane) -> None:
        """Park people with a crowd of inputs, and take the next inputs of one who is parked."""
        for person in [p for p, theirs in lane.work.items() if len(theirs) > CROWD]:
            store.park(self._db, person)
            lane.parked.append(person)
            lane.work[person] = lane.work[person][:CROWD]
            lane.bounds[person] = lane.work[person][-1].at
        for person in lane.parked:
            if person in lane.bounds:
                continue
            row = store.states(self._db, [person]).get(person)
            items = store.read_person(self._db, person, row.seq if row else 0, CROWD)
            if len(items) < CROWD:
                store.unpark(self._db, person)
            lane.work[person] = items
            lane.bounds[person] = items[-1].at if len(items) == CROWD else lane.until
            return  # one parked person a batch: the others of the lane come first

    def _apply(self, program: Program, lanes: Sequence[Lane], done: Done) -> None:
        keys = sorted(key for lane in lanes for key in lane.work)
        found = store.states(self._db, keys) if keys else {}
        batch, written = Batch(), _Written(found.keys())
        behind = {key for key, row in found.items() if row.program < program.basis}
        by_bucket = {lane.bucket: lane for lane in lanes}
        with ExitStack() as sent:
            if not behind:  # the database writes the states of some while others are decided on
                sent.enter_context(self._db.pipeline())
            for several in _portions(keys, AT_ONCE if behind else EARLY):
                pasts = self._pasts(program, {key: found[key] for key in several if key in behind})
                for key in several:
                    lane = by_bucket[bucket_of(key)]
                    self._live(program, lane, key, found.get(key), pasts.get(key), batch, written)
                if not behind:
                    written.save(self._db)
            if behind:
                sent.enter_context(self._db.pipeline())
            self._write(lanes, batch, written)
        store.add_facts(self._db, batch.facts)
        self._append(batch)
        done.wakes += batch.wakes
        done.people += len(keys)
        done.facts += len(batch.facts)
        done.intents += len(batch.intents)

    def _live(
        self,
        program: Program,
        lane: Lane,
        key: str,
        stored: store.Stored | None,
        past: Past | None,
        batch: Batch,
        written: "_Written",
    ) -> None:
        """One person's part of the batch. Let go of at once: what is small stays in the processor's cache."""
        person = Person(key=key) if stored is None else _read(stored)
        waited = tuple(person.runs)
        if not person.knows_moves or key in lane.unknown:
            person.moves = told(store.moves_of(self._db, key), person.positions)
            person.rests = []  # whatever was answered without knowing is asked again
            batch.changed.setdefault(key, set()).add("positions")
        # Program 0 counts too: whoever came before the first publication has a past as well.
        if stored is not None and person.program < program.basis and person.forward is None:
            adopt(person, *(past or NO_PAST), program, lane.until, batch)
        advance_many(person, lane.work[key], program, lane.bounds.get(key, lane.until), batch)
        batch.people.clear()
        if moved(waited, person.runs):
            batch.changed.setdefault(key, set()).add("runs")
        parts, moves, owned = batch.changed.get(key, ()), batch.moves.get(key), batch.owned.get(key, ())
        if (parts or moves or owned) and person.forward is None:
            written.projections.append(project(person, program, parts, moves, owned))
        state = bounded(person, batch)
        written.rows.append(
            store.Row(
                key, state, person.program, person.seq, person.wake_at, person.forward, person.created_at
            )
        )

    def _pasts(self, program: Program, behind: dict[str, store.Stored]) -> dict[str, Past]:
        """The past of those people for whom the program asks for aggregates that they do not have."""
        wanted: list[tuple[str, int]] = []
        for key, stored in behind.items():
            person = _read(stored)
            if person.at and person.forward is None and missing(person, program):
                wanted.append((key, person.seq))
        return dict(store.pasts(self._db, wanted)) if wanted else {}

    def _sweep(self, program: Program, now: Instant, done: Done) -> None:
        """Bring people whom nothing touches under the program in force, a portion at a time; of whom an
        earlier release did not tell how they moved, it is read now."""
        if self._swept == program.basis and time.monotonic() < self._sweep_again:
            return
        buckets = store.outdated_lanes(self._db, program.basis, SWEEP)
        if not buckets:
            self._swept, self._sweep_again = program.basis, time.monotonic() + SWEEP_AGAIN_S
            return
        self._swept, began = -1, time.monotonic()
        with self._db.transaction():
            # Wake-ups run up to the lane's first unread input and no further, and not past a parked person's.
            lanes = [
                Lane(bucket, cursor, now if unread is None else min(now, unread))
                for bucket, cursor, unread in store.lock_lanes(self._db, buckets)
            ]
            parked = store.parked(self._db, [lane.bucket for lane in lanes])
            for lane in lanes:
                most = max(1, self._portion // len(lanes))
                keys = store.outdated(self._db, lane.bucket, program.basis, most)
                if len(keys) < most:
                    lane.unknown = store.unknown(self._db, lane.bucket, most - len(keys))
                    keys += [key for key in lane.unknown if key not in keys]
                lane.work = {key: [] for key in keys if key not in parked.get(lane.bucket, ())}
                done.adopted += len(lane.work)
            if lanes:
                self._apply(program, lanes, done)
        # So that an input which comes meanwhile waits no longer than this.
        took = time.monotonic() - began
        self._portion = min(SWEEP_MOST, max(SWEEP, round(self._portion * min(2.0, SWEEP_FOR_S / took))))

    def _write(self, lanes: Sequence[Lane], batch: Batch, written: "_Written") -> None:
        db = self._db
        gone = [key for key, *_ in batch.handed_over]
        store.unwaited(db)
        written.save(db)
        store.advance_cursors(db, {lane.bucket: lane.cursor for lane in lanes})
        if batch.intents:
            self._sinks.plan(db, batch.intents)
        if written.projections or gone:
            self._sinks.project(db, written.projections, gone)

    def _append(self, batch: Batch) -> None:
        """Inputs for others; a merged person's past right behind its handover, staged where it is long."""
        merged = {(key, survivor): until for key, survivor, until in batch.handed_over}
        pasts: dict[int, _Past] = {}
        staged = 0
        people = [(key, until) for (key, _), until in merged.items()]
        handed = store.handed_over(self._db, people) if people else {}
        for place, one in enumerate(batch.appends):
            if one.kind != "handover" or (one.body["from"], one.person) not in merged:
                continue
            # Nothing this batch passes on is decided on half a past, nor what the survivor does meanwhile: so
            # all of it is appended at once, and read before that, while the log is open to others.
            count, inputs, visits = handed[one.body["from"]]
            one.body["owed"] += count
            news = take_over(inputs, visits, one.person)
            if count <= store.PORTION:
                pasts[place] = _Past(list(news))
            else:
                first, staged = staged, input_log.stage(self._db, news, staged)
                pasts[place] = _Past([], first, staged)
        sends: list[New] = []
        for place, one in enumerate(batch.appends):
            sends.append(one)
            past = pasts.get(place)
            if past is None:
                continue
            sends += past.news
            if past.last:
                input_log.append(self._db, sends)
                sends = []
                input_log.append_staged(self._db, one.person, past.after, past.last)
        input_log.append(self._db, sends)


class _Past(msgspec.Struct):
    """What a merged person hands over: in hand, or staged behind one number up to another."""

    news: list[New]
    after: int = 0
    last: int = 0


class _Written:
    """What a batch leaves to write besides facts."""

    def __init__(self, known: Container[str]) -> None:
        self.rows: list[store.Row] = []
        self.known = known
        """Keys that have a row."""
        self.projections: list[Projection] = []

    def save(self, db: Db) -> None:
        """Send off the states that have come together."""
        store.save(db, self.rows, self.known)
        self.rows = []


def _read(stored: store.Stored) -> Person:
    if stored.format > FORMAT:
        raise Newer(f"person states of format {stored.format} need a newer Slinga; this one writes {FORMAT}")
    return decode(stored.state)


def _portions(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(keys), size):
        yield keys[first : first + size]
