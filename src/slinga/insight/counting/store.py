"""The statements by which facts and events are summed, over `tally`, `stay` and the cursors.

Always true: every function runs in the caller's transaction; what is read is named by bucket and cursor.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from slinga.insight.counting.happened import LOOKED_AT
from slinga.insight.counting.model import (
    Body,
    Bought,
    Came,
    Event,
    Fact,
    Order,
    Place,
    Properties,
    Sent,
    Whose,
)
from slinga.insight.tally import FORM, KINDS, LIFT_DAYS, Sums
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.messages.policy import Policy
from slinga.runtime.db import Ats, Blobs, Db, Ints, Keys, Texts, statements

S = statements(__file__)
_body = msgspec.json.Decoder(Body).decode
_properties = msgspec.json.Decoder(Properties).decode
_arms = msgspec.json.Decoder(tuple[Came, ...]).decode
_place = msgspec.json.Decoder(Place).decode


def _encoded(place: Place | None) -> str | None:
    return msgspec.json.encode(place).decode() if place else None


def _order(
    total: Decimal, refunded: Decimal, currency: str, cancelled: bool, person: str | None, place: str | None
) -> Order:
    return Order(total, refunded, currency, cancelled, person, _place(place) if place else None)


class Portion(NamedTuple):
    """A bucket's next rows to count: behind `after`, up to `until`."""

    bucket: int
    after: int
    until: int


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


def new_facts(db: Db, gen: int, buckets: int, each: int) -> list[Portion]:
    """Portions of facts that are not counted, of some buckets."""
    asked = {"gen": gen, "buckets": buckets, "each": each}
    return [Portion(*row) for row in db.execute(S.new_facts, asked)]


def new_inputs(db: Db, gen: int, buckets: int, each: int) -> list[Portion]:
    """Portions of the log that are not counted, as far as it is applied."""
    asked = {"gen": gen, "buckets": buckets, "each": each}
    return [Portion(*row) for row in db.execute(S.new_inputs, asked)]


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


def orders(db: Db, gen: int, keys: Sequence[bytes]) -> dict[bytes, Order]:
    """Orders that are counted already, or of which a refund told."""
    asked = {"gen": gen, "buckets": Ints(key[0] for key in keys), "keys": Blobs(keys)}
    rows = db.execute(S.orders, asked).fetchall()
    return {bytes(key): _order(*rest) for key, *rest in rows}


def save_orders(db: Db, gen: int, changed: dict[bytes, Order]) -> None:
    """Remember orders."""
    if not changed:
        return
    keys, values = list(changed), list(changed.values())
    asked = {
        "gen": gen,
        "buckets": Ints(key[0] for key in keys),
        "keys": Blobs(keys),
        "totals": [value.total for value in values],
        "refunded": [value.refunded for value in values],
        "currencies": [value.currency for value in values],
        "cancelled": [value.cancelled for value in values],
        "people": Keys(value.person for value in values),
        "places": Texts(_encoded(value.place) for value in values),
    }
    db.execute(S.save_orders, asked)


def bought(db: Db, gen: int, whom: Iterable[Whose]) -> dict[Whose, Bought]:
    """What these people bought in the days of a journey."""
    out: dict[Whose, Bought] = {}
    asked = _whom(sorted(whom)) | {"gen": gen}
    for person, journey, arm, currency, orders, spent in db.execute(S.bought, asked).fetchall():
        out.setdefault(Whose(person, journey, arm), {})[currency] = (orders, spent)
    return out


def save_bought(db: Db, gen: int, found: dict[Whose, Bought]) -> None:
    """Remember it."""
    rows = [(whose, currency, *sums) for whose, by in sorted(found.items()) for currency, sums in by.items()]
    if rows:
        asked = _whom([whose for whose, *_ in rows]) | {"gen": gen}
        asked |= {"currencies": [row[1] for row in rows], "orders": [row[2] for row in rows]}
        db.execute(S.save_bought, asked | {"spent": [row[3] for row in rows]})


def _whom(whom: Sequence[Whose]) -> dict[str, Any]:
    return {
        "buckets": Ints(bucket_of(one.person) for one in whom),
        "people": Keys(one.person for one in whom),
        "journeys": Texts(one.journey for one in whom),
        "arms": Texts(one.arm for one in whom),
    }


def add(db: Db, gen: int, sums: Sums) -> None:
    """Add sums to a counting, in the order of their keys so that two writers never wait crosswise."""
    held = sums.lines
    lines = sorted(line for line, found in held.items() if found[0] or found[1])
    if lines:
        whats, keys, days, versions, *parts = zip(*lines, strict=True)
        found = [held[line] for line in lines]
        asked = {"gen": gen, "whats": Texts(whats), "keys": Texts(keys), "days": _days(days)}
        asked |= {"versions": Ints(versions)}
        names = ("parts", "others", "details", "extras")
        asked |= {name: Texts(column) for name, column in zip(names, parts, strict=True)}
        asked |= {"counts": Ints(one[0] for one in found), "values": Texts(str(one[1]) for one in found)}
        db.execute(S.add, asked)
    stays = sorted(stay for stay, count in sums.stays.items() if count and sums.counts(stay.day))
    if stays:
        whats, keys, days, versions, places, bins = zip(*stays, strict=True)
        db.execute(
            S.add_stays,
            {
                "gen": gen, "whats": Texts(whats), "keys": Texts(keys), "days": _days(days),
                "versions": Ints(versions),
                "parts": Texts(places), "bins": Ints(bins), "counts": Ints(sums.stays[one] for one in stays),
            },
        )  # fmt: skip


def _days(days: Iterable[date]) -> Texts:
    return Texts(day.isoformat() for day in days)


def counted(db: Db, gen: int, facts: Iterable[Portion] = (), inputs: Iterable[Portion] = ()) -> None:
    """Move the cursors behind what was counted."""
    for text, portions in ((S.count_facts, list(facts)), (S.count_inputs, list(inputs))):
        if portions:
            found = _span(portions)
            db.execute(text, {"gen": gen, "buckets": found["buckets"], "until": found["until"]})


class Form(NamedTuple):
    """Which counting pages read, in which form and since when; and which is under way beside it.

    `floor`: days before it are taken over from the counting before. None where nothing had been forgotten.
    """

    gen: int
    form: int
    since: Instant
    next: int | None
    next_form: int | None
    floor: date | None


def form(db: Db) -> Form:
    """How it stands; in the newest form where nothing is counted."""
    return Form(*db.execute(S.form, {"newest": FORM}).fetchone() or (0, FORM, 0, None, None, None))


def formed(db: Db) -> None:
    """Where nothing was counted yet, what will be is in the newest form."""
    db.execute(S.formed, {"form": FORM})


def kept_for(db: Db, whats: Sequence[str]) -> list[str]:
    """How long these are kept, as far as somebody told."""
    return [length for (length,) in db.execute(S.kept_for, {"whats": list(whats)})]


def began_at(db: Db) -> Instant | None:
    """When something was first published; nothing can be older but imports."""
    found = (db.execute(S.began_at).fetchone() or (None,))[0]
    return None if found is None else int(found)


def begin(db: Db, floor: date | None) -> None:
    """Begin to count anew, beside the counting that pages read."""
    db.execute(S.begin, {"form": FORM, "floor": floor})


def give_up(db: Db) -> None:
    """Go on no more with a counting anew."""
    db.execute(S.give_up)


def change_over(db: Db) -> None:
    """Let pages read the counting that was under way, with the days that only the old one knows."""
    for text in (S.take_over, S.take_over_stays, S.take_over_orders, S.take_over_buyers, S.change_over):
        db.execute(text)


def tidy(db: Db, limit: int = 5_000) -> bool:
    """Remove some of what a counting left that nobody reads any more; whether there was any."""
    row = db.execute(S.left_over).fetchone()
    if row is None:
        return False
    for text in (S.drop_tally, S.drop_months, S.drop_stay, S.drop_order, S.drop_buyer):
        if db.execute(text, {"gen": row[0], "limit": limit}).rowcount:
            return True
    db.execute(S.drop_product, {"gen": row[0]})
    db.execute(S.drop_cursors, {"gen": row[0]})
    return True


def share(db: Db, gen: int) -> float:
    """About how much of what is kept is counted, from 0 to 1."""
    counted, all_of_it = db.execute(S.share, {"gen": gen}).fetchone() or (0.0, 0.0)
    return min(1.0, counted / all_of_it) if all_of_it else 1.0


def wait(db: Db) -> None:
    """Be the one who counts, however long the others take, until this transaction ends."""
    db.execute(S.turn)
    db.execute(S.by_index)


def one_snapshot(db: Db) -> None:
    """Let the transaction that has just begun see one state of everything."""
    db.execute(S.one_snapshot)


def correct(db: Db, gen: int, today: date) -> int:
    """Bring stock and sizes to what the rows say; how many sums were off. Wants one snapshot."""
    db.execute(S.for_all)
    return sum(
        db.execute(text, {"gen": gen, "day": today}).rowcount for text in (S.correct_stock, S.correct_size)
    )


def behind(db: Db, gen: int, limit: int = 10_000) -> int:
    """How many facts and events wait to be counted, up to a limit."""
    return int((db.execute(S.behind, {"gen": gen, "limit": limit}).fetchone() or (0,))[0])


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
