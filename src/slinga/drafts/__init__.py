"""Definitions while they are edited: saved as one types, reviewed, published together.

In: documents of members. Out: drafts, findings, differences, a new program.
Always true: a draft decides nothing until it is published; two members who edit one draft never overwrite
each other unseen; what a review says is what publishing does.
"""

from slinga.drafts.difference import Difference, differences
from slinga.drafts.model import Draft, Inside, Name, Review, Version

__all__ = ["Difference", "Draft", "Inside", "Name", "Review", "Version", "differences"]
