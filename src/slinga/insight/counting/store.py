"""The statements by which facts and events are summed, over `tally`, `stay` and the cursors.

Always true: every function runs in the caller's transaction; what is read is named by bucket and cursor.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from slinga.insight.happened import LOOKED_AT, Came, Event, Order, Properties
from slinga.insight.tally import FORM, KINDS, LIFT_DAYS, Body, Fact, Sent, Sums
from slinga.kernel.clock import Instant
from slinga.messages.policy import Policy
from slinga.runtime.db import Ats, Blobs, Db, Ints, Keys, Texts, statements

S = statements(__file__)
_body = msgspec.json.Decoder(Body).decode
_properties = msgspec.json.Decoder(Properties).decode
_arms = msgspec.json.Decoder(tuple[Came, ...]).decode


class Portion(NamedTuple):
    """A bucket's next rows to count: behind `after`, up to `until`."""

    bucket: int
    after: int
    until: int


def now(db: Db) -> Instant:
    """The database's present."""
    return int((db.execute(S.now).fetchone() or (0,))[0])


def workspace(db: Db) -> tuple[ZoneInfo, list[str]]:
    """The workspace's zone and its lifecycle models' keys; UTC and none before the first publication."""
    row = db.execute(S.zone).fetchone()
    return (ZoneInfo(row[0]), sorted(row[1])) if row else (ZoneInfo("UTC"), [])


def mine(db: Db) -> bool:
    """Whether it is us who count, until this transaction ends."""
    found = (db.execute(S.mine).fetchone() or (False,))[0]
    if found:
        db.execute(S.by_index)
    return bool(found)


def new_facts(db: Db, buckets: int, each: int) -> list[Portion]:
    """Portions of facts that are not counted, of some buckets."""
    return [Portion(*row) for row in db.execute(S.new_facts, {"buckets": buckets, "each": each})]


def new_inputs(db: Db, buckets: int, each: int) -> list[Portion]:
    """Portions of the log that are not counted, as far as it is applied."""
    return [Portion(*row) for row in db.execute(S.new_inputs, {"buckets": buckets, "each": each})]


def _span(portions: Sequence[Portion]) -> dict[str, Any]:
    return {
        "buckets": Ints(p.bucket for p in portions),
        "after": Ints(p.after for p in portions),
        "until": Ints(p.until for p in portions),
    }


def facts(db: Db, portions: Sequence[Portion]) -> list[Fact]:
    """Those of the kinds that are counted, bucket by bucket in the order they were written."""
    rows = db.execute(S.facts, {**_span(portions), "kinds": list(KINDS)}).fetchall()
    return [
        Fact(b, id, seq, who, kind, name, at, _body(said)) for b, id, seq, who, kind, name, at, said in rows
    ]


def names(db: Db, portions: Sequence[Portion]) -> list[tuple[str, Instant, int]]:
    """(event, an instant within its quarter of an hour, how often)."""
    return db.execute(S.names, _span(portions)).fetchall()


def attributed_days(db: Db) -> int:
    """So long after a click an order is its message's, as the policy in force says."""
    row = db.execute(S.attributed_days).fetchone()
    return int(row[0]) if row and row[0] is not None else Policy().attributed_days


def events(db: Db, portions: Sequence[Portion]) -> list[Event]:
    """Events whose properties are looked at."""
    asked = {"names": list(LOOKED_AT), "clicked": attributed_days(db), "lift": LIFT_DAYS}
    rows = db.execute(S.events, {**_span(portions), **asked}).fetchall()
    return [
        Event(
            b, seq, who, name, at, taken, _properties(said) if said else Properties(), again,
            tuple(clicked or ()), _arms(arms) if arms else (),
        )
        for b, seq, who, name, at, taken, said, again, clicked, arms in rows
    ]  # fmt: skip


def sent(db: Db, wanted: Sequence[tuple[int, str]]) -> dict[str, Sent]:
    """Messages by id, of (bucket, id)."""
    rows = db.execute(
        S.sent, {"buckets": Ints(b for b, _ in wanted), "ids": Keys(id for _, id in wanted)}
    ).fetchall()
    return {id: Sent(*rest) for id, *rest in rows}


def stood(db: Db, whom: Sequence[Fact | Event], models: Sequence[str]) -> list[list[tuple[str, str]]]:
    """For each fact or event: (model, stage or '') in which its person stood just before, of every model."""
    out: list[list[tuple[str, str]]] = [[] for _ in whom]
    if not whom or not models:
        return out
    asked = {
        "ns": Ints(range(len(whom))),
        "buckets": Ints(one.bucket for one in whom),
        "people": Keys(one.person for one in whom),
        "ids": Ints(one.id if isinstance(one, Fact) else 0 for one in whom),
        "seqs": Ints(one.seq for one in whom),
        "at": Ats(one.at if isinstance(one, Fact) else one.accepted_at for one in whom),
        "models": list(models),
    }
    for n, model, stage in db.execute(S.stood, asked).fetchall():
        out[n].append((model, stage))
    return out


def before(db: Db, whom: Sequence[Fact]) -> list[tuple[str | None, str | None]]:
    """For each fact: the channels of its person's last visit and of the last message before it."""
    out: list[tuple[str | None, str | None]] = [(None, None)] * len(whom)
    if not whom:
        return out
    asked = {
        "ns": Ints(range(len(whom))),
        "buckets": Ints(one.bucket for one in whom),
        "people": Keys(one.person for one in whom),
        "ids": Ints(one.id for one in whom),
        "at": Ats(one.at for one in whom),
    }
    for n, visit, message in db.execute(S.before, asked).fetchall():
        out[n] = (visit, message)
    return out


def orders(db: Db, keys: Sequence[bytes]) -> dict[bytes, Order]:
    """Orders that are counted already."""
    rows = db.execute(S.orders, {"buckets": Ints(key[0] for key in keys), "keys": Blobs(keys)}).fetchall()
    return {bytes(key): Order(*rest) for key, *rest in rows}


def save_orders(db: Db, known: dict[bytes, Order]) -> None:
    """Remember counted orders."""
    keys, values = list(known), list(known.values())
    db.execute(
        S.save_orders,
        {
            "buckets": Ints(key[0] for key in keys),
            "keys": Blobs(keys),
            "totals": [value.total for value in values],
            "refunded": [value.refunded for value in values],
            "currencies": [value.currency for value in values],
        },
    )


def add(db: Db, sums: Sums) -> None:
    """Add sums to the tables, in the order of their keys so that two writers never wait crosswise."""
    held = sums.lines
    lines = sorted(line for line, found in held.items() if found[0] or found[1])
    if lines:
        whats, keys, days, versions, *parts = zip(*lines, strict=True)
        found = [held[line] for line in lines]
        asked = {"whats": Texts(whats), "keys": Texts(keys), "days": _days(days), "versions": Ints(versions)}
        names = ("parts", "others", "details", "extras")
        asked |= {name: Texts(column) for name, column in zip(names, parts, strict=True)}
        asked |= {"counts": Ints(one[0] for one in found), "values": Texts(str(one[1]) for one in found)}
        db.execute(S.add, asked)
    stays = sorted(sums.stays)
    if stays:
        whats, keys, days, versions, places, bins = zip(*stays, strict=True)
        db.execute(
            S.add_stays,
            {
                "whats": Texts(whats), "keys": Texts(keys), "days": _days(days), "versions": Ints(versions),
                "parts": Texts(places), "bins": Ints(bins), "counts": Ints(sums.stays[one] for one in stays),
            },
        )  # fmt: skip


def _days(days: Iterable[date]) -> Texts:
    return Texts(day.isoformat() for day in days)


def counted(db: Db, facts: Iterable[Portion] = (), inputs: Iterable[Portion] = ()) -> None:
    """Move the cursors behind what was counted."""
    for text, portions in ((S.count_facts, list(facts)), (S.count_inputs, list(inputs))):
        if portions:
            found = _span(portions)
            db.execute(text, {"buckets": found["buckets"], "until": found["until"]})


def begin_anew(db: Db) -> None:
    """Forget all sums, to count from the beginning."""
    db.execute(S.turn)
    db.execute(S.begin_anew)
    db.execute(S.rewind)
    formed(db, anew=True)


def form(db: Db) -> tuple[int, Instant]:
    """The form of what is counted, and since when the kinds of the newest form are."""
    row = db.execute(S.form).fetchone()
    return (int(row[0]), int(row[1])) if row else (FORM, 0)


def formed(db: Db, *, anew: bool = False) -> None:
    """Say that what is counted is in the newest form: after beginning anew, or where nothing was counted."""
    db.execute(S.formed, {"form": FORM, "anew": anew})


def share(db: Db) -> float:
    """About how much of what is kept is counted, from 0 to 1."""
    counted, all_of_it = db.execute(S.share).fetchone() or (0.0, 0.0)
    return min(1.0, counted / all_of_it) if all_of_it else 1.0


def wait(db: Db) -> None:
    """Be the one who counts, however long the others take, until this transaction ends."""
    db.execute(S.turn)
    db.execute(S.by_index)


def one_snapshot(db: Db) -> None:
    """Let the transaction that has just begun see one state of everything."""
    db.execute(S.one_snapshot)


def correct(db: Db, today: date) -> int:
    """Bring stock and sizes to what the rows say; how many sums were off. Wants one snapshot."""
    db.execute(S.for_all)
    return sum(db.execute(text, {"day": today}).rowcount for text in (S.correct_stock, S.correct_size))


def behind(db: Db, limit: int = 10_000) -> int:
    """How many facts wait to be counted, up to a limit."""
    return int((db.execute(S.behind, {"limit": limit}).fetchone() or (0,))[0])


def without_runs(db: Db) -> int | None:
    """A bucket whose runs have no rows yet."""
    row = db.execute(S.without_runs).fetchone()
    return None if row is None else int(row[0])


def hold_lane(db: Db, bucket: int) -> None:
    """Keep workers from a lane until the transaction ends."""
    db.execute(S.hold_lane, {"bucket": bucket})


def states(db: Db, bucket: int, format: int) -> list[bytes]:
    """The states of a bucket's people."""
    return [bytes(row[0]) for row in db.execute(S.states, {"bucket": bucket, "format": format})]


def with_runs(db: Db, bucket: int | None) -> None:
    """Say that a bucket's runs have rows; None: of all, if nobody is there."""
    if bucket is None:
        db.execute(S.all_with_runs)
    else:
        db.execute(S.with_runs, {"bucket": bucket})
