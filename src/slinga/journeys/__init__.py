"""Journeys: documents that say who comes in and what then happens, and runs that carry people through.

In: published documents, a view of one person, what has just happened. Out: runs, effects for the engine to
carry out, facts, and the next instant at which a run goes on by itself.
Always true: pure; goal and exit are asked before every step and every send; a send key leaves at most once;
a run can be stored between any two steps.
"""

from slinga.journeys.compiled import Compiled, compile_journey
from slinga.journeys.entries import enter, enter_due
from slinga.journeys.model import Journey, parse
from slinga.journeys.runs import StepResult, step_run
from slinga.journeys.state import JourneyMemory, Run

__all__ = [
    "Compiled",
    "Journey",
    "JourneyMemory",
    "Run",
    "StepResult",
    "compile_journey",
    "enter",
    "enter_due",
    "parse",
    "step_run",
]
