"""Daily 02:30 and 01:30, where people live, across both clock switches of a year in twelve zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person
from slinga.engine.program import Part, compile_program
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant, from_datetime
from slinga.kernel.ids import person_key

ZONES = (
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Pacific/Chatham",
)
YEAR = 2026


def switches(tz: ZoneInfo) -> list[date]:
    """Local dates of the year on which the clocks change."""
    found, at = [], datetime(YEAR, 1, 1, tzinfo=UTC)
    while at.year == YEAR:
        later = at + timedelta(hours=1)
        if at.astimezone(tz).utcoffset() != later.astimezone(tz).utcoffset():
            found.append(later.astimezone(tz).date())
        at = later
    return found


def wanted(day: date, hour: int, tz: ZoneInfo) -> Instant:
    """The instant of a local time by looking at every minute: the first that shows it (RFC 5545 3.3.5).

    Where no minute shows it, the clock sprang over it: it is read with the offset before the gap.
    """
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    before = None
    for _ in range(48 * 60):
        here = at.astimezone(tz)
        if (here.date(), here.hour, here.minute) == (day, hour, 30):
            return from_datetime(at)
        if (here.date(), here.hour * 60 + here.minute) > (day, hour * 60 + 30):
            assert before is not None
            gap = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) - before
            return from_datetime(gap)
        before = here.utcoffset()
        at += timedelta(minutes=1)
    raise AssertionError("no such day")


@pytest.mark.parametrize("hour", [1, 2])
@pytest.mark.parametrize("zone", ZONES)
def test_once_per_local_day_at_its_instant(zone: str, hour: int) -> None:
    tz = ZoneInfo(zone)
    document = {
        "key": "daily",
        "name": "Daily",
        "class": "transactional",
        "trigger": {"on": "schedule", "every": {"at": f"0{hour}:30"}},
        "start": "mark",
        "nodes": {"mark": {"type": "tag", "name": "seen"}},
    }
    documents = {("journey", "daily", 1): document}
    program = compile_program(1, "Europe/Stockholm", [Part("journey", "daily", 1)], documents)
    for switch in switches(tz) or [date(YEAR, 3, 29)]:
        first, last = switch - timedelta(days=3), switch + timedelta(days=3)
        begin = wanted(first, hour, tz) - 60_000_000
        person, batch = Person(key=person_key("user", "anna")), Batch()
        traits = Input("identify", begin, 1, body={"traits": {"timezone": zone}}, occurred_at=begin)
        advance_many(person, [traits], program, wanted(last, hour, tz), batch)
        entered = [one.fact.at for one in batch.facts if one.fact.kind == "run_entered"]
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert entered == [wanted(day, hour, tz) for day in days]
