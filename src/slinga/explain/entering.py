"""Why somebody was let into a journey or not: trigger, freshness, re-entry, condition, holdout.

In: a case, a journey, the fact of the last entry decision, or none. Out: checks with values, and the search.
Always true: what was decided is told from the fact; the values come from the replay of that very step.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from slinga.engine.replay import Played, Point
from slinga.engine.view import PersonView
from slinga.explain import changes, sayings
from slinga.explain.case import Case, Looked, search
from slinga.explain.happenings import event, less, more_of, span
from slinga.explain.model import Added, Change, Check
from slinga.explain.scene import Scene, properties
from slinga.explain.smallest import ways
from slinga.explain.trace import Node, check, trace
from slinga.explain.values import dates, days_between, placed
from slinga.journeys.compiled import VISIT_EVENTS, Compiled
from slinga.journeys.entries import reentry_at
from slinga.journeys.occurrences import due
from slinga.journeys.state import JourneyMemory
from slinga.journeys.triggers import (
    DATED,
    OnDate,
    OnEvent,
    OnScore,
    OnSegment,
    OnStage,
    OnStatus,
    OnThingDate,
    OnVisit,
)
from slinga.kernel.calendar import add, local, period
from slinga.kernel.clock import Instant, iso
from slinga.kernel.ids import chance
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.people.model import Fact
from slinga.segments import grammar
from slinga.segments import terms as g
from slinga.segments.features import feature_of
from slinga.segments.words import describe, length, where

ENTERED = ("run_entered", "run_restarted")


_CHANGES = {
    "entered": N_("coming into the segment %(name)s"),
    "left": N_("leaving the segment %(name)s"),
    "fell_below": N_("the score %(name)s fell below %(value)s"),
    "rose_above": N_("the score %(name)s rose above %(value)s"),
}


def trigger_text(compiled: Compiled, _: Words = ENGLISH) -> str:
    """What starts a journey, in words."""
    trigger = compiled.journey.trigger
    match trigger:
        case OnEvent():
            quoted = [_('"%(text)s"') % {"text": name} for name in (trigger.name, *trigger.also)]
            return _either(quoted, _) + where(_filters(list(trigger.where)), _)
        case OnVisit():
            name, filters = VISIT_EVENTS[trigger.phase]
            return _('"%(text)s"') % {"text": name} + where(_filters(list(filters)), _)
        case OnSegment():
            return _(_CHANGES[trigger.change]) % {"name": _.called("segment", trigger.key)}
        case OnStage() | OnStatus():
            return _moving(trigger, _)
        case OnScore():
            values = {"name": _.called("score", trigger.name), "value": f"{trigger.value:g}"}
            return _(_CHANGES[trigger.change]) % values
        case OnDate():
            text = _("the date %(name)s, %(offset)s from it at %(at)s")
            return text % {"name": trigger.trait, "offset": trigger.offset, "at": trigger.at}
        case OnThingDate():
            text = _("the date %(name)s of a %(thing)s, %(offset)s from it at %(at)s")
            values = {"name": trigger.attr, "thing": trigger.type, "offset": trigger.offset, "at": trigger.at}
            return text % values
    if isinstance(trigger, DATED):
        return _("a schedule")
    return _("being put in by a member or another system")


def _either(texts: list[str], _: Words) -> str:
    link = _("or")
    return f" {link} ".join(texts)


def _moving(trigger: OnStage | OnStatus, _: Words) -> str:
    kind = "stage" if isinstance(trigger, OnStage) else "status"
    text = _("a change of stage in %(model)s") if kind == "stage" else _("a change of status in %(model)s")
    said = text % {"model": _.called("model", trigger.model)}
    for word, keys in ((_("from"), trigger.from_), (_("to"), trigger.to)):
        if keys:
            said += f" {word} {_either([_.called(kind, trigger.model, key) for key in keys], _)}"
    return said


def _filters(filters: list[Any]) -> list[g.Filter]:
    leaf = grammar.parse({"op": "event", "name": "x", "where": filters})
    assert isinstance(leaf, g.Event)
    return leaf.where


def header(compiled: Compiled, case: Case, looked: Looked, fact: Fact | None) -> Iterator[Check]:
    """The questions of an entry in their order, each with its value at the decision."""
    journey, now = compiled.journey, looked.point.at
    item = case.item(looked.point.seq)
    memory = looked.before.person.memory.get(journey.key, JourneyMemory())
    key = str(fact.body.get("key", "")) if fact is not None else ""
    reason = str(fact.body.get("reason", "")) if fact is not None else ""
    _ = case.words
    source = _("the passing of time")
    if item:
        source = f'"{item.name or item.kind}" {iso(item.occurred_at or item.at)}'
    text = _("trigger: %(trigger)s") % {"trigger": trigger_text(compiled, _)}
    yield Check(text, fact is not None, source)
    if fact is None:
        return
    if item is not None:
        oldest = add(now, _negative(journey.max_event_age), compiled.zone)
        fresh = item.occurred_at >= oldest or reason != "too_old"
        text = _("not older than %(length)s") % {"length": length(journey.max_event_age, _)}
        yield Check(text, fresh, span(now - item.occurred_at, _))
    if journey.key_by:
        yield Check(_("about a thing: %(name)s") % {"name": journey.key_by}, reason != "no_key", key or None)
    if reason in ("already_inside", "too_many_runs"):
        node = (fact.body.get("witness") or {}).get("node")
        at = _.called("node", journey.key, str(node)) if node else None
        yield Check(_("no run going already"), False, at)
        return
    free = reentry_at(compiled, memory, key)
    if isinstance(journey.reentry, str):
        again = _(journey.reentry)
    else:
        again = _("every %(length)s") % {"length": length(journey.reentry.every, _)}
    last = memory.last.get(key)
    yield Check(
        _("re-entry: %(rule)s") % {"rule": again},
        reason != "reentry",
        _("last in %(at)s") % {"at": iso(last)} if last else _("never in before"),
        free if free is not None and free > now else None,
    )
    if reason == "reentry":
        return
    asked = looked.last("condition")
    if asked is not None:
        yield check(asked.node, _)
    if journey.condition is not None and asked is None:
        yield Check(
            describe(compiled.predicates["condition"].condition, _),
            reason != "condition",
            fact.body.get("witness"),
        )
    if reason == "condition":
        return
    yield holdout(compiled, looked.before.person.key, memory, fact.kind == "holdout", _)


def holdout(compiled: Compiled, person: str, memory: JourneyMemory, held: bool, _: Words = ENGLISH) -> Check:
    """The group of comparison: what was drawn for this person, and the share."""
    share = compiled.journey.holdout
    drawn = chance("holdout", compiled.journey.key, person)
    if not share and not held:
        return Check(_("nobody is held out"))
    note = _("drawn once, for good") if memory.held_out is not None else ""
    text = _("not held out for comparison (share %(share)s)") % {"share": f"{share:g}"}
    return Check(text, not held, _("drawn %(number)s") % {"number": f"{drawn:.6f}"}, note=note)


def _negative(text: str) -> Any:
    length = period(text)
    return type(length)(-length.months, -length.micros)


def let_in(journey: str) -> Any:
    """The answer that the search turns: whether the step lets somebody into the journey."""

    def answer(played: Played) -> bool:
        return any(fact.kind in ENTERED and fact.name == journey for fact in played.news)

    return answer


def turn_refusal(case: Case, compiled: Compiled, looked: Looked, fact: Fact) -> list[Change]:
    """What would have let somebody in who was refused or held out."""
    reason = "holdout" if fact.kind == "holdout" else str(fact.body.get("reason", ""))
    asked = looked.last("condition")
    view = asked.view if asked is not None else PersonView(
        looked.before.person, looked.after.program, looked.point.at
    )  # fmt: skip
    roots = [(asked.node, True, asked.view)] if asked is not None and reason == "condition" else []

    def extra(scene: Scene) -> Iterable[Change]:
        yield from _turn_header(case, compiled, scene, fact, reason)

    return search(case, looked.point, let_in(compiled.journey.key), roots, extra, view, passing=False)


def _turn_header(case: Case, compiled: Compiled, scene: Scene, fact: Fact, reason: str) -> Iterator[Change]:
    _, journey, item = scene.words, compiled.journey, scene.item
    until = fact.body.get("until")
    if isinstance(until, int) and until > scene.now and item is not None and item.seq:
        name = item.name or item.kind
        there = local(until, scene.zone)
        text = _('"%(event)s" on or after %(at)s') % {"event": name, "at": f"{there:%Y-%m-%d %H:%M}"}
        yield changes.wait(until, scene.now, text, shift=True)
    if reason in ("reentry", "already_inside", "too_many_runs"):
        for one in reversed(case.facts(journey.key, ENTERED)):
            earlier = case.item(one.seq)
            if earlier is not None and one.fact.at <= scene.now and (item is None or earlier.seq < item.seq):
                yield changes.never(less([earlier], _), [earlier.seq])
    if reason == "reentry":
        yield changes.define("journey", journey.key, "reentry", "always", _("re-entry always"))
    if reason == "too_old" and item is not None:
        swap = Added(item.kind, item.name, item.body, None, item.seq, trust=item.trust, source=item.source)
        yield changes.other(_('"%(event)s" reported at once') % {"event": item.name}, swap)
    if reason == "no_key" and item is not None and journey.key_by:
        body = placed(item.body, journey.key_by.split("."), "what-if")
        swap = Added(item.kind, item.name, body, item.occurred_at, item.seq, trust=item.trust)
        text = _('"%(event)s" with %(name)s') % {"event": item.name, "name": journey.key_by}
        yield changes.other(text, swap)
    if reason == "holdout":
        drawn = chance("holdout", journey.key, case.life.key)
        share = int(drawn * 10_000) / 10_000
        text = _("a holdout of at most %(share)s") % {"share": f"{share:g}"}
        yield changes.define("journey", journey.key, "holdout", share, text)


def never_triggered(case: Case, compiled: Compiled) -> Iterator[Check]:
    """What the trigger waits for, and how near this person came to it."""
    _, trigger, now = case.words, compiled.journey.trigger, case.now
    view = PersonView(case.person, case.program, now)
    published = compiled.live_from
    if published:
        yield Check(_("live since %(at)s") % {"at": iso(published)})
    match trigger:
        case OnEvent() | OnVisit():
            yield from _near_events(case, compiled, published)
        case OnSegment():
            predicate = case.program.segments.get(trigger.key)
            since = case.person.members.get(trigger.key)
            text = _("in the segment %(name)s") % {"name": _.called("segment", trigger.key)}
            if since is not None:
                yield Check(text, True, _("since %(at)s") % {"at": iso(since)})
                if trigger.change == "entered" and published and since <= published:
                    yield Check(_("came into it while the journey was live"), False)
            elif predicate is not None:
                why = check(trace(predicate.condition, view, case.program.zone), _)
                yield Check(text, False, of=(why,))
        case OnStage() | OnStatus():
            stage, status = view.stage(trigger.model), view.status(trigger.model)
            place = [
                _.called(kind, trigger.model, key)
                for kind, key in (("stage", stage), ("status", status))
                if key
            ]
            text = _("stands in %(model)s") % {"model": _.called("model", trigger.model)}
            yield Check(text, None, " ".join(place))
        case OnScore():
            text = _("the score %(name)s") % {"name": _.called("score", trigger.name)}
            yield Check(text, None, view.score(trigger.name))
        case OnDate() | OnThingDate():
            name = trigger.trait if isinstance(trigger, OnDate) else trigger.attr
            there: Any = view.trait(name) if isinstance(trigger, OnDate) else None
            if isinstance(trigger, OnThingDate):
                things = list(view.things(trigger.type))
                there = [thing["attributes"].get(name) for thing in things][:5]
            coming = due(trigger, view, now)
            text = _("the date %(name)s is known") % {"name": name}
            yield Check(text, bool(there), there, coming.next_at)
        case _:
            if isinstance(trigger, DATED):
                yield Check(_("the schedule's next instant"), None, until=due(trigger, view, now).next_at)


def _near_events(case: Case, compiled: Compiled, published: Instant) -> Iterator[Check]:
    names = {name for feature in compiled.events["trigger"] for name in feature.names}
    same = [item for item in case.life.inputs if item.name in names]
    _ = case.words
    text = _("did %(events)s") % {"events": _either(sorted(names), _)}
    if not same:
        yield Check(text, False, 0)
        return
    last = same[-1]
    yield Check(text, True, len(same), note=_("last %(at)s") % {"at": iso(last.occurred_at)})
    if last.kind == "history":
        yield Check(_("not history: what was imported starts nothing"), False, last.source)
    if published and last.at < published:
        yield Check(_("happened while the journey was live"), False, iso(last.at))
    trigger = compiled.journey.trigger
    raw: list[Any] = []
    if isinstance(trigger, OnEvent):
        raw = list(trigger.where)
    elif isinstance(trigger, OnVisit):
        raw = list(VISIT_EVENTS[trigger.phase][1])
    for each in _filters(raw):
        leaf = g.Event(name=last.name, where=[each])
        fits = feature_of(leaf, compiled.zone).value(last, []) is not None
        props = last.body.get("properties") or {}
        yield Check(where([each], _).strip(), fits, props.get(each.prop.split(".")[0]))


PUT_IN = N_("put into the journey by a member")


def turn_absence(case: Case, compiled: Compiled) -> list[Change]:
    """What would start the journey for somebody for whom its trigger never came."""
    trigger = compiled.journey.trigger
    view = PersonView(case.person, case.program, case.now)
    roots: list[tuple[Node, bool, Any]] = []
    zone = case.program.zone
    if isinstance(trigger, OnSegment) and trigger.key in case.program.segments:
        node = trace(case.program.segments[trigger.key].condition, view, zone)
        wanted = trigger.change == "entered"
        if node.holds is not wanted:
            roots.append((node, wanted, view))

    def extra(scene: Scene) -> Iterable[Change]:
        starts = list(_starts(compiled, scene))
        yield from starts
        if compiled.journey.condition is not None:
            node = trace(compiled.predicates["condition"].condition, view, zone)
            for begin in starts[:6]:
                for way in ways(node, True, scene)[:12]:
                    both = changes.together([way, begin], scene.words)
                    if both is not None:
                        yield both
        body = {"journey": compiled.journey.key, "by": "manual"}
        text = scene.words(PUT_IN)
        yield changes.place(text, Added("command", "add_to_journey", body))

    return search(case, Point(case.now), _starts_now(compiled.journey.key), roots, extra, view)


def _starts_now(journey: str) -> Any:
    """Whether a run of the journey began in all that was replayed."""

    def answer(played: Played) -> bool:
        return any(one.fact.kind in ENTERED and one.fact.name == journey for one in played.facts)

    return answer


def _starts(compiled: Compiled, scene: Scene) -> Iterator[Change]:
    """What a trigger waits for, as inputs."""
    _, trigger = scene.words, compiled.journey.trigger
    match trigger:
        case OnEvent():
            found = properties(_filters(list(trigger.where)), scene)
            if found is None:
                return
            if compiled.journey.key_by:
                found = placed({"properties": found}, compiled.journey.key_by.split("."), "what-if")[
                    "properties"
                ]
            for name in (trigger.name, *trigger.also):
                text = more_of(_, name, _filters(list(trigger.where)))
                yield changes.more(text, event(name, found))
        case OnVisit():
            yield changes.more(_("a visit"), event("Page Viewed", {"path": "/"}))
        case OnStage() | OnStatus():
            model = scene.program.models.get(trigger.model)
            for stage in model.model.stages if model is not None else ():
                statuses: list[str | None] = [None, *(status.key for status in stage.statuses)]
                for status in statuses:
                    yield sayings.placing(_, trigger.model, stage.key, status)
                predicate = (
                    model.predicates.get(f"stages.{model.model.stages.index(stage)}.enter") if model else None
                )
                if predicate is not None and isinstance(trigger, OnStage) and stage.key in trigger.to:
                    yield from ways(trace(predicate.condition, scene.view, scene.zone), True, scene, 1)
        case OnDate():
            for value in dates("within_next", "360d", True, scene.now, scene.zone)[:4]:
                yield changes.say(
                    sayings.trait_text(_, trigger.trait, value),
                    sayings.identify({trigger.trait: value}),
                    amount=days_between(value, scene.now, scene.zone),
                )
