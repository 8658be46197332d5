"""What every node type is: a struct of settings that can also take one step.

In: `Here`, all that a node may see. Out: a `Decision`.
Always true: a node reads nothing else, so a run can stop between any two steps and go on elsewhere.

A node type is one subclass of `Node` in one file. Its fields are the form, the JSON Schema and the
reference page; `exits`, `conditions` and `references` let the validator see inside it.
"""

from collections.abc import Callable
from datetime import time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import Input
from slinga.journeys.decision import Answer, Decision
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.words import worded

Document = dict[str, Any]


class Label(msgspec.Struct, frozen=True):
    """How a form shows a setting: its name, and what is asked for where the type alone does not say it.

    `kind` is one of those that `schema.Field` lists; "ref:template" and the like offer what is published.
    """

    title: str
    kind: str = ""
    unit: str = ""


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """All that a node may see of a run."""

    person: str
    journey: str
    version: int
    message_class: str
    topic: str | None
    priority: int
    quiet_hours: str
    run: str
    node: str
    visit: int
    """How many times the run has come to this node, from 1: part of every send key."""
    now: Instant
    since: Instant
    """When the run came to this node."""
    due: Instant | None
    """What the node asked to be woken at, kept between steps."""
    entered_at: Instant
    trigger: dict[str, Any]
    view: Any
    event: Input | None
    answer: Answer | None
    test: Callable[[str], Any]
    """Tests the condition in a named slot: Truth(value, until, witness)."""
    happened: Callable[[str], bool]
    """Whether the event being applied is the one a named slot waits for."""
    assigned: str | None
    """The arm this person was given at this node before, if any."""
    assign: Callable[[str], None]
    """Remember an arm for this person and node for ever."""

    @property
    def zone(self) -> ZoneInfo:
        """The person's own zone, or the workspace's. Looked up when asked for: most lengths need none."""
        return person_zone(self.view)

    def later(self, at: Instant, text: str) -> Instant:
        """`at` plus a length of time in text; a leading minus goes back by elapsed time and whole days."""
        length = period(text)
        return add(at, length, self.zone) if length.months else at + length.micros

    def value(self, given: Any) -> Any:
        """A setting that is {"trigger": path} or {"trait": name} becomes the value; anything else stays."""
        if isinstance(given, dict) and len(given) == 1:
            if "trigger" in given:
                return dig(self.trigger, str(given["trigger"]))
            if "trait" in given:
                return self.view.trait(str(given["trait"]))
        if isinstance(given, dict):
            return {name: self.value(item) for name, item in given.items()}
        return given


class Node(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    omit_defaults=True,
):
    """Base of all node types."""

    title: str = ""
    """A name of your own for this step."""

    label: ClassVar[str] = ""
    """What the palette calls this type."""
    group: ClassVar[str] = "flow"
    """Where the palette puts it: flow, send, person or world."""
    icon: ClassVar[str] = "point"
    """The name of a Tabler icon."""
    labels: ClassVar[dict[str, Label]] = {}
    """How the form shows the settings, by their names in documents."""
    fresh: ClassVar[Document] = {}
    """What a new node begins with, beside its type."""

    def exits(self) -> dict[str, str | None]:
        """The named ways out and where each leads; None ends the run."""
        return {}

    def conditions(self) -> dict[str, Document]:
        """Conditions by slot, in the segments' grammar; the slot is also the path inside the node."""
        return {}

    def events(self) -> dict[str, Document]:
        """Events waited for, by slot: {"name": ..., "where": [...]}."""
        return {}

    def references(self) -> dict[str, str]:
        """What the node names elsewhere: kind ("template", "journey", "model", "score") to key."""
        return {}

    def passes(self) -> dict[str, str | None]:
        """The exits that can be taken at the instant of arrival; a circle of these never rests."""
        return self.exits()

    def check(self) -> None:
        """Raise Invalid with a field inside the node where the settings make no sense."""

    def step(self, here: Here) -> Decision:
        """Decide. Called on arrival, then at every input and at the instant asked for."""
        raise TypeError(f"the node type {type(self).__name__} has no step")


def dig(value: Any, path: str) -> Any:
    """The value at a dotted path, or None. A number picks from a list; a name asks each of its elements."""
    parts = path.split(".")
    for place, part in enumerate(parts):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, list | tuple):
            rest = ".".join(parts[place:])
            found = [dig(each, rest) for each in value if isinstance(each, dict)]
            return [each for each in found if each is not None] or None
        else:
            return None
    return value


def clock_time(text: str, field: str) -> time:
    """A local time "09:00". Raises Invalid at the field."""
    try:
        found = time.fromisoformat(text)
    except ValueError as fault:
        raise Invalid(
            worded("%(text)s is not a time of day; write for example 09:00", text=repr(text)), field=field
        ) from fault
    if found.tzinfo is not None:
        raise Invalid("a time of day here is local; leave the offset out", field=field)
    return found


def check_length(text: str, field: str) -> None:
    """Check a length of time. Raises Invalid at the field."""
    try:
        period(text)
    except Invalid as fault:
        raise Invalid(fault.text, field=field) from fault


def person_zone(view: Any) -> ZoneInfo:
    """The person's zone from the trait `timezone`, else the workspace's; an unknown name counts as none."""
    name = view.trait("timezone")
    return zone(name if isinstance(name, str) else None, view.zone.key)
