"""A usual call as rows at once, before its instant of receipt is known.

In: a checked call and its source. Out: its rows and for which instants of receipt they hold, or None for
whatever is unusual, which then waits for the instant and goes through `enter`.
Always true: pure; where it answers, the rows are those of `enter` at every instant of receipt that it names
(a property test compares them).
"""

from functools import lru_cache
from typing import Any

import msgspec

from slinga.ingest.model import CLAIMED, Call, Link, Reference, Source
from slinga.ingest.rows import Row, document, happened, sized
from slinga.ingest.steps import AHEAD, SKEW, Refer
from slinga.ingest.vouching import TOKEN
from slinga.kernel.clock import Instant

ALWAYS, NEVER = -(2**62), 2**62


class Ready(msgspec.Struct, frozen=True, gc=False):
    """A call's own row, the merges that follow it, and the instants [low, high) of receipt for which they
    hold."""

    row: Row
    merges: tuple[tuple[str, Row], ...]
    """Each with the text it is de-duplicated on."""
    low: Instant
    high: Instant


def ready(call: Call, source: Source, refer: Refer) -> Ready | None:
    """The rows of a usual call."""
    trust, context, kind, at = source.trust, call.context, call.type, call.happened_at
    if (trust == CLAIMED and source.proofs) or TOKEN in context or kind == "alias":
        return None
    reference = refer(call, source.name)
    if reference.warnings or not reference.key:
        return None
    low, high = ALWAYS, NEVER
    if at is not None:
        if at < 0:
            return None
        low, sent = at - AHEAD, call.sent_at
        if sent is not None and not (call.relayed and trust > 0):
            low, high = max(low, sent - SKEW), sent + SKEW + 1
    whom = _whom(reference.key, reference.identifiers, source.name)
    body: dict[str, Any]
    if kind == "identify":
        body = {"identifiers": whom.told, "traits": call.traits}
    elif kind == "group":
        body = {"identifiers": whom.told, "groupId": call.group_id, "traits": call.traits}
    else:
        kind, body = "event", {"identifiers": whom.told, "properties": call.properties}
    if context:
        body["context"] = context
    message = call.message_id.encode()
    told, occurred = sized(message), happened(at)
    row = Row(
        whom.person,
        told,
        whom.space + message if message else b"",
        occurred,
        (kind, call.event, trust, source.name),
        document(body),
    )
    if not reference.links:
        return Ready(row, (), low, high)
    merges = tuple([_merge(reference, link, trust, source.name, told, occurred) for link in reference.links])
    return Ready(row, merges, low, high)


class _Whom(msgspec.Struct, frozen=True):
    """What rows say about a person: the key, the identifiers, the space of their message ids."""

    person: bytes
    told: msgspec.Raw
    space: bytes


@lru_cache(maxsize=16384)
def _whom(key: str, identifiers: tuple[tuple[str, str], ...], source: str) -> _Whom:
    person = bytes.fromhex(key)
    return _Whom(person, msgspec.Raw(msgspec.json.encode(identifiers)), f"{person[0]}:{source}:".encode())


def _merge(
    reference: Reference, link: Link, trust: int, source: str, message: bytes, occurred: bytes
) -> tuple[str, Row]:
    dedupe, person, key, body = joined(link, trust, reference.identifiers)
    return dedupe, Row(person, message, key, occurred, ("merge", "", trust, source), body)


@lru_cache(maxsize=4096)
def joined(
    link: Link, trust: int, identifiers: tuple[tuple[str, str], ...]
) -> tuple[str, bytes, bytes, bytes]:
    """What a merge's row says whatever call asks for it."""
    dedupe = f"merge:{link.person}:{link.other}:{link.why}:{trust}"
    person = bytes.fromhex(link.person)
    body = document({"other": link.other, "why": link.why, "trust": trust, "identifiers": identifiers})
    return dedupe, person, f"{person[0]}:{dedupe}".encode(), body
