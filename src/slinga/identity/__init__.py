"""Sense: which events are the same person.

In: identifiers found in calls. Out: person keys, and decisions on merging.
Always true: a forwarder points to a key of greater rank, so forwarders form no cycle.
"""

from slinga.identity.merge import Merge, Verdict, direct

__all__ = ["Merge", "Verdict", "direct"]
