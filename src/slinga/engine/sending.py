"""Sends: turn requests into intents by the policy, once per send key, and watch those on their way.

In: what runs ask to send at this instant. Out: intents for the outbox, answers to the runs.
Always true: every request gets an answer with a reason; requests of all journeys compete together, so who
wins does not depend on the order of journeys; nothing is planned for a person without an address.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from slinga.engine import rest
from slinga.engine.model import Person, Program
from slinga.engine.turn import Turn
from slinga.engine.view import address_of
from slinga.journeys import runs
from slinga.journeys.decision import Answer, SendRequest
from slinga.journeys.node import person_zone
from slinga.journeys.nodes.send import Send
from slinga.journeys.runs import JourneyMemory, Run, StepResult
from slinga.kernel.clock import DAY, HOUR
from slinga.lifecycle.decide import weekly_messages
from slinga.messages import sends as ledger
from slinga.messages.model import RECOMMENDATIONS, Intent
from slinga.messages.policy import (
    Cap,
    Decision,
    Defer,
    Permit,
    Policy,
    Reason,
    Refuse,
    Suppression,
    arbitrate,
    tracking_of,
)

GoOn = Callable[[Turn, Run, StepResult], list[SendRequest]]


def decide_sends(turn: Turn, requests: list[SendRequest], go_on: GoOn) -> bool:
    """Answer all requests, and those that the answers lead to; whether any run moved on."""
    moved = False
    while requests:
        requests, stepped = _decide(turn, requests, go_on)
        moved |= stepped
    return moved


def _decide(turn: Turn, requests: list[SendRequest], go_on: GoOn) -> tuple[list[SendRequest], bool]:
    person, moved = turn.person, False
    further: list[SendRequest] = []
    waiting: list[Intent] = []
    for request in requests:
        run = next((r for r in person.runs if r.id == request.run), None)
        if run is None:
            continue
        journey = turn.program.versions[run.journey, run.version]
        memory = person.memory.get(run.journey, JourneyMemory())
        over = runs.before_send(journey, memory, run, turn.view, person=person.key)
        if over is not None:
            further += go_on(turn, run, over)
            moved = True
            continue
        waiting.append(intent_of(turn, request))
    waiting.sort(key=lambda intent: -intent.priority)
    answers = answer_all(turn, waiting)
    for intent in waiting:
        run = next((r for r in person.runs if r.id == intent.run), None)
        if run is None:
            continue
        answer = _tell(turn, intent, answers[intent.send_key])
        journey = turn.program.versions[run.journey, run.version]
        memory = person.memory.get(run.journey, JourneyMemory())
        result = runs.answer_run(journey, memory, run, answer, turn.view, person=person.key)
        further += go_on(turn, run, result)
        moved |= answer.outcome != "deferred"
    return further, moved


def answer_all(turn: Turn, intents: list[Intent]) -> dict[str, Decision]:
    """The policy's answer by send key; permits are entered in the person's sends."""
    person = turn.person
    answers: dict[str, Decision] = {}
    able: list[Intent] = []
    for intent in intents:
        if intent.channel in person.dead and intent.message_class == "marketing":
            answers[intent.send_key] = Refuse(Reason.SUPPRESSED, person.dead[intent.channel])
        elif address_of(person, intent.channel, claimed=confirms(intent)) is None:
            answers[intent.send_key] = Refuse(Reason.NO_ADDRESS)
        else:
            able.append(intent)
    decided, person.sends = arbitrate(
        able,
        person.sends,
        person.consents,
        lambda intent: suppressions(person, intent.channel, turn.program.policy),
        policy_of(person, turn.program),
        person_zone(turn.view),
        turn.now,
    )
    answers.update((intent.send_key, answer) for intent, answer in decided)
    return answers


WEEK_H = 7 * DAY / HOUR


def policy_of(person: Person, program: Program) -> Policy:
    """The workspace's policy, and on top of it the weekly limit of the stages the person stands in."""
    limit = weekly_messages(program.models.values(), person.positions)
    if limit is None:
        return program.policy
    return msgspec.structs.replace(program.policy, caps=(*program.policy.caps, Cap(limit, WEEK_H)))


def reconsider(turn: Turn) -> None:
    """Ask at once again about what was put off: another stage, another pressure."""
    for place, run in enumerate(turn.person.runs):
        journey = turn.program.versions.get((run.journey, run.version))
        if run.asked is None or journey is None:
            continue
        if isinstance(journey.journey.nodes.get(run.node), Send):
            turn.person.runs[place] = msgspec.structs.replace(run, due=turn.now)
            turn.person.still.pop(run.id, None)


def suppressions(person: Person, channel: str, policy: Policy) -> list[Suppression]:
    """What the person's own state knows: a dead address, and whether they were written off the list."""
    reason = person.dead.get(channel)
    found = [] if reason is None else [Suppression("all", reason, channel)]
    tags = person.profile.tags
    return found + [Suppression("marketing", tag) for tag in policy.written_off if tag in tags]


def confirms(intent: Intent) -> bool:
    """Whether this is the message that asks the owner of a claimed address to confirm it."""
    return intent.message_class == "transactional" and intent.topic == "confirm"


def intent_of(turn: Turn, request: SendRequest) -> Intent:
    """The intent of a request: class, channel and topic are the template's, fixed there."""
    template = turn.program.templates.get(request.template)
    return Intent(
        send_key=request.send_key,
        person=turn.person.key,
        message_class=template.message_class if template else request.message_class,
        channel=template.channel if template else request.channel,  # type: ignore[arg-type]
        topic=(template.topic if template else "") or request.topic or "",
        journey=request.journey,
        version=request.version,
        run=request.run,
        node=request.node,
        template=request.template,
        priority=request.priority,
        planned_at=request.planned_at,
        expires_at=request.expires_at,
        quiet_hours=request.quiet_hours,
        variables={
            **({RECOMMENDATIONS: None} if request.template in turn.program.recommending else {}),
            **request.variables,
            "person": snapshot(turn.person),
        },
    )


def snapshot(person: Person) -> dict[str, Any]:
    """What a template may know of a person: traits, and where they stand; no consents, no devices."""
    traits = {name: said.value for name, said in person.profile.traits.items() if said.value is not None}
    for ours, theirs in (("first_name", "firstName"), ("last_name", "lastName")):
        if theirs in traits:
            traits.setdefault(ours, traits[theirs])
    traits["stages"] = {key: position.stage for key, position in person.positions.items()}
    traits["segments"] = sorted(person.members)
    return traits


def _tell(turn: Turn, intent: Intent, decision: Decision) -> Answer:
    about = {
        "send_key": intent.send_key,
        "run": intent.run,
        "node": intent.node,
        "template": intent.template,
        "channel": intent.channel,
        "class": intent.message_class,
        "topic": intent.topic,
    }
    if isinstance(decision, Permit):
        address = address_of(turn.person, intent.channel, claimed=confirms(intent)) or ""
        tracking = tracking_of(intent.message_class, turn.program.policy, turn.person.consents, turn.now)
        allowed = {"opens": tracking.opens, "clicks": tracking.clicks}
        variables = {**intent.variables, "address": address, "tracking": allowed}
        turn.batch.intents.append(msgspec.structs.replace(intent, planned_at=turn.now, variables=variables))
        turn.fact("send_planned", intent.journey, **about)
        return Answer(ask=intent.send_key, outcome="planned")
    if isinstance(decision, Defer):
        turn.fact(
            "send_deferred",
            intent.journey,
            **about,
            reason=decision.reason.value,
            until=decision.until,
            winner=decision.winner,
            winner_journey=decision.journey,
        )
        return Answer(
            ask=intent.send_key, outcome="deferred", reason=decision.reason.value, until=decision.until
        )
    turn.fact("send_blocked", intent.journey, **about, reason=decision.reason.value, detail=decision.detail)
    return Answer(ask=intent.send_key, outcome="dropped", reason=decision.reason.value)


def cancel(turn: Turn, keys: tuple[str, ...]) -> None:
    """Give back the slots of sends that must not leave any more; the gate refuses them."""
    for key in keys:
        sent = turn.person.sends.recent.get(key)
        if sent is not None and sent.status == "planned":
            turn.person.sends = ledger.release(turn.person.sends, key)
            turn.fact(
                "send_blocked", sent.journey, send_key=key, channel=sent.channel, reason=Reason.EXITED.value
            )


def close(turn: Turn, run: Run) -> None:
    """Keep a run that came to its end while a send of it is on its way: its exit and goal still count."""
    if any(on_its_way(turn.person, key) for key in run.sends):
        turn.person.closing.append(run)


def on_its_way(person: Person, key: str) -> bool:
    """Whether a send is planned and not yet settled."""
    sent = person.sends.recent.get(key)
    return sent is not None and sent.status == "planned"


def watch_closing(turn: Turn) -> None:
    """Ask exit and goal of finished runs whose last message is still on its way."""
    if not turn.person.closing:
        return
    kept: list[Run] = []
    for run in turn.person.closing:
        journey = turn.program.versions.get((run.journey, run.version))
        alive = tuple(key for key in run.sends if on_its_way(turn.person, key))
        if journey is None or not alive:
            turn.person.still.pop(run.id, None)
            continue
        if rest.stays(turn.person, run.id, turn.now):
            kept.append(run)
            continue
        turn.person.still.pop(run.id, None)
        memory = turn.person.memory.get(run.journey, JourneyMemory())
        over, until = runs.watch(journey, memory, run, turn.view, person=turn.person.key)
        if over is not None and over.cancel:
            turn.person.memory[run.journey] = over.memory
            cancel(turn, alive)
            continue
        turn.person.still[run.id] = rest.kept(until)
        kept.append(run)
    turn.person.closing = kept
