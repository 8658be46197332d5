"""Lifecycle documents and positions: ordered stages on both sides of the knot, statuses inside them.

In: a plain dict (JSON or YAML). Out: a frozen `Model`, or Invalid naming the path.
Always true: no stage is terminal; conditions stay in the document as written, so files round-trip.

How a person moves (the whole rule; `decide` carries it out):
  up      to the highest later stage whose `enter` holds and none of whose `fall` rules holds
  down    when a `fall` rule of the present stage holds and the person has stayed for its `hold`:
          to the highest stage from `to` upwards that could be entered, else to `to` itself
  status  the first in the list whose `enter` holds; one without `enter` is given only by a fall rule,
          a journey or a member, and lasts until an earlier one in the list holds or the stage changes
  pinned  a person placed by a journey or a member does not fall while pinned, and a stage whose rule
          held at the placing does not pull them back before the rule has been false. The pin ends after
          its length, or at the first event of `renewed_by` (a purchase) after the placing
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.calendar import period
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.segments import grammar

Side = Literal["left", "knot", "right"]
Document = dict[str, Any]


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A sub-stage. Without `enter` it is given only by a fall rule, a journey or a member."""

    key: str
    name: str
    enter: Document | None = None
    description: str = ""


class Fall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule for going back: when it holds, to which earlier stage, and the cause to write down."""

    when: Document
    to: str
    status: str | None = None
    cause: str = ""


class Strategy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What being in a stage changes: journeys started and stopped on arrival, pressure while there."""

    start: tuple[str, ...] = ()
    """Journeys to start for everyone who arrives."""
    stop: tuple[str, ...] = ()
    """Journeys to stop for everyone who arrives."""
    weekly_messages: int | None = None
    """Marketing messages per 7 days while in the stage; None means the workspace's budget."""
    note: str = ""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One stage. The first stage of a model needs no `enter`: everyone is at least there."""

    key: str
    name: str
    side: Side
    enter: Document | None = None
    statuses: tuple[Status, ...] = ()
    fall: tuple[Fall, ...] = ()
    hold: str = "0s"
    """The shortest stay before a fall rule may act."""
    strategy: Strategy = Strategy()
    description: str = ""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lifecycle model: at least two stages, left to right."""

    key: str
    name: str
    stages: tuple[Stage, ...]
    pin: str = "30d"
    """How long somebody placed by a journey or a member is pinned, unless the placing says otherwise."""
    renewed_by: tuple[str, ...] = ("Order Completed",)
    """Events that end a pin: whoever buys again is judged by the rules again."""
    description: str = ""
    language: str = "en"

    def index(self, stage: str) -> int:
        """The stage's place from the left, from 0. Raises Invalid for an unknown key."""
        for number, candidate in enumerate(self.stages):
            if candidate.key == stage:
                return number
        known = ", ".join(candidate.key for candidate in self.stages)
        raise Invalid(
            "the model '%(key)s' has no stage '%(stage)s'; it has %(known)s",
            field="stage",
            key=self.key,
            stage=stage,
            known=known,
        )


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one person stands in one model. Part of the person's state."""

    stage: str
    since: Instant
    status: str | None = None
    status_since: Instant = 0
    round: int = 1
    """How many times the person has come round: plus one for each return from knot or right to left."""
    placed_at: Instant = 0
    pinned_until: Instant | None = None
    blocked: tuple[str, ...] = ()
    """Stages whose rule held at the last placing; they wait for the pin to end or the rule to fail."""


Cause = Literal["first", "enter", "fall", "status", "journey", "member", "model", "merge"]


class Move(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="moved", omit_defaults=True):
    """A dated change of stage or status with its cause; the engine writes it as a fact.

    `from_stage` None means the first placing. A change of status alone has equal stages.
    """

    model: str
    at: Instant
    from_stage: str | None
    to_stage: str
    from_status: str | None = None
    to_status: str | None = None
    cause: Cause
    because: str = ""
    """In words: the fall rule's cause, the journey's key, the member's note."""
    rule: str = ""
    """Path of the rule inside the document, for example `stages.5.fall.0`."""
    witness: Any = None
    direction: Literal["forward", "back", "within"] = "forward"
    round: int = 1
    stayed_for: int | None = None
    """Microseconds spent in the stage left."""
    status_for: int | None = None
    """Microseconds spent in the status left, or without one."""


def parse(document: Document) -> Model:
    """The model of a document. Raises Invalid whose `field` is the path of the first fault."""
    try:
        model = msgspec.convert(document, Model)
    except msgspec.ValidationError as fault:
        raise located(fault) from fault
    _check(model)
    return model


def located(fault: msgspec.ValidationError) -> Invalid:
    """msgspec's error as Invalid: "... - at `$.stages[0].side`" becomes field `stages.0.side`."""
    text, _, path = str(fault).partition(" - at `$")
    return Invalid(text, field=path.rstrip("`").replace("[", ".").replace("]", "").lstrip("."))


def length_at(text: str, path: str) -> None:
    """Check a length of time, reporting a fault under `path`."""
    try:
        period(text)
    except Invalid as fault:
        raise fault.at(path) from fault


def _check(model: Model) -> None:
    if len(model.stages) < 2:
        raise Invalid("a model needs at least two stages", field="stages")
    length_at(model.pin, "pin")
    places: dict[str, int] = {}
    sides = ("left", "knot", "right")
    for number, stage in enumerate(model.stages):
        path = f"stages.{number}"
        if stage.key in places:
            raise Invalid("two stages are called '%(key)s'", field=f"{path}.key", key=stage.key)
        if number and sides.index(stage.side) < sides.index(model.stages[number - 1].side):
            raise Invalid("stages run from left over the knot to right", field=f"{path}.side")
        if number and stage.enter is None:
            raise Invalid(
                "say who enters this stage; only the first stage holds everyone", field=f"{path}.enter"
            )
        length_at(stage.hold, f"{path}.hold")
        if stage.strategy.weekly_messages is not None and stage.strategy.weekly_messages < 1:
            raise Invalid("allow at least one message a week", field=f"{path}.strategy.weekly_messages")
        if stage.enter is not None:
            grammar.parse(stage.enter, path=f"{path}.enter")
        _check_statuses(stage, path)
        for index, fall in enumerate(stage.fall):
            here = f"{path}.fall.{index}"
            grammar.parse(fall.when, path=f"{here}.when")
            if fall.to not in places:
                raise Invalid("'%(to)s' is not an earlier stage", field=f"{here}.to", to=fall.to)
            target = model.stages[places[fall.to]]
            if fall.status is not None and fall.status not in {status.key for status in target.statuses}:
                raise Invalid(
                    "'%(key)s' has no status '%(status)s'",
                    field=f"{here}.status",
                    key=target.key,
                    status=fall.status,
                )
        places[stage.key] = number


def _check_statuses(stage: Stage, path: str) -> None:
    seen: set[str] = set()
    for number, status in enumerate(stage.statuses):
        here = f"{path}.statuses.{number}"
        if status.key in seen:
            raise Invalid("two statuses are called '%(key)s'", field=f"{here}.key", key=status.key)
        seen.add(status.key)
        if status.enter is not None:
            grammar.parse(status.enter, path=f"{here}.enter")
