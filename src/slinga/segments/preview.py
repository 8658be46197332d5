"""How many people a condition is probably true of, from some whole buckets or slices of them.

In: how many matched in how many of the buckets. Out: an `Estimate`.
Always true: pure; a bucket is a hash of a person's key, and so is a slice within it: they are a random part
of all people, and each person who matches is in it with the same chance. The interval is that of a count
(Wilson's form, 95 %), narrows as the part grows, and closes at the exact number when all buckets were read.
"""

import math

import msgspec

from slinga.kernel.ids import BUCKETS, KINDS

SLICES = 16
"""Of a bucket: where people did much, a whole one takes longer than anybody waits."""
_Z = 1.96


class Estimate(msgspec.Struct, frozen=True):
    """`count` people, with 95 % certainty between `low` and `high`; read from `buckets` of 256."""

    count: int
    low: int
    high: int
    buckets: float
    exact: bool


def portion(begin: int, end: int) -> tuple[str, int]:
    """SQL for the rows of people in slices from `begin` (0 is the first bucket's first), and where it ends.

    That is at `end` at most: after so many whole buckets as there is room for, else within a bucket.
    """
    bucket, first = divmod(begin, SLICES)
    whole = (end - begin) // SLICES
    if first == 0 and whole:
        last = bucket + whole - 1
        among = f"bucket = {bucket}" if whole == 1 else f"bucket BETWEEN {bucket} AND {last}"
        return among, begin + whole * SLICES
    last = min(end - bucket * SLICES, SLICES) - 1
    low, high = first * 256 // SLICES, (last + 1) * 256 // SLICES - 1
    ranges = [
        f"person BETWEEN '{kin}{low:02x}{'00' * 13}' AND '{kin}{high:02x}{'ff' * 13}'"
        for kin in (f"{bucket:02x}{rank:02x}" for rank in sorted(KINDS.values()))
    ]
    return f"bucket = {bucket} AND ({' OR '.join(ranges)})", bucket * SLICES + last + 1


def estimate(found: int, buckets: float) -> Estimate:
    """From `found` people in `buckets` buckets, or parts of one."""
    if buckets >= BUCKETS:
        return Estimate(found, found, found, BUCKETS, True)
    part = buckets / BUCKETS
    unseen = _Z * _Z * (1 - part)
    middle, reach = found + unseen / 2, math.sqrt(unseen * (found + unseen / 4))
    low, high = math.floor((middle - reach) / part), math.ceil((middle + reach) / part)
    return Estimate(round(found / part), max(found, low), high, buckets, False)
