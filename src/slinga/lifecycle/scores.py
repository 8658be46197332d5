"""Scores: whole numbers that events raise and lower, that fade with time, and that silence brings down.

In: a score document, the score's state, one input at a time. Out: the state, its value now, and the next
instant at which the value could cross one of the levels that anybody asks about.
Always true: machine hits raise nothing; each message counts each kind of reaction once; a message is
ignored when `settle` has passed since it was sent with no human open, human click, visit or purchase.

Where a person has not permitted tracking of opens no open is ever recorded, so for them silence means no
click, visit or purchase. Fading is linear and in whole steps, so every crossing has an exact instant.
"""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import Input
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Invalid
from slinga.lifecycle.model import located
from slinga.segments import grammar, terms
from slinga.segments.features import Feature, feature_of

OPENED, CLICKED, VISITED, PURCHASED, SETTLED = 1, 2, 4, 8, 16
MOST_MESSAGES = 40
KEPT_FOR = 30 * DAY
"""How long after its settling a message is remembered, so that a second late click adds nothing."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Points for each event of a name that passes the filters."""

    event: str
    points: int
    where: tuple[dict[str, Any], ...] = ()


class Reactions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Points for reacting to messages, and for ignoring them."""

    settle: str = "3d"
    ignored: int = -10
    opened: int = 5
    clicked: int = 15
    visited: int = 5
    purchased: int = 20
    classes: tuple[str, ...] = ("marketing",)


class Decay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every `per`, the score goes `points` nearer to `toward`."""

    points: int = 1
    per: str = "7d"
    toward: int = 0


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A score document. The value stays within `low` and `high` and begins at `start`."""

    key: str
    name: str
    description: str = ""
    start: int = 0
    low: int = 0
    high: int = 100
    rules: tuple[Rule, ...] = ()
    reactions: Reactions | None = None
    decay: Decay | None = None


class Message(msgspec.Struct, frozen=True, array_like=True):
    """A message sent to the person: which reactions it met so far, and when silence counts."""

    send_key: str
    due: Instant
    seen: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's score. None stands for a score that nothing has touched yet."""

    value: int
    at: Instant
    """The instant from which fading is counted; it moves by whole steps only."""
    messages: tuple[Message, ...] = ()
    shown: int
    """The value last reported as a change."""


class Compiled(msgspec.Struct, frozen=True, eq=False):
    """A score made executable, with the levels that conditions and triggers compare it with."""

    score: Score
    rules: tuple[tuple[Feature, int], ...]
    names: frozenset[str]
    """The events the score listens to."""
    levels: tuple[int | float, ...]


class Reading(msgspec.Struct, frozen=True):
    """The value at an instant, and when, with no further input, it could cross a level."""

    value: int
    until: Instant | None = None


class ScoreChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="score_changed"):
    """A score went from one value to another. Also a fact."""

    name: str
    before: int
    after: int
    at: Instant


class Advanced(msgspec.Struct, frozen=True):
    """What an instant, and perhaps an input, made of a score."""

    state: State | None
    reading: Reading
    changed: ScoreChanged | None = None


def parse(document: dict[str, Any]) -> Score:
    """The score of a document. Raises Invalid whose `field` is the path of the first fault."""
    try:
        score = msgspec.convert(document, Score)
    except msgspec.ValidationError as fault:
        raise located(fault) from fault
    if not score.low <= score.start <= score.high:
        raise Invalid("the start lies between low and high", field="start")
    for number, rule in enumerate(score.rules):
        _leaf(rule, f"rules.{number}")
    if score.reactions is not None:
        _elapsed(score.reactions.settle, "reactions.settle")
    if score.decay is not None:
        _elapsed(score.decay.per, "decay.per")
        if score.decay.points < 1:
            raise Invalid("a score fades by at least one point", field="decay.points")
    return score


def compile_score(score: Score, zone: ZoneInfo, levels: Iterable[int | float] = ()) -> Compiled:
    """Compile a score; `levels` are all values that conditions and triggers compare it with."""
    rules = tuple(
        (feature_of(_leaf(rule, f"rules.{number}"), zone), rule.points)
        for number, rule in enumerate(score.rules)
    )
    names = {rule.event for rule in score.rules}
    if score.reactions is not None:
        names |= {"Message Sent", "Message Opened", "Message Clicked", "Visit Started", "Order Completed"}
    return Compiled(score, rules, frozenset(names), tuple(sorted(set(levels))))


def levels_in(conditions: Iterable[terms.Condition], name: str) -> list[int | float]:
    """The values that these conditions compare a score with."""
    return [
        leaf.value
        for condition in conditions
        for leaf in terms.leaves(condition)
        if isinstance(leaf, terms.Score) and leaf.name == name
    ]


def advance(compiled: Compiled, state: State | None, event: Input | None, now: Instant) -> Advanced:
    """The score after everything due by `now` and then one input, with its value and its change.

    Only inputs of kind event and history count. Call it at every input and at every `until`.
    """
    state = fold(compiled, state, event, now)
    reading = read(compiled, state, now)
    if state is None or reading.value == state.shown:
        return Advanced(state, reading)
    changed = ScoreChanged(name=compiled.score.key, before=state.shown, after=reading.value, at=now)
    return Advanced(msgspec.structs.replace(state, shown=reading.value), reading, changed)


def fold(compiled: Compiled, state: State | None, event: Input | None, now: Instant) -> State | None:
    """The state after everything due by `now` and then one input; None while nothing has touched it."""
    if state is not None:
        state = _settled(compiled.score, state, now)
    if event is None or event.name not in compiled.names or event.kind not in ("event", "history"):
        return state
    score = compiled.score
    before = state or State(value=score.start, at=now, shown=score.start)
    after = _react(score, before, event, now) if score.reactions is not None else before
    for feature, points in compiled.rules:
        if event.name in feature.names and feature.value(event, []) is not None:
            after = _add(score, after, points, now)
    return state if state is None and after == before else after


def change(
    compiled: Compiled, state: State | None, now: Instant, *, points: int = 0, set_to: int | None = None
) -> State:
    """The state after a journey or a member gave points, or set the score."""
    score = compiled.score
    state = state or State(value=score.start, at=now, shown=score.start)
    if set_to is None:
        return _add(score, state, points, now)
    value = max(score.low, min(score.high, set_to))
    return msgspec.structs.replace(_faded(score, state, now), value=value)


def read(compiled: Compiled, state: State | None, now: Instant) -> Reading:
    """The value at `now`; everything due must have been folded in."""
    score = compiled.score
    if state is None:
        return Reading(score.start)
    state = _faded(score, state, now)
    dues = [message.due for message in state.messages if not message.seen & SETTLED]
    crossing = _crossing(score, state, compiled.levels)
    if crossing is not None:
        dues.append(crossing)
    return Reading(state.value, min(dues, default=None))


def _settled(score: Score, state: State, now: Instant) -> State:
    """Apply the silence of every message whose time is up, each at its own instant."""
    if score.reactions is None or not state.messages:
        return state
    for message in sorted(state.messages, key=lambda each: (each.due, each.send_key)):
        if message.seen & SETTLED or message.due > now:
            continue
        done = msgspec.structs.replace(message, seen=message.seen | SETTLED)
        kept = tuple(done if each is message else each for each in state.messages)
        state = msgspec.structs.replace(state, messages=kept)
        if not message.seen:
            state = _add(score, state, score.reactions.ignored, message.due)
    kept = tuple(each for each in state.messages if each.due + KEPT_FOR > now)
    return state if len(kept) == len(state.messages) else msgspec.structs.replace(state, messages=kept)


def _react(score: Score, state: State, event: Input, now: Instant) -> State:
    rules = score.reactions
    assert rules is not None
    properties = event.body.get("properties") or {}
    if event.name == "Message Sent":
        if properties.get("class", "marketing") not in rules.classes:
            return state
        message = Message(
            str(properties.get("send_key", "")), event.occurred_at + period(rules.settle).micros
        )
        known = any(each.send_key == message.send_key for each in state.messages)
        kept = (*state.messages, message)[-MOST_MESSAGES:]
        state = state if known else msgspec.structs.replace(state, messages=kept)
        return _settled(score, state, now)
    if event.name in ("Message Opened", "Message Clicked"):
        if properties.get("machine") is True or properties.get("class_of_hit") == "machine":
            return state
        clicked = event.name == "Message Clicked"
        points = rules.clicked if clicked else rules.opened
        if properties.get("class_of_hit") == "unknown":
            points = 0  # It may have been a person: no silence, but no merit either.
        key = str(properties.get("send_key", ""))
        return _mark(score, state, CLICKED if clicked else OPENED, points, now, only=key)
    if event.name == "Visit Started":
        return _mark(score, state, VISITED, rules.visited, now)
    if event.name == "Order Completed":
        return _mark(score, state, PURCHASED, rules.purchased, now)
    return state


def _mark(score: Score, state: State, bit: int, points: int, now: Instant, only: str | None = None) -> State:
    """Note a reaction on one message, or on all that still wait; points come once."""
    fresh = False
    kept: list[Message] = []
    for message in state.messages:
        hit = message.send_key == only if only is not None else not message.seen & SETTLED
        if hit and not message.seen & bit:
            fresh = True
            message = msgspec.structs.replace(message, seen=message.seen | bit)
        kept.append(message)
    if not fresh:
        return state
    return _add(score, msgspec.structs.replace(state, messages=tuple(kept)), points, now)


def _faded(score: Score, state: State, now: Instant) -> State:
    """The state with all whole steps of fading up to `now` applied."""
    if score.decay is None:
        return state
    per = period(score.decay.per).micros
    steps = max(0, now - state.at) // per
    if not steps:
        return state
    toward = score.decay.toward
    if state.value > toward:
        value = max(toward, state.value - steps * score.decay.points)
    else:
        value = min(toward, state.value + steps * score.decay.points)
    return msgspec.structs.replace(state, value=value, at=state.at + steps * per)


def _add(score: Score, state: State, points: int, at: Instant) -> State:
    state = _faded(score, state, at)
    value = max(score.low, min(score.high, state.value + points))
    return state if value == state.value else msgspec.structs.replace(state, value=value)


def _crossing(score: Score, state: State, levels: tuple[int | float, ...]) -> Instant | None:
    """The first step of fading after which the value stands differently to some level."""
    if score.decay is None or state.value == score.decay.toward:
        return None
    per, step, toward = period(score.decay.per).micros, score.decay.points, score.decay.toward
    sign = 1 if state.value > toward else -1
    most = -(-abs(state.value - toward) // step)
    first: int | None = None
    for level in levels:
        away = (state.value - level) * sign
        if away < 0 or (away == 0 and most == 0):
            continue
        # Reached or passed after this many steps; standing on the level, the next step leaves it.
        steps = 1 if away == 0 else int(-(-away // step))
        if steps <= most and (toward - level) * sign <= 0 and (first is None or steps < first):
            first = steps
    return None if first is None else state.at + first * per


def _leaf(rule: Rule, path: str) -> terms.Event:
    leaf = grammar.parse({"op": "event", "name": rule.event, "where": list(rule.where)}, path=path)
    assert isinstance(leaf, terms.Event)
    if terms.binds(leaf):
        raise Invalid("a score has no trigger to compare with", field=f"{path}.where")
    return leaf


def _elapsed(text: str, path: str) -> None:
    try:
        length = period(text)
    except Invalid as fault:
        raise fault.at(path) from fault
    if length.months or length.micros <= 0:
        raise Invalid("give days or hours here; months differ in length", field=path)
