"""What must always hold, asked of the database itself: in tests after every fault, in production at night.

In: a connection. Out: one finding for each invariant, with examples of what breaks it.
Always true: looking changes nothing and locks nobody out; a check does not ask the code it checks, where the
rows alone can tell.
"""

from slinga.invariants.model import TITLES, Finding

__all__ = ["TITLES", "Finding"]
