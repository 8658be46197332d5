"""What the person's log learns of a message.

In: settled messages. Out: inputs to append: a `receipt` for every outcome, and the event that segments
and journeys react to. Always true: a message that only waits again (planned, deferred) reports nothing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.delivery.model import Message, Settled
from slinga.delivery.states import OUTCOMES, State
from slinga.ingest.model import PROVEN, New

SOURCE = "delivery"


def inputs(ends: Sequence[Settled]) -> list[New]:
    """The inputs that settled messages give rise to, in order."""
    out: list[New] = []
    for end in ends:
        if end.state not in OUTCOMES:
            continue
        message = end.message
        out.append(_receipt(end, end.state.value))
        if message.variables.get("waits") and end.state not in (State.EXPIRED, State.UNKNOWN):
            # Those two leave the run to its own time-out, at its exact instant.
            out.append(New(message.person, "answer", "", _answer(end), PROVEN, SOURCE))
        name = _event(end)
        if name:
            properties = {**facts(message), "reason": end.reason}
            if name == "Message Bounced":
                properties |= {"bounce": "hard" if end.verdict and end.verdict.suppress else "soft"}
            body = {"properties": properties}
            out.append(New(message.person, "event", name, body, PROVEN, SOURCE, f"{message.id}:{end.state}"))
    return out


def _receipt(end: Settled, name: str) -> New:
    message = end.message
    body = {
        "send_key": message.send_key,
        "message": message.id,
        "journey": message.journey,
        "channel": message.channel,
        "class": message.message_class,
        "reason": end.reason,
        "resent": message.resends > 0,
    }
    return New(message.person, "receipt", name, body, PROVEN, SOURCE)


def _answer(end: Settled) -> dict[str, Any]:
    """What a run that asked something of another system learns: the answer's body, or that there is none."""
    ask = end.message.variables.get("ask")
    if end.state is not State.ACCEPTED:
        return {"ask": ask, "timeout": True, "reason": end.reason}
    try:
        value = msgspec.json.decode(end.text.replace("\\u0000", ""))  # the log takes no zero bytes
    except msgspec.DecodeError:
        value = end.text
    return {"ask": ask, "value": value}


def _event(end: Settled) -> str:
    if end.state is State.ACCEPTED:
        return "Message Sent"
    if end.state is State.REJECTED:
        return "Message Bounced" if end.bounced else "Message Failed"
    if end.state in (State.EXPIRED, State.RENDER_FAILED):
        return "Message Failed"
    return ""


def returned(end: Settled) -> list[New]:
    """What the log learns of a message that was taken and came back: a receipt, and the event."""
    message, hard = end.message, bool(end.verdict and end.verdict.suppress)
    properties = {**facts(message), "reason": end.reason, "bounce": "hard" if hard else "soft"}
    name = f"{message.id}:returned"
    return [
        _receipt(end, "returned"),
        New(message.person, "event", "Message Bounced", {"properties": properties}, PROVEN, SOURCE, name),
    ]


def complained(message: Message, feedback: str) -> New:
    """The event of a complaint; its journeys end by it."""
    body = {"properties": {**facts(message), "feedback": feedback}}
    return New(message.person, "event", "Message Complained", body, PROVEN, SOURCE, f"{message.id}:complaint")


def facts(message: Message) -> dict:
    """What every event about a message says of it."""
    return {
        "message": message.id,
        "send_key": message.send_key,
        "channel": message.channel,
        "journey": message.journey,
        "run": message.run,
        "node": message.node,
        "template": message.template,
        "class": message.message_class,
        "topic": message.topic,
    }
