"""Counts: how many people stand where, how large a segment is or would be.

In: filters, a condition. Out: numbers.
Always true: published segments are exact; a preview is the set query over the same rows.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.api import store
from slinga.api.changes import Asked
from slinga.api.frame import Call, operation
from slinga.api.people import Out
from slinga.engine.jobs import in_force
from slinga.kernel.calendar import zone
from slinga.runtime.db import Db
from slinga.segments.grammar import Condition
from slinga.segments.model import parse_segment
from slinga.segments.preview import Estimate

Count = Callable[[Db, Condition, ZoneInfo], int]
"""Of how many people a condition is true now."""

Preview = Callable[[Db, Condition, ZoneInfo], Estimate]
"""The same, about, within a quarter of a second."""


class OfModel(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which lifecycle; all if not given."""

    model: str = ""


class Stage(Out):
    """How many stand in a stage and a status."""

    model: str
    stage: str
    status: str
    people: int


class Stages(Out):
    """Everybody, and where they stand."""

    people: int
    identified: int
    stages: list[Stage]


@operation("GET", "/counts/stages", Stages, query=OfModel)
def count_stages(call: Call) -> Stages:
    """How many people there are, and how many stand in each stage and status."""
    everybody, identified = store.everybody(call.db)
    found = [
        Stage(model=model, stage=stage, status=status, people=count)
        for model, stage, status, count in store.stages(call.db, call.query.model)
    ]
    return Stages(people=everybody, identified=identified, stages=found)


class Segments(Out):
    """How many are in each segment in force."""

    segments: dict[str, int]


@operation("GET", "/counts/segments", Segments)
def count_segments(call: Call) -> Segments:
    """How many people are in each segment in force, exactly."""
    counts = store.segments(call.db)
    keys = sorted(key for kind, key in in_force(call.db).documents if kind == "segment")
    return Segments(segments={key: counts.get(key, 0) for key in keys})


class Ask(Asked):
    """A condition of the grammar."""

    condition: dict[str, Any]
    exact: bool = False
    """Count everybody, however long it takes; else about, within a quarter of a second."""


class Size(Out):
    """How many people it is true of: with 95 % certainty between `low` and `high`."""

    people: int
    low: int
    high: int
    exact: bool


@operation("POST", "/counts/preview", Size, body=Ask, example={"condition": {"op": "tag", "name": "vip"}})
def ask_preview(call: Call) -> Size:
    """How many people a condition is true of now, about or exactly; nothing is published."""
    document = {"key": "preview", "name": "preview", "condition": call.body.condition}
    found = parse_segment(document)
    tz = zone(in_force(call.db).zone or "UTC")
    if call.body.exact:
        count = call.state.count(call.db, found.condition, tz)
        return Size(people=count, low=count, high=count, exact=True)
    about = call.state.preview(call.db, found.condition, tz)
    return Size(people=about.count, low=about.low, high=about.high, exact=about.exact)


OPERATIONS = [count_stages, count_segments, ask_preview]
