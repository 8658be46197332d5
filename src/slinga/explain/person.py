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
from slinga.kernel.clock import Instant, iso
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_
from slinga.segments.words import describe

LAST = {
    "entry_refused": N_("not let in: %(why)s"),
    "holdout": REFUSALS["holdout"],
    "run_ended": N_("was in, ended: %(why)s"),
    "send_blocked": N_("message dropped: %(why)s"),
    "send_deferred": N_("message put off: %(why)s"),
}


def explain(case: Case) -> Proof:
    """Segments, stages and journeys of a person, one line each."""
    _ = case.words
    sections = (
        Section(_("Known as"), tuple(Check(name) for name in case.names) or (Check(_("nobody by name")),)),
        Section(_("Segments"), tuple(_segments(case))),
        Section(_("Stages"), tuple(_stages(case))),
        Section(_("Journeys"), tuple(_journeys(case))),
    )
    verdict = _("In %(in)s of %(all)s segments, in %(runs)s journey runs, under program %(program)s.") % {
        "in": len(case.person.members),
        "all": len(case.program.segments),
        "runs": len(list(case.person.runs)),
        "program": case.person.program or case.program.number,
    }
    return Proof(case.person.key, "person", "", verdict, "standing", case.zone, case.now, sections)


def _segments(case: Case) -> Iterator[Check]:
    view = PersonView(case.person, case.program, case.now)
    for key, predicate in sorted(case.program.segments.items()):
        node = trace(predicate.condition, view, case.program.zone)
        since = case.person.members.get(key)
        name = case.words.called("segment", key)
        yield Check(name, since is not None, _since(case, since), node.until, note=_why(node, case.words))


def _since(case: Case, at: Instant | None) -> str | None:
    return case.words("since %(at)s") % {"at": iso(at)} if at else None


def _why(node: Node, _: Words) -> str:
    """The leaves that decide: of all, those that fail; of any, those that hold."""
    deciding = _deciding(node)
    said = (f"{describe(leaf.condition, _)}: {_('yes') if leaf.holds else _('no')}" for leaf in deciding[:3])
    return "; ".join(said) + (" ..." if len(deciding) > 3 else "")


def _deciding(node: Node) -> list[Node]:
    if node.way == "leaf":
        return [node]
    if node.way == "not":
        return _deciding(node.of[0])
    some = [child for child in node.of if child.holds is node.holds] or list(node.of)
    alone = (node.way == "all") is not node.holds
    return _deciding(some[0]) if alone and some else [leaf for child in some for leaf in _deciding(child)]


def _stages(case: Case) -> Iterator[Check]:
    _ = case.words
    moves = case.facts(kinds=("stage_moved", "status_moved"))
    for model, position in sorted(case.person.positions.items()):
        cause = next((one.fact.body for one in reversed(moves) if one.fact.name == model), {})
        because = " ".join(_(str(cause[part])) for part in ("cause", "because") if cause.get(part))
        pinned = (
            _("pinned until %(at)s") % {"at": iso(position.pinned_until)} if position.pinned_until else ""
        )
        note = "; ".join(part for part in (because, pinned) if part)
        text = _("%(model)s: %(stage)s as %(status)s") if position.status else _("%(model)s: %(stage)s")
        said = text % {
            "model": _.called("model", model),
            "stage": _.called("stage", model, position.stage),
            "status": _.called("status", model, position.status or ""),
        }
        yield Check(said, None, _since(case, position.since), note=note)


def _journeys(case: Case) -> Iterator[Check]:
    _ = case.words
    for key, compiled in sorted(case.program.journeys.items()):
        name = _.called("journey", key)
        running = [run for run in case.person.runs if run.journey == key]
        if running:
            run = running[-1]
            waits = ", " + _("until %(at)s") % {"at": iso(run.due)} if run.due else ""
            note = _("at %(node)s") % {"node": _.called("node", key, run.node)} + waits
            yield Check(name, True, _since(case, run.entered_at), note=note)
            continue
        facts = case.facts(key, (*DOORS, "run_ended", *DECIDED))
        if not facts:
            yield Check(
                name, False, note=_("never triggered: %(trigger)s") % {"trigger": trigger_text(compiled, _)}
            )
            continue
        last = facts[-1].fact
        reason = str(last.body.get("reason", ""))
        why = (
            reason_text(reason, _)
            if last.kind in DECIDED
            else _(REFUSALS.get(reason, reason.replace("_", " ")))
        )
        said = _(LAST.get(last.kind, last.kind.replace("_", " "))) % {"why": why}
        yield Check(name, False, note=said, at=last.at)
