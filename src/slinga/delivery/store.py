"""The outbox: every statement over messages, attempts, suppressions and holds.

In: intents inside the engine's transaction; claims, attempts and their results from `jobs`.
Out: messages under lease; inputs appended to the persons' logs.
Always true: a message is dialled only after its attempt's row is committed; whatever changes a message's
outcome appends the receipt in the same transaction; nothing is written about a message whose lease epoch
has moved on.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from slinga.channels.model import Result, Untouched
from slinga.delivery.addresses import destination, lane
from slinga.delivery.book import store as book
from slinga.delivery.book.store import KeyOf
from slinga.delivery.faults import point
from slinga.delivery.holds import store as holds
from slinga.delivery.model import Counts, Gate, Message, Settled
from slinga.delivery.pacing import Stream
from slinga.delivery.receipts import inputs
from slinga.delivery.retry import RESEND_AFTER
from slinga.delivery.returns import store as returns
from slinga.delivery.states import State
from slinga.delivery.verdicts import settle_as
from slinga.ingest import log
from slinga.kernel.clock import MINUTE, Instant
from slinga.kernel.ids import bucket_of, digest
from slinga.messages.model import Intent
from slinga.messages.policy import Decision, Defer, Refuse
from slinga.runtime.db import Ats, Db, Documents, Ints, Key, Keys, Shorts, Texts, statements

S = statements(__file__)
ASK_AGAIN_AFTER = 10 * MINUTE
"""When the gate is asked again about a message that it deferred without naming an instant."""

NONE_GONE: Mapping[str, frozenset[str]] = MappingProxyType({})


def message_name(send_key: str) -> str:
    """The 32-digit hex id of the message with this send key."""
    return digest("message", send_key)


def plan(db: Db, intents: Iterable[Intent]) -> int:
    """Insert intents, inside the caller's transaction; how many were new (unknown inside a pipeline)."""
    rows = list(intents)
    return db.execute(S.plan, _columns(rows)).rowcount if rows else 0


def _columns(rows: Sequence[Intent]) -> dict[str, Any]:
    addresses = [destination(each.channel, each.variables) for each in rows]
    return {
        "buckets": Shorts([bucket_of(each.person) for each in rows]),
        "ids": Keys([message_name(each.send_key) for each in rows]),
        "send_keys": Texts([each.send_key for each in rows]),
        "people": Keys([each.person for each in rows]),
        "classes": Texts([each.message_class for each in rows]),
        "channels": Texts([each.channel for each in rows]),
        "topics": Texts([each.topic for each in rows]),
        "journeys": Texts([each.journey for each in rows]),
        "versions": Ints([each.version for each in rows]),
        "runs": Texts([each.run for each in rows]),
        "nodes": Texts([each.node for each in rows]),
        "templates": Texts([each.template for each in rows]),
        "priorities": Ints([each.priority for each in rows]),
        "lanes": Texts(
            [lane(each.message_class, each.channel, to) for each, to in zip(rows, addresses, strict=True)]
        ),
        "addresses": Texts(addresses),
        "variables": Documents([each.variables for each in rows]),
        "witnesses": Documents([each.witness for each in rows]),
        "quiet_hours": Texts([each.quiet_hours for each in rows]),
        "planned": Ats([each.planned_at for each in rows]),
        "not_before": Ats([each.not_before or each.planned_at for each in rows]),
        "expires": Ats([each.ends_at for each in rows]),
        "due": Ats([max(each.not_before, each.planned_at) for each in rows]),
    }


def now(db: Db) -> Instant:
    """The database's instant, virtual time included."""
    (value,) = db.execute(S.now).fetchone() or (0,)
    return int(value)


def streams(db: Db) -> list[Stream]:
    """The streams with a message due now that are not held."""
    return [Stream(*row) for row in db.execute(S.streams).fetchall()]


def claim(db: Db, stream: Stream, limit: int) -> list[Message]:
    """Up to `limit` due messages of a stream, which are nobody else's until the transaction ends."""
    what = {"lane": stream.lane, "journey": stream.journey, "priority": stream.priority, "limit": limit}
    return [Message(*row) for row in db.execute(S.claim, what).fetchall()]


def heartbeat(db: Db, messages: Sequence[Message], lease_s: float) -> None:
    """Keep messages for another `lease_s` seconds."""
    point("in_heartbeat")
    db.execute(S.heartbeat, {**_names(messages), "lease_s": lease_s})


def _names(messages: Sequence[Message]) -> dict:
    return {
        "buckets": Ints([message.bucket for message in messages]),
        "ids": Keys([message.id for message in messages]),
        "epochs": Ints([message.epoch for message in messages]),
    }


def _move(db: Db, ends: Sequence[Settled]) -> list[Settled]:
    """Move claimed messages that do not go; those that were still ours."""
    if not ends:
        return []
    rows = db.execute(
        S.move,
        {
            **_names([end.message for end in ends]),
            "states": Texts([end.state.value for end in ends]),
            "reasons": Texts([end.reason for end in ends]),
            "dues": Ats([end.due_at for end in ends]),
        },
    ).fetchall()
    done = set(rows)
    return [end for end in ends if end.message.name in done]


def register(
    db: Db,
    worker: str,
    messages: Sequence[Message],
    gate: Gate,
    key_of: KeyOf,
    domain: str,
    lease_s: float,
    failed: Sequence[Settled] = (),
) -> list[Message]:
    """Pass claimed messages through the last gate and write their attempts; those that may be sent.

    Runs in the transaction that claimed them, as its last statements: expiry, suppression, the gate, shared
    addresses, then the attempts' rows with a lease of `lease_s` seconds of real time. Only when it is
    committed may the network be touched. `failed` end undialled, with their receipts.
    """
    instant = now(db)
    ends, rest = _stale(messages, instant)
    stopped = book.suppressed(db, rest, key_of)
    rest = _without(rest, stopped)
    refused = _gated(rest, gate(db, rest) if rest else [], instant)
    rest = _without(rest, refused)
    shared = book.shared(db, rest, key_of)
    permitted = [_numbered(message, domain) for message in _without(rest, shared)]
    if permitted:
        db.execute(
            S.dial,
            {
                "buckets": Ints([message.bucket for message in permitted]),
                "ids": Keys([message.id for message in permitted]),
                "message_ids": Texts([message.message_id for message in permitted]),
                "worker": worker,
                "lease_s": lease_s,
            },
        )
    log.append(db, inputs(_move(db, [*failed, *ends, *stopped, *refused, *shared])))
    return permitted


def named(message: Message, domain: str) -> Message:
    """The message with its Message-ID: the same for every attempt, another for every recipient."""
    if message.message_id:
        return message
    return msgspec.structs.replace(message, message_id=f"<{message.id}@{domain}>")


def _numbered(message: Message, domain: str) -> Message:
    """As its row stands once the attempt is on record."""
    return msgspec.structs.replace(
        named(message, domain), attempts=message.attempts + 1, epoch=message.epoch + 1
    )


def _without(messages: Sequence[Message], ends: Sequence[Settled]) -> list[Message]:
    if not ends:
        return list(messages)
    gone = {end.message.name for end in ends}
    return [message for message in messages if message.name not in gone]


def _stale(messages: Sequence[Message], instant: Instant) -> tuple[list[Settled], list[Message]]:
    ends: list[Settled] = []
    for message in messages:
        if message.expires_at <= instant:
            ends.append(Settled(message, State.EXPIRED, "too_late"))
        elif not message.address:
            ends.append(Settled(message, State.CANCELLED, "no_address"))
    return ends, _without(messages, ends)


def _gated(messages: Sequence[Message], answers: Sequence[Decision], instant: Instant) -> list[Settled]:
    ends = []
    for message, answer in zip(messages, answers, strict=True):
        if isinstance(answer, Refuse):
            ends.append(Settled(message, State.CANCELLED, str(answer.reason)))
        elif isinstance(answer, Defer):
            until = answer.until or instant + ASK_AGAIN_AFTER
            ends.append(Settled(message, State.PLANNED, str(answer.reason), due_at=until))
    return ends


def settle(db: Db, results: Sequence[tuple[Message, Result]], key_of: KeyOf) -> list[Settled]:
    """Write what came of attempts, with receipts, suppressions and holds, in one transaction.

    Returns what was written: a result whose message went on under another lease is only noted on its
    attempt.
    """
    with db.transaction():
        instant = now(db)
        ends = [settle_as(message, result, instant) for message, result in results]
        written = _write(db, ends)
        book.remember(db, written, key_of, instant)
        holds.count(db, written)
        returns.count_accepted(db, written)
        log.append(db, inputs(written))
        point("before_settle_commit")
    return written


def _write(db: Db, ends: Sequence[Settled]) -> list[Settled]:
    if not ends:
        return []
    names = _names([end.message for end in ends])
    states = Texts([end.state.value for end in ends])
    texts = Texts([end.text for end in ends])
    db.execute(
        S.close_attempts,
        {
            **names,
            "states": states,
            "codes": Ints([end.code for end in ends]),
            "enhanced": Texts([end.enhanced for end in ends]),
            "texts": texts,
        },
    )
    rows = db.execute(
        S.settle,
        {
            **names,
            "states": states,
            "reasons": Texts([end.reason for end in ends]),
            "dues": Ats([end.due_at for end in ends]),
            "counted": Ints([int(end.verdict is not None and end.verdict.counts) for end in ends]),
            "texts": texts,
        },
    ).fetchall()
    done = set(rows)
    return [end for end in ends if end.message.name in done]


class Recovered(NamedTuple):
    """How many of lost couriers' messages wait again, became `unknown`, are resent after `unknown`."""

    waiting: int
    unknown: int
    resent: int


def recover(db: Db, gone: Mapping[str, frozenset[str]] = NONE_GONE) -> Recovered:
    """Take over from couriers that are gone, up to 1,000 messages a call.

    `gone` names those that certainly are, each with the ids of what it had begun: the rest of theirs was
    never handed over and waits again. Of a courier whose lease just ended nobody knows, so all its messages
    become `unknown`. Marketing stays there until the receiver or a person of the team says otherwise.
    """
    with db.transaction():
        instant = now(db)
        leased = db.execute(S.recover_leased).rowcount
        point("in_recovery")
        ends = [
            _abandoned(Message(*row), gone.get(owner), instant)
            for *row, owner in db.execute(S.lost, {"gone": list(gone)}).fetchall()
        ]
        resent = db.execute(S.resend, {"after_us": RESEND_AFTER}).rowcount
        written = _write(db, ends)
        log.append(db, inputs(written))
    unknown = sum(end.state is State.UNKNOWN for end in written)
    return Recovered(leased + len(written) - unknown, unknown, resent)


def _abandoned(message: Message, begun: frozenset[str] | None, instant: Instant) -> Settled:
    """What becomes of a message whose courier is gone; `begun` None when nobody knows what it had begun."""
    if begun is None or message.id in begun:
        return Settled(message, State.UNKNOWN, "worker_lost", text="the worker was lost")
    return settle_as(message, Untouched(), instant)


def at_rest(db: Db, couriers: Iterable[str]) -> list[str]:
    """Those of the couriers that have nothing under way."""
    names = list(couriers)
    holding = {name for (name,) in db.execute(S.holding, {"couriers": names}).fetchall()} if names else set()
    return [name for name in names if name not in holding]


def confirm(db: Db, bucket: int, message: str, state: State, reason: str) -> bool:
    """The receiver's later word on an uncertain message: accepted or rejected. False when it was certain."""
    with db.transaction():
        row = db.execute(
            S.confirm, {"bucket": bucket, "id": Key(message), "state": state.value, "reason": reason}
        ).fetchone()
        if row is None:
            return False
        log.append(db, inputs([Settled(Message(*row), state, reason)]))
    return True


def one(db: Db, bucket: int, message: str) -> Message | None:
    """A message by name, or None."""
    row = db.execute(S.one, {"bucket": bucket, "id": Key(message)}).fetchone()
    return Message(*row) if row else None


def counts(
    db: Db,
    *,
    journey: str | None = None,
    version: int | None = None,
    node: str | None = None,
    message_class: str | None = None,
) -> Counts:
    """How many messages stand in each state, of all or of a journey's, a version's, a node's."""
    rows = db.execute(
        S.counts, {"journey": journey, "version": version, "node": node, "class": message_class}
    ).fetchall()
    return Counts(sum(count for _, count in rows), dict(rows))


def waiting(db: Db) -> tuple[int, Instant | None]:
    """How many messages wait, and when the first of them falls due."""
    row = db.execute(S.waiting).fetchone() or (0, None)
    return row[0], row[1]
