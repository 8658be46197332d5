"""Broadcasts: one message to everybody who is in an audience at one instant.

In: documents and orders (schedule, start, pause, resume, cancel). Out: commands in the log of each person of
the audience, and how far it has come.
Always true: a broadcast starts once however often it is asked to; its audience is addressed in portions whose
place is stored with them, so nobody is addressed twice or left out whatever dies; live inputs come first.
"""

from slinga.broadcasts.model import Progress, State

__all__ = ["Progress", "State"]
