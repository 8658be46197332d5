"""Where people stand: stages on both sides of the knot, statuses inside them, scores.

In: published models and scores, a view of one person. Out: positions, dated moves with their causes, score
values; each with the next instant at which it can change by itself. `lifecycle.decide` is the module.
Always true: no stage is terminal; deciding again at once moves nothing; machine hits raise no score.
"""

from slinga.lifecycle.decide import Decided, compile_model, place
from slinga.lifecycle.model import Model, Move, Position, Stage
from slinga.lifecycle.scores import Score, ScoreChanged

__all__ = [
    "Decided",
    "Model",
    "Move",
    "Position",
    "Score",
    "ScoreChanged",
    "Stage",
    "compile_model",
    "place",
]
