"""A person as they would be had an import never been: lived again from before it, without what it brought.

In: the person as they are, as they were before the import (or nobody), what remains of their log, the facts.
Out: the person anew.
Always true: pure; nothing is started and nothing is sent by it; runs and sends of what happened since remain.
"""

from collections.abc import Iterable, Sequence

import msgspec

from slinga.engine.adopting import adopt
from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.engine.settle import settle
from slinga.engine.turn import Turn
from slinga.ingest.model import PROVEN, Input, New
from slinga.journeys.runs import JourneyMemory
from slinga.kernel.clock import SECOND, Instant
from slinga.messages import sends
from slinga.people.model import Fact, Recorded

LAST = 2**62


def quiet(program: Program) -> Program:
    """A program under which everything is derived and nothing starts."""
    return msgspec.structs.replace(
        program,
        journeys={},
        versions={},
        dated=(),
        starting={},
        enter_existing=frozenset(),
        migrations={},
        reads=program.reads[: len(program.order)],
    )


def rebuild(
    old: Person,
    base: Person | None,
    log: Sequence[Input],
    facts: Sequence[Recorded],
    program: Program,
    *,
    stops: Sequence[int] = (),
) -> tuple[Person, dict[int, Person]]:
    """The person anew, up to where `old` is; and as they were at each seq of `stops`.

    `log` is what remains of it, whole, by seq; merges are left out here, for they are asked for again.
    Raises ValueError for a person who was merged away: there is nothing to live again.
    """
    still = quiet(program)
    person = Person(key=old.key) if base is None else decode(encode(base))
    if person.forward is not None:
        raise ValueError("a forwarder has no life of its own")
    batch = Batch()
    if person.at and person.program < program.number:
        past = [item for item in log if item.seq <= person.seq]
        adopt(person, past, [r.fact for r in facts if r.fact.at <= person.at], still, person.at, batch)
    tail = [i for i in log if person.seq < i.seq <= old.seq and i.kind != "merge"]
    after = person.at if base is not None else -1
    life = sorted(
        [
            *((i.at, i.seq, 0, i) for i in tail),
            *((at, seq, 1, i) for at, seq, i in done_by_journeys(facts, after)),
        ],
        key=lambda each: each[:3],
    )
    seen: dict[int, Person] = {}
    coming = sorted(stop for stop in stops if stop > person.seq)
    for at, seq, _, item in life:
        while coming and seq > coming[0] and seq != LAST:
            seen[coming.pop(0)] = decode(encode(person))
        advance_many(person, [item], still, at, batch)
    for stop in coming:
        seen[stop] = decode(encode(person))
    if not person.at:
        return person, seen
    advance_many(person, [], still, old.at, batch)
    _keep(person, old)
    return _at_rest(person, old, program), seen


def done_by_journeys(facts: Iterable[Recorded], after: Instant) -> Iterable[tuple[Instant, int, Input]]:
    """What journeys did to a person since, which no input says: traits, tags, stages; as commands."""
    for recorded in facts:
        fact = recorded.fact
        made = _as_command(fact)
        if made is not None and fact.at > after:
            name, body = made
            item = Input("command", fact.at, name=name, body=body, trust=PROVEN, occurred_at=fact.at)
            yield fact.at, recorded.seq or LAST, item


def _as_command(fact: Fact) -> tuple[str, dict[str, object]] | None:
    body = fact.body
    if fact.kind == "trait_set" and body.get("journey"):
        return "set_trait", {"name": fact.name, "value": body.get("value")}
    if fact.kind == "tagged" and body.get("journey"):
        return "untag" if body.get("removed") else "tag", {"tag": fact.name}
    if fact.kind in ("stage_moved", "status_moved") and body.get("cause") == "journey":
        return "set_stage", {
            "model": fact.name,
            "stage": body.get("to_stage"),
            "status": body.get("to_status"),
            "note": body.get("because", ""),
        }
    return None


def _keep(person: Person, old: Person) -> None:
    """Put back what live activity brought about and no log can tell again."""
    person.seq, person.at = old.seq, old.at
    person.runs, person.closing, person.sends = old.runs, old.closing, old.sends
    person.dead = old.dead
    person.memory = {key: memory for key, memory in old.memory.items() if _entered(memory)}


def inherit(heir: Person, gone: Person) -> None:
    """Take over what began at a profile that an import had joined and that is gone, in place."""
    known = {run.id for run in heir.runs}
    heir.runs += [run for run in gone.runs if run.id not in known]
    heir.closing += gone.closing
    heir.sends = sends.unite(heir.sends, gone.sends)
    heir.memory = {**{k: m for k, m in gone.memory.items() if _entered(m)}, **heir.memory}
    heir.dead = {**gone.dead, **heir.dead}
    heir.rests = []
    heir.wake_at = min(heir.wake_at or LAST, heir.at + SECOND)


def _entered(memory: JourneyMemory) -> bool:
    """Whether a journey really had to do with the person, more than passing over dates of the past."""
    return msgspec.structs.replace(memory, fired={}) != JourneyMemory()


def _at_rest(person: Person, old: Person, program: Program) -> Person:
    """The person with the next wake-up. What would move at once moves a second later, as time passes."""
    trial, batch = decode(encode(person)), Batch()
    trial.rests = []
    settle(Turn(trial, program, batch, trial.at, silent=True))
    if not batch.intents and trial.runs == person.runs:
        return trial
    person.rests = []
    person.wake_at = old.at + SECOND
    return person


def owed_after(log: Sequence[Input], handover: Input) -> set[int]:
    """The seqs of the history that a handover brought: the next so many that were handed."""
    owed = int(handover.body.get("owed", 0))
    handed = (i.seq for i in log if i.seq > handover.seq and i.kind == "history" and i.body.get("handed"))
    return {seq for _, seq in zip(range(owed), handed, strict=False)}


def passed_on(log: Sequence[Input], theirs: Sequence[Input], after: int, merged: int) -> set[int]:
    """The seqs of what reached a forwarder after it merged and was passed on to this log."""
    wanted: dict[tuple[object, ...], int] = {}
    for item in theirs:
        if item.seq > merged and item.kind != "merge":
            wanted[_mark(item)] = wanted.get(_mark(item), 0) + 1
    found: set[int] = set()
    for item in log:
        mark = _mark(item)
        if item.seq > after and wanted.get(mark):
            wanted[mark] -= 1
            found.add(item.seq)
    return found


def _mark(item: Input) -> tuple[object, ...]:
    body = msgspec.msgpack.encode(item.body)
    return item.kind, item.name, item.source, item.message_id, item.occurred_at, item.trust, body


def asked_again(person: str, item: Input) -> New:
    """A merge that was asked for, as if now."""
    return New(
        person,
        item.kind,
        item.name,
        item.body,
        trust=item.trust,
        source=item.source,
        message_id=item.message_id,
        occurred_at=item.occurred_at,
    )
