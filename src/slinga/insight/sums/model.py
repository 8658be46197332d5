"""A sum over days, and one of a day.

In: nothing. Out: the structs.
Always true: pure; `slinga.insight.tally` says what the columns mean.
"""

from datetime import date
from decimal import Decimal

import msgspec


class Sum(msgspec.Struct, frozen=True):
    """A sum over days; see `tally` for what the columns mean."""

    what: str
    key: str
    version: int
    part: str
    other: str
    detail: str
    extra: str
    count: int
    value: Decimal


class Daily(Sum, frozen=True):
    """A sum of one day, over all versions."""

    day: date
