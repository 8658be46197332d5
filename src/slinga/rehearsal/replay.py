"""One person's recorded past, made ready to be lived again.

In: rows of the log in the order of their instants. Out: inputs in that order, and echoes: what the past says
of messages and questions, kept aside for when the rehearsal sends the very same.
Always true: events count as happening at their instant, imported ones too; what the past's own decisions
brought forth after the rehearsal's start (receipts, answers, events about messages) is no input, unless the
message left before; what people and the team did themselves (events, consents, commands) always is.

Whoever was merged into another person is lived as that person: their events stand in the survivor's log.
"""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from slinga.engine.advance import ROBOT
from slinga.ingest.model import IMPORTED, PROVEN, Input
from slinga.kernel.clock import DAY, Instant

OURS = ("delivery", "onsite")
"""Sources of what the past's own sending brought forth."""


GAP = 1 << 20
"""Between the numbers of two recorded inputs, so that simulated ones find a place."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One input as read: `at` its instant in the rehearsal, 0 for imported without a date; no `body` where
    nobody listens."""

    kind: str
    name: str
    trust: int
    source: str
    at: Instant
    occurred_at: Instant
    body: dict[str, Any] | None


class Echo(msgspec.Struct):
    """What the past says of one message or question, by its key: when it was accepted, what came back."""

    sent_at: Instant | None = None
    back: list[tuple[Instant, Input]] = []


class Past(msgspec.Struct):
    """A person's past. `inputs` are numbered; `events` counts also those that nothing listens to."""

    inputs: list[Input] = []
    echoes: dict[str, Echo] = {}
    events: int = 0
    left_out: int = 0
    """Inputs that the past's own decisions brought forth, kept aside."""
    robot: int = 0
    """Events beyond what is decided about in a day, as in earnest."""


def past_of(
    rows: Iterable[Row], since: Instant | None, begin: Instant, heard: Collection[str] | None
) -> Past:
    """The person's past.

    `since` is the start of the rehearsal (None: it starts with the person), `begin` the instant of those of
    whom nothing is known but imported facts without a date, `heard` the events to be lived (None: all); the
    first input of a person is always lived, for it makes the person known.
    """
    reader = _Reader(since, heard)
    undated: list[Row] = []
    for row in rows:
        if row.at:
            for one in undated:  # what was always so is so from the first thing that happened
                reader.take(one, row.at)
            undated = []
            reader.take(row, row.at)
        else:
            undated.append(row)
    for one in undated:
        reader.take(one, begin)
    return reader.past


class _Reader:
    """Turns rows into inputs, one after another."""

    def __init__(self, since: Instant | None, heard: Collection[str] | None) -> None:
        self.past = Past([], {})
        self._since = since
        self._heard = heard
        self._left_before: set[str] = set()
        self._proven = False
        self._day: Instant = 0
        self._in_day = 0

    def take(self, row: Row, at: Instant) -> None:
        """Take one row in, at its instant."""
        body = row.body or {}
        match row.kind:
            case "event" | "history":
                self._event(row, at, body)
            case "receipt":
                self._about(row, at, body, str(body.get("send_key", "")))
            case "answer":
                self._about(row, at, body, str(body.get("ask", "")))
            case "handover":
                self._add(row, at, "handover", _only_who(body))
            case "merge":
                return
            case kind:
                self._add(row, at, kind, body)

    def _add(self, row: Row, at: Instant, kind: str, body: dict[str, Any]) -> None:
        self.past.inputs.append(_input(row, at, kind, body, (len(self.past.inputs) + 1) * GAP))

    def _event(self, row: Row, at: Instant, body: dict[str, Any]) -> None:
        past, name = self.past, row.name
        if row.kind == "history" and name.startswith("Visit "):
            return  # visits of a merged person, which come again of the views they were made of
        if row.source in OURS and _of_a_message(name, body):
            self._about(row, at, body, str((body.get("properties") or {}).get("send_key", "")))
            return
        past.events += 1
        if at >= self._day + DAY:
            self._day, self._in_day = at, 0
        self._in_day += 1
        if self._in_day >= ROBOT:
            past.robot += 1
        elif self._heard is None or name in self._heard or not past.inputs or self._vouches(row):
            body.pop("handed", None)
            self._add(row, at, "event", body)

    def _vouches(self, row: Row) -> bool:
        """Whether this is the first that a server said of the person: who is vouched for is known better."""
        first = row.trust == PROVEN and not self._proven
        self._proven |= first
        return first

    def _about(self, row: Row, at: Instant, body: dict[str, Any], key: str) -> None:
        """What the past says of its own message or question: lived if that had left before the start."""
        sent = row.name in ("accepted", "Message Sent")
        if self._since is not None and (at < self._since or key in self._left_before):
            if sent:
                self._left_before.add(key)
            self._add(row, at, "event" if row.kind == "history" else row.kind, body)
            return
        self.past.left_out += 1
        echo = self.past.echoes.setdefault(key, Echo(None, []))
        if row.name == "accepted":
            echo.sent_at = at
        elif not sent and row.kind != "receipt":
            echo.back.append((at, _input(row, at, "event" if row.kind == "history" else row.kind, body, 0)))


def _input(row: Row, at: Instant, kind: str, body: dict[str, Any], seq: int) -> Input:
    """What was imported with a date happened then, and may start things; without one it was always so."""
    source = row.source
    if source.startswith(IMPORTED):
        body.pop("more", None)
        source = source if not row.at else ""
    return Input(kind, at, seq, row.name, body, row.trust, source, "", min(row.occurred_at, at) or at)


def _of_a_message(name: str, body: dict[str, Any]) -> bool:
    """Whether an event is about a message that was sent, and not of the address behind it.

    That an address is dead, or that its owner complained, is true whatever is sent.
    """
    if name == "Message Bounced":
        return (body.get("properties") or {}).get("bounce") != "hard"
    return name == "Unsubscribed" or (name.startswith("Message ") and name != "Message Complained")


def _only_who(body: dict[str, Any]) -> dict[str, Any]:
    """A merged person's estate without what the past decided about them."""
    estate = body.get("estate") or {}
    blank: dict[str, Any] = {
        "visits": {},
        "members": {},
        "runs": [],
        "closing": [],
        "memory": {},
        "sends": {},
        "scores": {},
    }
    kept = {"profile": {}, "consents": {}, "dead": {}, "proven": False, "created_at": 0}
    return {
        "from": body.get("from"),
        "estate": {**blank, **{name: estate.get(name, empty) for name, empty in kept.items()}},
    }
