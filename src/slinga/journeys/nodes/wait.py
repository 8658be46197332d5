"""Wait: for a time, until a local time, or until an event or a condition with a time-out.

In: the instant of arrival, the event being applied. Out: the way on (`next`) or the time-out's way.
Always true: "for 3 days" is elapsed time, "until 09:00" is the wall clock where the person lives.
"""

from datetime import timedelta
from typing import ClassVar

import msgspec

from slinga.journeys.decision import Decision, Goto, WaitUntil
from slinga.journeys.node import Document, Here, Label, Node, check_length, clock_time
from slinga.kernel.calendar import Period, local, next_local, period, resolve
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Invalid


class EventWaited(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An event to wait for."""

    name: str
    where: tuple[Document, ...] = ()


class Wait(Node, frozen=True, kw_only=True, tag="wait"):
    """Hold the person here."""

    label: ClassVar[str] = "Wait"
    icon: ClassVar[str] = "hourglass"
    labels: ClassVar[dict[str, Label]] = {
        "for": Label("For", "length"),
        "until_time": Label("Until this time of day", "clock"),
        "weekdays": Label("Only on", "days"),
        "until_event": Label("Until this happens"),
        "until_condition": Label("Until this holds"),
        "timeout": Label("Wait at most", "length"),
        "on_timeout": Label("When the time is up", "exit"),
    }
    fresh: ClassVar[Document] = {"for": "1d"}

    for_: str | None = msgspec.field(default=None, name="for")
    """How long, for example 2h or 3d."""
    until_time: str | None = None
    """A local time of day, such as 09:00. With `for`, the first such time after it, days by the calendar."""
    weekdays: tuple[int, ...] = ()
    """Only on these days: 1 is Monday, 7 is Sunday. Needs `until_time`."""
    until_event: EventWaited | None = None
    """Go on as soon as this happens."""
    until_condition: Document | None = None
    """Go on as soon as this holds."""
    timeout: str | None = None
    """How long to wait for the event or the condition."""
    on_timeout: str | None = None
    """Where to go when the time is up; without it, to `next`."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        if self.timeout is None:
            return {"next": self.next}
        return {"next": self.next, "on_timeout": self.on_timeout or self.next}

    def conditions(self) -> dict[str, Document]:
        return {} if self.until_condition is None else {"until_condition": self.until_condition}

    def events(self) -> dict[str, Document]:
        if self.until_event is None:
            return {}
        return {"until_event": {"name": self.until_event.name, "where": list(self.until_event.where)}}

    def passes(self) -> dict[str, str | None]:
        # A condition may hold already; an event has to come first, and time has to pass.
        return {} if self.until_condition is None else {"next": self.next}

    def check(self) -> None:
        timed = self.for_ is not None or self.until_time is not None
        watching = self.until_event is not None or self.until_condition is not None
        if timed == watching:
            raise Invalid(
                "give either a time (a length, a time of day) or something to wait for (an event, a "
                "condition)"
            )
        if watching and self.timeout is None:
            raise Invalid("say how long to wait at most", field="timeout")
        if not watching and (self.timeout is not None or self.on_timeout is not None):
            raise Invalid("a time-out needs an event or a condition to wait for", field="timeout")
        if self.weekdays and self.until_time is None:
            raise Invalid("weekdays need a time of day", field="until_time")
        if any(not 1 <= day <= 7 for day in self.weekdays):
            raise Invalid("weekdays are numbers from 1, Monday, to 7, Sunday", field="weekdays")
        for field, text in (("for", self.for_), ("timeout", self.timeout)):
            if text is not None:
                check_length(text, field)
                if period(text) == Period():
                    raise Invalid("wait longer than nothing", field=field)
        if self.until_time is not None:
            clock_time(self.until_time, "until_time")

    def due_at(self, since: Instant, here: Here) -> Instant:
        """When the waiting ends at the latest, for somebody who came at `since`."""
        length = self.timeout if self.timeout is not None else self.for_
        due = here.later(since, length) if length is not None else since
        if self.until_time is None:
            return due
        days, rest = divmod(period(length).micros, DAY) if length is not None else (0, 1)
        if not rest:
            # By the calendar: a week until 10:00 ends at 10:00 also when the clocks went forward in between.
            there = local(due - days * DAY, here.zone)
            due = resolve(there.date() + timedelta(days=days), there.time(), here.zone)
        at = clock_time(self.until_time, "until_time")
        # One microsecond back: somebody who is through exactly at the hour does not wait another day.
        return next_local(
            due - 1 if length is not None else due, at, here.zone, weekdays=frozenset(self.weekdays)
        )

    def step(self, here: Here) -> Decision:
        due = here.due if here.due is not None else self.due_at(here.since, here)
        if self.until_event is not None and here.happened("until_event"):
            return Goto(
                to=self.next, outcome="event", witness={"event": here.event.name if here.event else ""}
            )
        until = due
        if self.until_condition is not None:
            truth = here.test("until_condition")
            if truth.value:
                return Goto(to=self.next, outcome="condition", witness=truth.witness)
            if truth.until is not None:
                until = min(until, truth.until)
        if due > here.now:
            return WaitUntil(until=until, due=due)
        if self.timeout is None:
            return Goto(to=self.next, outcome="next")
        return Goto(to=self.on_timeout or self.next, outcome="on_timeout")
