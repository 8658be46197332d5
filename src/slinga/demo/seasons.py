"""The letters of the shop's year: which broadcast goes out when.

In: from when to when the shop lives. Out: (instant, document of a broadcast), in order.
Always true: pure; a young shop sends none; a letter's key names its month, so planning again plans nothing
twice; what comes soon after the end is planned too, for a shop has its next letter ready.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from slinga.kernel.calendar import local, resolve, zone
from slinga.kernel.clock import DAY, Instant

_TOWN = zone("Europe/Stockholm")
_AT = time(16)
AHEAD = 95 * DAY
YOUNG = 60 * DAY
"""A shop that has just begun knows nobody whom it could write to."""
_TUESDAY = 1

_KNOWN = {"op": "identified"}
LETTERS: dict[int, dict[str, Any]] = {
    2: {"name": "February letter: a pot for the dark", "template": "letter-winter"},
    4: {"name": "April letter: the first harvest", "template": "letter-spring"},
    6: {"name": "June letter: coffee on ice", "template": "letter-summer", "holdout": 0.1},
    9: {"name": "September letter: the autumn roast", "template": "letter-autumn", "holdout": 0.1},
    12: {
        "name": "December letter: gifts, or something for yourself?",
        "contents": [
            {"key": "gifts", "template": "letter-gifts"},
            {"key": "pot", "template": "letter-winter"},
        ],
        "test": {"sample": 0.4, "by": "clicks", "after": "24h"},
    },
}
"""By month: what the broadcast of its first Tuesday says."""


def planned(since: Instant, until: Instant) -> Iterator[tuple[Instant, dict[str, Any]]]:
    """The letters between two instants and those that are planned ahead of the second."""
    day, end = local(since, _TOWN).date().replace(day=1), until + AHEAD
    while (at := resolve(_first_tuesday(day), _AT, _TOWN)) < end:
        letter = LETTERS.get(day.month)
        if letter and at > since + YOUNG:
            own = {"key": f"letter-{day:%Y-%m}", "audience": _KNOWN, "topic": "news"}
            yield (
                at,
                own | letter | {"description": "Five times a year, to everybody who told us who they are."},
            )
        day = (day + timedelta(days=32)).replace(day=1)


def _first_tuesday(month: date) -> date:
    return month + timedelta(days=(_TUESDAY - month.weekday()) % 7)
