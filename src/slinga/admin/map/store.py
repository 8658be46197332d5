"""The rows of personas, and the templates in force.

In: a connection. Out: personas, documents. Always true: a persona that is gone is told as such.
"""

from typing import Any

from slinga.admin.map.model import Persona
from slinga.kernel.errors import Missing
from slinga.runtime.db import Db, statements

S = statements(__file__)


def personas(db: Db) -> list[Persona]:
    """All personas, the first made first."""
    return [
        Persona(name, words, tuple(goals.splitlines()), tuple(segments), tuple(journeys), id)
        for name, words, goals, segments, journeys, id in db.execute(S.personas).fetchall()
    ]


def save_persona(db: Db, persona: Persona, *, by: str) -> int:
    """Keep a persona, anew or changed; its id. Raises Missing for an id that nobody has."""
    values = {
        "id": persona.id,
        "name": persona.name,
        "words": persona.words,
        "goals": "\n".join(persona.goals),
        "segments": list(persona.segments),
        "journeys": list(persona.journeys),
        "by": by,
    }
    row = db.execute(S.change_persona if persona.id else S.add_persona, values).fetchone()
    if row is None:
        raise Missing("There is no such persona any more.", field="id")
    return int(row[0])


def remove_persona(db: Db, id: int) -> bool:
    """Remove a persona; whether it was there."""
    return db.execute(S.remove_persona, {"id": id}).fetchone() is not None


def templates(db: Db) -> dict[str, dict[str, Any]]:
    """Documents of the templates in force, by key."""
    return dict(db.execute(S.definitions, {"kind": "template"}).fetchall())
