"""Carry out what a journey's nodes ask for, other than sending.

In: one effect. Out: the changed person, facts, intents for other systems.
Always true: an effect names its journey and run in the fact it leaves.
"""

import msgspec

from slinga.engine import sending
from slinga.engine.turn import Turn
from slinga.ingest.model import PROVEN
from slinga.journeys import decision as d
from slinga.journeys.entries import Requested
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest
from slinga.lifecycle import decide, scores
from slinga.lifecycle.model import Move
from slinga.lifecycle.moves import noted
from slinga.messages.model import Intent
from slinga.people import profile as profiles


def carry_out(turn: Turn, effect: d.Effect) -> None:
    """Apply one effect in place."""
    person = turn.person
    by = {"journey": effect.journey, "run": effect.run, "node": effect.node}
    match effect:
        case d.SetTrait():
            if profiles.say(person.profile.traits, effect.name, effect.value, turn.now, PROVEN):
                turn.fact("trait_set", effect.name, value=effect.value, **by)
                turn.changed((f"trait:{effect.name}",))
            turn.dirty.add("reach")
        case d.Tag():
            set_tag(turn, effect.name, remove=effect.remove, by=by)
        case d.AddScore():
            score = turn.program.scores.get(effect.name)
            if score is not None:
                person.scores[effect.name] = scores.change(
                    score,
                    person.scores.get(effect.name),
                    turn.now,
                    points=effect.points,
                    set_to=effect.set_to,
                )
        case d.SetStage():
            set_stage(turn, effect.model, effect.stage, effect.status, effect.pin, "journey", effect.journey)
        case d.HandOver():
            turn.fact(
                "hand_over",
                effect.task,
                title=effect.title,
                note=effect.note,
                team=effect.team,
                due_at=effect.due_at,
                variables=effect.variables,
                **by,
            )
        case d.Webhook():
            turn.batch.intents.append(
                Intent(
                    send_key=effect.ask,
                    person=person.key,
                    message_class="transactional",
                    channel="webhook",
                    journey=effect.journey,
                    version=effect.version,
                    run=effect.run,
                    node=effect.node,
                    planned_at=turn.now,
                    expires_at=effect.wait_until,
                    variables={
                        "address": effect.url,
                        "body": effect.body,
                        "ask": effect.ask,
                        "waits": effect.wait_until is not None,
                    },
                )
            )
        case d.StartJourney():
            turn.happened(Requested(journey=effect.key, by="journey", properties=effect.properties))
        case d.StopJourney():
            turn.stops.append((effect.key, effect.for_key))
        case d.Other():
            # An extension's effect leaves through the channel of its kind; the answer comes back as an input.
            ask = str(effect.body.get("ask", "")) or digest("other", effect.run, effect.node, turn.now)
            turn.batch.intents.append(
                Intent(
                    send_key=ask,
                    person=person.key,
                    message_class="transactional",
                    channel=effect.kind,  # type: ignore[arg-type]
                    journey=effect.journey,
                    version=effect.version,
                    run=effect.run,
                    node=effect.node,
                    planned_at=turn.now,
                    variables={"address": effect.kind, "body": effect.body, "ask": ask, "waits": True},
                )
            )


def set_tag(turn: Turn, name: str, *, remove: bool, by: dict[str, str]) -> None:
    """Add a tag or take it away."""
    tags = turn.person.profile.tags
    if remove == (name in tags):
        if remove:
            del tags[name]
        else:
            tags[name] = turn.now
        turn.fact("tagged", name, removed=remove, **by)
        turn.changed(("tags",))


def set_stage(
    turn: Turn, model: str, stage: str, status: str | None, pin: str | None, cause: str, because: str
) -> None:
    """Place a person in a stage by hand or by a journey; an unknown model or stage is a fact, not a crash."""
    compiled = turn.program.models.get(model)
    try:
        if compiled is None:
            raise Invalid("there is no lifecycle model '%(model)s'", field="model", model=model)
        placed = decide.place(
            compiled,
            turn.person.positions.get(model),
            turn.view,
            stage=stage,
            status=status,
            cause=cause,  # type: ignore[arg-type]
            because=because,
            pin=pin,
        )
    except Invalid as fault:
        turn.fact("step", because, outcome="failed", reason=fault.message)
        return
    remember(turn, model, placed)
    turn.dirty.add(f"model:{model}")
    for move in placed.moves:
        tell_move(turn, move)


def remember(turn: Turn, model: str, decided: decide.Decided) -> None:
    """Stand where it was decided, and remember the moves that led there where the earlier ones are known."""
    person = turn.person
    if decided.moves and person.knows_moves:
        person.moves[model] = noted(person.moves.get(model, ()), decided.moves)
    person.positions[model] = decided.position


def tell_move(turn: Turn, move: Move) -> None:
    """Record a move of stage or status and let journeys know, those of the stage's strategy among them."""
    body = msgspec.to_builtins(move)
    kind = "stage_moved" if move.from_stage != move.to_stage else "status_moved"
    turn.fact(kind, move.model, **{k: v for k, v in body.items() if k not in ("fact", "at", "model")})
    turn.dirty.add(f"model:{move.model}")
    turn.touch("positions")
    turn.happened(move)
    strategy = decide.strategy_for(turn.program.models[move.model].model, [move])
    if turn.silent or strategy is None:
        return
    sending.reconsider(turn)
    turn.stops += [(journey, None) for journey in strategy.stop]
    for journey in strategy.start:
        turn.happened(Requested(journey=journey, by="journey", properties={"stage": move.to_stage}))
