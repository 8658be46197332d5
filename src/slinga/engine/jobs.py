"""Publish definitions and load the program in force.

In: documents. Out: a new program number, or Invalid naming kind, key and field.
Always true: a published version never changes; a program that does not compile is not published;
publishing is serialised, so two members publishing at once give two programs.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from slinga.engine import store
from slinga.engine.model import Program
from slinga.engine.program import Part, compile_program
from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Invalid
from slinga.runtime.db import Db

Kind = Literal["segment", "model", "score", "journey", "template", "policy"]


class Definition(msgspec.Struct, frozen=True):
    """One document to publish, or to retire (`document` None: no longer in force, people inside finish)."""

    kind: Kind
    key: str
    document: dict[str, Any] | None
    enter_existing: bool = False
    """Journeys only: people who match already start it. Off, publishing never mails anybody."""
    migrate: dict[str, Any] | None = None
    """Journeys only: how people inside older versions move, see journeys.migrate. None: they finish there."""


def publish(db: Db, definitions: Sequence[Definition], *, zone: str = "", by: str = "") -> int:
    """Publish documents as one new program; its number, or the present one when nothing changed.

    `zone` is the workspace's IANA zone; "" keeps the present one (UTC at first).
    Raises Invalid for a document that does not parse or a set that does not compile.
    """
    if zone and not is_zone(zone):
        raise Invalid(f"{zone!r} is not a time zone of the IANA database", field="zone")
    with db.transaction():
        store.lock_programs(db)
        number = store.program_number(db)
        old_zone, raw = store.program_parts(db, number)
        parts = [msgspec.convert(part, Part) for part in raw]
        changed = bool(zone) and zone != old_zone
        for one in definitions:
            changed |= _place(db, parts, one, by)
        if not changed and number:
            return number
        store.add_program(db, number + 1, zone or old_zone or "UTC", [msgspec.to_builtins(p) for p in parts])
        load(db, number + 1)  # compiles or raises, and the transaction is undone
        return number + 1


def _place(db: Db, parts: list[Part], one: Definition, by: str) -> bool:
    """Put one definition into the parts in place; whether anything changed."""
    live = [p for p in parts if p.live and (p.kind, p.key) == (one.kind, one.key)]
    if one.document is None:
        for part in live:
            parts.remove(part)
            if one.kind == "journey":
                parts.append(msgspec.structs.replace(part, live=False))
        return bool(live)
    version, latest = store.latest_document(db, one.kind, one.key)
    if latest != one.document:
        version += 1
        store.add_definition(db, one.kind, one.key, version, one.document, by)
    elif live and live[0].version == version:
        return False
    for part in live:
        parts.remove(part)
        if one.kind == "journey":  # people inside finish on their version
            parts.append(msgspec.structs.replace(part, live=False))
    parts[:] = [p for p in parts if (p.kind, p.key, p.version) != (one.kind, one.key, version)]
    parts.append(Part(one.kind, one.key, version, True, one.enter_existing, one.migrate))
    return True


def load(db: Db, number: int) -> Program:
    """Compile the program of a number; 0 is the empty program. Raises Invalid if it does not compile."""
    zone, raw = store.program_parts(db, number)
    documents = {(kind, key, version): doc for kind, key, version, doc in store.program_documents(db, number)}
    parts = [msgspec.convert(part, Part) for part in raw]
    return compile_program(number, zone or "UTC", parts, documents)
