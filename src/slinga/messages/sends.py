"""The person's recent sends: what counts against caps. A slice of the person's state.

In: permits and receipts. Out: a new `Sends`.
Always true: a message counts while it is planned, accepted or of unknown outcome and is given back when it
failed; an outcome that is final never changes again; what is older than any cap's window is forgotten.
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.clock import DAY, Instant
from slinga.messages.model import Intent

Status = Literal["planned", "accepted", "unknown"]

KEPT_FOR = 60 * DAY
"""As long as the longest window a cap may have."""
MOST = 500
"""More entries than this are pruned from the oldest, to bound a person's state."""

FAILED = frozenset({"rejected", "cancelled", "expired", "render_failed", "returned"})


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """One message that counts: when, where and how far it has come."""

    at: Instant
    channel: str
    message_class: str
    status: Status = "planned"
    journey: str = ""
    priority: int = 0


class Sends(msgspec.Struct, frozen=True):
    """Recent messages by send key."""

    recent: dict[str, Sent] = {}


def counted(sent: Sent) -> bool:
    """Whether a message counts against caps: marketing to the person; a webhook talks to a machine."""
    return sent.message_class == "marketing" and sent.channel != "webhook"


def plan(sends: Sends, intent: Intent, now: Instant) -> Sends:
    """Record a permit at `now`. Asked again later (the gate before the wire), the slot moves to then."""
    sent = Sent(now, intent.channel, intent.message_class, "planned", intent.journey, intent.priority)
    return prune(Sends({**sends.recent, intent.send_key: sent}), now)


def fold_receipt(sends: Sends, name: str, body: dict[str, Any], at: Instant) -> Sends:
    """Take in a delivery receipt: accepted|unknown stay counted, the failures are given back.

    `body`: send_key, and channel, class, journey for a message this state has not seen (a merge or a rebuild
    from history). A failure after acceptance is a bounce: the message did reach the wire, it stays.
    """
    key = str(body.get("send_key", ""))
    old = sends.recent.get(key)
    if name in FAILED:
        if old is None or old.status == "accepted":
            return sends
        return Sends({k: sent for k, sent in sends.recent.items() if k != key})
    if name not in ("accepted", "unknown") or not key or (old is not None and old.status == "accepted"):
        return sends
    status: Status = "accepted" if name == "accepted" else "unknown"
    if old is None:
        channel, kind = str(body.get("channel", "email")), str(body.get("class", "marketing"))
        new = Sent(at, channel, kind, status, str(body.get("journey", "")))
    else:
        new = msgspec.structs.replace(old, status=status)
    return prune(Sends({**sends.recent, key: new}), at)


def release(sends: Sends, send_key: str) -> Sends:
    """Give a planned slot back: the message was deferred or refused after all."""
    old = sends.recent.get(send_key)
    if old is None or old.status != "planned":
        return sends
    return Sends({key: sent for key, sent in sends.recent.items() if key != send_key})


def prune(sends: Sends, now: Instant) -> Sends:
    """Forget what no window can reach any more."""
    kept = {key: sent for key, sent in sends.recent.items() if sent.at > now - KEPT_FOR}
    if len(kept) > MOST:
        kept = dict(sorted(kept.items(), key=lambda item: (item[1].at, item[0]))[-MOST:])
    return Sends(kept) if len(kept) < len(sends.recent) else sends


def unite(a: Sends, b: Sends) -> Sends:
    """The sends of two people who are one, or of two who share an address: one ledger."""
    rank = {"planned": 0, "unknown": 1, "accepted": 2}
    merged = dict(a.recent)
    for key, sent in b.recent.items():
        ours = merged.get(key)
        if ours is None or (rank[sent.status], sent.at) > (rank[ours.status], ours.at):
            merged[key] = sent
    return Sends(merged)
