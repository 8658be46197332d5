"""What other stages may ask of the sums.

In: names of sums, days. Out: sums. Always true: a door, and nothing else.
"""

from slinga.insight.store import daily, sums

__all__ = ["daily", "sums"]
