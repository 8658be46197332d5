"""The statements over raw hits and their sums, and the questions the public pages ask of others' tables.

In: hits as the public pages saw them. Out: rows, and the hits that are due for judgement.
Always true: only hits that are lawful to keep come here; an address is truncated before it is stored.
"""

import re
from collections.abc import Collection, Sequence

import msgspec

from slinga.engine.model import FORMAT, decode
from slinga.kernel.clock import SECOND, Instant
from slinga.kernel.ids import bucket_of
from slinga.onsite.machines import Hit, Verdict
from slinga.onsite.model import HITS_PER_MESSAGE, SETTLE_FOR, Sent
from slinga.onsite.tokens import Token
from slinga.people.consent import Consents, unite
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)

AGENT_LENGTH = 300
"""Longer user agents are cut; no known classification needs more."""


_MERGES = 10
_ID = re.compile("[0-9a-f]{32}")


class Kept(msgspec.Struct, frozen=True):
    """A raw hit with what it belongs to."""

    id: int
    message: str
    hit: Hit
    target: str
    channel: str
    topic: str


def now(db: Db) -> Instant:
    """The database's present."""
    row = db.execute(S.now).fetchone()
    return int(row[0]) if row else 0


def add_hit(db: Db, token: Token, kind: str, *, method: str, agent: str, network: str) -> None:
    """Keep one hit until it is settled; beyond the bound per message it is dropped."""
    db.execute(
        S.add_hit,
        {
            "bucket": bucket_of(token.person),
            "person": Key(token.person),
            "message": token.message,
            "kind": kind,
            "place": token.place,
            "target": token.target,
            "channel": token.channel,
            "topic": token.topic,
            "method": method,
            "agent": agent[:AGENT_LENGTH].replace("\0", ""),
            "network": network,
            "settle_s": SETTLE_FOR / SECOND,
            "most": HITS_PER_MESSAGE,
        },
    )


def add_sum(db: Db, token: Token, kind: str, machine: bool) -> None:
    """Count one hit for its campaign."""
    db.execute(
        S.add_sum, {"campaign": token.campaign, "kind": kind, "place": token.place, "machine": machine}
    )


def due_buckets(db: Db, at: Instant) -> list[int]:
    """The buckets that have hits due at `at`."""
    return [bucket for (bucket,) in db.execute(S.due_buckets, {"now": At(at)}).fetchall()]


def claim(db: Db, bucket: int, at: Instant, limit: int) -> list[tuple[int, str, str]]:
    """Due hits as (id, message, person), locked until the transaction ends."""
    return db.execute(S.claim, {"bucket": bucket, "now": At(at), "limit": limit}).fetchall()


def next_due(db: Db) -> Instant | None:
    """When the next hit may be judged."""
    row = db.execute(S.next_due).fetchone()
    return row[0] if row else None


def hits_of(db: Db, bucket: int, messages: Sequence[str]) -> list[Kept]:
    """All raw hits of these messages, oldest first."""
    rows = db.execute(S.hits_of, {"bucket": bucket, "messages": list(messages)}).fetchall()
    return [
        Kept(id, message, Hit(kind, at, place, method, agent, network), target, channel, topic)
        for id, message, kind, at, place, method, agent, network, target, channel, topic in rows
    ]


def keys(db: Db, person: str) -> tuple[str, ...]:
    """The surviving key first, then those on the way to it from `person`."""
    path = [person]
    for _ in range(_MERGES):
        row = db.execute(S.forward, {"bucket": bucket_of(path[0]), "key": Key(path[0])}).fetchone()
        if row is None or row[0] is None:
            break
        path.insert(0, row[0])
    return tuple(path)


def consents(db: Db, persons: Collection[str]) -> Consents:
    """The permissions in the states of these people, as far as the engine has applied them."""
    out = Consents()
    for person in persons:
        row = db.execute(S.state, {"bucket": bucket_of(person), "key": Key(person)}).fetchone()
        if row and row[0] and row[1] <= FORMAT:
            out = unite(out, decode(bytes(row[0])).consents)
    return out


def sent(db: Db, person: str, message: str) -> Sent | None:
    """The message with this id that was planned for a key, or None."""
    if not _ID.fullmatch(message):
        return None
    row = db.execute(S.sent, {"bucket": bucket_of(person), "id": Key(message)}).fetchone()
    if row is None:
        return None
    send_key, channel, topic, journey, run, node, template, message_class, address, accepted_at = row
    return Sent(
        message=message,
        person=person,
        channel=channel,
        topic=topic,
        send_key=send_key,
        journey=journey,
        run=run,
        node=node,
        template=template,
        message_class=message_class,
        address=address,
        accepted_at=accepted_at,
    )


def settle(db: Db, bucket: int, at: Instant, verdicts: dict[int, Verdict]) -> None:
    """Write the verdicts, by hit id."""
    db.execute(
        S.settle,
        {
            "bucket": bucket,
            "now": At(at),
            "ids": list(verdicts),
            "verdicts": [v.by for v in verdicts.values()],
            "sorts": [v.sort for v in verdicts.values()],
            "reasons": [",".join(v.reasons) for v in verdicts.values()],
        },
    )


def forget_hits(db: Db, before: Instant) -> int:
    """Delete raw hits that were judged before an instant; how many."""
    return db.execute(S.forget_hits, {"before": At(before)}).rowcount
