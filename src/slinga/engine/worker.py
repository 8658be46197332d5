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
import structlog

from slinga.engine import store
from slinga.engine.adopting import adopt, missing
from slinga.engine.advance import advance_many
from slinga.engine.merging import take_over
from slinga.engine.model import FORMAT, Batch, Newer, Person, Program, decode, encode
from slinga.engine.projecting import project
from slinga.ingest import log as input_log
from slinga.ingest.model import Input, New
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.messages.model import Intent
from slinga.people.model import Fact
from slinga.runtime.db import Db
from slinga.segments.projection import Projection

LANES = 16
"""Lanes per transaction."""

INPUTS = 400
"""Inputs per lane and transaction; together with LANES it bounds how long a transaction lasts."""

CROWD = 200
"""A person with this many inputs in one batch is parked and applied apart, so that others need not wait."""

_log = structlog.get_logger("engine")


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
        program = self.program()
        now = input_log.horizon(self._db)
        done = Done()
        with self._db.transaction():
            lanes = store.claim(self._db, now, LANES)
            sends: list[New] = []
            for bucket, cursor in lanes:
                self._lane(program, bucket, cursor, now, done, sends)
            input_log.append(self._db, sends)
        if done.idle and not lanes:
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

    def _lane(
        self, program: Program, bucket: int, cursor: int, now: Instant, done: Done, sends: list[New]
    ) -> None:
        parked = store.parked(self._db, bucket)
        # Read before the inputs: everything up to here is visible to `read`, or belongs to a parked person.
        end = store.last_seq(self._db, bucket) if parked else cursor
        items = store.read(self._db, bucket, cursor, INPUTS, parked)
        drained = len(items) < INPUTS
        work: dict[str, list[Input]] = {}
        for person, item in items:
            work.setdefault(person, []).append(item)
        for person in [p for p, theirs in work.items() if len(theirs) > CROWD]:
            store.park(self._db, person)
            parked.append(person)
            work[person] = work[person][:CROWD]
        # Wake-ups may run ahead of the clock's horizon never, and of unread inputs never.
        until = now if drained else min(now, items[-1][1].at)
        crowded = self._parked(parked, work, until)
        for person in store.due(self._db, bucket, until, INPUTS):
            if person not in parked:
                work.setdefault(person, [])
        self._apply(program, bucket, work, crowded, until, done, sends)
        end = items[-1][1].seq if items else cursor
        if drained and parked:
            end = max(end, store.last_seq(self._db, bucket) if not items else end)
        store.advance_cursor(self._db, bucket, end)
        done.inputs += sum(map(len, work.values()))

    def _parked(
        self, parked: Sequence[str], work: dict[str, list[Input]], until: Instant
    ) -> dict[str, Instant]:
        """Add the next inputs of one parked person; for each parked one how far its wake-ups may run."""
        bounds: dict[str, Instant] = {}
        for person in parked:
            if person in work:  # parked a moment ago: its first inputs are in this batch
                bounds[person] = work[person][-1].at
        for person in parked:
            if person in bounds:
                continue
            row = store.states(self._db, bucket_of(person), [person]).get(person)
            items = store.read_person(self._db, person, row[2] if row else 0, CROWD)
            if len(items) < CROWD:
                store.unpark(self._db, person)
            work[person] = items
            bounds[person] = items[-1].at if len(items) == CROWD else until
            break  # one parked person a batch: the others of the lane come first
        return bounds

    def _apply(
        self,
        program: Program,
        bucket: int,
        work: dict[str, list[Input]],
        bounds: dict[str, Instant],
        until: Instant,
        done: Done,
        sends: list[New],
    ) -> None:
        if not work:
            return
        known = store.states(self._db, bucket, work)
        batch = Batch()
        for key in sorted(work):
            old = known.get(key)
            if old and old[1] > FORMAT:
                raise Newer(f"person states of format {old[1]} need a newer Slinga; this one writes {FORMAT}")
            person = decode(old[0]) if old else Person(key=key)
            if old and person.program < program.number and person.forward is None:
                self._adopt(program, person, batch, until)
            last = bounds.get(key, until)
            advance_many(person, work[key], program, last, batch)
            done.wakes += batch.wakes
        self._write(program, bucket, batch, sends)
        done.people += len(batch.people)
        done.facts += len(batch.facts)
        done.intents += len(batch.intents)

    def _adopt(self, program: Program, person: Person, batch: Batch, now: Instant) -> None:
        wanted = missing(person, program)
        history = input_log.history(self._db, person.key, until=person.seq) if wanted else []
        facts = store.facts_of(self._db, person.key) if wanted else []
        adopt(person, history, facts, program, now, batch)

    def _sweep(self, program: Program, now: Instant, done: Done) -> None:
        """Bring people whom nothing touches under the program in force, a portion at a time."""
        for bucket in store.outdated_lanes(self._db, program.number, 4):
            sends: list[New] = []
            with self._db.transaction():
                if store.lock_lane(self._db, bucket) is None:
                    continue
                keys = store.outdated(self._db, bucket, program.number, INPUTS)
                self._apply(program, bucket, {key: [] for key in keys}, {}, now, done, sends)
                input_log.append(self._db, sends)
                done.adopted += len(keys)

    def _write(self, program: Program, bucket: int, batch: Batch, sends: list[New]) -> None:
        rows = [
            store.Row(p.key, encode(p), FORMAT, p.program, p.seq, p.wake_at, p.forward, p.created_at)
            for p in batch.people
        ]
        store.save(self._db, bucket, rows)
        store.add_facts(self._db, batch.facts)
        if batch.intents:
            self._sinks.plan(self._db, batch.intents)
        changed = [project(p, program) for p in batch.people if p.key in batch.changed]
        gone = [key for key, _ in batch.handed_over]
        if changed or gone:
            self._sinks.project(self._db, changed, gone)
        sends.extend(batch.appends)
        for key, survivor in batch.handed_over:
            sends.extend(self._hand_over(key, survivor, batch))

    def _hand_over(self, key: str, survivor: str, batch: Batch) -> Iterable[New]:
        """The merged person's history, as inputs of the survivor that build state and fire nothing."""
        (person,) = [p for p in batch.people if p.key == key]
        facts: list[Fact] = store.facts_of(self._db, key)
        return take_over(input_log.history(self._db, key, until=person.seq), facts, survivor)
