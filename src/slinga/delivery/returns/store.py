"""Bounces and complaints that come back later: each acts once, in one transaction.

In: a `Returned` of a channel, about a message of ours. Out: what became of it, by name; suppressions, counts
and holds, and events in the person's log. Always true: the same word delivered again changes nothing; a
complaint stops marketing to the address before this returns; a state that is final stays as it is.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from slinga.channels.model import Returned
from slinga.delivery.book import store as book
from slinga.delivery.book.store import KeyOf
from slinga.delivery.holds import store as holds
from slinga.delivery.model import Message, Settled
from slinga.delivery.outcome import meaning
from slinga.delivery.pacing import COMPLAINTS_FOR, too_many_complaints
from slinga.delivery.receipts import complained, inputs, returned
from slinga.delivery.states import State
from slinga.delivery.verdicts import words
from slinga.ingest import log
from slinga.people.log import Consent, record
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)
COMPLAINTS = "complaints"
"""The reason of a hold that only a member of the team takes away."""


class Taken(StrEnum):
    """What became of a word."""

    TAKEN = "taken"
    KNOWN = "known"
    """It had been said before."""
    NOT_OURS = "not_ours"
    """There is no such message, or none any more."""


def take(db: Db, word: Returned, key_of: KeyOf) -> Taken:
    """Act on what came back about a message."""
    said = {"type": words(word.type), "enhanced": words(word.enhanced), "text": words(word.text)}
    word = msgspec.structs.replace(word, **said)
    with db.transaction():
        row = db.execute(S.find, {"buckets": list(range(256)), "id": Key(word.message)}).fetchone()
        if row is None:
            return Taken.NOT_OURS
        state, message = row[0], Message(*row[1:])
        fresh = db.execute(
            S.add,
            {
                "bucket": message.bucket,
                "message": Key(message.id),
                "sort": word.sort,
                "lane": message.lane,
                "journey": message.journey,
                "type": word.type,
                "hard": word.hard,
                "code": word.code,
                "enhanced": word.enhanced,
            },
        ).rowcount
        if not fresh:
            return Taken.KNOWN
        if message.bucket == 0:  # one in 256 sweeps up, which is often enough
            tidy(db)
        if word.sort == "complaint":
            _complaint(db, message, word, key_of)
        else:
            _bounce(db, message, State(state), word, key_of)
    return Taken.TAKEN


def _bounce(db: Db, message: Message, state: State, word: Returned, key_of: KeyOf) -> None:
    verdict = meaning(word.type, word.enhanced, hard=word.hard)
    end = Settled(
        message,
        State.REJECTED,
        verdict.kind.value,
        word.code,
        word.enhanced,
        word.text,
        verdict,
        bounced=True,
    )
    (now,) = db.execute(S.now).fetchone() or (0,)
    book.remember(db, [end], key_of, now)
    holds.count(db, [end])
    db.execute(S.count, {"lane": message.lane, "accepted": 0, "returned": 1})
    if state is State.UNKNOWN:  # it had arrived after all, and was refused then
        db.execute(
            S.reject,
            {"bucket": message.bucket, "id": Key(message.id), "reason": end.reason, "text": end.text},
        )
        log.append(db, inputs([end]))
    else:
        db.execute(S.note, {"bucket": message.bucket, "id": Key(message.id), "text": end.text})
        log.append(db, returned(end))


def _complaint(db: Db, message: Message, word: Returned, key_of: KeyOf) -> None:
    key = key_of(message.address)
    book.suppress(db, key, "marketing", "complaint", message=message.id)
    _watch(db, message.lane)
    withdrawn = Consent(
        message.person,
        message.channel,
        "",
        "withdrawn",
        source="complaint",
        message=message.id,
        address_hash=key.hex(),
        evidence={"feedback": word.type},
    )
    record(db, [withdrawn], also=[complained(message, word.type)])


def _watch(db: Db, lane: str) -> None:
    """Hold a marketing lane whose complaints have become too many; transactional ones go on."""
    if not lane.startswith("marketing:"):
        return
    accepted, complaints = rate(db, lane)
    if too_many_complaints(accepted, complaints):
        share = complaints / max(accepted, 1)
        text = f"{share:.2%} of {accepted} in {COMPLAINTS_FOR // 86_400_000_000} days complained"
        holds.hold(db, f"lane:{lane}", COMPLAINTS, text)


def rate(db: Db, lane: str) -> tuple[int, int]:
    """(accepted, complaints) of a lane in the last seven days, complaints since it was last let go only."""
    row = db.execute(S.rate, {"lane": lane, "key": f"lane:{lane}", "for_us": COMPLAINTS_FOR}).fetchone() or (
        0,
        0,
    )
    return int(row[0]), int(row[1])


def count_accepted(db: Db, ends: Sequence[Settled]) -> None:
    """Add what was just accepted to the sums of its lanes; last in the transaction, in the order of lanes."""
    lanes: dict[str, int] = {}
    for end in ends:
        if end.state is State.ACCEPTED:
            lanes[end.message.lane] = lanes.get(end.message.lane, 0) + 1
    for lane, accepted in sorted(lanes.items()):
        db.execute(S.count, {"lane": lane, "accepted": accepted, "returned": 0})


def first(db: Db) -> bool:
    """Whether this connection is the one that polls; it stays so until it ends."""
    row = db.execute(S.first).fetchone()
    return bool(row and row[0])


def leave(db: Db) -> None:
    """Let another connection be the one that polls."""
    db.execute(S.leave)


def tidy(db: Db) -> int:
    """Forget sums that no rate looks at any more; how many."""
    return db.execute(S.tidy, {"for_us": 2 * COMPLAINTS_FOR}).rowcount
