"""The parts of an export as documents and as tables of cells.

In: rows as they stand in the database, a person's state. Out: values that JSON knows, CSV cells.
Always true: pure; instants are RFC 3339 in UTC; a cell that a spreadsheet would take for a formula is
quoted with an apostrophe (OWASP, CSV injection); nothing is left out but what only the machine reads.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from slinga.engine.model import Person
from slinga.kernel.clock import Instant, iso

MACHINE = frozenset({"bucket", "state", "format", "lease_owner", "lease_epoch", "leased_until", "lane"})
"""Columns that say nothing about a person."""

INSTANTS = ("_at", "_until")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

TRUST = {0: "claimed by a browser", 1: "signed by the shop", 2: "told by a server"}

PARTS = {
    "profile": "Traits with when each was said and by whom, tags, identifiers, addresses that are dead.",
    "identifiers": "Every identifier, of all profiles that became this one.",
    "segments": "The segments they are in, and since when.",
    "stages": "Where they stand in each lifecycle.",
    "scores": "Scores as they stand.",
    "things": "What they own or hold: orders, carts, vehicles, subscriptions.",
    "journeys": "Journeys they are in, and what each remembers of them.",
    "consents": "Everything they permitted and took back, with wording, source, time and proof.",
    "messages": "Every message planned for them: template and its version, variables, outcome.",
    "attempts": "Each attempt to hand a message over, with the receiver's words.",
    "mailbox": "Messages as they were written out, where this installation keeps them.",
    "hits": "Opens and clicks as they came.",
    "log": "Everything that was told about them, in order.",
    "decisions": "Everything that was decided about them, in order, with what it rested on.",
    "suppressions": "Whether nothing more is sent to their addresses, and why.",
    "quarantine": "Calls about them that were refused.",
}
"""What each part of an export shows."""


def plain(value: Any, name: str = "") -> Any:
    """A value as JSON knows it."""
    if (isinstance(value, int) and not isinstance(value, bool) and name.endswith(INSTANTS)) or name == "at":
        return iso(value) if isinstance(value, int) else value
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            return raw.decode("utf-8") if name in ("raw", "payload") else raw.hex()
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta | Decimal):
        return str(value)
    return value


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a document."""
    return {name: plain(value, name) for name, value in row.items() if name not in MACHINE}


def cell(value: Any) -> str:
    """A value as text for a spreadsheet."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text


def profile(person: Person, keys: Sequence[str]) -> dict[str, Any]:
    """Who they are, with the provenance of each word."""
    return {
        "key": person.key,
        "keys": list(keys),
        "created_at": iso(person.created_at),
        "identified": person.profile.identified,
        "traits": {
            name: {"value": said.value, "at": iso(said.at), "trust": TRUST.get(said.trust, str(said.trust))}
            for name, said in sorted(person.profile.traits.items())
        },
        "tags": {name: iso(at) for name, at in sorted(person.profile.tags.items())},
        "dead_addresses": person.dead,
        "aggregates": {
            name: msgspec.to_builtins(person.feature(name), enc_hook=str) for name in person.features
        },
    }


def journeys(person: Person) -> list[dict[str, Any]]:
    """Journeys they are in, and what each remembers."""
    inside = [
        {"state": "inside", **msgspec.to_builtins(run, enc_hook=str)}
        for run in (*person.runs, *person.closing)
    ]
    past = [
        {"state": "memory", "journey": key, **msgspec.to_builtins(memory, enc_hook=str)}
        for key, memory in sorted(person.memory.items())
    ]
    return [_instants(each) for each in (*inside, *past)]


def _instants(value: dict[str, Any]) -> dict[str, Any]:
    def walk(name: str, each: Any) -> Any:
        if isinstance(each, dict):
            return {key: walk(key, inner) for key, inner in each.items()}
        if isinstance(each, int) and not isinstance(each, bool) and each > 10**14:
            return iso(each)
        return each

    return {name: walk(name, each) for name, each in value.items()}


def template_at(versions: Sequence[tuple[str, int, Instant]], template: str, at: Instant) -> int | None:
    """The version of a template that was in force at an instant."""
    found = [version for key, version, since in versions if key == template and since <= at]
    return max(found, default=None)
