"""Sense, first step: accept what the world reports and append it to the log, durably.

In: HTTP requests in Segment's tracking format, and inputs from our own edges (unsubscribe, receipts).
Out: rows of the log (`input`), quarantined items with a reason.
Always true: an answer is given only after a durable commit; appending reads nothing about people; one
bad item never fails its batch.
"""

from slinga.ingest.model import CLAIMED, PROVEN, SIGNED, Input, New

__all__ = ["CLAIMED", "PROVEN", "SIGNED", "Input", "New"]
