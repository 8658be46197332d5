"""What comes back by mail: bounces, complaints, automatic replies, read and classified.

In: the bytes of a mail, whatever they are. Out: `Reading`. Always true: pure; no bytes make it fail; what
was not recognised is `OTHER`, never a guess.
"""

from slinga.channels.email.bounces.model import Failure, Reading, Sort, Type
from slinga.channels.email.bounces.read import read

__all__ = ["Failure", "Reading", "Sort", "Type", "read"]
