"""What can start a journey, as settings: one struct for each kind.

In: the `trigger` of a journey document. Out: a tagged struct. Always true: a dated trigger has a finite,
computable set of instants for each person, so nothing is ever scanned for.
"""

from typing import Literal

import msgspec

from slinga.journeys.node import Document, check_length, clock_time
from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.kernel.words import worded


class _Trigger(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="on", omit_defaults=True
):
    def check(self) -> None:
        """Raise Invalid with a field inside the trigger."""


class OnEvent(_Trigger, frozen=True, kw_only=True, tag="event"):
    """Something happened, on the site, in the shop or to one of our messages."""

    name: str
    also: tuple[str, ...] = ()
    """Other events that count the same, such as Product Removed beside Product Added."""
    where: tuple[Document, ...] = ()


class OnSegment(_Trigger, frozen=True, kw_only=True, tag="segment"):
    """Somebody came into a segment, or left it."""

    key: str
    change: Literal["entered", "left"] = "entered"


class OnStage(_Trigger, frozen=True, kw_only=True, tag="stage"):
    """A stage changed. Empty `to` or `from` means any."""

    model: str
    to: tuple[str, ...] = ()
    from_: tuple[str, ...] = msgspec.field(default=(), name="from")
    direction: Literal["any", "forward", "back"] = "any"


class OnStatus(_Trigger, frozen=True, kw_only=True, tag="status"):
    """A status changed. Empty `to` or `from` means any."""

    model: str
    to: tuple[str, ...] = ()
    from_: tuple[str, ...] = msgspec.field(default=(), name="from")


class OnScore(_Trigger, frozen=True, kw_only=True, tag="score"):
    """A score crossed a value."""

    name: str
    change: Literal["fell_below", "rose_above"]
    value: float


class _Dated(_Trigger, frozen=True, kw_only=True):
    offset: str = "0d"
    """How far from the date: -7d is a week before."""
    at: str = "09:00"
    """Local time of day where the person lives."""
    yearly: bool = False
    """On every anniversary instead of on the date itself."""

    def check(self) -> None:
        check_length(self.offset.lstrip("+-"), "offset")
        clock_time(self.at, "at")


class OnDate(_Dated, frozen=True, kw_only=True, tag="date"):
    """A date on the profile."""

    trait: str


class OnThingDate(_Dated, frozen=True, kw_only=True, tag="thing_date"):
    """A date on a thing: a lease's end, a subscription's renewal. One run for each thing."""

    type: str
    attr: str
    follow: bool = True
    """End the run when the thing is gone or its date was moved."""


class Every(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A repeated local time: on weekdays (1 is Monday), on days of the month, or on dates of the year."""

    at: str = "09:00"
    weekdays: tuple[int, ...] = ()
    monthdays: tuple[int, ...] = ()
    """29, 30 and 31 mean the month's last day where it is shorter."""
    dates: tuple[str, ...] = ()
    """Month and day, for example 10-15."""


class OnSchedule(_Trigger, frozen=True, kw_only=True, tag="schedule"):
    """A fixed instant, or a repeated local time."""

    at: str | None = None
    """An instant such as 2026-12-01T09:00:00+01:00."""
    every: Every | None = None

    def check(self) -> None:
        if (self.at is None) == (self.every is None):
            raise Invalid("give either one instant or a repetition")
        if self.at is not None:
            try:
                instant(self.at)
            except ValueError as fault:
                raise Invalid(worded("%(text)s is not an instant", text=repr(self.at)), field="at") from fault
        if self.every is not None:
            clock_time(self.every.at, "every.at")
            if any(not 1 <= day <= 7 for day in self.every.weekdays):
                raise Invalid("weekdays are numbers from 1, Monday, to 7, Sunday", field="every.weekdays")
            if any(not 1 <= day <= 31 for day in self.every.monthdays):
                raise Invalid("days of the month are numbers from 1 to 31", field="every.monthdays")
            if (
                sum(bool(choice) for choice in (self.every.weekdays, self.every.monthdays, self.every.dates))
                > 1
            ):
                raise Invalid("choose one of weekdays, days of the month and dates", field="every")
            for number, text in enumerate(self.every.dates):
                month_day(text, f"every.dates.{number}")


class OnVisit(_Trigger, frozen=True, kw_only=True, tag="visit"):
    """A visit to the site: the very first one, any one while it lasts, or one left with a full cart."""

    phase: Literal["first", "in_visit", "left_with_cart"]


class OnApi(_Trigger, frozen=True, kw_only=True, tag="api"):
    """Another system asks through the programming interface."""


class OnManual(_Trigger, frozen=True, kw_only=True, tag="manual"):
    """A member of the team, or another journey, puts people in."""


Trigger = (
    OnEvent
    | OnSegment
    | OnStage
    | OnStatus
    | OnScore
    | OnDate
    | OnThingDate
    | OnSchedule
    | OnVisit
    | OnApi
    | OnManual
)

DATED = (OnDate, OnThingDate, OnSchedule)


def month_day(text: str, field: str) -> tuple[int, int]:
    """Month and day of "10-15" (29 February is allowed). Raises Invalid at the field."""
    month, _, day = text.partition("-")
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= days[int(month) - 1]:
        return int(month), int(day)
    raise Invalid(
        worded("%(text)s is not a month and a day; write for example 10-15", text=repr(text)), field=field
    )
