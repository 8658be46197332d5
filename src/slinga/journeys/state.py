"""The state of a run and what is remembered about a journey: part of the person's state.

In: nothing. Out: frozen structs that survive storage, and the view from inside a run.
Always true: everything a run needs to go on is here; nothing is kept in memory between two steps.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from slinga.journeys.node import dig
from slinga.kernel.clock import Instant


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run, as stored in the person's state."""

    id: str
    journey: str
    version: int
    key: str = ""
    """What the run is about (a cart, an order); empty for the person."""
    entry: int
    entered_at: Instant
    node: str
    since: Instant
    due: Instant | None = None
    asked: str | None = None
    """The ask whose answer the run waits for, or whose send was put off until `due`."""
    trigger: dict[str, Any] = {}
    """Snapshot: name, properties, occurred_at; for a thing's date also thing and date."""
    features: dict[str, Any] = {}
    """Running aggregates since entry, by feature id."""
    visits: dict[str, int] = {}
    sends: tuple[str, ...] = ()
    goal_reached: bool = False
    hops: int = 0
    hops_at: Instant = 0


class JourneyMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person's state keeps about a journey beyond its runs."""

    entries: int = 0
    last: dict[str, Instant] = {}
    """Last entry by key, the newest 200."""
    executions: tuple[Instant, ...] = ()
    """First sends of runs, as far back as the cap looks."""
    arms: dict[str, str] = {}
    """Splits' choices by node: for good."""
    held_out: bool | None = None
    goals: int = 0
    fired: dict[str, Instant] = {}
    """Last dated occurrence that was considered, by key, the newest 200."""


class RunView:
    """The person as seen from inside a run: with its trigger, its entry and its own aggregates."""

    def __init__(self, view: Any, run: Run, own: Mapping[str, Any]) -> None:
        self._view, self._run, self._own = view, run, own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    @property
    def entered_at(self) -> Instant | None:
        return self._run.entered_at

    def trigger(self, path: str) -> Any:
        return dig(self._run.trigger, path)

    def feature(self, id: str) -> Any:
        return self._run.features.get(id) if id in self._own else self._view.feature(id)
