"""Where somebody stands, with one line of why each: segments, stages, journeys.

In: a case. Out: a `Proof` without a question. Always true: every journey in force is named, also those the
person never came to.
"""

from collections.abc import Iterator

from slinga.engine.view import PersonView
from slinga.explain.case import Case
from slinga.explain.entering import trigger_text
from slinga.explain.journey import DOORS, REFUSALS
from slinga.explain.message import DECIDED
from slinga.explain.model import Check, Proof, Section
from slinga.explain.policy import reason_text
from slinga.explain.trace import Node, trace
from slinga.kernel.clock import iso
from slinga.segments.words import describe


def explain(case: Case) -> Proof:
    """Segments, stages and journeys of a person, one line each."""
    sections = (
        Section("Known as", tuple(Check(name) for name in case.names) or (Check("nobody by name"),)),
        Section("Segments", tuple(_segments(case))),
        Section("Stages", tuple(_stages(case))),
        Section("Journeys", tuple(_journeys(case))),
    )
    inside = sum(1 for _ in case.person.runs)
    verdict = (
        f"In {len(case.person.members)} of {len(case.program.segments)} segments, in {inside} journey runs, "
        f"under program {case.person.program or case.program.number}."
    )
    return Proof(case.person.key, "person", "", verdict, "standing", case.zone, case.now, sections)


def _segments(case: Case) -> Iterator[Check]:
    view = PersonView(case.person, case.program, case.now)
    for key, predicate in sorted(case.program.segments.items()):
        node = trace(predicate.condition, view, case.program.zone)
        since = case.person.members.get(key)
        yield Check(
            key, since is not None, f"since {iso(since)}" if since else None, node.until, note=_why(node)
        )


def _why(node: Node) -> str:
    """The leaves that decide: of all, those that fail; of any, those that hold."""
    deciding = _deciding(node)
    return "; ".join(_leaf(leaf) for leaf in deciding[:3]) + (" ..." if len(deciding) > 3 else "")


def _deciding(node: Node) -> list[Node]:
    if node.way == "leaf":
        return [node]
    if node.way == "not":
        return _deciding(node.of[0])
    some = [child for child in node.of if child.holds is node.holds] or list(node.of)
    alone = (node.way == "all") is not node.holds
    return _deciding(some[0]) if alone and some else [leaf for child in some for leaf in _deciding(child)]


def _leaf(node: Node) -> str:
    return f"{describe(node.condition)}: {'yes' if node.holds else 'no'}"


def _stages(case: Case) -> Iterator[Check]:
    moves = case.facts(kinds=("stage_moved", "status_moved"))
    for model, position in sorted(case.person.positions.items()):
        cause = next((one.fact.body for one in reversed(moves) if one.fact.name == model), {})
        because = " ".join(str(cause[part]) for part in ("cause", "because") if cause.get(part))
        status = f" as {position.status}" if position.status else ""
        pinned = f"pinned until {iso(position.pinned_until)}" if position.pinned_until else ""
        note = "; ".join(part for part in (because, pinned) if part)
        yield Check(f"{model}: {position.stage}{status}", None, f"since {iso(position.since)}", note=note)


def _journeys(case: Case) -> Iterator[Check]:
    for key, compiled in sorted(case.program.journeys.items()):
        running = [run for run in case.person.runs if run.journey == key]
        if running:
            run = running[-1]
            waits = f", until {iso(run.due)}" if run.due else ""
            yield Check(key, True, f"since {iso(run.entered_at)}", note=f"at {run.node}{waits}")
            continue
        facts = case.facts(key, (*DOORS, "run_ended", *DECIDED))
        if not facts:
            yield Check(key, False, note=f"never triggered: {trigger_text(compiled)}")
            continue
        last = facts[-1].fact
        reason = str(last.body.get("reason", ""))
        words = {
            "entry_refused": f"not let in: {REFUSALS.get(reason, reason)}",
            "holdout": REFUSALS["holdout"],
            "run_ended": f"was in, ended: {reason}",
            "send_blocked": f"message dropped: {reason_text(reason)}",
            "send_deferred": f"message put off: {reason_text(reason)}",
        }
        yield Check(key, False, note=f"{words.get(last.kind, last.kind.replace('_', ' '))}", at=last.at)
