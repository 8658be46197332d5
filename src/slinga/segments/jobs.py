"""What other stages may ask of the set reading: how many, about how many, who.

In: keys as in `segments.store`. Out: the same. Always true: a door, and nothing else.
"""

from slinga.segments.store import count_matching, matching, preview, sorted_into

__all__ = ["count_matching", "matching", "preview", "sorted_into"]
