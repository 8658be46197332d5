"""One person's life as lines to read: what they did, what we decided, what we sent.

In: rows of facts, inputs and messages. Out: `Line`s, newest first.
Always true: pure; a text from outside is only ever a value here, never markup; an unknown kind still shows.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.kernel.clock import Instant

Body = dict[str, Any]


class Line(msgspec.Struct, frozen=True):
    """One happening: `sort` is did, said, moved, journey, message, consent or system."""

    at: Instant
    sort: str
    title: str
    detail: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    message: str = ""
    """The message it is about, to be opened."""


SORTS = ("did", "said", "moved", "journey", "message", "consent", "system")
QUIET = ("identify", "group", "consent", "handover", "merge", "receipt", "command", "answer")
_SAID = {"identify": "Told us", "group": "Belongs to an account"}
_SHORT = 160
_PAIRS = 6


def timeline(life: dict[str, list[tuple]], limit: int) -> list[Line]:
    """All happenings together, newest first, at most `limit`."""
    lines = [
        *(_input(*row) for row in life["inputs"]),
        *(_fact(*row) for row in life["facts"] if row[1] not in _UNTOLD),
        *(_message(row) for row in life["messages"]),
    ]
    return sorted(lines, key=lambda line: -line.at)[:limit]


_UNTOLD = ("trait_set", "consent_moved", "send_planned", "step", "program_adopted", "send_settled")
"""Facts that repeat what an input or a message already says, or that only an explanation needs."""


def _input(at: Instant, kind: str, name: str, body: Body) -> Line:
    if kind in ("event", "history"):
        about = name.startswith(("Message ", "Unsubscribed"))
        return Line(at, "message" if about else "did", name, _past(kind), pairs(body.get("properties")))
    if kind in _SAID:
        return Line(at, "said", _SAID[kind], "", pairs(body.get("traits")))
    if kind == "consent":
        what = " · ".join(str(body[part]) for part in ("channel", "topic") if body.get(part))
        return Line(at, "consent", f"{str(body.get('action', name)).capitalize()} {what}".strip(), _by(body))
    if kind == "receipt":
        return Line(at, "message", f"Delivery report: {name}", text(body.get("reason")))
    if kind == "command":
        return Line(at, "system", f"A member asked: {name}", "", pairs(body))
    if kind == "handover":
        return Line(at, "system", "The past of another profile was taken over")
    return Line(at, "system", kind.capitalize(), name, pairs(body))


def _past(kind: str) -> str:
    return "from history; starts nothing" if kind == "history" else ""


def _by(body: Body) -> str:
    return f"through {body['source']}".replace("_", " ") if body.get("source") else ""


def _fact(at: Instant, kind: str, name: str, body: Body) -> Line:
    told = _FACTS.get(kind)
    if told is None:
        return Line(at, "system", kind.replace("_", " ").capitalize(), name, pairs(body))
    sort, title, detail = told
    return Line(at, sort, _fill(title, name, body), _fill(detail, name, body).replace("_", " "))


_FACTS: dict[str, tuple[str, str, str]] = {
    "visit_started": ("did", "Came to the site", "{source} {medium} {campaign}"),
    "visit_ended": ("did", "Left the site", "{pages} pages"),
    "segment_entered": ("moved", "Entered the segment {name}", ""),
    "segment_left": ("moved", "Left the segment {name}", ""),
    "stage_moved": ("moved", "Stage: {from_stage} → {to_stage}", "{cause} {because}"),
    "status_moved": ("moved", "Status: {from_status} → {to_status}", "{cause} {because}"),
    "moved": ("moved", "Stage: {from_stage} {from_status} → {to_stage} {to_status}", "{cause} {because}"),
    "score_moved": ("moved", "Score {name}: {before} → {after}", ""),
    "run_entered": ("journey", "Entered the journey {name}", ""),
    "run_restarted": ("journey", "Started the journey {name} again", ""),
    "run_ended": ("journey", "The journey {name} ended", "{reason}"),
    "run_refused": ("journey", "Was not let into {name}", "{reason}"),
    "entry_refused": ("journey", "Was not let into {name}", "{reason}"),
    "holdout": ("journey", "Held out of {name} for comparison", ""),
    "goal_reached": ("journey", "Reached the goal of {name}", "{goal}"),
    "send_deferred": ("message", "A message of {name} was put off", "{reason} {detail}"),
    "send_blocked": ("message", "A message of {name} was not sent", "{reason} {detail}"),
    "tagged": ("moved", "Tagged {name}", ""),
    "hand_over": ("journey", "Handed over to the team", "{note}"),
    "merged": ("system", "Became one with another profile", ""),
}


LIFE_KINDS_TOLD = tuple(_FACTS)
"""The kinds of facts that have words of their own."""


def _fill(pattern: str, name: str, body: Body) -> str:
    """The pattern with values put in as text; a value is never itself a pattern."""
    out = []
    for part in pattern.split("{"):
        field, brace, rest = part.partition("}")
        value = (name if field == "name" else text(body.get(field))) + rest if brace else part
        out.append(value)
    return " ".join("".join(out).split())


def _message(row: tuple) -> Line:
    at, id, channel, _class, _topic, journey, template, state, reason, _accepted = row
    title = f"{_CHANNELS.get(channel, channel)} “{template}”: {state.replace('_', ' ')}"
    return Line(
        at,
        "message",
        title,
        " · ".join(part for part in (journey, reason.replace("_", " ")) if part),
        message=str(id).replace("-", ""),
    )


_CHANNELS = {"email": "E-mail", "sms": "Text message", "push": "Notification", "webhook": "Webhook"}


def pairs(body: Any) -> tuple[tuple[str, str], ...]:
    """The first few values of a document, short, as text."""
    if not isinstance(body, dict):
        return ()
    shown: Iterable[tuple[str, Any]] = ((k, v) for k, v in body.items() if v not in (None, "", [], {}))
    return tuple((str(name), text(value)) for name, (value) in list(shown)[:_PAIRS])


def text(value: Any) -> str:
    """A value as short text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    out = str(value)
    return out if len(out) <= _SHORT else out[: _SHORT - 1] + "…"
