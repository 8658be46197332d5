"""The terms of the condition grammar: one typed tree for segments, triggers, branches, rules, goals, exits.

In: converted JSON (`grammar.parse`). Out: `Condition`, frozen. Always true: a parsed condition can be
read live, and as a set query unless it binds the triggering event or the entry (`references(c).run`).

The rules of comparison stand in `values`; what each leaf means stands at its class.
"""

from typing import Any, Literal, get_args

import msgspec

Scalar = str | int | float | bool
Cmp = Literal[
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "ends_with",
    "exists",
    "missing",
]
DateCmp = Literal["before", "after", "within_last", "within_next", "anniversary_today", "anniversary_within"]
DATE_CMPS = frozenset(get_args(DateCmp))
NumberCmp = Literal["eq", "ne", "lt", "le", "gt", "ge"]
Aggregate = Literal["count", "sum", "min", "max", "avg", "distinct", "first", "last"]
ReactionKind = Literal["sent", "delivered", "opened", "clicked", "ignored", "bounced", "complained"]
Quantifier = Literal["any", "none", "all", "latest", "count"]


class _Part(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"is_": "is", "for_": "for", "from_": "from"},
):
    pass


class Bind(_Part, frozen=True):
    """A value taken from the event that triggered the run, by its path, e.g. "properties.order_id"."""

    trigger: str


Value = Scalar | list[Scalar] | Bind | None


class Window(_Part, frozen=True):
    """Which occurrences count: those in a trailing period (t counts while add(t, last) > now, months on
    the workspace's calendar), or not before an instant, or not before the run's entry."""

    last: str | None = None
    since: str | None = None
    since_entry: bool = False


class Filter(_Part, frozen=True):
    """A comparison on an event's properties."""

    prop: str
    cmp: Cmp = "eq"
    value: Value = None


class Attr(_Part, frozen=True):
    """A comparison on a thing's attributes; "id" is the thing's own. Date comparisons as in `Date`."""

    attr: str
    cmp: Cmp | DateCmp = "eq"
    value: Value = None


class Step(_Part, frozen=True):
    """One step of a sequence."""

    name: str
    where: list[Filter] = []


class _Leaf(_Part, frozen=True, tag_field="op"):
    pass


class All(_Leaf, frozen=True, tag="all"):
    """Every one of them; true of none."""

    of: list["Condition"]


class Any_(_Leaf, frozen=True, tag="any"):
    """At least one of them; false of none."""

    of: list["Condition"]


class Not(_Leaf, frozen=True, tag="not"):
    """The opposite."""

    of: "Condition"


class Everyone(_Leaf, frozen=True, tag="everyone"):
    """Always true."""


class Trait(_Leaf, frozen=True, tag="trait"):
    """A comparison on a trait; dots in the name walk into objects."""

    name: str
    cmp: Cmp = "exists"
    value: Value = None


class Date(_Leaf, frozen=True, tag="date"):
    """A trait that holds a date or an RFC 3339 instant, in the workspace's zone.

    A date stands for its local midnight. `before` and `after` a date mean whole days. within_last P:
    from the moment until add(moment, P). within_next P: from P before it until it, or until the end of
    the day for a date. Anniversaries read the date as written, 29 February falls on the 28th in common
    years; anniversary_within P: from P before the day until it ends.
    """

    name: str
    cmp: DateCmp
    value: str | None = None


class Event(_Leaf, frozen=True, tag="event"):
    """An aggregate over the person's events of one name.

    count, sum and distinct of nothing are 0; min, max, avg, first and last of nothing compare false (ne
    true). first and last are instants: compared with a period, their age (ge: at least that long ago),
    with an RFC 3339 text, themselves. A leaf bound to the trigger counts what is applied during the run.
    """

    name: str
    where: list[Filter] = []
    agg: Aggregate = "count"
    prop: str | None = None
    window: Window | None = None
    cmp: NumberCmp = "ge"
    value: int | float | str = 1


class Sequence(_Leaf, frozen=True, tag="sequence"):
    """Steps one after another, by the time they occurred and then by arrival; complete when the last
    comes before add(first, within). The window is about the last step."""

    steps: list[Step]
    within: str | None = None
    window: Window | None = None


class Stage(_Leaf, frozen=True, tag="stage"):
    """The stage in a lifecycle model is one of these."""

    model: str
    is_: list[str]


class Status(_Leaf, frozen=True, tag="status"):
    """The status in a lifecycle model is one of these."""

    model: str
    is_: list[str]


class InStageFor(_Leaf, frozen=True, tag="in_stage_for"):
    """In the present stage for at least this long."""

    model: str
    for_: str


class Moved(_Leaf, frozen=True, tag="moved"):
    """Was moved in a lifecycle model: from one of these places (none named: from anywhere) to one of these
    (none named: to anywhere), whether they stand there still or not.

    A place is a stage, or a status as "stage/status"; "" among `from` is nowhere, from where the first
    placing comes. A move within a stage counts only where a status of it is named. To become one person with
    another is no move. The window is about the last move of each kind.
    """

    model: str
    from_: list[str] = []
    to: list[str] = []
    direction: Literal["forward", "back"] | None = None
    window: Window | None = None


class Score(_Leaf, frozen=True, tag="score"):
    """A comparison on a score; no score compares false (ne true)."""

    name: str
    cmp: NumberCmp
    value: int | float


class InSegment(_Leaf, frozen=True, tag="segment"):
    """In the segment, or with is: false, not in it."""

    key: str
    is_: bool = True


class Tag(_Leaf, frozen=True, tag="tag"):
    """Bears the tag."""

    name: str


class Consent(_Leaf, frozen=True, tag="consent"):
    """The consent for a channel and topic stands so."""

    channel: str
    topic: str
    is_: Literal["granted", "withdrawn", "denied", "unknown"] = "granted"


class Reachable(_Leaf, frozen=True, tag="reachable"):
    """Has a usable address on the channel."""

    channel: str


class Identified(_Leaf, frozen=True, tag="identified"):
    """Known by name, not anonymous."""


class Reaction(_Leaf, frozen=True, tag="reaction"):
    """How many messages met this reaction; machine hits do not count.

    ignored: `after` passed since the message was sent, and within it came neither a visit nor a purchase,
    nor a human open or click of that message. The window is about the sending then.
    """

    kind: ReactionKind
    channel: str | None = None
    journey: str | None = None
    template: str | None = None
    after: str = "3d"
    window: Window | None = None
    cmp: NumberCmp = "ge"
    value: int = 1


class Thing(_Leaf, frozen=True, tag="thing"):
    """Things of a type the person owns: any, none or all match (all: and there is one), the latest
    matches (greatest updated_at, then id), or the count of those that match compares."""

    type: str
    quantifier: Quantifier = "any"
    where: list[Attr] = []
    cmp: NumberCmp = "ge"
    value: int = 1


class Trigger(_Leaf, frozen=True, tag="trigger"):
    """A comparison on the event that triggered the run."""

    path: str
    cmp: Cmp = "exists"
    value: Value = None


Condition = (
    All | Any_ | Not | Everyone | Trait | Date | Event | Sequence | Stage | Status | InStageFor | Moved
    | Score | InSegment | Tag | Consent | Reachable | Identified | Reaction | Thing | Trigger
)  # fmt: skip

OPS: dict[str, type[_Leaf]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        All, Any_, Not, Everyone, Trait, Date, Event, Sequence, Stage, Status, InStageFor, Moved,
        Score, InSegment, Tag, Consent, Reachable, Identified, Reaction, Thing, Trigger,
    )
}  # fmt: skip
"""Every leaf and group by its `op`."""


def children(condition: Condition) -> list[Condition]:
    """The conditions directly inside a group; none for a leaf."""
    if isinstance(condition, All | Any_):
        return condition.of
    return [condition.of] if isinstance(condition, Not) else []


def leaves(condition: Condition) -> list[Condition]:
    """All leaves of a tree, left to right."""
    if isinstance(condition, All | Any_ | Not):
        return [leaf for child in children(condition) for leaf in leaves(child)]
    return [condition]


def to_document(condition: Condition) -> Any:
    """The JSON value of a condition; `parse` of it gives the same condition."""
    return msgspec.to_builtins(condition)


class References(msgspec.Struct, frozen=True):
    """What a condition reads. `run` is true where it binds the triggering event or the entry."""

    segments: frozenset[str]
    models: frozenset[str]
    scores: frozenset[str]
    events: frozenset[str]
    things: frozenset[str]
    run: bool

    def definitions(self) -> frozenset[str]:
        """The published definitions, as "segment:key", "model:key", "score:name"."""
        return frozenset(
            [f"segment:{k}" for k in self.segments]
            + [f"model:{k}" for k in self.models]
            + [f"score:{k}" for k in self.scores]
        )


REACTIONS = {
    "sent": "Message Sent",
    "delivered": "Message Delivered",
    "opened": "Message Opened",
    "clicked": "Message Clicked",
    "bounced": "Message Bounced",
    "complained": "Message Complained",
}
"""The event that reports each reaction; ignored is the lack of them."""
ENGAGED = ("Visit Started", "Order Completed")
"""What shows, besides a human open or click, that a message was not ignored."""


def references(condition: Condition) -> References:
    """What a condition reads: segments, models, scores, event names, types of things."""
    found: dict[str, set[str]] = {k: set() for k in ("segments", "models", "scores", "events", "things")}
    run = False
    for leaf in leaves(condition):
        match leaf:
            case InSegment():
                found["segments"].add(leaf.key)
            case Stage() | Status() | InStageFor() | Moved():
                found["models"].add(leaf.model)
            case Score():
                found["scores"].add(leaf.name)
            case Event():
                found["events"].add(leaf.name)
            case Sequence():
                found["events"].update(step.name for step in leaf.steps)
            case Reaction(kind="ignored"):
                found["events"].update(("Message Sent", "Message Opened", "Message Clicked", *ENGAGED))
            case Reaction():
                found["events"].add(REACTIONS[leaf.kind])
            case Thing():
                found["things"].add(leaf.type)
            case _:
                pass
        run = run or binds(leaf)
    sets = {name: frozenset(values) for name, values in found.items()}
    return References(**sets, run=run)


def binds(leaf: Condition) -> bool:
    """Whether a leaf can be read only inside a run."""
    window = getattr(leaf, "window", None)
    if isinstance(leaf, Trigger) or (window is not None and window.since_entry):
        return True
    if isinstance(leaf, Trait) and isinstance(leaf.value, Bind):
        return True
    filters: list[Any] = list(getattr(leaf, "where", []))
    for step in leaf.steps if isinstance(leaf, Sequence) else []:
        filters.extend(step.where)
    return any(isinstance(f.value, Bind) for f in filters)
