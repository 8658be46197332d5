"""How many people a condition is probably true of, from some whole buckets.

In: how many matched in how many of the buckets. Out: an `Estimate`.
Always true: pure; a bucket is a hash of a person's key, so whole buckets are a random part of all people, and
each person who matches is in it with the same chance. The interval is that of a count (Wilson's form, 95 %),
narrows as the part grows, and closes at the exact number when all buckets were read.
"""

import math

import msgspec

from slinga.kernel.ids import BUCKETS

_Z = 1.96


class Estimate(msgspec.Struct, frozen=True):
    """`count` people, with 95 % certainty between `low` and `high`; read from `buckets` of 256."""

    count: int
    low: int
    high: int
    buckets: int
    exact: bool


def estimate(found: int, buckets: int) -> Estimate:
    """From `found` people in `buckets` whole buckets."""
    if buckets >= BUCKETS:
        return Estimate(found, found, found, BUCKETS, True)
    part = buckets / BUCKETS
    unseen = _Z * _Z * (1 - part)
    middle, reach = found + unseen / 2, math.sqrt(unseen * (found + unseen / 4))
    low, high = math.floor((middle - reach) / part), math.ceil((middle + reach) / part)
    return Estimate(round(found / part), max(found, low), high, buckets, False)
