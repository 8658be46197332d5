"""Journey documents: a header that says who may come in, and nodes that say what then happens.

In: a plain dict (JSON or YAML). Out: a frozen `Journey`, or Invalid naming the path.
Always true: a parsed journey can run. `validate` finds what is legal but surely not meant.
"""

import re
from typing import Any, Literal, Union

import msgspec

from slinga.journeys.node import Document, Node, check_length, clock_time
from slinga.journeys.nodes import NODES
from slinga.journeys.triggers import OnThingDate, Trigger
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Named, worded
from slinga.segments import grammar

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Every(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Again after this long, counted from the last entry about the same thing."""

    every: str


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most `count` runs that send, per person, in any stretch of `per`.

    A run counts from the instant of its first send, and only then: a run that ended before sending
    anything uses nothing up. It is checked immediately before a run's first send; a run over the cap ends.
    """

    count: int
    per: str


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the journey is for. Reaching it ends the run unless `stay`."""

    condition: Document
    name: str = "goal"
    stay: bool = False


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Local times between which no message of this journey goes out."""

    from_: str
    to: str


class Journey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A journey as published. Conditions stay as written; `compiled` holds their executable form."""

    key: str
    name: str
    description: str = ""
    message_class: Literal["marketing", "transactional"] = msgspec.field(default="marketing", name="class")
    topic: str | None = None
    priority: int = 0
    """Higher goes first when the pressure budget is short."""
    serves: tuple[str, ...] = ()
    """Stages this journey is for, as "model/stage": the plan of messages to phases."""
    personas: tuple[str, ...] = ()
    key_by: str | None = None
    """Path in the trigger, such as properties.cart_id: one run for each thing instead of one per person."""
    trigger: Trigger
    condition: Document | None = None
    """Who may come in when the trigger fires."""
    max_event_age: str = "24h"
    """A trigger that happened longer ago than this, or was due longer ago, starts nothing."""
    reentry: Literal["always", "once"] | Every = "always"
    restart_on_trigger: bool = False
    """Before the first send, the trigger coming again starts the run over instead of being refused."""
    exit: Document | None = None
    goal: Goal | None = None
    holdout: float = 0.0
    """Share of people, from 0 to 1, who are never let in, for comparison."""
    cap: Cap | None = None
    quiet_hours: QuietHours | Literal["none"] | None = None
    """Without them the workspace's hold; "none" is for messages people wait for."""
    start: str
    nodes: dict[str, Any]
    """Node structs by their id; plain dicts in the document."""


def types_of(extra: tuple[type[Node], ...] = ()) -> tuple[type[Node], ...]:
    """All node types: those that ship, then an extension's."""
    return (*NODES, *extra)


def parse(document: Document, *, extra: tuple[type[Node], ...] = ()) -> Journey:
    """The journey of a document. `extra` are an extension's node types.

    Raises Invalid whose `field` is the path of the first fault, such as `nodes.wait_2h.for`.
    """
    try:
        journey = msgspec.convert(document, Journey)
    except msgspec.ValidationError as fault:
        raise located(fault) from fault
    union: Any = Union[types_of(extra)]  # noqa: UP007 - the members are known only now
    nodes: dict[str, Node] = {}
    for key, raw in journey.nodes.items():
        try:
            node = msgspec.convert(raw, union)
        except msgspec.ValidationError as fault:
            raise located(fault, f"nodes.{key}") from fault
        _at(f"nodes.{key}", node.check)
        for slot, condition in node.conditions().items():
            grammar.parse(condition, path=f"nodes.{key}.{slot}")
        for target in node.exits().values():
            if target is not None and target not in journey.nodes:
                raise Invalid(
                    worded("there is no node %(node)s", node=Named("node", journey.key, target)),
                    field=f"nodes.{key}",
                )
        nodes[key] = node
    journey = msgspec.structs.replace(journey, nodes=nodes)
    _check(journey)
    return journey


def document_of(journey: Journey) -> Document:
    """The plain document of a journey; `parse` of it gives an equal journey."""
    found = msgspec.to_builtins(journey)
    assert isinstance(found, dict)
    return found


def _check(journey: Journey) -> None:
    if not _KEY.match(journey.key):
        raise Invalid(
            worded("%(key)s is no key; use small letters, digits, '-' and '_'", key=repr(journey.key)),
            field="key",
        )
    if journey.start not in journey.nodes:
        raise Invalid(
            worded("there is no node %(node)s", node=Named("node", journey.key, journey.start)), field="start"
        )
    if not 0 <= journey.holdout < 1:
        raise Invalid("a share is at least 0 and less than 1", field="holdout")
    _at("trigger", journey.trigger.check)
    if isinstance(journey.trigger, OnThingDate) and journey.key_by is not None:
        raise Invalid("a thing's date already runs once for each thing", field="key_by")
    check_length(journey.max_event_age, "max_event_age")
    if isinstance(journey.reentry, Every):
        check_length(journey.reentry.every, "reentry.every")
    if journey.cap is not None:
        check_length(journey.cap.per, "cap.per")
        if journey.cap.count < 1:
            raise Invalid("a cap lets at least one run through", field="cap.count")
    if isinstance(journey.quiet_hours, QuietHours):
        clock_time(journey.quiet_hours.from_, "quiet_hours.from")
        clock_time(journey.quiet_hours.to, "quiet_hours.to")
    for path, condition in header_conditions(journey).items():
        grammar.parse(condition, path=path)


def quiet_text(quiet: QuietHours | Literal["none"] | None) -> str:
    """Quiet hours as the policy reads them: "" the workspace's, "none", or "22:00-08:00"."""
    if quiet is None or quiet == "none":
        return quiet or ""
    return f"{quiet.from_}-{quiet.to}"


def header_conditions(journey: Journey) -> dict[str, Document]:
    """The header's conditions by their path."""
    found = {"condition": journey.condition, "exit": journey.exit}
    if journey.goal is not None:
        found["goal.condition"] = journey.goal.condition
    return {path: condition for path, condition in found.items() if condition is not None}


def located(fault: msgspec.ValidationError, prefix: str = "") -> Invalid:
    """msgspec's error as Invalid: "... - at `$.cap.count`" becomes field `cap.count` under the prefix."""
    text, _, path = str(fault).partition(" - at `$")
    inner = path.rstrip("`").replace("[", ".").replace("]", "").lstrip(".")
    return Invalid(text, field=".".join(part for part in (prefix, inner) if part))


def _at(prefix: str, check: Any) -> None:
    try:
        check()
    except Invalid as fault:
        field = ".".join(part for part in (prefix, fault.field) if part)
        raise Invalid(fault.text, field=field) from fault
