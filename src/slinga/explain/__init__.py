"""Explain: why somebody got a message, or did not, and what would have turned it.

In: what is recorded of a person, and a replay of their life. Out: a `Proof`.
Always true: nothing is written; what is recorded is told as recorded, what is replayed is told as replayed,
and where the two differ the proof says so.
"""

from slinga.explain.model import Change, Check, Proof, Section

__all__ = ["Change", "Check", "Proof", "Section"]
