"""From a channel's result to what becomes of the message.

In: a message, the channel's result, the instant. Out: `Settled`. Always true: an uncertain result is
`unknown` for either class; a retry that would come too late is `expired`, not silently dropped.
"""

from typing import Any

from slinga.channels.model import Receipt, Refused, Result, TryLater, Unknown
from slinga.delivery.model import Message, Settled
from slinga.delivery.outcome import ACCEPTED, DROPPED, THROTTLED, Kind, Verdict, classify
from slinga.delivery.retry import next_try
from slinga.delivery.states import State
from slinga.kernel.clock import Instant

_TEXT = 1000


def words(text: str) -> str:
    """What the other side said, as far as it is kept; the store takes no zero bytes."""
    return text.replace("\0", "")[:_TEXT]


def settle_as(message: Message, result: Result, now: Instant) -> Settled:
    """What an attempt's result makes of the message."""
    if isinstance(result, Receipt):
        return Settled(message, State.ACCEPTED, "", result.code, "", words(result.text), ACCEPTED)
    if isinstance(result, Unknown):
        return Settled(message, State.UNKNOWN, "no_answer", text=words(result.text))
    if not isinstance(result, Refused | TryLater):
        return Settled(message, State.DEFERRED, "not_started", due_at=now)
    verdict = _verdict(message, result)
    said: dict[str, Any] = {
        "code": result.code,
        "enhanced": result.enhanced,
        "text": words(result.text),
        "verdict": verdict,
    }
    if not verdict.retry:
        bounced = verdict.kind in (Kind.BAD_ADDRESS, Kind.MAILBOX)
        return Settled(message, State.REJECTED, verdict.kind.value, bounced=bounced, **said)
    tries = message.tries + verdict.counts
    due = next_try(
        message.message_class,
        message.id,
        tries,
        now,
        planned_at=message.planned_at,
        expires_at=message.expires_at,
    )
    if due is None:
        return Settled(message, State.EXPIRED, f"gave_up_{verdict.kind}", **said)
    return Settled(message, State.DEFERRED, verdict.kind.value, due_at=due, **said)


def _verdict(message: Message, result: Refused | TryLater) -> Verdict:
    if message.channel == "email":
        return classify(result.code, result.enhanced, result.text)
    if isinstance(result, Refused):
        return Verdict(Kind.BAD_ADDRESS, suppress="global") if result.gone else Verdict(Kind.REFUSED)
    if result.code == 0:
        return DROPPED
    return THROTTLED if result.code == 429 else Verdict(Kind.SYSTEM, retry=True)
