"""Lengths of stays in bins, and their median.

In: lengths in microseconds. Out: bins, and a length again.
Always true: pure; a median read from bins is as near as ERROR says.
"""

import math

from slinga.kernel.clock import SECOND

BINS_PER_DOUBLING = 12
"""Each bin of a stay is 2^(1/12), about 6 %, longer than the one before."""

ERROR = 2 ** (1 / (2 * BINS_PER_DOUBLING)) - 1
"""How far a median read from bins may be from the true one, as a share: about 3 %."""


def bin_of(length: int) -> int:
    """The bin of a stay in microseconds; 0 is everything up to a second."""
    seconds = length / SECOND
    return 0 if seconds <= 1 else 1 + int(math.log2(seconds) * BINS_PER_DOUBLING)


def length_of(number: int) -> int:
    """The middle of a bin in microseconds, by the geometric mean of its ends."""
    return SECOND if number <= 0 else round(2 ** ((number - 0.5) / BINS_PER_DOUBLING) * SECOND)


def median(bins: dict[int, int]) -> int | None:
    """The median length in microseconds, true to ERROR; None of nothing."""
    total = sum(bins.values())
    seen = 0
    for number in sorted(bins):
        seen += bins[number]
        if seen * 2 >= total > 0:
            return length_of(number)
    return None
