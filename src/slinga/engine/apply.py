"""Fold one input into a person: profile, visits, aggregates, consents, sends; and note what it may start.

In: a turn and an input. Out: the person with the input taken in, not yet settled.
Always true: every kind of input is handled here; an unknown command is a fact, not a crash.
"""

from slinga.engine import direct, merging, settle
from slinga.engine.effects import set_stage, set_tag
from slinga.engine.turn import Turn
from slinga.engine.visiting import produced_by
from slinga.ingest.model import PROVEN, Input
from slinga.journeys import runs
from slinga.journeys.decision import Answer
from slinga.journeys.entries import Requested
from slinga.journeys.runs import JourneyMemory, Run
from slinga.kernel.errors import Invalid
from slinga.lifecycle import scores
from slinga.messages import sends
from slinga.people import consent, visits
from slinga.people import profile as profiles
from slinga.segments.repeats import counts

OURS = ("delivery", "onsite")
"""Sources of events about our own messages: that we wrote to somebody vouches for nobody."""


def apply(turn: Turn, item: Input) -> None:
    """Take one input in."""
    person = turn.person
    if item.kind in ("event", "history"):
        _event(turn, item)
        return
    turn.dirty.add("reach")  # of what changes it, much is not seen: that a browser's word is now a server's
    match item.kind:
        case "identify" | "group":
            person.proven |= item.trust == PROVEN and item.kind == "identify"
            if changed := profiles.fold(person.profile, item):
                turn.changed(changed)
            turn.touch("profile")  # said again by somebody more trusted, an address may be used
        case "merge":
            merging.request(turn, item)
        case "handover":
            merging.receive(turn, item)
        case "consent":
            _consent(turn, item)
        case "receipt":
            _receipt(turn, item)
        case "command":
            _command(turn, item)
        case "answer":
            _answer(turn, item)


def _event(turn: Turn, item: Input) -> None:
    person = turn.person
    if merging.handed(item):
        _remember(turn, item)
        return
    person.proven |= item.trust == PROVEN and item.kind == "event" and item.source not in OURS
    if item.name in profiles.HEARD and (changed := profiles.fold(person.profile, item)):
        turn.changed(changed)
    if visits.concerns(person.visits, item) and not item.body.get("visit"):
        for visit in produced_by(turn, item):
            take_event(turn, visit)
    if counts(person.once, item):
        take_event(turn, item)
    if item.trust != PROVEN or item.name not in ("Message Bounced", "Message Complained"):
        return
    properties = item.body.get("properties") or {}
    if item.name == "Message Bounced" and properties.get("bounce") == "hard":
        person.dead[str(properties.get("channel", "email"))] = "hard_bounce"
        turn.dirty.add("reach")
        turn.touch("profile")
    if item.name == "Message Complained":
        for run in tuple(person.runs):
            journey = turn.program.versions.get((run.journey, run.version))
            if journey is not None and journey.journey.message_class == "marketing":
                settle.stop(turn, run.journey, run.key, "stopped")


def _remember(turn: Turn, item: Input) -> None:
    """Take in what a merged person did: what the estate did not bring, the aggregates."""
    person = turn.person
    person.owed = max(0, person.owed - 1)
    if counts(person.once, item):
        turn.fold(item)
        for place, run in enumerate(person.runs):
            journey = turn.program.versions.get((run.journey, run.version))
            if journey is not None and run.id not in person.taken:
                person.runs[place] = _observed(turn, runs.observe(journey, run, item), run)
    if not person.owed:
        person.taken = []


def take_event(turn: Turn, item: Input) -> None:
    """Feed an event to aggregates, scores and runs, and let it be a trigger."""
    person = turn.person
    turn.fold(item)
    for name, score in turn.program.scores.items():
        state = scores.fold(score, person.scores.get(name), item, turn.now)
        if state is not None:
            person.scores[name] = state
    for several in (person.runs, person.closing) if person.runs or person.closing else ():
        for place, run in enumerate(several):
            journey = turn.program.versions.get((run.journey, run.version))
            if journey is not None:
                several[place] = _observed(turn, runs.observe(journey, run, item), run)
    if item.kind == "event" and not turn.silent:
        turn.events.append(item)
        turn.happened(item)


def _observed(turn: Turn, after: Run, before: Run) -> Run:
    """A run that took an event in may move on it."""
    if after is not before:
        turn.person.still.pop(before.id, None)
    return after


def _consent(turn: Turn, item: Input) -> None:
    person = turn.person
    try:
        after = consent.fold(person.consents, item)
    except Invalid as fault:
        turn.fact("consent_moved", "", refused=fault.message, field=fault.field)
        return
    if after != person.consents:
        person.consents = after
        turn.dirty.add("consents")
        turn.touch("consents", "profile")
        body = item.body
        name = f"{body.get('channel', '')}:{body.get('topic', '')}".rstrip(":")
        turn.fact("consent_moved", name, action=body.get("action"), source=body.get("source", item.source))


def _receipt(turn: Turn, item: Input) -> None:
    person = turn.person
    person.sends = sends.fold_receipt(person.sends, item.name, item.body, turn.now)
    turn.fact(
        "send_settled",
        str(item.body.get("journey", "")),
        outcome=item.name,
        send_key=item.body.get("send_key"),
        message=item.body.get("message"),
        reason=item.body.get("reason", ""),
    )


def _command(turn: Turn, item: Input) -> None:
    body, by = item.body, {"by": str(item.body.get("by", ""))}
    match item.name:
        case "add_to_journey":
            key = str(body.get("journey", ""))
            turn.happened(
                Requested(
                    journey=key, by=str(body.get("by") or "manual"), properties=body.get("properties") or {}
                )
            )
        case "remove_from_journey":
            settle.stop(turn, str(body.get("journey", "")), body.get("about"), "removed")
        case "set_stage":
            model, stage = str(body.get("model", "")), str(body.get("stage", ""))
            set_stage(
                turn, model, stage, body.get("status"), body.get("pin"), "member", str(body.get("note", ""))
            )
        case "tag" | "untag":
            set_tag(turn, str(body.get("tag", "")), remove=item.name == "untag", by=by)
        case "set_trait":
            name = str(body.get("name", ""))
            if profiles.say(turn.person.profile.traits, name, body.get("value"), turn.now, PROVEN):
                turn.fact("trait_set", name, value=body.get("value"), **by)
                turn.changed((f"trait:{name}",))
        case "send":
            direct.send(turn, body)
        case "revive":
            turn.person.dead.pop(str(body.get("channel", "email")), None)
            turn.touch("profile")
        case unknown:
            turn.fact("step", unknown, outcome="failed", reason="unknown command", **by)


def _answer(turn: Turn, item: Input) -> None:
    ask = str(item.body.get("ask", ""))
    outcome = "timeout" if item.body.get("timeout") else "answered"
    answer = Answer(ask=ask, outcome=outcome, value=item.body.get("value"))  # type: ignore[arg-type]
    person = turn.person
    for run in [run for run in person.runs if run.asked == ask]:
        journey = turn.program.versions.get((run.journey, run.version))
        if journey is None:
            continue
        memory = person.memory.get(run.journey, JourneyMemory())
        settle.take(
            turn, journey, run, runs.answer_run(journey, memory, run, answer, turn.view, person=person.key)
        )
