"""Questions over facts, answered as plain data for pages: what stands, what moved, what came of it.

In: facts, events and messages, summed by day behind a cursor; a connection and plain arguments.
Out: the structs of `model`; nothing here knows of pages. `lifecycle`, `map`, `paths`, `journeys` and `home`
hold the questions, `tally` the table of sums, `jobs` what keeps them up to date.
Always true: a question reads sums or a bounded number of rows, never everybody; what is an estimate says so
and carries its interval; days are the workspace's; each fact and each event counts once.
"""

from slinga.insight.model import Home, JourneyFigures, Map, Narrowed, Paths, Picture, Touchpoint, Transitions
from slinga.insight.stays import ERROR, median

__all__ = [
    "ERROR",
    "Home",
    "JourneyFigures",
    "Map",
    "Narrowed",
    "Paths",
    "Picture",
    "Touchpoint",
    "Transitions",
    "median",
]
