"""What people may ask of us: everything that is known of them, and to be forgotten. And why.

In: a person. Out: a zip; the record of an erasure; a proof.
Always true: both are in the audit log, by key; an erasure asked for twice is one.
"""

from collections.abc import Iterator
from typing import IO, Any, Literal

import msgspec
from litestar.response import Stream

from slinga.access import jobs as access
from slinga.api import cursors, whom
from slinga.api.changes import Asked
from slinga.api.frame import Call, Page, operation
from slinga.api.people import Out, When, when
from slinga.explain.jobs import why
from slinga.explain.model import Proof
from slinga.privacy import erase as privacy
from slinga.privacy.export import export

_PIECE = 65_536


@operation("GET", "/people/{person}/export", bytes, media="application/zip")
def export_person(call: Call) -> Any:
    """Everything that is known of a person, as a zip of JSON and CSV."""
    key = whom.key(call.path["person"])
    file = export(call.db, key, key_of=call.state.address_key)
    with call.db.transaction():
        access.audit(call.db, call.actor, "export_person", key)
    name = f"slinga-{key}.zip"
    return Stream(
        _pieces(file),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


class Erase(Asked):
    """Why: GDPR article 17(1)."""

    reason: Literal["request", "objection", "retention", "child", "member"] = "request"


class Erased(Out):
    """The record of an erasure: what is left."""

    number: int
    at: When
    reason: str
    by: str
    people: int
    """How many keys were this person."""
    proof: dict[str, Any]
    """Rows by table; length and last hash of each consent ledger, which prove an exported one."""
    readmitted_at: When | None = None


@operation("POST", "/people/{person}/erase", Erased, body=Erase, example={"reason": "request"})
def erase_person(call: Call) -> Erased:
    """Erase a person from every table, for ever. What they were to be sent is cancelled first.

    What comes about them later is dropped with a reason; imports pass them over; nobody who merely shares
    an address is touched.
    """
    key = whom.key(call.path["person"])
    call.about, call.detail = key, {"reason": call.body.reason}
    found = privacy.erase(
        call.db,
        key,
        key_of=call.state.address_key,
        reason=call.body.reason,
        by=call.actor,
        wait_s=2.0,
        tell=bool(call.state.settings.erased_url),
    )
    return _told(found)


def _told(found: Any) -> Erased:
    return Erased(
        number=found.id,
        at=when(found.at),
        reason=found.reason,
        by=found.by,
        people=found.people,
        proof=found.proof,
        readmitted_at=when(found.readmitted_at),
    )


@operation("POST", "/people/{person}/readmit", Erased)
def readmit_person(call: Call) -> Erased:
    """Let somebody who was erased come back, because they came themselves. Nothing returns of what was."""
    key = whom.key(call.path["person"])
    call.about = key
    return _told(privacy.readmit(call.db, key))


class Erasures(Out):
    """A page of erasures, newest first."""

    erasures: list[Erased]
    next: str = ""


@operation("GET", "/erasures", Erasures, query=Page)
def list_erasures(call: Call) -> Erasures:
    """What was erased, when and why; who it was is known to nobody any more."""
    before = cursors.read(call.query.cursor, tuple[int])
    rows = privacy.erasures(call.db, before=before[0] if before else 2**62, limit=call.query.limit)
    following = cursors.written(rows[-1].id) if len(rows) == call.query.limit else ""
    return Erasures(erasures=[_told(row) for row in rows], next=following)


class Why(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """About a message or a journey; with neither, where they stand and why."""

    message: str = ""
    journey: str = ""


@operation("GET", "/people/{person}/why", Proof, query=Why)
def explain_person(call: Call) -> Proof:
    """Why a person got a message, is in a journey or not, and the smallest change that would turn it."""
    asked: Why = call.query
    key = whom.person(call.db, call.path["person"]).key
    return why(call.db, key, asked.message or None, asked.journey or None)


OPERATIONS = [
    export_person,
    erase_person,
    readmit_person,
    list_erasures,
    explain_person,
]
