"""What a member asks of the lifecycle page, read from its address.

In: values of the query, the first and the last day there is. Out: a `Question`, and addresses that ask it.
Always true: pure; whatever stands in the address, the question is one that can be answered: days lie within
the history, unknown words fall back to the ordinary.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

import msgspec

PERIODS = (7, 30, 90, 365)
"""Lengths of time that can be chosen, in days."""
USUAL = 30


class Question(msgspec.Struct, frozen=True):
    """A model over `length` days that end with `until`; `today` is the last day, `begin` the first."""

    model: str
    until: date
    length: int
    begin: date
    today: date
    segment: str = ""
    source: str = ""
    persona: str = ""
    """The number of a persona; its people are those in any of its segments."""
    softened: bool = False

    @property
    def since(self) -> date:
        """The first day of the period."""
        return self.until - timedelta(days=self.length - 1)

    @property
    def narrowed(self) -> bool:
        """Whether it is about some people only."""
        return bool(self.segment or self.source or self.persona)

    @property
    def days(self) -> int:
        """How many days the scrubber spans."""
        return (self.today - self.begin).days

    @property
    def place(self) -> int:
        """Where the scrubber stands, from 0."""
        return (self.until - self.begin).days

    @property
    def now(self) -> bool:
        """Whether it is about today."""
        return self.until == self.today

    def address(self, path: str = "/admin/lifecycle", **more: str) -> str:
        """The address that asks this, with `more` in place of what it says; "" leaves a value out."""
        said = {
            "model": self.model,
            "until": "" if self.now else self.until.isoformat(),
            "days": "" if self.length == USUAL else str(self.length),
            "segment": self.segment,
            "source": self.source,
            "persona": self.persona,
            "scale": "soft" if self.softened else "",
        }
        return f"{path}?{urlencode({key: value for key, value in (said | more).items() if value})}"


def question(said: Mapping[str, str], model: str, begin: date, today: date) -> Question:
    """The question of a query. `place` (of the scrubber) goes before `until`."""
    begin = min(begin, today)
    until = day_of(said.get("until", "")) or today
    place = said.get("place", "")
    if place.isascii() and place.isdigit() and len(place) < 6:
        until = begin + timedelta(days=int(place))
    days = said.get("days", "")
    length = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else USUAL
    return Question(
        model=model,
        until=min(max(until, begin), today),
        length=min(max(length, 1), 730),
        begin=begin,
        today=today,
        segment=said.get("segment", ""),
        source=said.get("source", ""),
        persona=said.get("persona", ""),
        softened=said.get("scale") == "soft",
    )


def day_of(text: str) -> date | None:
    """A day written as 2026-03-01, or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
