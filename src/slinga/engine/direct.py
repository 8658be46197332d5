"""A message that a program asks for by itself, outside any journey: a receipt, a password, a ticket.

In: a command in the person's log. Out: an intent for the outbox, or a fact that says why there is none.
Always true: pure; the same policy decides as for a journey's transactional message; a send key is planned
once; nothing marketing leaves this way.
"""

from typing import Any

from slinga.engine import sending
from slinga.engine.turn import Turn
from slinga.engine.view import address_of
from slinga.journeys.node import person_zone
from slinga.messages.model import Intent, Template
from slinga.messages.policy import Decision, Permit, Reason, Refuse, decide
from slinga.messages.sends import plan


def send(turn: Turn, body: dict[str, Any]) -> None:
    """Carry out the command `send`: {send_key, template, variables, address?, expires_at?, by?}."""
    key = str(body.get("template", ""))
    about = {"send_key": str(body.get("send_key", "")), "template": key, "by": str(body.get("by", ""))}
    template = turn.program.templates.get(key)
    if template is None:
        turn.fact("send_blocked", "", **about, reason="no_template")
        return
    about |= {"channel": template.channel, "class": template.message_class, "topic": template.topic}
    if template.message_class != "transactional":
        turn.fact("send_blocked", "", **about, reason="not_transactional")
        return
    own = address_of(turn.person, template.channel)
    address = str(body.get("address") or "") or own or ""
    intent = _intent(turn, template, body, address)
    answer = _decide(turn, intent, foreign=address != own)
    if isinstance(answer, Permit):
        turn.person.sends = plan(turn.person.sends, intent, turn.now)
        turn.batch.intents.append(intent)
        turn.fact("send_planned", "", **about)
        return
    detail = answer.detail if isinstance(answer, Refuse) else ""
    turn.fact("send_blocked", "", **about, reason=answer.reason.value, detail=detail)


def _intent(turn: Turn, template: Template, body: dict[str, Any], address: str) -> Intent:
    given = body.get("variables")
    expires_at = body.get("expires_at")
    return Intent(
        send_key=str(body.get("send_key", "")),
        person=turn.person.key,
        message_class="transactional",
        channel=template.channel,
        topic=template.topic,
        template=template.key,
        planned_at=turn.now,
        expires_at=expires_at if isinstance(expires_at, int) else None,
        variables={
            **(given if isinstance(given, dict) else {}),
            "person": sending.snapshot(turn.person),
            "address": address,
            "tracking": {"opens": "off", "clicks": "off"},
        },
    )


def _decide(turn: Turn, intent: Intent, *, foreign: bool) -> Decision:
    """The policy's answer; an address that is not the person's own is not dead because theirs is."""
    if not intent.variables["address"]:
        return Refuse(Reason.NO_ADDRESS)
    person, program = turn.person, turn.program
    limits = sending.suppressions(person, intent.channel, program.policy)
    return decide(
        intent,
        person.sends,
        person.consents,
        [each for each in limits if not (foreign and each.scope == "all")],
        sending.policy_of(person, program),
        person_zone(turn.view),
        turn.now,
    )
