"""The answers: frozen values that pages show as they are.

In: nothing. Out: structs. Always true: instants and lengths are microseconds (UTC), days are the workspace's,
money is by currency; a share is between 0 and 1, None where there is nothing to divide by.
"""

from datetime import date
from decimal import Decimal

import msgspec

from slinga.kernel.clock import Instant
from slinga.segments.preview import Estimate


class Money(msgspec.Struct, frozen=True):
    """An amount in one currency; "" where none was told."""

    currency: str
    amount: Decimal


class Touch(msgspec.Struct, frozen=True):
    """A channel that preceded coming into a stage: kind is visit, message or none."""

    kind: str
    channel: str
    count: int


class Acting(msgspec.Struct, frozen=True):
    """A live journey that has to do with a stage, and how: triggered, leaves, started, stopped, serves,
    asks or places."""

    key: str
    name: str
    how: tuple[str, ...]


class StatusFigures(msgspec.Struct, frozen=True):
    """A status: who is there, who came and went in the period."""

    key: str
    name: str
    people: int
    came: int
    went: int
    median_stay: int | None = None
    """Of stays in the status that ended in the period."""


class StageFigures(msgspec.Struct, frozen=True):
    """A stage at the end of a period.

    `conversion`: of everybody who was in the stage during the period, the share that went forward out of it.
    `median_stay`: of stays that ended in the period, true to `stays.ERROR`.
    `orders` and `value`: made by people while they stood here, after refunds.
    """

    key: str
    name: str
    side: str
    description: str
    people: int
    placed: int
    in_forward: int
    in_back: int
    out_forward: int
    out_back: int
    conversion: float | None
    median_stay: int | None
    orders: int
    value: tuple[Money, ...]
    channels: tuple[Touch, ...]
    journeys: tuple[Acting, ...]
    statuses: tuple[StatusFigures, ...]
    in_model: bool = True
    """False for a stage that the model in force no longer has."""


class Picture(msgspec.Struct, frozen=True):
    """A lifecycle model over a period, as of its last day."""

    model: str
    name: str
    since: date
    until: date
    people: int
    stages: tuple[StageFigures, ...]


class Link(msgspec.Struct, frozen=True):
    """Moves from one stage to another; `source` "" for first placings. `direction` by the model's order:
    placed, forward or back."""

    source: str
    target: str
    count: int
    direction: str


class Transitions(msgspec.Struct, frozen=True):
    """Moves between stages in a period, and how many stood where before and after, by stage."""

    model: str
    since: date
    until: date
    before: dict[str, int]
    after: dict[str, int]
    links: tuple[Link, ...]


class StageEstimate(msgspec.Struct, frozen=True):
    """A stage among some people only; flows are of the period."""

    key: str
    name: str
    people: Estimate
    in_forward: Estimate
    in_back: Estimate
    out_forward: Estimate
    out_back: Estimate


class Moves(msgspec.Struct, frozen=True):
    """Moves of some people from a stage ("" for the first placing) to another."""

    source: str
    target: str
    count: Estimate


class Narrowed(msgspec.Struct, frozen=True):
    """The picture of people in any of some segments, from a source, or both; exact of all buckets."""

    model: str
    segments: tuple[str, ...]
    source: str
    since: date
    until: date
    buckets: int
    stages: tuple[StageEstimate, ...]
    moves: tuple[Moves, ...] = ()


class Whom(msgspec.Struct, frozen=True):
    """Somebody behind a number: their key, and since when or at which instant."""

    person: str
    at: Instant


class Page(msgspec.Struct, frozen=True):
    """Some of the people; `after` is what to ask with for more, "" at the end."""

    people: tuple[Whom, ...]
    after: str = ""


class Meaning(msgspec.Struct, frozen=True):
    """The condition that says the same, to be saved as a segment."""

    condition: dict


class NodeFigures(msgspec.Struct, frozen=True):
    """A node of one version. `outcomes` count how it was left; `sends` and `reactions` are of its messages.

    `skipped`: sends that policy refused or that expired; `failed`: steps that could not be carried out, and
    messages that were rejected or could not be written. `deferred` counts each putting off.
    `reached` is everybody who came to it: by a step, by entering, or by being there still.
    """

    version: int
    node: str
    type: str
    reached: int
    passed: int
    skipped: int
    failed: int
    deferred: int
    ended: int
    waiting: int
    outcomes: dict[str, int]
    leads_to: dict[str, int]
    median_stay: int | None
    sends: dict[str, int]
    reactions: dict[str, int]


class VersionFigures(msgspec.Struct, frozen=True):
    """One version of a journey: runs that began and ended, by reason, and those that go on now."""

    version: int
    entries: int
    ends: dict[str, int]
    goals: int
    holdouts: int
    refused: dict[str, int]
    waiting: int


class JourneyFigures(msgspec.Struct, frozen=True):
    """A journey over a period; `waiting_exact` False where so many wait that it was counted from a part."""

    key: str
    name: str
    live: bool
    since: date
    until: date
    entries: int
    ends: int
    goals: int
    holdouts: int
    waiting: int
    waiting_exact: bool
    median_run: int | None
    versions: tuple[VersionFigures, ...]
    nodes: tuple[NodeFigures, ...]


class JourneyLine(msgspec.Struct, frozen=True):
    """A journey in a list, over a period."""

    key: str
    name: str
    live: bool
    entries: int
    ends: int
    goals: int
    sent: int
    failed_steps: int


class Waiting(msgspec.Struct, frozen=True):
    """A run that waits at a node; `due_at` None where only an event moves it on."""

    person: str
    version: int
    about: str
    since: Instant
    due_at: Instant | None


class WaitingPage(msgspec.Struct, frozen=True):
    """Some of those who wait; `after` is what to ask with for more, "" at the end."""

    runs: tuple[Waiting, ...]
    after: str = ""


class Figure(msgspec.Struct, frozen=True):
    """A key figure, its definition in words, and the same of an earlier period to compare with."""

    key: str
    name: str
    definition: str
    count: int
    before: int
    value: tuple[Money, ...] = ()
    value_before: tuple[Money, ...] = ()
    better: str = "more"
    """more, less, or "" where neither is better."""

    @property
    def tells(self) -> bool:
        """Whether there is anything to tell: it was counted now or before."""
        return bool(self.count or self.before)


class Attention(msgspec.Struct, frozen=True):
    """Something a member should look at. `sort` is a closed word, `about` the key of what it is about.

    Sorts: lane_held, complaints, render_failed, unknown_messages, journey_quiet, journey_failing,
    quarantine_growing, import_stuck, sums_anew, sums_older, sums_behind. `urgent` where something is stopped.
    """

    sort: str
    about: str
    count: int = 0
    share: float | None = None
    since: Instant | None = None
    note: str = ""
    urgent: bool = False


class Home(msgspec.Struct, frozen=True):
    """The first page. `figures` run from the beginning of yesterday to the last whole hour and are compared
    with the same hours a week before; `verbs` are of 30 days and compared with the 30 before."""

    at: Instant
    since: date
    hours_today: int
    figures: tuple[Figure, ...]
    verbs: tuple[Figure, ...]
    attention: tuple[Attention, ...]
    automated: float | None
    """Of messages that left in 30 days, the share that journeys sent by themselves."""
    people: int
    """Who stands in the first model; 0 without one."""


class Touchpoint(msgspec.Struct, frozen=True):
    """A touchpoint entered by hand; `id` 0 for a new one. Volume and cost are of all its days together."""

    name: str
    model: str
    stage: str
    channel: str
    from_day: date
    until_day: date
    volume: int = 0
    cost: Decimal = Decimal(0)
    note: str = ""
    id: int = 0


class Cell(msgspec.Struct, frozen=True):
    """A stage met by a channel in a period. `kind` is message, visit or offline.

    `results` are clicks for messages; `journeys` are the live journeys that are for the stage and send over
    the channel. `planned` says whether any is, or whether a touchpoint was entered.
    """

    stage: str
    kind: str
    channel: str
    volume: int
    results: int
    cost: Decimal
    journeys: tuple[str, ...]
    touchpoints: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing happened here."""
        return not self.volume

    @property
    def planned(self) -> bool:
        """Whether something is meant to happen here."""
        return bool(self.journeys or self.touchpoints)


class Map(msgspec.Struct, frozen=True):
    """The journey map: every stage by every channel, empty cells included."""

    model: str
    since: date
    until: date
    stages: tuple[tuple[str, str], ...]
    channels: tuple[tuple[str, str], ...]
    """(kind, channel) of the columns."""
    cells: tuple[Cell, ...]
    touchpoints: tuple[Touchpoint, ...]


class Path(msgspec.Struct, frozen=True):
    """The last steps of a way to the first purchase: touchpoints and stages in order, repeats once."""

    steps: tuple[str, ...]
    people: int
    share: float


class Length(msgspec.Struct, frozen=True):
    """How long the ways of some people were; "" for everybody. Medians; days are true to 3 %."""

    segment: str
    people: int
    touchpoints: float
    days: float


class Conformance(msgspec.Struct, frozen=True):
    """The model as designed against what happened in a period: forward moves to the very next stage, those
    that skipped some, and moves back; cells that are planned and unused, or used and not planned."""

    next: int
    skipped: int
    back: int
    planned_unused: tuple[tuple[str, str], ...]
    used_unplanned: tuple[tuple[str, str], ...]


class Paths(msgspec.Struct, frozen=True):
    """The ways of all `people` whose first order was counted in a period; `paths` are the most frequent."""

    model: str
    since: date
    until: date
    people: int
    paths: tuple[Path, ...]
    lengths: tuple[Length, ...]
