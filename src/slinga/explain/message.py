"""Why a message went out, waited or was dropped: run, conditions, policy, arbitration, delivery.

In: a case and a message, or the fact of a send that never became one. Out: a `Proof`.
Always true: the stored witnesses are told as stored; the policy's checks come from the replay of its instant.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from slinga.engine.gate import gate
from slinga.engine.replay import Played, Point
from slinga.engine.view import PersonView
from slinga.explain import changes, policy, sayings
from slinga.explain.case import Case, Looked, finished, look, point_of, search, versions
from slinga.explain.happenings import less
from slinga.explain.model import Change, Check, Proof, Section
from slinga.explain.scene import Scene
from slinga.explain.sent import Attempt, Sent
from slinga.explain.trace import check
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.messages.policy import Permit, Reason
from slinga.people.model import Recorded
from slinga.segments import terms as g
from slinga.segments.words import describe, label

OPEN = ("planned", "leased", "dialling", "deferred")
CHANNELS = {"email": N_("e-mail"), "sms": N_("text message"), "push": N_("notification")}
DECISIONS = {
    "send_planned": N_("planned"),
    "send_deferred": N_("put off"),
    "send_blocked": N_("dropped"),
}
DECIDED = tuple(DECISIONS)


def decision(case: Case, send_key: str) -> Recorded | None:
    """The last word of the policy on a send."""
    found = [one for one in case.facts(kinds=DECIDED) if one.fact.body.get("send_key") == send_key]
    kept = [one for one in found if one.fact.body.get("reason") != Reason.EXITED or "node" in one.fact.body]
    return (kept or found)[-1] if found else None


def stopped(case: Case, send_key: str) -> Recorded | None:
    """That a planned send was called back, because its run ended by exit, goal or stop."""
    found = [
        one
        for one in case.facts(kinds=("send_blocked",))
        if one.fact.body.get("send_key") == send_key and one.fact.body.get("reason") == Reason.EXITED
    ]
    return found[-1] if found else None


def turn_exit(case: Case, exited: Recorded, looked: Looked) -> list[Change]:
    """What would have kept the run going that called its message back."""
    key = exited.fact.body.get("send_key")
    last = {asked.path: asked for asked in looked.asked if asked.path in ("exit", "goal.condition")}
    roots = [(asked.node, False, asked.view) for asked in last.values() if asked.node.holds]
    item = case.item(exited.seq)
    extra = [] if item is None else [changes.never(less([item], case.words), [item.seq])]

    def answer(played: Played) -> bool:
        return any(f.kind == "send_blocked" and f.body.get("send_key") == key for f in played.news)

    view = PersonView(looked.before.person, looked.after.program, exited.fact.at)
    point = point_of(case, exited)
    return search(case, point, answer, roots, lambda scene: extra, view, passing=False)


def turn_gate(case: Case, sent: Sent) -> list[Change]:
    """What would have let a message through that the last gate kept back."""
    told = [
        item.seq
        for item in case.life.inputs
        if item.kind == "receipt" and item.body.get("send_key") == sent.send_key
    ]
    point = Point(sent.changed_at, 0, min(told) - 1 if told else None)
    looked = look(case, point)
    fact = {name: getattr(sent, name) for name in ("send_key", "journey", "run", "node", "template", "topic")}
    fact |= {"class": sent.message_class, "channel": sent.channel}
    intent = policy.intent_at(looked.after.program, case.person.key, fact, sent.planned_at)
    intent = replace(intent, expires_at=sent.expires_at, quiet_hours=sent.quiet_hours)

    def answer(played: Played) -> bool:
        return isinstance(gate(played.person, (), intent, played.program, (), sent.changed_at), Permit)

    def extra(scene: Scene) -> Iterable[Change]:
        return policy.proposed(intent, sent.reason, scene, None)

    view = PersonView(looked.before.person, looked.after.program, sent.changed_at)
    return search(case, point, answer, [], extra, view, passing=False)


def policy_section(case: Case, one: Recorded, looked: Looked) -> Section:
    """The verdict as recorded, and the policy's questions with their values at that instant."""
    fact = one.fact
    program, person = looked.after.program, looked.after.person
    intent = policy.intent_at(program, person.key, {"journey": fact.name, **fact.body}, fact.at)
    _ = case.words
    said = policy.reason_text(str(fact.body.get("reason", "")), _)
    recorded = _("recorded: %(what)s") % {"what": _(DECISIONS[fact.kind])} + (f", {said}" if said else "")
    lines = [Check(recorded, fact.kind == "send_planned", until=fact.body.get("until"))]
    lines += policy.checks(intent, person, program, fact.at, _)
    if winner := fact.body.get("winner_journey"):
        text = _("no message of higher priority at that instant: %(journey)s won the slot")
        lines.append(Check(text % {"journey": _.called("journey", str(winner))}, False))
    else:
        lines.append(_rivals(case, one))
    again = policy.verdict(intent, person, program, fact.at)
    text = _("the policy asked again in replay: %(answer)s") % {"answer": policy.answer_text(again, _)}
    lines.append(Check(text))
    return Section(_("Policy"), tuple(lines), fact.at)


def _rivals(case: Case, one: Recorded) -> Check:
    """What other journeys wanted to send at the same instant."""
    _ = case.words
    others = [
        f"{_.called('journey', each.fact.name)}: {_(DECISIONS[each.fact.kind])}"
        for each in case.facts(kinds=DECIDED)
        if each.fact.at == one.fact.at and each.fact.body.get("send_key") != one.fact.body.get("send_key")
    ]
    return Check(_("no other message wanted the same slot"), not others, note="; ".join(others))


def delivery(sent: Sent, attempts: Sequence[Attempt], _: Words = ENGLISH) -> Section:
    """What delivery made of it."""
    reason = f": {term(sent.reason, _)}" if sent.reason else ""
    lines = [Check(f"{term(sent.state, _)}{reason}", sent.state == "accepted", sent.response or None)]
    for each in attempts:
        answer = f"{each.code or ''} {each.enhanced} {each.text}".strip() or None
        text = _("attempt %(no)s: %(outcome)s") % {
            "no": each.no, "outcome": term(each.outcome, _) if each.outcome else _("under way")
        }  # fmt: skip
        lines.append(Check(text, None, answer, at=each.started_at))
    if sent.state in ("planned", "deferred"):
        lines.append(Check(_("next try"), None, until=sent.due_at))
    return Section(_("Delivery"), tuple(lines), sent.changed_at)


def term(key: str, _: Words) -> str:
    """A word of a closed list, such as a state or a reason."""
    return _(key.replace("_", " "))


STEPS = {
    "run_entered": N_("came in, entry %(entry)s"),
    "run_restarted": N_("started over"),
    "step": N_("%(node)s: %(outcome)s"),
    "goal_reached": N_("reached the goal %(goal)s"),
    "run_ended": N_("ended: %(reason)s"),
}


def way(case: Case, run: str) -> Section:
    """How a run came here: entry and steps with the witnesses that were stored."""
    _ = case.words
    lines = []
    for one in case.facts():
        fact = one.fact
        if fact.body.get("run") != run or fact.kind in (*DECIDED, "send_settled"):
            continue
        node = _.called("node", fact.name, str(fact.body["node"])) if fact.body.get("node") else ""
        text = _(STEPS[fact.kind]) if fact.kind in STEPS else f"{term(fact.kind, _)} {node}".strip()
        values = {
            "entry": fact.body.get("entry"),
            "node": node,
            "outcome": term(str(fact.body.get("outcome")), _),
            "goal": fact.body.get("goal"),
            "reason": term(str(fact.body.get("reason")), _),
        }
        rested = witnessed(case, fact.name, fact.body.get("witness"))
        said = text % values if fact.kind in STEPS else text
        lines.append(Check(said, None, of=rested, at=fact.at))
    return Section(_("The way so far, with the values stored then"), tuple(lines))


def witnessed(case: Case, journey: str, stored: object) -> tuple[Check, ...]:
    """The values that a decision rested on, each under its condition as the language says it."""
    if not isinstance(stored, dict) or not stored:
        return ()
    _ = case.words
    said = {
        label(leaf): describe(leaf, _)
        for (key, _version), compiled in case.program.versions.items()
        if key == journey
        for predicate in compiled.predicates.values()
        for leaf in g.leaves(predicate.condition)
    }

    def told(name: str, found: Any) -> Check:
        if name == "reason":
            return Check(policy.reason_text(str(found), _))
        if name == "until" and isinstance(found, int):
            return Check(_("put off"), until=found)
        return Check(said.get(name, name), None, found)

    return tuple(told(name, found) for name, found in stored.items() if name != "send_key")


PLACES = {
    "condition": N_("who may come in"),
    "exit": N_("who leaves at once"),
    "goal.condition": N_("what counts as reaching the goal"),
}


def conditions(case: Case, journey: str, looked: Looked) -> tuple[Check, ...]:
    """The journey's conditions as they were asked in this step."""
    _ = case.words
    seen: dict[str, Check] = {}
    for one in looked.asked:
        place, *rest = one.path.split(".")
        if place == "nodes" and rest:
            text = _("condition at %(node)s") % {"node": _.called("node", journey, rest[0])}
        else:
            text = _(PLACES.get(one.path, one.path))
        seen[one.path] = Check(text, one.node.holds, of=(check(one.node, _),))
    return tuple(seen.values())


def planned(case: Case, journey: str, node: str) -> Any:
    """The answer that the search turns: whether the step plans this message."""

    def answer(played: Played) -> bool:
        return any(
            fact.kind == "send_planned" and fact.name == journey and fact.body.get("node") == node
            for fact in played.news
        )

    return answer


def explain_sent(case: Case, sent: Sent, attempts: Sequence[Attempt], template: int | None) -> Proof:
    """Why a message that was planned went out, or what became of it."""
    one = decision(case, sent.send_key)
    _ = case.words
    values = {
        "channel": _(CHANNELS.get(sent.channel, sent.channel)),
        "name": _.called("template", sent.template) if sent.template else sent.node,
        "journey": _.called("journey", sent.journey) if sent.journey else _("a member"),
        "address": sent.address,
        "state": term(sent.state, _),
        "why": term(sent.reason, _),
    }
    if sent.state == "accepted":
        text = _("The %(channel)s %(name)s of %(journey)s went out to %(address)s.")
    elif sent.reason:
        text = _("The %(channel)s %(name)s of %(journey)s is %(state)s (%(why)s).")
    else:
        text = _("The %(channel)s %(name)s of %(journey)s is %(state)s.")
    verdict = text % values
    proof = Proof(
        case.person.key, "message", sent.id, verdict, sent.reason or sent.state, case.zone, sent.planned_at
    )
    if one is None:
        unknown = _("nothing is recorded of how it was decided")
        return replace(proof, sections=(delivery(sent, attempts, _),), unturned=unknown)
    exited = stopped(case, sent.send_key)
    looked = look(case, point_of(case, exited or one), sent.journey)
    about = versions(case, sent.journey, sent.version, looked.after.program.number)
    said = {"name": _.called("template", sent.template), "version": template}
    lines = (Check(_("template %(name)s version %(version)s") % said),) if template else ()
    sections = (
        Section(about.title, lines),
        way(case, sent.run),
        Section(
            _("Conditions asked at that instant"),
            conditions(case, sent.journey, looked),
            (exited or one).fact.at,
        ),
        policy_section(case, one, looked if exited is None else look(case, point_of(case, one))),
        delivery(sent, attempts, _),
    )
    if exited is not None:
        found = turn_exit(case, exited, looked)
    elif sent.state == "accepted" or sent.state in OPEN:
        found = turn(case, one, looked)
    else:
        found = turn_gate(case, sent)
    refused = sent.attempts and sent.state != "accepted"
    unturned = _("the receiver's word, not a decision") if refused else ""
    proof = replace(proof, at=one.fact.at, sections=sections)
    return finished(case, proof, found, one.fact.at, unturned=unturned)


def turn(case: Case, one: Recorded, looked: Looked) -> list[Change]:
    """What would have turned the policy's word on a send, or kept its run from asking."""
    fact = one.fact
    intent = policy.intent_at(
        looked.after.program, case.person.key, {"journey": fact.name, **fact.body}, fact.at
    )
    reason = str(fact.body.get("reason", ""))
    view = PersonView(looked.before.person, looked.after.program, fact.at)
    went = fact.kind == "send_planned"
    last = {asked.path: asked for asked in looked.asked}
    roots = [(asked.node, not asked.node.holds, asked.view) for asked in last.values()] if went else []

    def extra(scene: Scene) -> Iterable[Change]:
        if not went:
            yield from policy.proposed(intent, reason, scene, fact.body.get("until"))
            return
        if intent.message_class == "marketing":
            for topic in dict.fromkeys((intent.topic, "")):
                text = sayings.consent_text(case.words, intent.channel, topic, "withdrawn")
                yield changes.say(text, sayings.consented(intent.channel, topic, "withdrawn"))
        for each in entries(case, str(fact.body.get("run", ""))):
            item = case.item(each.seq)
            if item is not None:
                yield changes.never(less([item], case.words), [item.seq])

    answer = planned(case, fact.name, str(fact.body.get("node", "")))
    return search(case, point_of(case, one), answer, roots, extra, view, passing=not went)


def entries(case: Case, run: str) -> list[Recorded]:
    """The facts of a run's coming in."""
    return [
        one for one in case.facts(kinds=("run_entered", "run_restarted")) if one.fact.body.get("run") == run
    ]


def explain_blocked(case: Case, one: Recorded) -> tuple[tuple[Section, ...], list[Change]]:
    """The policy's no, or not yet, to a send: its checks and what would have turned it."""
    looked = look(case, point_of(case, one), one.fact.name)
    return (policy_section(case, one, looked),), turn(case, one, looked)
