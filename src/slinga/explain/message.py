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
from slinga.messages.policy import Permit, Reason
from slinga.people.model import Recorded

OPEN = ("planned", "leased", "dialling", "deferred")
CHANNELS = {"email": "e-mail", "sms": "text message", "push": "notification"}
DECIDED = ("send_planned", "send_deferred", "send_blocked")


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
    extra = [] if item is None else [changes.never(less([item]), [item.seq])]

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
    words = {"send_planned": "planned", "send_deferred": "put off", "send_blocked": "dropped"}[fact.kind]
    reason = str(fact.body.get("reason", ""))
    said = policy.reason_text(reason)
    lines = [
        Check(
            f"recorded: {words}{f', {said}' if said else ''}",
            fact.kind == "send_planned",
            until=fact.body.get("until"),
        )
    ]
    lines += policy.checks(intent, person, program, fact.at)
    if winner := fact.body.get("winner_journey"):
        lines.append(Check(f"no message of higher priority at that instant: {winner} won the slot", False))
    else:
        lines.append(_rivals(case, one))
    again = policy.verdict(intent, person, program, fact.at)
    lines.append(Check(f"the policy asked again in replay: {policy.answer_text(again)}"))
    return Section("Policy", tuple(lines), fact.at)


def _rivals(case: Case, one: Recorded) -> Check:
    """What other journeys wanted to send at the same instant."""
    others = [
        f"{each.fact.name}: {each.fact.kind.removeprefix('send_')}"
        for each in case.facts(kinds=DECIDED)
        if each.fact.at == one.fact.at and each.fact.body.get("send_key") != one.fact.body.get("send_key")
    ]
    return Check("no other message wanted the same slot", not others, note="; ".join(others))


def delivery(sent: Sent, attempts: Sequence[Attempt]) -> Section:
    """What delivery made of it."""
    reason = f": {sent.reason.replace('_', ' ')}" if sent.reason else ""
    lines = [
        Check(f"{sent.state.replace('_', ' ')}{reason}", sent.state == "accepted", sent.response or None)
    ]
    for each in attempts:
        answer = f"{each.code or ''} {each.enhanced} {each.text}".strip() or None
        text = f"attempt {each.no}: {each.outcome or 'under way'}"
        lines.append(Check(text, None, answer, at=each.started_at))
    if sent.state in ("planned", "deferred"):
        lines.append(Check("next try", None, until=sent.due_at))
    return Section("Delivery", tuple(lines), sent.changed_at)


def way(case: Case, run: str) -> Section:
    """How a run came here: entry and steps with the witnesses that were stored."""
    lines = []
    for one in case.facts():
        fact = one.fact
        if fact.body.get("run") != run or fact.kind in (*DECIDED, "send_settled"):
            continue
        body = fact.body
        text = {
            "run_entered": f"came in, entry {body.get('entry')}",
            "run_restarted": "started over",
            "step": f"{body.get('node')}: {body.get('outcome')}",
            "goal_reached": f"reached the goal {body.get('goal')}",
            "run_ended": f"ended: {body.get('reason')}",
        }.get(fact.kind, f"{fact.kind.replace('_', ' ')} {body.get('node') or ''}".strip())
        lines.append(Check(text, None, body.get("witness") or None, at=fact.at))
    return Section("The way so far, with the values stored then", tuple(lines))


def conditions(looked: Looked) -> tuple[Check, ...]:
    """The journey's conditions as they were asked in this step."""
    seen: dict[str, Check] = {}
    for one in looked.asked:
        inner = check(one.node)
        seen[one.path] = Check(one.path, one.node.holds, of=(inner,))
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
    named = f"{CHANNELS.get(sent.channel, sent.channel)} {sent.template or sent.node}"
    if sent.state == "accepted":
        verdict = f"The {named} of {sent.journey or 'a member'} went out to {sent.address}."
    else:
        why = f" ({sent.reason.replace('_', ' ')})" if sent.reason else ""
        verdict = f"The {named} of {sent.journey or 'a member'} is {sent.state.replace('_', ' ')}{why}."
    proof = Proof(
        case.person.key, "message", sent.id, verdict, sent.reason or sent.state, case.zone, sent.planned_at
    )
    if one is None:
        unknown = "nothing is recorded of how it was decided"
        return replace(proof, sections=(delivery(sent, attempts),), unturned=unknown)
    exited = stopped(case, sent.send_key)
    looked = look(case, point_of(case, exited or one), sent.journey)
    about = versions(case, sent.journey, sent.version, looked.after.program.number)
    lines = (Check(f"template {sent.template} version {template}"),) if template else ()
    sections = (
        Section(about.title, lines),
        way(case, sent.run),
        Section("Conditions asked at that instant", conditions(looked), (exited or one).fact.at),
        policy_section(case, one, looked if exited is None else look(case, point_of(case, one))),
        delivery(sent, attempts),
    )
    if exited is not None:
        found = turn_exit(case, exited, looked)
    elif sent.state == "accepted" or sent.state in OPEN:
        found = turn(case, one, looked)
    else:
        found = turn_gate(case, sent)
    unturned = "the receiver's word, not a decision" if sent.attempts and sent.state != "accepted" else ""
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
                about = f"{intent.channel}/{topic}" if topic else intent.channel
                yield changes.say(
                    f"consent {about} withdrawn", sayings.consented(intent.channel, topic, "withdrawn")
                )
        for each in entries(case, str(fact.body.get("run", ""))):
            item = case.item(each.seq)
            if item is not None:
                yield changes.never(less([item]), [item.seq])

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
