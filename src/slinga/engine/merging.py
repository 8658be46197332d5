"""Two keys, one person: hand over, pass on, take over.

In: `merge` and `handover` inputs, and any input that reaches a forwarder. Out: inputs for other keys.
Always true: a merge never fires an entry again, only what neither of the two had reached before; every
input that reaches a forwarder goes on to the survivor; a refused merge leaves a fact that says why.
"""

from collections.abc import Iterable, Iterator

import msgspec

from slinga.engine.model import Batch, Person
from slinga.engine.turn import Turn
from slinga.engine.visiting import VISIT_EVENTS
from slinga.identity.merge import Verdict, decide
from slinga.ingest.model import IMPORTED, PROVEN, Input, New
from slinga.journeys.runs import JourneyMemory, Run, newest
from slinga.kernel.clock import Instant
from slinga.lifecycle import scores
from slinga.lifecycle.model import Position
from slinga.lifecycle.moves import Memory, united
from slinga.lifecycle.scores import State
from slinga.messages import sends
from slinga.people import consent, visits
from slinga.people import profile as profiles
from slinga.people.model import Fact, Profile


class Estate(msgspec.Struct, omit_defaults=True):
    """What a merged person hands to the survivor besides its history."""

    profile: Profile
    consents: consent.Consents
    visits: visits.Visits
    members: dict[str, Instant]
    runs: list[Run]
    closing: list[Run]
    memory: dict[str, JourneyMemory]
    sends: sends.Sends
    scores: dict[str, State]
    dead: dict[str, str]
    proven: bool
    created_at: Instant
    positions: dict[str, Position] = {}
    moves: dict[str, Memory] = {}


def request(turn: Turn, item: Input) -> None:
    """Apply a merge request addressed to this person."""
    person, other = turn.person, str(item.body.get("other", ""))
    why = str(item.body.get("why", ""))
    verdict = decide(person.key, None, other, item.trust, why, proven=person.proven)
    match verdict.verdict:
        case Verdict.HAND_OVER:
            _hand_over(turn, verdict.other, item.source if item.source.startswith(IMPORTED) else "")
        case Verdict.PASS_ON:
            turn.append(_merge(verdict.to, verdict.other, item))
        case Verdict.SAME:
            return
        case refused:
            turn.fact("merge_refused", other, reason=refused.value, why=why)


def pass_on(person: Person, item: Input, batch: Batch) -> None:
    """An input that reached a forwarder goes to the survivor as it came; a merge request is judged anew."""
    assert person.forward is not None
    if item.kind == "merge":
        why = str(item.body.get("why", ""))
        verdict = decide(
            person.key, person.forward, str(item.body.get("other", "")), item.trust, why, proven=person.proven
        )
        if verdict.verdict is Verdict.PASS_ON:
            batch.appends.append(_merge(verdict.to, verdict.other, item))
        elif verdict.verdict is not Verdict.SAME:  # the survivor refuses too, and leaves the fact
            batch.appends.append(_merge(person.forward, verdict.other, item))
        return
    batch.appends.append(_copy(item, person.forward, item.kind))


def _merge(to: str, other: str, item: Input) -> New:
    body = {**item.body, "other": other}
    return New(to, "merge", body=body, trust=item.trust, source=item.source, occurred_at=item.occurred_at)


def _copy(item: Input, to: str, kind: str) -> New:
    return New(
        person=to,
        kind=kind,
        name=item.name,
        body=item.body,
        trust=item.trust,
        source=item.source,
        message_id=item.message_id,
        occurred_at=item.occurred_at,
    )


def _hand_over(turn: Turn, survivor: str, source: str) -> None:
    """`source` is that of an import that asked: what its merges bring together starts nothing either."""
    person = turn.person
    estate = Estate(
        profile=person.profile,
        consents=person.consents,
        visits=person.visits,
        members=person.members,
        runs=person.runs,
        closing=person.closing,
        memory=person.memory,
        sends=person.sends,
        scores=person.scores,
        dead=person.dead,
        proven=person.proven,
        created_at=person.created_at,
        positions=person.positions,
        moves=person.moves,
    )
    # The worker adds how much history follows; what is still owed to this person is passed on as it comes.
    body = {"from": person.key, "estate": msgspec.to_builtins(estate), "owed": person.owed}
    # Where they stood, so that sums over facts lose one who is counted with the survivor from now on.
    stood = {key: [place.stage, place.status] for key, place in person.positions.items()}
    turn.fact("merged", survivor, into=survivor, stood=stood, members=sorted(person.members))
    turn.batch.handed_over.append((person.key, survivor, person.seq))
    turn.append(New(survivor, "handover", body=body, trust=PROVEN, source=source, occurred_at=turn.now))
    blank = Person(key=person.key)
    for name in person.__struct_fields__:
        if name not in ("key", "at", "seq", "program", "created_at", "proven"):
            setattr(person, name, getattr(blank, name))
    person.forward = survivor
    turn.batch.changed.pop(person.key, None)


def handed(item: Input) -> bool:
    """Whether an input is of the history that a merged person handed over."""
    return item.kind == "history" and bool(item.body.get("handed"))


def take_over(history: Iterable[Input], facts: Iterable[Fact], survivor: str) -> Iterator[New]:
    """The merged person's past, as inputs of the survivor that build aggregates and fire nothing."""
    for item in history:
        if item.kind in ("event", "history"):
            copy = _copy(item, survivor, "history")
            yield msgspec.structs.replace(copy, body={**item.body, "handed": True})
    for fact in facts:
        name = VISIT_EVENTS.get(fact.kind)
        if name is not None:
            body = {"properties": fact.body, "visit": True, "handed": True}
            yield New(survivor, "history", name, body, occurred_at=fact.at)


def receive(turn: Turn, item: Input) -> None:
    """Unite a merged person's estate with this one."""
    person = turn.person
    estate = msgspec.convert(item.body["estate"], Estate)
    profiles.unite(person.profile, estate.profile)
    person.consents = consent.unite(person.consents, estate.consents)
    person.visits = visits.unite(person.visits, estate.visits)
    gained = sorted(estate.members.keys() - person.members.keys())
    for key, since in estate.members.items():
        person.members[key] = min(since, person.members.get(key, since))
    known = {run.id for run in person.runs}
    about = {(run.journey, run.key) for run in person.runs}
    for run in estate.runs:
        if run.id not in known and (run.journey, run.key) not in about:
            person.runs.append(run)
            person.taken.append(run.id)
        else:
            turn.fact("run_ended", run.journey, run=run.id, key=run.key, reason="merged", node=run.node)
    person.closing += [run for run in estate.closing if run.id not in {each.id for each in person.closing}]
    for key, memory in estate.memory.items():
        person.memory[key] = _remember(person.memory.get(key), memory)
    person.sends = sends.unite(person.sends, estate.sends)
    for name, theirs in estate.scores.items():
        compiled, ours = turn.program.scores.get(name), person.scores.get(name)
        if ours is None:
            person.scores[name] = theirs
        elif compiled is not None:
            points = theirs.value - compiled.score.start
            person.scores[name] = scores.change(compiled, ours, turn.now, points=points)
    told = person.knows_moves and (bool(estate.moves) or not estate.positions)
    person.moves = united(person.moves, estate.moves) if told else {}
    for key, position in estate.positions.items():
        _stand(turn, key, position)
    person.dead = {**estate.dead, **person.dead}
    person.proven |= estate.proven
    person.owed += int(item.body.get("owed", 0))
    person.created_at = min(person.created_at, estate.created_at or person.created_at)
    turn.anew()
    turn.fact("merged", str(item.body.get("from", "")), other=item.body.get("from"), members=gained)


def _stand(turn: Turn, key: str, theirs: Position) -> None:
    """Stand where the further of the two stood, so that what follows is a move that neither had made.

    Whoever a journey or a member has placed stays placed.
    """
    compiled, ours = turn.program.models.get(key), turn.person.positions.get(key)
    if compiled is None:
        return
    order = {stage.key: number for number, stage in enumerate(compiled.model.stages)}

    def rank(position: Position) -> tuple[bool, int, Instant]:
        pinned = position.pinned_until is not None and position.pinned_until > turn.now
        return pinned, order.get(position.stage, -1), -position.since

    if ours is not None and rank(ours) >= rank(theirs):
        return
    turn.person.positions[key] = theirs
    if ours is None or (ours.stage, ours.status) != (theirs.stage, theirs.status):
        kind = "status_moved" if ours is not None and ours.stage == theirs.stage else "stage_moved"
        before = {"from_stage": ours.stage, "from_status": ours.status} if ours is not None else {}
        turn.fact(
            kind,
            key,
            **before,
            to_stage=theirs.stage,
            to_status=theirs.status,
            cause="merge",
            round=theirs.round,
        )


def _remember(ours: JourneyMemory | None, theirs: JourneyMemory) -> JourneyMemory:
    """What both remember of a journey: entries add up, the later instant counts, our own arms stay."""
    if ours is None:
        return theirs

    def later(a: dict[str, Instant], b: dict[str, Instant]) -> dict[str, Instant]:
        return newest({key: max(a.get(key, 0), b.get(key, 0)) for key in {*a, *b}})

    return JourneyMemory(
        entries=ours.entries + theirs.entries,
        last=later(ours.last, theirs.last),
        executions=tuple(sorted({*ours.executions, *theirs.executions})),
        arms={**theirs.arms, **ours.arms},
        held_out=ours.held_out if ours.held_out is not None else theirs.held_out,
        goals=ours.goals + theirs.goals,
        fired=later(ours.fired, theirs.fired),
    )
