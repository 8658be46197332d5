"""Why somebody is in a journey or not, and why they got its message or not.

In: a case and a journey's key. Out: a `Proof` of the last decision about it, with the instant it was decided.
Always true: each possible reason is one word from the closed lists of entries, runs and the policy.
"""

import msgspec

from slinga.engine.replay import Played
from slinga.engine.view import PersonView
from slinga.explain import changes, entering, message, policy
from slinga.explain.case import Case, finished, look, point_of, search, versions
from slinga.explain.happenings import less
from slinga.explain.model import Change, Check, Proof, Section
from slinga.explain.trace import check
from slinga.journeys.compiled import Compiled
from slinga.journeys.nodes.branch import Branch
from slinga.journeys.state import Run
from slinga.kernel.clock import iso
from slinga.kernel.errors import Missing
from slinga.kernel.words import noted as N_
from slinga.people.model import Recorded

DOORS = ("run_entered", "run_restarted", "entry_refused", "holdout", "run_refused")
REFUSALS = {
    "too_old": N_("its trigger happened too long ago"),
    "already_inside": N_("a run about the same was going already"),
    "reentry": N_("they may not come in again yet"),
    "condition": N_("its condition did not hold"),
    "too_many_runs": N_("too many runs were going at once"),
    "no_key": N_("the trigger does not say what the run would be about"),
    "holdout": N_("they belong to the group that is held out for comparison"),
}


KINDS = (N_("wait"), N_("branch"), N_("split"), N_("send"), N_("exit"), N_("hand over"), N_("gone"))
"""The kinds of nodes where somebody can be found."""


def explain(case: Case, key: str) -> Proof:
    """The last decision about a journey. Raises Missing for one that is not published."""
    compiled = case.program.journeys.get(key) or next(
        (found for (name, _), found in reversed(case.program.versions.items()) if name == key), None
    )
    if compiled is None:
        raise Missing("there is no journey '%(key)s' in force", field="journey", key=key)
    doors = case.facts(key, DOORS)
    running = [run for run in case.person.runs if run.journey == key]
    if running:
        return _inside(case, compiled, running[-1])
    while doors and doors[-1].fact.body.get("reason") == "already_inside":
        doors.pop()
    if not doors:
        return _never(case, compiled)
    last = doors[-1]
    if last.fact.kind in entering.ENTERED:
        return _ended(case, compiled, last)
    return _refused(case, compiled, last)


def _never(case: Case, compiled: Compiled) -> Proof:
    key, _ = compiled.journey.key, case.words
    trigger = entering.trigger_text(compiled, _)
    sections = (
        versions(case, key, compiled.version, case.program.number),
        Section(
            _("Trigger: %(trigger)s") % {"trigger": trigger},
            tuple(entering.never_triggered(case, compiled)),
            case.now,
        ),
    )
    verdict = _("Never came to %(journey)s: its trigger, %(trigger)s, has not started it for them.") % {
        "journey": _.called("journey", key), "trigger": trigger
    }  # fmt: skip
    proof = Proof(case.person.key, "journey", key, verdict, "never_triggered", case.zone, case.now, sections)
    return finished(case, proof, entering.turn_absence(case, compiled), case.now)


def _version(case: Case, one: Recorded, compiled: Compiled) -> Compiled:
    version = one.fact.body.get("version")
    return case.program.versions.get((compiled.journey.key, int(version or 0)), compiled)


def _refused(case: Case, compiled: Compiled, one: Recorded) -> Proof:
    key, fact, _ = compiled.journey.key, one.fact, case.words
    reason = "holdout" if fact.kind == "holdout" else str(fact.body.get("reason", fact.kind))
    then = _version(case, one, compiled)
    looked = look(case, point_of(case, one), key)
    count = sum(each.fact.kind in ("entry_refused", "holdout") for each in case.facts(key, DOORS))
    sections = (
        versions(case, key, then.version, looked.after.program.number),
        Section(_("Entry"), tuple(entering.header(then, case, looked, fact)), fact.at),
    )
    why = _(REFUSALS.get(reason, reason.replace("_", " ")))
    verdict = _("Was not let into %(journey)s at %(at)s: %(why)s.") % {
        "journey": _.called("journey", key), "at": iso(fact.at), "why": why
    }  # fmt: skip
    if count > 1:
        verdict += " " + _.many(
            "So far they were refused %(num)s time.", "So far they were refused %(num)s times.", count
        )
    proof = Proof(case.person.key, "journey", key, verdict, reason, case.zone, fact.at, sections)
    return finished(case, proof, entering.turn_refusal(case, then, looked, fact), fact.at)


def _inside(case: Case, compiled: Compiled, run: Run) -> Proof:
    key, _ = compiled.journey.key, case.words
    entered = message.entries(case, run.id)
    decided = [one for one in case.facts(key, message.DECIDED) if one.fact.body.get("run") == run.id]
    node = case.program.versions.get((key, run.version), compiled).journey.nodes.get(run.node)
    step = _.called("node", key, run.node)
    kind = _(str(node.__struct_config__.tag).replace("_", " ") if node is not None else "gone")
    values: dict[str, object] = {
        "journey": _.called("journey", key),
        "sent": len(run.sends),
        "node": step if step != run.node else f"{step} ({kind})",
        "since": iso(run.since),
        "in": iso(run.entered_at),
        "waits": ", " + _("until %(at)s") % {"at": iso(run.due)} if run.due else "",
    }
    where = Section(
        _("Where they are"),
        (
            Check(_("at %(node)s since %(since)s") % values + str(values["waits"])),
            Check(_("messages of this run: %(sent)s") % values),
        ),
    )
    sections: tuple[Section, ...] = (*_entry(case, compiled, entered), message.way(case, run.id), where)
    last = decided[-1] if decided else None
    if last is not None and last.fact.kind != "send_planned":
        more, found = message.explain_blocked(case, last)
        reason = str(last.fact.body.get("reason", ""))
        until = last.fact.body.get("until")
        values |= {
            "became": _(_became(last)),
            "at": iso(last.fact.at),
            "why": policy.reason_text(reason, _),
            "rest": ", " + _("until %(at)s") % {"at": iso(until)} if isinstance(until, int) else "",
        }
        verdict = (
            _("Is in %(journey)s at %(node)s; its message %(became)s at %(at)s: %(why)s%(rest)s.") % values
        )
        proof = Proof(
            case.person.key, "journey", key, verdict, reason, case.zone, last.fact.at, (*sections, *more)
        )
        return finished(case, proof, found, last.fact.at)
    verdict = _.many(
        "Is in %(journey)s since %(in)s, at %(node)s%(waits)s; %(num)s message so far.",
        "Is in %(journey)s since %(in)s, at %(node)s%(waits)s; %(num)s messages so far.",
        len(run.sends),
        **values,
    )
    at = entered[-1].fact.at if entered else run.entered_at
    proof = Proof(case.person.key, "journey", key, verdict, "inside", case.zone, at, sections)
    if not entered:
        return finished(case, proof, [], at, unturned=_("nothing is recorded of how they came in"))
    return finished(case, proof, _turn_entry(case, compiled, entered[-1]), at)


def _became(one: Recorded) -> str:
    return N_("was put off") if one.fact.kind == "send_deferred" else N_("was dropped")


def _entry(case: Case, compiled: Compiled, entered: list[Recorded]) -> tuple[Section, ...]:
    if not entered:
        return ()
    one = entered[-1]
    then = _version(case, one, compiled)
    looked = look(case, point_of(case, one), compiled.journey.key)
    checks = tuple(entering.header(then, case, looked, one.fact))
    return (
        versions(case, compiled.journey.key, then.version, looked.after.program.number),
        Section(case.words("Entry"), checks, one.fact.at),
    )


def _turn_entry(case: Case, compiled: Compiled, one: Recorded) -> list[Change]:
    """What would have kept somebody out who came in."""
    looked = look(case, point_of(case, one), compiled.journey.key)
    asked = looked.last("condition")
    roots = [] if asked is None else [(asked.node, False, asked.view)]
    item = case.item(one.seq)
    extra = [] if item is None else [changes.never(less([item], case.words), [item.seq])]
    view = PersonView(looked.before.person, looked.after.program, one.fact.at)
    answer = entering.let_in(compiled.journey.key)
    return search(case, point_of(case, one), answer, roots, lambda scene: extra, view, passing=False)


def _ended(case: Case, compiled: Compiled, entered: Recorded) -> Proof:
    key, run, _ = compiled.journey.key, str(entered.fact.body.get("run", "")), case.words
    ends = [one for one in case.facts(key, ("run_ended",)) if one.fact.body.get("run") == run]
    decided = [one for one in case.facts(key, message.DECIDED) if one.fact.body.get("run") == run]
    planned = [one for one in decided if one.fact.kind == "send_planned"]
    sections: tuple[Section, ...] = (*_entry(case, compiled, [entered]), message.way(case, run))
    end = ends[-1] if ends else None
    reason = str(end.fact.body.get("reason", "")) if end is not None else "gone"
    at = end.fact.at if end is not None else entered.fact.at
    values = {
        "journey": _.called("journey", key),
        "from": iso(entered.fact.at),
        "to": iso(at),
        "reason": message.term(reason, _),
    }
    if decided and decided[-1].fact.kind != "send_planned":
        more, found = message.explain_blocked(case, decided[-1])
        why = str(decided[-1].fact.body.get("reason", ""))
        verdict = _(
            "Was in %(journey)s from %(from)s; its last message %(became)s at %(at)s: %(why)s. "
            "The run ended: %(reason)s."
        ) % {
            **values,
            "became": _(_became(decided[-1])),
            "at": iso(decided[-1].fact.at),
            "why": policy.reason_text(why, _),
        }
        proof = Proof(
            case.person.key, "journey", key, verdict, why, case.zone, decided[-1].fact.at, (*sections, *more)
        )
        return finished(case, proof, found, decided[-1].fact.at)
    verdict = _.many(
        "Was in %(journey)s from %(from)s to %(to)s and got %(num)s message; it ended: %(reason)s.",
        "Was in %(journey)s from %(from)s to %(to)s and got %(num)s messages; it ended: %(reason)s.",
        len(planned),
        **values,
    )
    proof = Proof(case.person.key, "journey", key, verdict, reason, case.zone, at, sections)
    if end is None:
        return finished(case, proof, [], at, unturned=_("nothing is recorded of its end"))
    return _turn_end(case, compiled, proof, end, run, sent=bool(planned))


def _turn_end(case: Case, compiled: Compiled, proof: Proof, end: Recorded, run: str, *, sent: bool) -> Proof:
    """What would have kept a run going that ended by exit or goal, or led it to a message at a branch."""
    key, reason, _ = compiled.journey.key, str(end.fact.body.get("reason", "")), case.words
    path = {"exit": "exit", "goal": "goal.condition"}.get(reason)
    branch = None if path or sent else _last_branch(case, compiled, run)
    one = branch or end
    looked = look(case, point_of(case, one), key)
    asked = [looked.last(path)] if path else []
    node = str(one.fact.body.get("node", ""))
    if branch is not None:
        names = [
            name for name in {each.path: each for each in looked.asked} if name.startswith(f"nodes.{node}.")
        ]
        asked = [looked.last(name) for name in names]
    known = [each for each in asked if each is not None]
    if not known:
        return finished(case, proof, [], end.fact.at, unturned=_("it went its way to the end"))
    word = _("Branch") if branch is not None else message.term(reason, _).capitalize()
    checks = tuple(check(each.node, _) for each in known)
    title = _("%(what)s at %(node)s") % {"what": word, "node": _.called("node", key, node)}
    proof = msgspec.structs.replace(proof, sections=(*proof.sections, Section(title, checks, one.fact.at)))
    outcome = str(one.fact.body.get("outcome", ""))

    def answer(played: Played) -> bool:
        if branch is None:
            return any(
                f.kind == "run_ended" and f.name == key and f.body.get("reason") == reason
                for f in played.news
            )
        return any(
            f.kind == "step"
            and f.name == key
            and (f.body.get("node"), f.body.get("outcome")) == (node, outcome)
            for f in played.news
        )

    roots = [(each.node, not each.node.holds, each.view) for each in known]
    found = search(case, point_of(case, one), answer, roots, lambda scene: (), known[0].view, passing=False)
    return finished(case, proof, found, one.fact.at)


def _last_branch(case: Case, compiled: Compiled, run: str) -> Recorded | None:
    nodes = compiled.journey.nodes
    steps = [
        one
        for one in case.facts(compiled.journey.key, ("step",))
        if one.fact.body.get("run") == run and isinstance(nodes.get(str(one.fact.body.get("node"))), Branch)
    ]
    return steps[-1] if steps else None
