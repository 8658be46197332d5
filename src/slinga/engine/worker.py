"""Apply the log: read inputs and wake-ups of free lanes, call `advance`, write everything at once.

In: lanes of the log. Out: states, facts, intents, projections, inputs for other people.
Always true: what a batch changed and the lane's cursor commit in one transaction, so each input takes
effect exactly once whatever dies; any number of workers may run, a lane is held by one at a time; within
a person, inputs and wake-ups apply in the order of their instants.

The clock: a batch first asks the log for its horizon, an instant before which every accepted input is
visible. Wake-ups fire up to it and no further, so no input can arrive "in the past" of a wake-up.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from slinga.engine import store
from slinga.engine.adopting import adopt, missing
from slinga.engine.advance import advance_many
from slinga.engine.merging import take_over
from slinga.engine.model import FORMAT, Batch, Newer, Person, Program, decode, encode
from slinga.engine.projecting import project
from slinga.ingest import log as input_log
from slinga.ingest.model import Input, New
from slinga.kernel.clock import Instant
from slinga.messages.model import Intent
from slinga.people.model import Fact
from slinga.runtime.db import Db
from slinga.runtime.garbage import uncollected
from slinga.segments.projection import Projection

LANES = 64
"""Lanes per transaction."""

INPUTS = 400
"""Inputs per lane and transaction."""

ROOM = 3_000
"""Inputs per transaction, so that it stays short: with more lanes waiting each gives less at a time."""

CROWD = 200
"""A person with this many inputs in one batch is parked and applied apart, so that others need not wait."""


SWEEP = 32
"""Lanes swept in one transaction after a publication."""


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

    @property
    def idle(self) -> bool:
        return not (self.inputs or self.wakes or self.people or self.adopted)


class _Lane:
    """One lane's part of a batch."""

    def __init__(self, bucket: int, cursor: int, until: Instant) -> None:
        self.bucket = bucket
        self.cursor = cursor
        self.until = until
        """How far wake-ups may run: never past the horizon, never past an input that was not read."""
        self.parked: list[str] = []
        self.work: dict[str, list[Input]] = {}
        self.bounds: dict[str, Instant] = {}
        """How far wake-ups of parked people may run."""
        self.states: dict[str, tuple[bytes, int, int]] = {}
        self.people: list[Person] = []


class Worker:
    """One worker on one connection. Not shared between threads."""

    def __init__(self, db: Db, load: Callable[[Db, int], Program], sinks: Sinks) -> None:
        self._db = db
        self._load = load
        self._sinks = sinks
        self._program: Program | None = None

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
        done = Done()
        with self._db.transaction():
            lanes = [_Lane(*row, now) for row in store.claim(self._db, now, LANES)]
            if lanes:
                self._read(lanes, done)
                self._apply(program, lanes, done)
        if not lanes:
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

    def _read(self, lanes: Sequence[_Lane], done: Done) -> None:
        """What each lane has to do: unread inputs, wake-ups that are due, one parked person."""
        db, limit = self._db, min(INPUTS, max(CROWD + 1, ROOM // len(lanes)))
        parked = store.parked(db, [lane.bucket for lane in lanes])
        for lane in lanes:
            lane.parked = parked.get(lane.bucket, [])
        # Read before the inputs: what lies up to here is visible to the read, or belongs to a parked person.
        ends = store.last_seqs(db, [lane.bucket for lane in lanes if lane.parked])
        reads = store.read(db, [(lane.bucket, lane.cursor, lane.parked) for lane in lanes], limit)
        for lane, items in zip(lanes, reads, strict=True):
            drained = len(items) < limit
            if items:
                lane.cursor = items[-1][1].seq
                lane.until = lane.until if drained else min(lane.until, items[-1][1].at)
            if drained:
                lane.cursor = max(lane.cursor, ends.get(lane.bucket, 0))
            for person, item in items:
                lane.work.setdefault(person, []).append(item)
            self._part_crowds(lane)
            done.inputs += sum(map(len, lane.work.values()))
        dues = store.due(db, [(lane.bucket, lane.until) for lane in lanes], INPUTS)
        for lane, people in zip(lanes, dues, strict=True):
            for person in people:
                if person not in lane.parked:
                    lane.work.setdefault(person, [])

    def _part_crowds(self, lane: _Lane) -> None:
        """Park people with a crowd of inputs, and take the next inputs of one who is parked."""
        for person in [p for p, theirs in lane.work.items() if len(theirs) > CROWD]:
            store.park(self._db, person)
            lane.parked.append(person)
            lane.work[person] = lane.work[person][:CROWD]
            lane.bounds[person] = lane.work[person][-1].at
        for person in lane.parked:
            if person in lane.bounds:
                continue
            row = store.states(self._db, [(lane.bucket, [person])])[0].get(person)
            items = store.read_person(self._db, person, row[2] if row else 0, CROWD)
            if len(items) < CROWD:
                store.unpark(self._db, person)
            lane.work[person] = items
            lane.bounds[person] = items[-1].at if len(items) == CROWD else lane.until
            return  # one parked person a batch: the others of the lane come first

    def _apply(self, program: Program, lanes: Sequence[_Lane], done: Done) -> None:
        found = store.states(self._db, [(lane.bucket, sorted(lane.work)) for lane in lanes])
        batch = Batch()
        people = [
            {key: self._person(key, states.get(key)) for key in sorted(lane.work)}
            for lane, states in zip(lanes, found, strict=True)
        ]
        pasts = self._pasts(program, [person for present in people for person in present.values()])
        for lane, states, present in zip(lanes, found, people, strict=True):
            first = len(batch.people)
            for key, person in present.items():
                # Program 0 counts too: whoever came before the first publication has a past as well.
                if key in states and person.program < program.number and person.forward is None:
                    adopt(person, *pasts.get(key, ((), ())), program, lane.until, batch)
                advance_many(person, lane.work[key], program, lane.bounds.get(key, lane.until), batch)
            lane.people = batch.people[first:]
        self._write(program, lanes, batch)
        done.wakes += batch.wakes
        done.people += len(batch.people)
        done.facts += len(batch.facts)
        done.intents += len(batch.intents)

    def _person(self, key: str, row: tuple[bytes, int, int] | None) -> Person:
        if row is None:
            return Person(key=key)
        if row[1] > FORMAT:
            raise Newer(f"person states of format {row[1]} need a newer Slinga; this one writes {FORMAT}")
        return decode(row[0])

    def _pasts(
        self, program: Program, people: Iterable[Person]
    ) -> dict[str, tuple[Sequence[Input], Sequence[Fact]]]:
        """The past of those known people for whom the program asks for aggregates that they do not have."""
        wanted = [
            (person.key, person.seq)
            for person in people
            if person.at and person.program < program.number and person.forward is None
            if missing(person, program)
        ]
        return store.pasts(self._db, wanted) if wanted else {}

    def _sweep(self, program: Program, now: Instant, done: Done) -> None:
        """Bring people whom nothing touches under the program in force, a portion at a time."""
        buckets = store.outdated_lanes(self._db, program.number, SWEEP)
        if not buckets:
            return
        with self._db.transaction():
            lanes = [_Lane(*row, now) for row in store.lock_lanes(self._db, buckets)]
            for lane in lanes:
                keys = store.outdated(self._db, lane.bucket, program.number, INPUTS // len(lanes))
                lane.work = {key: [] for key in keys}
                done.adopted += len(keys)
            if lanes:
                self._apply(program, lanes, done)

    def _write(self, program: Program, lanes: Sequence[_Lane], batch: Batch) -> None:
        db = self._db
        changed = [project(p, program) for p in batch.people if p.key in batch.changed]
        gone = [key for key, *_ in batch.handed_over]
        with db.pipeline():
            for lane in lanes:
                rows = [
                    store.Row(p.key, encode(p), FORMAT, p.program, p.seq, p.wake_at, p.forward, p.created_at)
                    for p in lane.people
                ]
                store.save(db, lane.bucket, rows)
                store.advance_cursor(db, lane.bucket, lane.cursor)
            if batch.intents:
                self._sinks.plan(db, batch.intents)
            if changed or gone:
                self._sinks.project(db, changed, gone)
        store.add_facts(db, batch.facts)
        seqs = {(key, survivor): until for key, survivor, until in batch.handed_over}
        sends: list[New] = []
        for one in batch.appends:
            sends.append(one)
            if one.kind == "handover" and (until := seqs.get((one.body["from"], one.person))) is not None:
                # Right behind its handover: nothing this batch passes on is decided on half a past.
                past = list(self._hand_over(one.body["from"], one.person, until))
                one.body["owed"] += len(past)
                sends.extend(past)
        input_log.append(db, sends)

    def _hand_over(self, key: str, survivor: str, until: int) -> Iterable[New]:
        """The merged person's history, as inputs of the survivor that build state and fire nothing."""
        facts: list[Fact] = store.facts_of(self._db, key)
        return take_over(input_log.history(self._db, key, until=until), facts, survivor)
