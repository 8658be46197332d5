"""The names that the builder's fields offer, from what came in lately and from what is in force.

In: a connection. Out: `Known`.
Always true: nothing here writes; a name that was not seen lately can still be typed.
"""

import time
from collections.abc import Iterable
from typing import Any

from slinga.admin.conditions.values import Known
from slinga.admin.shell.store import Programme
from slinga.runtime.db import Db, statements

S = statements(__file__)
MOST = 300
KEPT_S = 60.0
_kept: dict[str, tuple[float, tuple[list[str], ...]]] = {}
"""What was seen, by database: a builder is redrawn at each change, and names seldom come."""


def known(db: Db, program: Programme, *, run: bool = False) -> Known:
    """What fields can offer now."""
    events, properties, traits, tags, things = _seen(db)
    models = program.of("model")
    told: dict[str, set[str]] = {"event": set(events), "trait": set(traits)}
    _mentioned([list(several.values()) for several in program.parts.values()], told)
    return Known(
        events=_sorted(told["event"]),
        properties=properties,
        traits=_sorted(told["trait"]),
        tags=tags,
        things=things,
        segments=_names(program, "segment"),
        models=_names(program, "model"),
        stages={key: _stages(document) for key, document in models.items()},
        statuses={key: _statuses(document) for key, document in models.items()},
        places={key: _places(document) for key, document in models.items()},
        scores=_names(program, "score"),
        journeys=_names(program, "journey"),
        templates=_names(program, "template"),
        topics=_topics(program.of("policy")),
        run=run,
    )


def _seen(db: Db) -> tuple[list[str], ...]:
    name = db.info.dsn
    kept = _kept.get(name)
    if kept and time.monotonic() - kept[0] < KEPT_S:
        return kept[1]
    events: set[str] = set()
    properties: set[str] = set()
    for event, body in db.execute(S.lately).fetchall():
        events.add(event)
        found = body.get("properties") if isinstance(body, dict) else None
        properties.update(found if isinstance(found, dict) else ())
    others = [_column(db, statement) for statement in (S.traits, S.tags, S.things)]
    seen = (_sorted(events), _sorted(properties), *map(_sorted, others))
    _kept[name] = (time.monotonic(), seen)
    return seen


def _mentioned(value: Any, told: dict[str, set[str]]) -> None:
    """Names of events and traits that definitions speak of: a new shop has seen none of them yet."""
    if isinstance(value, list):
        for each in value:
            _mentioned(each, told)
    elif isinstance(value, dict):
        kind = "trait" if value.get("op") == "date" else value.get("op") or value.get("on")
        if kind in told and isinstance(value.get("name"), str):
            told[kind].add(value["name"])
        for each in value.values():
            _mentioned(each, told)


def _column(db: Db, statement: Any) -> list[str]:
    return [row[0] for row in db.execute(statement).fetchall()]


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name)[:MOST]


def _names(program: Programme, kind: str) -> dict[str, str]:
    return {key: str(document.get("name") or key) for key, document in sorted(program.of(kind).items())}


def _stages(model: dict[str, Any]) -> dict[str, str]:
    return {stage["key"]: str(stage.get("name") or stage["key"]) for stage in model.get("stages", ())}


def _statuses(model: dict[str, Any]) -> dict[str, str]:
    return {
        status["key"]: f"{stage.get('name', stage['key'])}: {status.get('name', status['key'])}"
        for stage in model.get("stages", ())
        for status in stage.get("statuses", ())
    }


def _places(model: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage in model.get("stages", ()):
        name = str(stage.get("name") or stage["key"])
        found[stage["key"]] = name
        for status in stage.get("statuses", ()):
            found[f"{stage['key']}/{status['key']}"] = f"{name}: {status.get('name', status['key'])}"
    return found


def _topics(policies: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {
        topic["key"]: str(topic.get("name") or topic["key"])
        for policy in policies.values()
        for topic in policy.get("topics", ())
    }
