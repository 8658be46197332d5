"""Hits that have waited long enough become events.

In: due rows of `hit`, and what delivery knows of their messages. Out: "Message Opened" and "Message Clicked"
in the log, with who made the hit.
Always true: a verdict and its event are one transaction; each hit is judged once, after the settle delay, so
a journey never reacts to a click that the next three seconds show to be a scanner's.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from slinga.ingest.log import append
from slinga.ingest.model import New
from slinga.kernel.clock import Instant
from slinga.onsite import store
from slinga.onsite.links import Tracking
from slinga.onsite.machines import OPEN, Verdict, classify
from slinga.onsite.model import (
    REPEAT_FOR,
    FindChoices,
    FindFace,
    FindSent,
    FindTracking,
    FindWording,
    Sent,
    Site,
    about,
    no_choices,
    no_wording,
    nobodys,
)
from slinga.runtime.db import Db


def site(
    key: bytes,
    *,
    tracking: Tracking = Tracking.CONSENTED,
    find_face: FindFace = nobodys,
    find_choices: FindChoices = no_choices,
    find_wording: FindWording = no_wording,
    find_tracking: FindTracking | None = None,
    hash_of: Callable[[str], str] = lambda _: "",
) -> Site:
    """What the public pages need over a real database; `key` is the secret derived for "links".

    `hash_of` gives the name under which the ledger keeps what was said at an address.
    """

    def find_sent(db: Db, person: str, message: str) -> Sent | None:
        sent = store.sent(db, person, message)
        return sent and msgspec.structs.replace(sent, address_hash=hash_of(sent.address))

    return Site(
        key=key,
        tracking=tracking,
        find_face=find_face,
        find_sent=find_sent,
        find_keys=store.keys,
        find_choices=find_choices,
        find_wording=find_wording,
        find_consents=store.consents,
        find_tracking=find_tracking,
    )


EVENTS = {"open": "Message Opened", "click": "Message Clicked"}


def settle(db: Db, now: Instant, find_sent: FindSent = store.sent, *, limit: int = 500) -> int:
    """Judge the hits due at `now`; how many were. Call it again while it returns `limit` or more.

    Each bucket is one transaction of its own. `find_sent` runs inside it.
    """
    done = 0
    for bucket in store.due_buckets(db, now):
        if done >= limit:
            break
        with db.transaction():
            done += _settle_bucket(db, bucket, now, find_sent, limit - done)
    return done


def next_due(db: Db) -> Instant | None:
    """When the next hit may be judged, for moving virtual time; None when none waits."""
    return store.next_due(db)


def _settle_bucket(db: Db, bucket: int, now: Instant, find_sent: FindSent, limit: int) -> int:
    claimed = store.claim(db, bucket, now, limit)
    if not claimed:
        return 0
    people = {message: person for _, message, person in claimed}
    due = {id for id, _, _ in claimed}
    sent = {message: find_sent(db, person, message) for message, person in people.items()}
    kept: dict[str, list[store.Kept]] = {}
    for row in store.hits_of(db, bucket, list(people)):
        kept.setdefault(row.message, []).append(row)
    verdicts: dict[int, Verdict] = {}
    events: list[New] = []
    for message, rows in kept.items():
        known = sent[message] or Sent(message, people[message], rows[0].channel, rows[0].topic)
        judged = [
            (row, classify(row.hit, [r.hit for r in rows if r.id != row.id], known.accepted_at))
            for row in rows
        ]
        for row, verdict in judged:
            if row.id in due:
                verdicts[row.id] = verdict
                if not _repeats(row, verdict, judged):
                    events.append(event(people[message], known, row, verdict))
    store.settle(db, bucket, now, verdicts)
    append(db, events)
    return len(claimed)


def _repeats(row: store.Kept, verdict: Verdict, judged: Sequence[tuple[store.Kept, Verdict]]) -> bool:
    """Whether the same sort of visitor did the same thing just before."""
    return any(
        (other.hit.kind, other.hit.place, found.by) == (row.hit.kind, row.hit.place, verdict.by)
        and (other.hit.at, other.id) < (row.hit.at, row.id)
        and row.hit.at - other.hit.at <= REPEAT_FOR
        for other, found in judged
    )


def event(person: str, sent: Sent, row: store.Kept, verdict: Verdict) -> New:
    """The input a hit becomes."""
    properties: dict[str, Any] = {
        **about(sent),
        "class_of_hit": verdict.by,
        "machine": verdict.machine,
        "sort": verdict.sort,
    }
    if row.hit.kind != OPEN:
        properties["url"] = row.target
    return New(
        person=person,
        kind="event",
        name=EVENTS[row.hit.kind],
        body={"properties": properties},
        source="onsite",
        message_id=f"hit-{row.id}",
        occurred_at=row.hit.at,
    )
