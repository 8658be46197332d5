"""Runs: one person's way through one version of a journey, from entry to end.

In: a compiled journey, the run, a view of the person, and what is being applied just now. Out: the run as
it then stands (None when it ended), effects, facts, and the next instant at which it could go on by itself.
Always true: goal and exit are asked first, at every step; a run can be stored between any two steps;
the same send key never leaves twice; a loop without a wait is cut.

Call order for the engine, for each input:
  1. `observe` every run with the event      (aggregates since entry)
  2. `step_run` every run                    (with `event=` set while an event is applied)
  3. carry out the effects; while `again` is set, apply them and call `step_run` once more,
     at the same instant and without the event, which has had its say
  4. sort all `SendRequest` effects by priority; for each: `before_send`, then the policy, then
     `answer_run` with planned, deferred or dropped, which returns a StepResult like any other
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from slinga.ingest.model import Input
from slinga.journeys.compiled import Compiled
from slinga.journeys.decision import (
    Answer,
    Ask,
    Decision,
    Effect,
    End,
    EndReason,
    Fact,
    GoalReached,
    Goto,
    RunEnded,
    SendRequest,
    Stepped,
    WaitUntil,
)
from slinga.journeys.model import quiet_text
from slinga.journeys.node import Here, Node
from slinga.journeys.state import JourneyMemory, Run, RunView
from slinga.journeys.triggers import OnThingDate
from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant

MOST_HOPS = 64
"""Nodes a run may pass in one instant; more is a loop without a wait."""


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a step."""

    run: Run | None
    memory: JourneyMemory
    effects: tuple[Effect, ...] = ()
    facts: tuple[Fact, ...] = ()
    until: Instant | None = None
    again: bool = False
    """The effects change the person: apply them, then call `step_run` again at the same instant."""
    cancel: tuple[str, ...] = ()
    """Send keys of a run that ended by goal, exit or stop: what has not left yet must not leave."""
    ended: Run | None = None
    """The run as it stood when it ended, its last send included."""


class _Stepping:
    """One call's worth of a run: collects facts and effects, remembers the earliest deadline."""

    def __init__(self, compiled: Compiled, memory: JourneyMemory, run: Run, view: Any, person: str) -> None:
        self.compiled, self.memory, self.run, self.person = compiled, memory, run, person
        self.base, self.now = view, view.now
        self.view = RunView(view, run, compiled.run_features)
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []
        self.until: Instant | None = None

    def note(self, until: Instant | None) -> None:
        if until is not None and (self.until is None or until < self.until):
            self.until = until

    def test(self, path: str) -> Any:
        truth = self.compiled.predicates[path].test(self.view)
        self.note(truth.until)
        return truth

    def about(self) -> dict[str, Any]:
        run = self.run
        return {"journey": run.journey, "version": run.version, "at": self.now, "run": run.id, "key": run.key}

    def ended(self, reason: EndReason, *, outcome: str = "", witness: Any = None) -> StepResult:
        run = self.run
        self.facts.append(
            RunEnded(
                **self.about(),
                reason=reason,
                node=run.node,
                outcome=outcome or reason,
                entered_at=run.entered_at,
                sends=len(run.sends),
                witness=witness,
            )
        )
        cancel = run.sends if reason not in ("completed", "capped", "loop") else ()
        return StepResult(
            run=None,
            memory=self.memory,
            effects=tuple(self.effects),
            facts=tuple(self.facts),
            cancel=cancel,
            ended=run,
        )

    def resting(self, *, again: bool = False) -> StepResult:
        return StepResult(
            run=self.run,
            memory=self.memory,
            effects=tuple(self.effects),
            facts=tuple(self.facts),
            until=self.until,
            again=again,
        )

    def over(self) -> StepResult | None:
        """The end of the run if its thing moved, or its goal or exit holds."""
        journey = self.compiled.journey
        if isinstance(journey.trigger, OnThingDate) and journey.trigger.follow and thing_moved(self):
            return self.ended("moved")
        if journey.goal is not None and not self.run.goal_reached:
            truth = self.test("goal.condition")
            if truth.value:
                goal = journey.goal
                self.facts.append(GoalReached(**self.about(), goal=goal.name, witness=truth.witness))
                self.memory = msgspec.structs.replace(self.memory, goals=self.memory.goals + 1)
                if not goal.stay:
                    return self.ended("goal", outcome=goal.name, witness=truth.witness)
                self.run = msgspec.structs.replace(self.run, goal_reached=True)
        if journey.exit is not None:
            truth = self.test("exit")
            if truth.value:
                return self.ended("exit", witness=truth.witness)
        return None

    def assign(self, arm: str) -> None:
        arms = {**self.memory.arms, self.run.node: arm}
        self.memory = msgspec.structs.replace(self.memory, arms=arms)

    def decide(self, event: Input | None, answer: Answer | None) -> Decision:
        run, journey = self.run, self.compiled.journey
        node: Node = journey.nodes[run.node]
        prefix = f"nodes.{run.node}."
        here = Here(
            person=self.person,
            journey=journey.key,
            version=run.version,
            message_class=journey.message_class,
            topic=journey.topic,
            priority=journey.priority,
            quiet_hours=quiet_text(journey.quiet_hours),
            run=run.id,
            node=run.node,
            visit=run.visits.get(run.node, 1),
            now=self.now,
            since=run.since,
            due=run.due,
            entered_at=run.entered_at,
            trigger=run.trigger,
            view=self.view,
            event=event,
            answer=answer,
            test=lambda slot: self.test(prefix + slot),
            happened=lambda slot: (
                event is not None and self.compiled.matches(prefix + slot, event, run.trigger)
            ),
            assigned=self.memory.arms.get(run.node),
            assign=self.assign,
        )
        return node.step(here)

    def go(self, decision: Goto) -> StepResult | None:
        run = self.run
        self.facts.append(
            Stepped(
                **self.about(),
                node=run.node,
                outcome=decision.outcome,
                to=decision.to,
                stayed_for=self.now - run.since,
                witness=decision.witness,
            )
        )
        self.effects += [_stamped(effect, run) for effect in decision.effects]
        if decision.to is None:
            return self.ended("completed", outcome=decision.outcome)
        hops = run.hops + 1 if run.hops_at == self.now else 1
        self.run = arrive(msgspec.structs.replace(run, hops=hops, hops_at=self.now), decision.to, self.now)
        return self.ended("loop") if hops > MOST_HOPS else None


def arrive(run: Run, node: str, now: Instant) -> Run:
    """The run at the moment it comes to a node."""
    visits = {**run.visits, node: run.visits.get(node, 0) + 1}
    return msgspec.structs.replace(run, node=node, since=now, due=None, asked=None, visits=visits)


def step_run(
    compiled: Compiled,
    memory: JourneyMemory,
    run: Run,
    view: Any,
    *,
    person: str,
    event: Input | None = None,
    answer: Answer | None = None,
) -> StepResult:
    """Run nodes until the run waits, asks, ends or changes the person. `view.now` is the instant.

    `event` is the event being applied, if one is; waits for an event look at nothing else.
    """
    stepping = _Stepping(compiled, memory, run, view, person)
    over = stepping.over()
    if over is not None:
        return over
    while True:
        run = stepping.run
        if run.asked is not None and answer is None and (run.due is None or run.due > stepping.now):
            stepping.note(run.due)
            return stepping.resting()
        decision = stepping.decide(event, answer)
        answer = None
        if isinstance(decision, WaitUntil):
            stepping.note(decision.until)
            stepping.run = msgspec.structs.replace(stepping.run, due=decision.due, asked=None)
            return stepping.resting()
        if isinstance(decision, Ask):
            if isinstance(decision.effect, SendRequest) and _capped(stepping):
                return stepping.ended("capped")
            stepping.note(decision.due)
            stepping.effects.append(_stamped(decision.effect, stepping.run))
            stepping.run = msgspec.structs.replace(stepping.run, asked=decision.ask, due=decision.due)
            return stepping.resting()
        if isinstance(decision, End):
            stepping.facts.append(
                Stepped(
                    **stepping.about(),
                    node=stepping.run.node,
                    outcome=decision.outcome,
                    witness=decision.witness,
                )
            )
            return stepping.ended("completed", outcome=decision.outcome, witness=decision.witness)
        ended = stepping.go(decision)
        # An event moves a run one step: the next wait for the same event wants a new one.
        event = None
        if ended is not None:
            return ended
        if decision.effects:
            return stepping.resting(again=True)


def before_send(
    compiled: Compiled, memory: JourneyMemory, run: Run, view: Any, *, person: str
) -> StepResult | None:
    """Ask exit, goal and cap once more, right before the policy decides on a send; None means go ahead."""
    return watch(compiled, memory, run, view, person=person)[0]


def watch(
    compiled: Compiled, memory: JourneyMemory, run: Run, view: Any, *, person: str
) -> tuple[StepResult | None, Instant | None]:
    """The same, and how long the answer to go ahead holds if nothing it reads changes."""
    stepping = _Stepping(compiled, memory, run, view, person)
    over = stepping.over()
    if over is None and _capped(stepping):
        over = stepping.ended("capped")
    return over, stepping.until


def answer_run(
    compiled: Compiled, memory: JourneyMemory, run: Run, answer: Answer, view: Any, *, person: str
) -> StepResult:
    """Tell a run how its ask went, and let it go on. An answer that nobody waits for changes nothing."""
    if answer.ask != run.asked:
        stepping = _Stepping(compiled, memory, run, view, person)
        stepping.note(run.due)
        return stepping.resting()
    if answer.outcome == "deferred":
        stepping = _Stepping(compiled, memory, run, view, person)
        witness = {"reason": answer.reason, "until": answer.until}
        stepping.facts.append(
            Stepped(**stepping.about(), node=run.node, outcome="deferred", to=run.node, witness=witness)
        )
        due = answer.until if run.due is None or answer.until is None else min(answer.until, run.due)
        stepping.run = msgspec.structs.replace(run, due=due)
        over = stepping.over()
        stepping.note(due)
        return over if over is not None else stepping.resting()
    if answer.outcome == "planned":
        if not run.sends:
            memory = _executed(compiled, memory, view)
        run = msgspec.structs.replace(run, sends=(*run.sends, answer.ask))
    return step_run(compiled, memory, run, view, person=person, answer=answer)


def stop_run(
    compiled: Compiled,
    memory: JourneyMemory,
    run: Run,
    view: Any,
    *,
    person: str,
    reason: EndReason = "stopped",
) -> StepResult:
    """End a run from outside: a stop-journey effect, a member, a merge, an unpublished journey.

    A purchase may reach the goal and move the person to a stage that stops the journey, both at once: then
    the run ended by its goal, and counts so.
    """
    stepping = _Stepping(compiled, memory, run, view, person)
    over = stepping.over() if reason == "stopped" else None
    return over or stepping.ended(reason)


def observe(compiled: Compiled, run: Run, event: Input) -> Run:
    """Fold an event into the run's aggregates since entry. Call before anything is decided on the event."""
    changed: dict[str, Any] = {}
    if event.name not in compiled.observed:
        return run
    for id, feature in compiled.run_features.items():
        before = run.features[id]
        after = feature.fold(before, event)
        if after is not before:
            changed[id] = after
    return msgspec.structs.replace(run, features={**run.features, **changed}) if changed else run


def thing_moved(stepping: _Stepping) -> bool:
    """Whether the thing a run is about is gone, or its date is another than the one that started the run."""
    trigger, run = stepping.compiled.journey.trigger, stepping.run
    assert isinstance(trigger, OnThingDate)
    for thing in stepping.base.things(trigger.type):
        if str(thing.get("id")) == run.key:
            return str((thing.get("attributes") or {}).get(trigger.attr)) != run.trigger.get("date")
    return True


def cap_free_at(compiled: Compiled, memory: JourneyMemory, zone: Any, now: Instant) -> Instant | None:
    """When the cap has room again; None means now."""
    cap = compiled.journey.cap
    if cap is None:
        return None
    ends = sorted(add(at, period(cap.per), zone) for at in memory.executions)
    inside = [end for end in ends if end > now]
    return inside[len(inside) - cap.count] if len(inside) >= cap.count else None


def _capped(stepping: _Stepping) -> bool:
    if stepping.run.sends:
        return False
    return cap_free_at(stepping.compiled, stepping.memory, stepping.base.zone, stepping.now) is not None


def _executed(compiled: Compiled, memory: JourneyMemory, view: Any) -> JourneyMemory:
    cap = compiled.journey.cap
    if cap is None:
        return memory
    kept = [at for at in memory.executions if add(at, period(cap.per), view.zone) > view.now]
    return msgspec.structs.replace(memory, executions=(*kept, view.now))


def _stamped(effect: Effect, run: Run) -> Effect:
    return msgspec.structs.replace(
        effect, journey=run.journey, version=run.version, run=run.id, node=effect.node or run.node
    )


def newest(items: Mapping[str, Instant], most: int = 200) -> dict[str, Instant]:
    """The newest entries of a map of instants, so that state stays small."""
    if len(items) <= most:
        return dict(items)
    return dict(sorted(items.items(), key=lambda pair: (pair[1], pair[0]))[-most:])
