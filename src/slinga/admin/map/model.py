"""Personas, and the plan of what serves which stage.

In: rows, documents in force. Out: frozen types.
Always true: pure; a name that is gone stays visible; what serves no stage is listed too.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from slinga.kernel.errors import Invalid

LONGEST = {"name": 80, "words": 2_000, "goals": 2_000}
MOST = 50
"""Segments or journeys of one persona."""


class Persona(msgspec.Struct, frozen=True):
    """Whom a team has in mind; `id` 0 for a new one."""

    name: str
    words: str = ""
    goals: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    id: int = 0

    @property
    def initial(self) -> str:
        """The letter of their picture."""
        return self.name[:1].upper() or "?"

    @property
    def tint(self) -> int:
        """Which of six colours their picture has; the same name always the same."""
        return sum(self.name.encode()) % 6


def persona(said: Mapping[str, str], segments: list[str], journeys: list[str], id: int = 0) -> Persona:
    """A persona out of a form. Raises Invalid naming the field."""
    for field, most in LONGEST.items():
        if len(said.get(field, "")) > most:
            raise Invalid("This is longer than %(most)s signs.", field=field, most=most)
    if not said.get("name", "").strip():
        raise Invalid("Give them a name.", field="name")
    goals = tuple(line.strip() for line in said.get("goals", "").splitlines() if line.strip())
    return Persona(
        said["name"].strip(),
        said.get("words", "").strip(),
        goals,
        tuple(dict.fromkeys(key for key in segments if key))[:MOST],
        tuple(dict.fromkeys(key for key in journeys if key))[:MOST],
        id,
    )


class Served(msgspec.Struct, frozen=True):
    """A stage and what is made for it: (key, name) of messages and journeys. `key` "" for no stage at all."""

    key: str
    name: str
    templates: tuple[tuple[str, str], ...]
    journeys: tuple[tuple[str, str], ...]


def plan(
    model: str,
    stages: list[tuple[str, str]],
    templates: Mapping[str, Mapping[str, Any]],
    journeys: Mapping[str, Mapping[str, Any]],
) -> list[Served]:
    """Messages and journeys by the stage they serve; a last one for those that say none."""
    of_template = {key: _stages(model, document) for key, document in templates.items()}
    of_journey = {key: _stages(model, document) for key, document in journeys.items()}
    # A message serves what the journeys that send it serve, unless it says otherwise itself.
    for key, document in journeys.items():
        for node in document.get("nodes", {}).values():
            sent = node.get("template") if isinstance(node, Mapping) else None
            if sent in of_template and not _says(templates[sent]):
                of_template[sent] = of_template[sent] | of_journey[key]
    out = [
        Served(
            stage,
            name,
            tuple((key, _name(templates, key)) for key in sorted(of_template) if stage in of_template[key]),
            tuple((key, _name(journeys, key)) for key in sorted(of_journey) if stage in of_journey[key]),
        )
        for stage, name in stages
    ]
    without = Served(
        "",
        "",
        tuple((key, _name(templates, key)) for key in sorted(of_template) if not of_template[key]),
        tuple((key, _name(journeys, key)) for key in sorted(of_journey) if not of_journey[key]),
    )
    return [*out, without] if without.templates or without.journeys else out


def _name(documents: Mapping[str, Mapping[str, Any]], key: str) -> str:
    return str(documents[key].get("name") or key)


def _says(document: Mapping[str, Any]) -> bool:
    return any(document.get(field) for field in ("stage", "phase", "serves"))


def _stages(model: str, document: Mapping[str, Any]) -> set[str]:
    """The stages of a model that a document says it is for."""
    found: set[str] = set()
    for field in ("stage", "phase", "serves"):
        value = document.get(field, ())
        for one in (value,) if isinstance(value, str) else value:
            of, _, stage = str(one).rpartition("/")
            if stage and of in ("", model):
                found.add(stage)
    trigger = document.get("trigger", {})
    if trigger.get("on") == "stage" and trigger.get("model") == model:
        found |= set(trigger.get("to", ()))
    return found
