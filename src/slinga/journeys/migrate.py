"""Moving people inside a journey to its new version, by the publisher's mapping.

In: two versions, a mapping of nodes, a run. Out: the run in the new version, or its end.
Always true: without a mapping people finish on the version they entered; with one, everybody inside is
accounted for, and `plan` shows beforehand where each node's people go.

A mapping document: {"nodes": {"old id": "new id" or null}, "reschedule": false}. Nodes that keep their id
need no line; null ends the runs there. A person who waits keeps the deadline they had, unless
`reschedule` is true: then it is counted anew from when they came to the node, and may be due at once.
"""

from collections.abc import Mapping as Dict
from typing import Any

import msgspec

from slinga.journeys.compiled import Compiled
from slinga.journeys.decision import Fact, RunEnded, RunMigrated
from slinga.journeys.model import Journey
from slinga.journeys.nodes.wait import Wait
from slinga.journeys.state import Run
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Named, worded


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the people in each node go."""

    nodes: dict[str, str | None] = {}
    reschedule: bool = False


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the people in one old node."""

    node: str
    to: str | None
    """None: their runs end."""
    restarts: bool
    """The new node is of another kind, so they arrive there afresh."""
    deadline: str
    """kept, counted anew, or none."""


def parse(document: Dict[str, Any]) -> Mapping:
    """The mapping of a document. Raises Invalid."""
    try:
        return msgspec.convert(document, Mapping)
    except msgspec.ValidationError as fault:
        raise Invalid(str(fault), field="migrate") from fault


def plan(old: Journey, new: Journey, mapping: Mapping) -> list[Transfer]:
    """What the mapping does with each node of the old version.

    Raises Invalid naming an old node without a place to go, or a new node that does not exist.
    """
    for node in mapping.nodes:
        if node not in old.nodes:
            raise Invalid(
                worded("the present version has no node %(node)s", node=Named("node", new.key, node)),
                field=f"migrate.nodes.{node}",
            )
    found: list[Transfer] = []
    for node, before in old.nodes.items():
        to = mapping.nodes.get(node, node)
        if to is not None and to not in new.nodes:
            raise Invalid(
                worded(
                    "say where the people in %(node)s go: the new version has no node %(to)s",
                    node=Named("node", new.key, node),
                    to=Named("node", new.key, to),
                ),
                field=f"migrate.nodes.{node}",
            )
        afresh = to is not None and type(new.nodes[to]) is not type(before)
        waits = isinstance(before, Wait)
        deadline = (
            "none" if to is None or afresh or not waits else "counted anew" if mapping.reschedule else "kept"
        )
        found.append(Transfer(node=node, to=to, restarts=afresh, deadline=deadline))
    return found


def migrate_run(
    old: Compiled | None, new: Compiled, run: Run, mapping: Mapping | Dict[str, Any], view: Any
) -> tuple[Run | None, list[Fact]]:
    """A run in the new version, or None where it ends. Step the run afterwards: it may be due at once.

    `old` None (the version is gone) counts as a version whose nodes were of the same kinds.
    """
    rule = mapping if isinstance(mapping, Mapping) else parse(mapping)
    about: dict[str, Any] = {
        "journey": run.journey,
        "version": new.version,
        "at": view.now,
        "run": run.id,
        "key": run.key,
    }
    to = rule.nodes.get(run.node, run.node)
    if to is None or to not in new.journey.nodes:
        ended = RunEnded(
            **about, reason="removed", node=run.node, entered_at=run.entered_at, sends=len(run.sends)
        )
        return None, [ended]
    fresh = new.start_features(run.trigger, run.entered_at)
    moved = msgspec.structs.replace(
        run,
        version=new.version,
        node=to,
        features={id: run.features.get(id, state) for id, state in fresh.items()},
    )
    kind = type(old.journey.nodes[run.node]) if old is not None and run.node in old.journey.nodes else None
    if kind is not None and type(new.journey.nodes[to]) is not kind:
        visits = {**run.visits, to: run.visits.get(to, 0) + 1}
        moved = msgspec.structs.replace(moved, since=view.now, due=None, asked=None, visits=visits)
    else:
        visits = run.visits if to == run.node else {**run.visits, to: run.visits.get(to, 0) + 1}
        due = None if rule.reschedule and run.asked is None else run.due
        # A send that was put off is asked again under the new node's key; the old key was never used.
        asked = run.asked if to == run.node else None
        moved = msgspec.structs.replace(moved, visits=visits, due=due, asked=asked)
    return moved, [RunMigrated(**about, from_version=run.version, from_node=run.node, node=to)]
