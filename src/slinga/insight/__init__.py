"""Questions over facts, answered as plain data for pages: what stands, what moved, what came of it.

In: facts, events and messages, summed by day behind a cursor; a connection and plain arguments.
Out: frozen structs; nothing here knows of pages.
Always true: a question reads sums or a bounded number of rows, never everybody; what is an estimate says so
and carries its interval; days are the workspace's.
"""

from slinga.insight.tally import ERROR, KINDS, Line, median

__all__ = ["ERROR", "KINDS", "Line", "median"]
