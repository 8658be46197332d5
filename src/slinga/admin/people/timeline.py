"""One person's life as lines to read: what they did, what we decided, what we sent.

In: rows of facts, inputs and messages. Out: `Line`s, newest first.
Always true: pure; a text from outside is only ever a value here, never markup; an unknown kind still shows.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.admin.people.mails import Step
from slinga.admin.shell.words import Words
from slinga.admin.shell.words import noted as N_
from slinga.kernel.clock import Instant
from slinga.kernel.words import ENGLISH

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
    steps: tuple[Step, ...] = ()
    """What became of the message."""
    quiet: bool = False
    """Whether it is left out of the essential: it happens often and changes little."""


SORTS = ("did", "said", "moved", "journey", "message", "consent", "system")
EVERYTHING = "all"
_QUIET = ("score_moved", "entry_refused", "run_refused")
"""Facts that are no news of a life: a rule asked and answered no, a score that moved."""
QUIET = ("identify", "group", "consent", "handover", "merge", "receipt", "command", "answer")
_SAID = {"identify": N_("Told us"), "group": N_("Belongs to an account")}
_SHORT = 160
_PAIRS = 6


def timeline(
    inputs: Iterable[tuple], facts: Iterable[tuple], messages: Iterable[Line] = (), _: Words = ENGLISH
) -> list[Line]:
    """All happenings together, newest first. `messages` are lines already, one for each message."""
    lines = [
        *(_input(_, *row) for row in inputs),
        *(_fact(_, *row) for row in facts if row[1] not in _UNTOLD),
        *messages,
    ]
    return sorted(lines, key=lambda line: -line.at)


_UNTOLD = ("trait_set", "consent_moved", "send_planned", "step", "program_adopted", "send_settled")
"""Facts that repeat what an input or a message already says, or that only an explanation needs."""


def _input(_: Words, at: Instant, kind: str, name: str, body: Body) -> Line:
    if kind in ("event", "history"):
        about = name.startswith(("Message ", "Unsubscribed"))
        return Line(
            at, "message" if about else "did", name, _past(_, kind), pairs(_brief(body.get("properties")))
        )
    if kind in _SAID:
        return Line(at, "said", _(_SAID[kind]), "", pairs(body.get("traits")))
    if kind == "consent":
        topic = _.called("topic", str(body["topic"])) if body.get("topic") else ""
        channel = _(str(body["channel"])) if body.get("channel") else ""
        what = " · ".join(part for part in (channel, topic) if part)
        return Line(
            at, "consent", f"{_(str(body.get('action', name))).capitalize()} {what}".strip(), _by(_, body)
        )
    if kind == "receipt":
        return Line(at, "message", _("Delivery report: %(name)s") % {"name": name}, text(body.get("reason")))
    if kind == "command":
        return Line(at, "system", _("A member asked: %(name)s") % {"name": name}, "", pairs(body))
    if kind == "handover":
        return Line(at, "system", _("The past of another profile was taken over"), quiet=True)
    return Line(at, "system", kind.capitalize(), name, pairs(body))


def _brief(properties: Any) -> Any:
    """Properties without the addresses of a page that is told by its path."""
    if not isinstance(properties, dict) or not properties.get("path"):
        return properties
    return {name: value for name, value in properties.items() if name not in ("url", "referrer")}


def _past(_: Words, kind: str) -> str:
    return _("from history; starts nothing") if kind == "history" else ""


def _by(_: Words, body: Body) -> str:
    source = str(body.get("source") or "").replace("_", " ")
    return _("through %(source)s") % {"source": source} if source else ""


def _fact(_: Words, at: Instant, kind: str, name: str, body: Body) -> Line:
    told = _FACTS.get(kind)
    if told is None:
        return Line(at, "system", kind.replace("_", " ").capitalize(), name, pairs(body))
    sort, title, detail = told
    if kind == "stage_moved" and not body.get("from_stage"):
        title, detail = N_("{name}: came to {to_stage} {to_status}"), ""
    values = _values(_, sort, kind, name, body)
    told_so = _fill(_(detail) if detail else "", values)
    return Line(at, sort, _fill(_(title), values), told_so, quiet=kind in _QUIET)


_FACTS: dict[str, tuple[str, str, str]] = {
    "visit_started": ("did", N_("Came to the site"), "{source} {medium} {campaign}"),
    "visit_ended": ("did", N_("Left the site"), N_("pages: {pages}")),
    "segment_entered": ("moved", N_("Entered the segment {name}"), ""),
    "segment_left": ("moved", N_("Left the segment {name}"), ""),
    "stage_moved": ("moved", "{name}: {from_stage} → {to_stage} {to_status}", "{why}"),
    "status_moved": ("moved", "{name}: {from_status} → {to_status}", "{why}"),
    "score_moved": ("moved", N_("Score {name}: {before} → {after}"), ""),
    "run_entered": ("journey", N_("Entered the journey {name}"), ""),
    "run_restarted": ("journey", N_("Started the journey {name} again"), ""),
    "run_ended": ("journey", N_("The journey {name} ended"), "{reason}"),
    "run_refused": ("journey", N_("Was not let into {name}"), "{reason}"),
    "entry_refused": ("journey", N_("Was not let into {name}"), "{reason}"),
    "holdout": ("journey", N_("Held out of {name} for comparison"), ""),
    "goal_reached": ("journey", N_("Reached the goal of {name}"), "{goal}"),
    "send_deferred": ("message", N_("A message of {name} was put off"), "{reason} {detail}"),
    "send_blocked": ("message", N_("A message of {name} was not sent"), "{reason} {detail}"),
    "tagged": ("moved", N_("Tagged {name}"), ""),
    "hand_over": ("journey", N_("Handed over to the team: {title}"), "{note}"),
    "merged": ("system", N_("Became one with another profile"), ""),
}


LIFE_KINDS_TOLD = tuple(_FACTS)
"""The kinds of facts that have words of their own."""

_ABOUT = {"journey": "journey", "message": "journey"}
_NAMED = {"segment_entered": "segment", "segment_left": "segment", "score_moved": "score"} | dict.fromkeys(
    ("stage_moved", "status_moved"), "model"
)


def _values(_: Words, sort: str, kind: str, name: str, body: Body) -> dict[str, str]:
    """What stands in a fact, by names and in the reader's words."""
    found = {field: text(value) for field, value in body.items()}
    found |= {field: _(found[field].replace("_", " ")) for field in ("reason", "cause") if field in found}
    if _NAMED.get(kind) == "model":
        for field in ("from_stage", "to_stage", "from_status", "to_status"):
            if found.get(field):
                found[field] = _.called(field.partition("_")[2], name, found[field])
        found["why"] = text(body.get("because")) or found.get("cause", "")
        if body.get("cause") == "journey" and body.get("because"):
            found["why"] = _.called("journey", str(body["because"]))
    about = _NAMED.get(kind) or _ABOUT.get(sort)
    called = _.called(about, name) if about else name
    found["name"] = _fill(_("“{name}”"), {"name": called}) if about in ("segment", "journey") else called
    return found


CAUSES = (N_("first"), N_("enter"), N_("fall"), N_("status"), N_("merge"), N_("journey"), N_("member"))
"""Why somebody moved, where no rule says it in words."""


def _fill(pattern: str, values: dict[str, str]) -> str:
    """The pattern with values put in as text; a value is never itself a pattern."""
    out = []
    for part in pattern.split("{"):
        field, brace, rest = part.partition("}")
        out.append(values.get(field, "") + rest if brace else part)
    return " ".join("".join(out).split())


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
    if isinstance(value, list):
        value = ", ".join(text(each) for each in value)
    elif isinstance(value, dict):
        value = _thing(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    out = str(value)
    return out if len(out) <= _SHORT else out[: _SHORT - 1] + "…"


_NAMES = ("name", "title", "product_name", "sku", "product_id", "id")


def _thing(value: dict[str, Any]) -> str:
    """A product or the like by its name, with how many; anything else value by value."""
    name = next((str(value[field]) for field in _NAMES if value.get(field)), "")
    if not name:
        return ", ".join(f"{field}: {text(each)}" for field, each in value.items())
    many = value.get("quantity")
    return f"{name} × {text(many)}" if isinstance(many, int | float) and many != 1 else name
