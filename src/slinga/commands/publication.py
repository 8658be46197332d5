"""What a publication changes, shown before it is asked for and told when it is done.

In: what is in force, what is wanted. Out: lines. Always true: people inside a journey that changes are
accounted for, node by node: they finish on their version, or go where the migration file says.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from slinga.engine import folder
from slinga.engine.folder import WORKSPACE, Folder, Name
from slinga.engine.inside import store as inside
from slinga.engine.jobs import InForce, extensions
from slinga.journeys import migrate
from slinga.journeys.model import parse as parse_journey
from slinga.kernel import yaml
from slinga.kernel.errors import Invalid
from slinga.runtime.db import Db

Wanted = Mapping[Name, dict[str, Any] | None]
"""By kind and key; None is retired."""
LINES = 60
"""Lines of one difference that are shown."""


def changes(before: InForce, wanted: Wanted, zone: str) -> bool:
    """Whether publishing would change anything."""
    return bool(zone and zone != before.zone) or any(
        before.documents.get(name) != document for name, document in wanted.items()
    )


def migrations(found: Folder, before: InForce) -> dict[str, dict[str, Any]]:
    """The migration files that apply: those of journeys that change now, from the version in force.

    Raises Invalid naming the file where a mapping leaves somebody without a place.
    """
    moving: dict[str, dict[str, Any]] = {}
    for key, migration in found.migrations.items():
        old, new = before.documents.get(("journey", key)), found.documents.get(("journey", key))
        if old is None or new is None or old == new:
            continue
        if before.versions.get(("journey", key)) == migration.from_version:
            try:
                _plan(old, new, migration.mapping)
            except Invalid as fault:
                raise Invalid(
                    f"migrations/{key}.yaml: {fault.field}: {fault.message}", field=fault.field
                ) from None
            moving[key] = migration.mapping
    return moving


def _plan(old: dict[str, Any], new: dict[str, Any], mapping: dict[str, Any]) -> list[migrate.Transfer]:
    before, after = (parse_journey(document, extra=extensions()) for document in (old, new))
    return migrate.plan(before, after, migrate.parse(mapping))


def preview(
    db: Db,
    before: InForce,
    wanted: Wanted,
    zone: str,
    moving: Mapping[str, dict[str, Any]],
    entering: tuple[str, ...],
) -> Iterator[str]:
    """The differences file by file, and what happens to the people inside."""
    for name in sorted(wanted):
        old, new = before.documents.get(name), wanted[name]
        if old == new:
            continue
        yield from _difference(folder.path_of(name), old, new)
        if name[0] == "journey" and old is not None:
            yield from _people(db, name[1], before.versions.get(name, 0), old, new, moving.get(name[1]))
    for key in entering:
        yield f"journeys/{key}.yaml: people who match it already start it now"
    if zone and zone != before.zone:
        yield f"{WORKSPACE}: zone {before.zone or 'none'} becomes {zone}"


def _difference(path: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[str]:
    if old is None:
        yield f"+++ {path} (new)"
        return
    if new is None:
        yield f"--- {path} (retired)"
        return
    was, will = (yaml.dump(folder.arranged(document)).splitlines() for document in (old, new))
    lines = list(difflib.unified_diff(was, will, f"{path} (in force)", path, lineterm="", n=2))
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"... {len(lines) - LINES} lines more"


def _people(
    db: Db,
    key: str,
    version: int,
    old: dict[str, Any],
    new: dict[str, Any] | None,
    mapping: dict[str, Any] | None,
) -> Iterator[str]:
    there = inside.by_node(db, key, version)
    count = sum(there.values())
    if not count:
        yield f"    nobody is inside {key}"
    elif new is None or mapping is None:
        yield f"    {count} people inside {key} finish on version {version}"
    else:
        start = str(old.get("start", ""))
        yield f"    {count} people inside {key} move to the new version:"
        for move in _plan(old, new, mapping):
            number = there.get(move.node, 0) + (there.get("", 0) if move.node == start else 0)
            if number:
                to = move.to or "their end"
                afresh = ", arriving afresh" if move.restarts else ""
                yield f"      {number} at {move.node} go to {to} (deadline {move.deadline}{afresh})"


def done(before: InForce, after: InForce) -> Iterator[str]:
    """What was published."""
    for name in sorted(before.versions.keys() | after.versions.keys()):
        old, new = before.versions.get(name), after.versions.get(name)
        if old == new:
            continue
        what = "retired" if new is None else f"{'new' if old is None else 'changed'}, version {new}"
        yield f"{folder.path_of(name)}: {what}"
    if before.zone != after.zone:
        yield f"{WORKSPACE}: zone is {after.zone}"
    if before.number == after.number:
        yield f"Nothing changed. Program {after.number} is in force."
    else:
        yield f"Program {after.number} is in force."
