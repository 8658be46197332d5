"""Date comparisons for the set query: every cut-off computed here, on the calendar of the zone.

In: an Ibis column with the text of a date or instant. Out: an Ibis truth. Always true: it asks the very
function of the live reading (`dates.date_check`) for each date near a cut-off, and the exact windows of
`kernel.calendar` for instants.
"""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from slinga.kernel.calendar import add, period, window
from slinga.kernel.clock import Instant, to_datetime
from slinga.segments.dates import (
    CLOCK,
    DATE,
    Moment,
    date_check,
    day_ranges,
    midnight,
    moment,
    negative,
    start_of,
)

_LEAP = date(2000, 1, 1)


def _at(value: Instant) -> Any:
    return ibis.literal(to_datetime(value), type="timestamp('UTC', 6)")


def _spans(column: Any, spans: Any) -> Any:
    return ibis.or_(
        *(
            (column >= _at(low)) if high is None else (column >= _at(low)) & (column < _at(high))
            for low, high in spans
        )
    )


def date_holds(text: Any, cmp: str, value: Any, now: Instant, tz: ZoneInfo) -> Any:
    """Whether the date or instant in a text column fulfils a date comparison at `now`; never null."""
    is_date, is_instant = text.re_search(f"^{DATE}$"), text.re_search(f"^{DATE}{CLOCK}$")
    check = date_check(cmp, value, tz)
    if cmp.startswith("anniversary"):
        days = [_LEAP + timedelta(days=n) for n in range(366)]
        named = [f"{day:%m-%d}" for day in days if check(Moment(day), now)[0]]
        if not named:
            return ibis.literal(False)
        return ((is_date | is_instant) & text.substr(5, 5).isin(named)).fill_null(False)
    instants = ibis.cases((is_instant, text.cast("timestamp('UTC', 6)")))
    near = [now]
    if cmp in ("before", "after"):
        limit = moment(value)
        assert limit is not None, "checked when parsed"
        near = [start_of(limit, tz)]
        if cmp == "before":
            holds = instants < _at(near[0])
        elif limit.at is None:
            holds = instants >= _at(midnight(limit.on + timedelta(days=1), tz))
        else:
            holds = instants > _at(limit.at)
    elif cmp == "within_last":
        length = period(value)
        spans = window(now, length, tz)
        near += [at for span in spans for at in span if at is not None]
        holds = _spans(instants, spans) & (instants <= _at(now))
    else:
        length = period(value)
        near.append(add(now, length, tz))
        holds = (instants > _at(now)) & ~_spans(instants, window(now, negative(length), tz))
    ranges = [text.between(str(low), str(high)) for low, high in day_ranges(check, near, now, tz)]
    on_days = ibis.or_(*ranges) if ranges else ibis.literal(False)
    return ibis.cases((is_date, on_days), (is_instant, holds), else_=False).fill_null(False)
