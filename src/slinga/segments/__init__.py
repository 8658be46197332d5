"""Segments: one condition grammar, read live inside the engine and as a set query over the database.

In: documents and conditions as JSON, a person's `View`. Out: `Predicate.test(view) -> Truth`, running
`Feature`s. Always true: both readings give the same people at the same instant.
"""

from slinga.segments.features import Feature, rebuild
from slinga.segments.grammar import Condition, describe, parse, references
from slinga.segments.live import Predicate, compile_condition
from slinga.segments.model import Truth, View

__all__ = [
    "Condition", "Feature", "Predicate", "Truth", "View", "compile_condition", "describe", "parse", "rebuild",
    "references",
]  # fmt: skip
