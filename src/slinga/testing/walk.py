"""Walk one person through journeys in memory, on a virtual clock: for tests of journeys and node types.

In: compiled journeys, models and scores, events, a policy. Out: what was sent when, and every fact.
Always true: it keeps the engine's order of questions, so what happens here happens in production; only
the policy and the message's delivery are stand-ins.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import Input
from slinga.journeys import entries, runs
from slinga.journeys.compiled import Compiled
from slinga.journeys.decision import (
    AddScore,
    Answer,
    SendRequest,
    SetStage,
    SetTrait,
    StartJourney,
    StopJourney,
    Tag,
)
from slinga.kernel.clock import Instant
from slinga.lifecycle import decide, scores
from slinga.lifecycle.model import Move, Position
from slinga.lifecycle.moves import Memory, noted

Policy = Callable[[SendRequest, Instant], Answer]


def always(request: SendRequest, now: Instant) -> Answer:
    """The policy that lets everything out."""
    return Answer(ask=request.send_key, outcome="planned")


class Sent(msgspec.Struct, frozen=True):
    """One message that was planned."""

    at: Instant
    request: SendRequest


class Walk:
    """One person, some definitions, and a clock that only moves when told. It is also the `View`."""

    def __init__(
        self,
        journeys: Iterable[Compiled] = (),
        models: Iterable[decide.Compiled] = (),
        scored: Iterable[scores.Compiled] = (),
        *,
        person: str = "0102",
        now: Instant = 0,
        zone: ZoneInfo | None = None,
        policy: Policy = always,
        watched: Mapping[str, Any] | None = None,
        store: bool = False,
    ) -> None:
        """`watched` are compiled conditions of segments by key; set `segments` by hand for others.

        `store` True sends all state through msgpack between any two steps, as a crash would.
        """
        self.journeys = {compiled.journey.key: compiled for compiled in journeys}
        self.models = {compiled.model.key: compiled for compiled in models}
        self.scored = {compiled.score.key: compiled for compiled in scored}
        self.person, self.now, self.policy, self.store = person, now, policy, store
        self.zone = zone or ZoneInfo("UTC")
        self.entered_at: Instant | None = None
        self.identified = True
        self.traits: dict[str, Any] = {}
        self.tags: set[str] = set()
        self.segments: set[str] = set()
        self.owned: dict[str, list[dict[str, Any]]] = {}
        self.consents: dict[tuple[str, str], str] = {}
        self.addresses = {"email", "push"}
        self.positions: dict[str, Position] = {}
        self.moved: dict[str, Memory] = {}
        self.points: dict[str, Any] = {}
        self.memories: dict[str, runs.JourneyMemory] = {}
        self.runs: list[runs.Run] = []
        self.sent: list[Sent] = []
        self.facts: list[Any] = []
        self.effects: list[Any] = []
        self._untils: list[Instant] = []
        self._waiting: list[Any] = []
        self._seq = 0
        wanted = [f for c in self.journeys.values() for f in c.features]
        wanted += [f for c in self.models.values() for f in c.features]
        self.watched = dict(watched or {})
        wanted += [f for predicate in self.watched.values() for f in predicate.features]
        self._features = {feature.id: feature for feature in wanted}
        self.states = {id: feature.init() for id, feature in self._features.items()}

    # --- the view ---------------------------------------------------------------------------------

    def trait(self, name: str) -> Any:
        return self.traits.get(name)

    def feature(self, id: str) -> Any:
        return self.states.get(id)

    def things(self, type: str) -> Iterable[Mapping[str, Any]]:
        return self.owned.get(type, [])

    def stage(self, model: str) -> str | None:
        return self.positions[model].stage if model in self.positions else None

    def status(self, model: str) -> str | None:
        return self.positions[model].status if model in self.positions else None

    def _stand(self, model: str, decided: decide.Decided) -> None:
        self.positions[model] = decided.position
        self.moved[model] = noted(self.moved.get(model, ()), decided.moves)

    def moves(self, model: str) -> Memory:
        return self.moved.get(model, ())

    def since(self, model: str) -> Instant | None:
        return self.positions[model].since if model in self.positions else None

    def score(self, name: str) -> float | int | None:
        if name not in self.scored:
            return None
        return scores.read(self.scored[name], self.points.get(name), self.now).value

    def in_segment(self, key: str) -> bool:
        return key in self.segments

    def consent(self, channel: str, topic: str) -> str:
        return self.consents.get((channel, topic), "unknown")

    def reachable(self, channel: str) -> bool:
        return channel in self.addresses

    def tag(self, name: str) -> bool:
        return name in self.tags

    def trigger(self, path: str) -> Any:
        return None

    # --- what a test does -------------------------------------------------------------------------

    def happen(
        self, name: str, properties: dict[str, Any] | None = None, *, after: int = 0, kind: str = "event"
    ) -> None:
        """Let an event happen now, or `after` some microseconds."""
        self.until(self.now + after)
        self._seq += 1
        self.apply(
            Input(
                kind=kind,
                at=self.now,
                seq=self._seq,
                name=name,
                body={"properties": properties or {}},
                occurred_at=self.now,
            )
        )

    def until(self, at: Instant) -> None:
        """Move the clock to an instant, waking at every deadline on the way."""
        self.apply(None)  # What a test changed by hand may have moved the deadlines.
        while self._untils and min(self._untils) <= at:
            self.now = min(self._untils)
            self.apply(None)
        self.now = at

    def let(self, micros: int) -> None:
        """Let time pass."""
        self.until(self.now + micros)

    def apply(self, event: Input | None) -> None:
        """Apply one input, or a wake-up, in the engine's order."""
        self._untils = []
        happenings: list[Any] = []
        if event is not None:
            for feature in self._features.values():
                self.states[feature.id] = feature.fold(self.states[feature.id], event)
            self.runs = [runs.observe(self._of(run), run, event) for run in self.runs]
            happenings.append(event)
        for key, predicate in self.watched.items():
            truth = predicate.test(self)
            self._note(truth.until)
            if truth.value != (key in self.segments):
                (self.segments.add if truth.value else self.segments.discard)(key)
                happenings.append(entries.SegmentChanged(key=key, entered=truth.value))
        for key, compiled in self.scored.items():
            advanced = scores.advance(compiled, self.points.get(key), event, self.now)
            if advanced.state is not None:
                self.points[key] = advanced.state
            self._note(advanced.reading.until)
            if advanced.changed is not None:
                self.facts.append(advanced.changed)
                happenings.append(advanced.changed)
        for model in self.models.values():
            happenings += self._decide(model)
        self._step_all(event)
        self._waiting = happenings + self._waiting
        while self._waiting:
            self._enter(self._waiting.pop(0))
        for journey in self.journeys.values():
            self._enter_due(journey)
        while self._waiting:
            self._enter(self._waiting.pop(0))
        if self.store:
            self._through_storage()

    # --- inside -----------------------------------------------------------------------------------

    def _of(self, run: runs.Run) -> Compiled:
        return self.journeys[run.journey]

    def _memory(self, key: str) -> runs.JourneyMemory:
        return self.memories.get(key, runs.JourneyMemory())

    def _note(self, until: Instant | None) -> None:
        if until is not None:
            heapq.heappush(self._untils, until)

    def _decide(self, compiled: decide.Compiled) -> list[Move]:
        decided = decide.decide(compiled, self.positions.get(compiled.model.key), self)
        self._stand(compiled.model.key, decided)
        self.facts += decided.moves
        self._note(decided.until)
        return list(decided.moves)

    def _enter(self, happening: Any) -> None:
        for key, compiled in self.journeys.items():
            mine = [run for run in self.runs if run.journey == key]
            entered = entries.enter(compiled, self._memory(key), mine, happening, self, person=self.person)
            self.memories[key] = entered.memory
            self.facts += entered.facts
            if entered.run is not None:
                self.runs = [run for run in self.runs if run.id != entered.run.id]
                self._step(entered.run, None)

    def _enter_due(self, compiled: Compiled) -> None:
        key = compiled.journey.key
        mine = [run for run in self.runs if run.journey == key]
        result = entries.enter_due(compiled, self._memory(key), mine, self, person=self.person)
        self.memories[key] = result.memory
        self.facts += result.facts
        self._note(result.until)
        for run in result.runs:
            self._step(run, None)

    def _step_all(self, event: Input | None) -> None:
        for id in [run.id for run in self.runs]:
            for run in [one for one in self.runs if one.id == id]:
                self.runs.remove(run)
                self._step(run, event)

    def _step(self, run: runs.Run, event: Input | None) -> None:
        compiled = self._of(run)
        if self.store:
            run = msgspec.msgpack.decode(msgspec.msgpack.encode(run), type=runs.Run)
        result = runs.step_run(
            compiled, self._memory(run.journey), run, self, person=self.person, event=event
        )
        self._take(compiled, result)

    def _take(self, compiled: Compiled, result: runs.StepResult) -> None:
        self.memories[compiled.journey.key] = result.memory
        self.facts += result.facts
        self._note(result.until)
        run = result.run
        for effect in result.effects:
            self.effects.append(effect)
            if isinstance(effect, SendRequest) and run is not None:
                self._send(compiled, run, effect)
                return
            self._carry_out(effect)
        if run is not None and result.again:
            self._step(run, None)
        elif run is not None:
            self.runs.append(run)

    def _send(self, compiled: Compiled, run: runs.Run, request: SendRequest) -> None:
        memory = self._memory(run.journey)
        stopped = runs.before_send(compiled, memory, run, self, person=self.person)
        if stopped is not None:
            self._take(compiled, stopped)
            return
        answer = self.policy(request, self.now)
        if answer.outcome == "planned":
            self.sent.append(Sent(self.now, request))
        self._take(compiled, runs.answer_run(compiled, memory, run, answer, self, person=self.person))

    def _carry_out(self, effect: Any) -> None:
        if isinstance(effect, SetTrait):
            self.traits[effect.name] = effect.value
        elif isinstance(effect, Tag):
            (self.tags.discard if effect.remove else self.tags.add)(effect.name)
        elif isinstance(effect, AddScore) and effect.name in self.scored:
            compiled = self.scored[effect.name]
            self.points[effect.name] = scores.change(
                compiled, self.points.get(effect.name), self.now, points=effect.points, set_to=effect.set_to
            )
        elif isinstance(effect, SetStage):
            model = self.models[effect.model]
            placed = decide.place(
                model,
                self.positions.get(effect.model),
                self,
                stage=effect.stage,
                status=effect.status,
                cause="journey",
                because=effect.journey,
                pin=effect.pin,
            )
            self._stand(effect.model, placed)
            self.facts += placed.moves
            self._note(placed.until)
            self._waiting += placed.moves
        elif isinstance(effect, StartJourney):
            asked = entries.Requested(journey=effect.key, by="journey", properties=effect.properties)
            self._waiting.append(asked)
        elif isinstance(effect, StopJourney):
            chosen = [r for r in self.runs if r.journey == effect.key and effect.for_key in (None, r.key)]
            self.runs = [run for run in self.runs if run not in chosen]
            for run in chosen:
                memory = self._memory(run.journey)
                self._take(self._of(run), runs.stop_run(self._of(run), memory, run, self, person=self.person))

    def _through_storage(self) -> None:
        pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode
        self.runs = [unpack(pack(run), type=runs.Run) for run in self.runs]
        self.memories = {
            key: unpack(pack(memory), type=runs.JourneyMemory) for key, memory in self.memories.items()
        }
        self.positions = {
            key: unpack(pack(position), type=Position) for key, position in self.positions.items()
        }
        self.states = {id: unpack(pack(state)) for id, state in self.states.items()}
        self.points = {key: unpack(pack(state), type=scores.State) for key, state in self.points.items()}
