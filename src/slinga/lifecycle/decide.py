"""Where a person stands: forward, back, statuses, and placing by hand.

In: a compiled model, the person's position and a view of the person. Out: moves, the new position and
the next instant at which, with no further input, the answer could change.
Always true: deciding again at once moves nothing; every move carries its rule and its witness.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.lifecycle.model import Cause, Model, Move, Position, Stage, Strategy
from slinga.lifecycle.moves import noted
from slinga.segments import grammar, live
from slinga.segments.features import Feature, feature_of


class Compiled(msgspec.Struct, frozen=True):
    """A model with its conditions compiled, by their path inside the document."""

    model: Model
    predicates: dict[str, Any]
    features: tuple[Feature, ...]
    """Every running aggregate the rules need; the engine keeps them for each person."""
    renewals: tuple[Feature, ...]
    """Those of `features` that tell when something last ended a pin."""
    zone: ZoneInfo


class Decided(msgspec.Struct, frozen=True):
    """The outcome of deciding: usually no move."""

    position: Position
    moves: tuple[Move, ...] = ()
    until: Instant | None = None


def compile_model(model: Model, zone: ZoneInfo) -> Compiled:
    """Compile a parsed model's conditions for a workspace zone."""
    documents: dict[str, dict[str, Any]] = {}
    for number, stage in enumerate(model.stages):
        path = f"stages.{number}"
        if stage.enter is not None:
            documents[f"{path}.enter"] = stage.enter
        for index, fall in enumerate(stage.fall):
            documents[f"{path}.fall.{index}"] = fall.when
        for index, status in enumerate(stage.statuses):
            if status.enter is not None:
                documents[f"{path}.statuses.{index}"] = status.enter
    predicates = {
        path: live.compile_condition(grammar.parse(document), zone) for path, document in documents.items()
    }
    renewals = tuple(
        feature_of(
            grammar.parse({"op": "event", "name": name, "agg": "last", "cmp": "le", "value": "1d"}), zone
        )
        for name in model.renewed_by
    )
    wanted = {feature.id: feature for predicate in predicates.values() for feature in predicate.features}
    wanted |= {feature.id: feature for feature in renewals}
    return Compiled(model, predicates, tuple(wanted.values()), renewals, zone)


class _Placed:
    """A view in which the person already stands where this decision has put them."""

    def __init__(self, view: Any, model: str, position: Position | None, made: Sequence[Move] = ()) -> None:
        self._view, self._model, self._position, self._made = view, model, position, made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def stage(self, model: str) -> str | None:
        if model != self._model:
            return self._view.stage(model)
        return self._position.stage if self._position else None

    def status(self, model: str) -> str | None:
        if model != self._model:
            return self._view.status(model)
        return self._position.status if self._position else None

    def since(self, model: str) -> Instant | None:
        if model != self._model:
            return self._view.since(model)
        return self._position.since if self._position else None

    def moves(self, model: str) -> Any:
        known = self._view.moves(model)
        return known if known is None or model != self._model else noted(tuple(known), self._made)


class _Reader:
    """Tests rules for one person, gathering the earliest instant at which any answer may change."""

    def __init__(self, compiled: Compiled, view: Any) -> None:
        self.compiled, self.view = compiled, view
        self.until: Instant | None = None
        self.place(None)

    def place(self, position: Position | None, made: Sequence[Move] = ()) -> None:
        self._placed = _Placed(self.view, self.compiled.model.key, position, made)

    def note(self, until: Instant | None) -> None:
        if until is not None and (self.until is None or until < self.until):
            self.until = until

    def test(self, path: str) -> tuple[bool, Any]:
        predicate = self.compiled.predicates.get(path)
        if predicate is None:
            return True, None
        truth = predicate.test(self._placed)
        self.note(truth.until)
        return truth.value, truth.witness

    def falling(self, number: int) -> int | None:
        """Index of the first fall rule of a stage that holds."""
        for index in range(len(self.compiled.model.stages[number].fall)):
            if self.test(f"stages.{number}.fall.{index}")[0]:
                return index
        return None

    def enterable(self, number: int) -> tuple[bool, Any]:
        """Whether a stage could be entered and stayed in: its rule holds and no fall rule of it does."""
        holds, witness = self.test(f"stages.{number}.enter")
        return (holds and self.falling(number) is None), witness


def decide(compiled: Compiled, position: Position | None, view: Any) -> Decided:
    """Apply the rules at `view.now`; see `lifecycle.model` for the rule in words."""
    model, now, reader = compiled.model, view.now, _Reader(compiled, view)
    if position is not None:
        position = _still_known(model, position)
    moves: list[Move] = []
    move: Move | None
    for _ in range(2 * len(model.stages) + 1):
        reader.until = None
        reader.place(position, moves)
        pin = _pin(compiled, position, view)
        reader.note(pin)
        if position is None:
            position, move = _first(model, reader, now)
        else:
            if pin is None and (position.blocked or position.pinned_until is not None):
                position = msgspec.structs.replace(position, blocked=(), pinned_until=None)
            position, move = _step(compiled, position, reader, now, pinned=pin is not None)
        if move is None:
            break
        moves.append(move)
    assert position is not None
    reader.place(position, moves)
    position, move = _settle_status(model, position, reader, now)
    if move is not None:
        moves.append(move)
    return Decided(position, tuple(_with_status(moves)), reader.until)


def _pin(compiled: Compiled, position: Position | None, view: Any) -> Instant | None:
    """When the pin ends, if it has not."""
    if position is None or position.pinned_until is None or position.pinned_until <= view.now:
        return None
    for feature in compiled.renewals:
        last, _ = feature.read(view.feature(feature.id), view.now)
        if last is not None and last > position.placed_at:
            return None
    return position.pinned_until


def _still_known(model: Model, position: Position) -> Position | None:
    """None where a newer version of the model dropped the stage: the person is then placed afresh."""
    return position if any(stage.key == position.stage for stage in model.stages) else None


def _first(model: Model, reader: _Reader, now: Instant) -> tuple[Position, Move]:
    for number in range(len(model.stages) - 1, 0, -1):
        holds, witness = reader.enterable(number)
        if holds:
            rule = f"stages.{number}.enter"
            break
    else:
        number, witness, rule = 0, None, "stages.0"
    stage = model.stages[number]
    move = Move(
        model=model.key,
        at=now,
        from_stage=None,
        to_stage=stage.key,
        cause="first",
        rule=rule,
        witness=witness,
    )
    return Position(stage=stage.key, since=now, status_since=now), move


def _step(
    compiled: Compiled, position: Position, reader: _Reader, now: Instant, *, pinned: bool
) -> tuple[Position, Move | None]:
    model, here = compiled.model, compiled.model.index(position.stage)
    blocked = set(position.blocked)
    for number in range(len(model.stages) - 1, here, -1):
        stage = model.stages[number]
        holds, witness = reader.enterable(number)
        if stage.key in blocked:
            if holds:
                continue
            blocked.discard(stage.key)
        if holds:
            return _go(
                model, position, number, now, cause="enter", rule=f"stages.{number}.enter", witness=witness
            )
    if len(blocked) != len(position.blocked):
        position = msgspec.structs.replace(position, blocked=tuple(sorted(blocked)))
    if pinned:
        return position, None
    for index, fall in enumerate(model.stages[here].fall):
        rule = f"stages.{here}.fall.{index}"
        holds, witness = reader.test(rule)
        if not holds:
            continue
        free_at = add(position.since, period(model.stages[here].hold), compiled.zone)
        if free_at > now:
            reader.note(free_at)
            continue
        floor = model.index(fall.to)
        target = next((n for n in range(here - 1, floor, -1) if reader.enterable(n)[0]), floor)
        return _go(
            model,
            position,
            target,
            now,
            cause="fall",
            rule=rule,
            witness=witness,
            because=fall.cause,
            status=fall.status if target == floor else None,
        )
    return position, None


def _go(
    model: Model,
    position: Position,
    number: int,
    now: Instant,
    *,
    cause: Cause,
    rule: str = "",
    witness: Any = None,
    because: str = "",
    status: str | None = None,
) -> tuple[Position, Move]:
    stage, old = model.stages[number], model.index(position.stage)
    returned = stage.side == "left" and model.stages[old].side != "left"
    moved = Position(
        stage=stage.key,
        since=now if number != old else position.since,
        status=status,
        status_since=now,
        round=position.round + (1 if returned else 0),
    )
    move = Move(
        model=model.key,
        at=now,
        from_stage=position.stage,
        to_stage=stage.key,
        from_status=position.status,
        to_status=status,
        cause=cause,
        because=because,
        rule=rule,
        witness=witness,
        direction="forward" if number > old else "back" if number < old else "within",
        round=moved.round,
        stayed_for=now - position.since if number != old else None,
        status_for=_in_status(position, now),
    )
    return moved, move


def _in_status(position: Position, now: Instant) -> int | None:
    """How long the status lasted; None where that was never noted."""
    return now - position.status_since if position.status_since else None


def _settle_status(
    model: Model, position: Position, reader: _Reader, now: Instant
) -> tuple[Position, Move | None]:
    number = model.index(position.stage)
    chosen, rule, witness = None, "", None
    for index, status in enumerate(model.stages[number].statuses):
        if status.enter is None:
            holds = status.key == position.status
        else:
            rule = f"stages.{number}.statuses.{index}"
            holds, witness = reader.test(rule)
        if holds:
            chosen = status.key
            break
    if chosen == position.status:
        return position, None
    move = Move(
        model=model.key,
        at=now,
        from_stage=position.stage,
        to_stage=position.stage,
        from_status=position.status,
        to_status=chosen,
        cause="status",
        rule=rule if chosen else "",
        witness=witness if chosen else None,
        direction="within",
        round=position.round,
        status_for=_in_status(position, now),
    )
    return msgspec.structs.replace(position, status=chosen, status_since=now), move


def _with_status(moves: list[Move]) -> list[Move]:
    """One fact for a stage and the status found in it at the same instant."""
    if len(moves) < 2 or moves[-1].cause != "status":
        return moves
    last, status = moves[-2], moves[-1]
    return [*moves[:-2], msgspec.structs.replace(last, to_status=status.to_status)]


def place(
    compiled: Compiled,
    position: Position | None,
    view: Any,
    *,
    stage: str,
    status: str | None = None,
    cause: Cause,
    because: str = "",
    pin: str | None = None,
) -> Decided:
    """Put a person in a stage by a journey ("journey") or by a member ("member"), pinned for `pin`.

    Raises Invalid for an unknown stage or status, or a pin that is no length of time.
    """
    model, now = compiled.model, view.now
    number = model.index(stage)
    if status is not None and status not in {known.key for known in model.stages[number].statuses}:
        raise Invalid("'%(key)s' has no status '%(status)s'", field="status", key=stage, status=status)
    if position is not None:
        position = _still_known(model, position)
    if position is None:
        moved = Position(stage=stage, since=now, status=status, status_since=now)
        move = Move(
            model=model.key,
            at=now,
            from_stage=None,
            to_stage=stage,
            to_status=status,
            cause=cause,
            because=because,
        )
    else:
        moved, move = _go(model, position, number, now, cause=cause, because=because, status=status)
    reader = _Reader(compiled, view)
    reader.place(moved, [move])
    blocked = tuple(
        sorted(model.stages[n].key for n in range(number + 1, len(model.stages)) if reader.enterable(n)[0])
    )
    pinned_until = add(now, period(pin if pin is not None else model.pin), compiled.zone)
    moved = msgspec.structs.replace(moved, placed_at=now, blocked=blocked, pinned_until=pinned_until)
    settled, extra = _settle_status(model, moved, reader, now)
    moves = _with_status([move, *([extra] if extra else [])])
    if position is not None and settled.stage == position.stage and settled.status == position.status:
        moves = []
    until = pinned_until if reader.until is None else min(pinned_until, reader.until)
    return Decided(settled, tuple(moves), until)


def stage_of(model: Model, position: Position) -> Stage:
    """The stage a position names."""
    return model.stages[model.index(position.stage)]


def strategy_for(model: Model, moves: Iterable[Move]) -> Strategy | None:
    """The strategy to swap to after these moves, or None where no stage changed."""
    for move in reversed(tuple(moves)):
        if move.from_stage != move.to_stage:
            return model.stages[model.index(move.to_stage)].strategy
    return None


def weekly_messages(models: Iterable[Compiled], positions: Mapping[str, Position]) -> int | None:
    """The least number of marketing messages in 7 days that any present stage allows; None is no limit."""
    limits = [
        stage_of(compiled.model, position).strategy.weekly_messages
        for compiled in models
        if (position := positions.get(compiled.model.key)) and _still_known(compiled.model, position)
    ]
    return min((limit for limit in limits if limit is not None), default=None)
