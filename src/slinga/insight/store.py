"""The statements that questions are answered with: sums, and a bounded number of rows.

Always true: every list has a limit; only touchpoints entered by hand are ever written.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.insight.model import Touchpoint
from slinga.insight.sums.model import Daily, Sum
from slinga.kernel.calendar import zone as zone_of
from slinga.kernel.clock import Instant, from_datetime, to_datetime
from slinga.kernel.ids import bucket_of
from slinga.runtime import clock
from slinga.runtime.db import At, Db, Key, Keys, Shorts, statements

S = statements(__file__)
NOBODY = "0" * 32
PERIOD = 30
"""Days of a period that nobody named."""


class Programme(msgspec.Struct, frozen=True):
    """The definitions in force by kind and key, the newest version of each, and whether any is live."""

    number: int
    zone: ZoneInfo
    parts: dict[str, dict[str, dict[str, Any]]]
    live: frozenset[tuple[str, str]]
    versions: dict[tuple[str, str, int], dict[str, Any]]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Documents of a kind by key."""
        return self.parts.get(kind, {})


def programme(db: Db, *kinds: str) -> Programme:
    """The newest program's definitions of these kinds; number 0 where nothing was published."""
    rows = db.execute(S.program, {"kinds": list(kinds)}).fetchall()
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    live: set[tuple[str, str]] = set()
    versions: dict[tuple[str, str, int], dict[str, Any]] = {}
    for _number, _zone, kind, key, version, is_live, document in rows:
        if is_live or key not in parts.get(kind, {}):
            parts.setdefault(kind, {})[key] = document
        if is_live:
            live.add((kind, key))
        versions[kind, key, version] = document
    number, zone = (rows[0][0], zone_of(rows[0][1])) if rows else (0, ZoneInfo("UTC"))
    return Programme(number, zone, parts, frozenset(live), versions)


def period(
    db: Db, zone: ZoneInfo, since: date | None, until: date | None, days: int = PERIOD
) -> tuple[date, date]:
    """The days asked for; by default those up to today."""
    last = until or to_datetime(clock.now(db)).astimezone(zone).date()
    return since or last - timedelta(days=days - 1), last


def instants(zone: ZoneInfo, since: date, until: date) -> tuple[Instant, Instant]:
    """The first instant of the first day and the first after the last."""
    begin = to_datetime(0).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = begin.replace(year=since.year, month=since.month, day=since.day)
    end = until + timedelta(days=1)
    return from_datetime(first), from_datetime(begin.replace(year=end.year, month=end.month, day=end.day))


def _span(since: date, until: date) -> dict[str, date]:
    """The days, and within them the whole months: from `months` up to `rest`."""
    end = until + timedelta(days=1)
    months = since if since.day == 1 else (since.replace(day=1) + timedelta(days=31)).replace(day=1)
    rest = end.replace(day=1)
    if months >= rest:
        months = rest = end
    return {"since": since, "until": until, "months": months, "rest": rest}


def sums(db: Db, whats: Sequence[str], since: date, until: date, key: str = "") -> list[Sum]:
    """Sums over days, both included; of all keys where none is named."""
    asked = {"whats": list(whats), **_span(since, until)}
    if key:
        return [Sum(*row) for row in db.execute(S.sums_of, asked | {"key": key}).fetchall()]
    return [Sum(*row) for row in db.execute(S.sums, asked).fetchall()]


def totals(db: Db, whats: Sequence[str], since: date, until: date) -> dict[tuple[str, str], int]:
    """Counts by (what, key) over days; of `step` only the failed ones."""
    asked = {"whats": list(whats), **_span(since, until)}
    return {(what, key): count for what, key, count in db.execute(S.totals, asked).fetchall()}


def came_of_journeys(db: Db, whats: Sequence[str]) -> list[tuple[str, str, int, date]]:
    """(key, what, how often ever, the last day) of each journey."""
    return db.execute(S.came_of_journeys, {"whats": list(whats)}).fetchall()


def daily(db: Db, whats: Sequence[str], since: date, until: date, key: str = "") -> list[Daily]:
    """The same day by day."""
    asked = {"whats": list(whats), "key": key, "since": since, "until": until}
    return [Daily(*row) for row in db.execute(S.daily, asked).fetchall()]


def stock(db: Db, model: str, day: date) -> dict[tuple[str, str], int]:
    """How many stood where at the end of a day, by (stage, status or '')."""
    rows = db.execute(S.stock, {"model": model, "day": day}).fetchall()
    return {(stage, status): count for stage, status, count in rows if count > 0}


def stays(db: Db, what: str, key: str, since: date, until: date) -> dict[tuple[int, str], dict[int, int]]:
    """Bins of stays by (version, part)."""
    out: dict[tuple[int, str], dict[int, int]] = {}
    asked = {"what": what, "key": key, "since": since, "until": until}
    for version, part, number, count in db.execute(S.stays, asked).fetchall():
        out.setdefault((version, part), {})[number] = count
    return out


def standing(
    db: Db, model: str, stage: str, status: str | None, behind: tuple[int, str], limit: int
) -> list[tuple[int, str, Instant]]:
    """(bucket, person, since) of people in a stage, behind (bucket, person)."""
    asked: dict[str, Any] = {"model": model, "stage": stage, "status": status, "limit": limit}
    asked |= {"bucket": behind[0], "person": Key(behind[1])}
    return db.execute(S.standing, asked).fetchall()


def moved(
    db: Db,
    model: str,
    source: str,
    target: str,
    period: tuple[Instant, Instant],
    before: tuple[Instant, int],
    limit: int,
) -> list[tuple[int, str, Instant, bool]]:
    """(fact, person, at, whether it is the last such move of theirs in the period), newest first, before
    (at, fact).
    """
    asked = {"model": model, "source": source, "target": target, "limit": limit}
    asked |= {"since": At(period[0]), "until": At(period[1])}
    return db.execute(S.moved, {**asked, "at": At(before[0]), "id": before[1]}).fetchall()


def survivors(db: Db, people: Sequence[str]) -> dict[str, str]:
    """Who each of some people is now, of those who became one with another."""
    asked = {"buckets": Shorts(map(bucket_of, people)), "people": Keys(people)}
    return dict(db.execute(S.survivors, asked).fetchall())


def in_portions(db: Db, patience_ms: int) -> None:
    """Until the transaction ends, ask through indices and give up after a time."""
    db.execute(S.in_portions, {"patience": f"{max(1, patience_ms)}ms"})


def narrowed(
    db: Db, model: str, segments: Sequence[str], source: str, buckets: range, since: Instant, until: Instant
) -> tuple[list[tuple[str, int]], list[tuple[str, str, str, str, int]]]:
    """(stage, people), and (from, to, direction, cause, moves), of some people of these buckets."""
    asked: dict[str, Any] = {"model": model, "segments": list(segments), "source": source}
    asked |= {"first": buckets.start, "last": buckets.stop - 1}
    stock = S.narrowed_stock_from if source else S.narrowed_stock
    people = db.execute(stock, asked).fetchall()
    moves = db.execute(S.narrowed_flow, {**asked, "since": At(since), "until": At(until)}).fetchall()
    return people, moves


def waiting(db: Db, journey: str, *, most: int, buckets: int) -> tuple[dict[tuple[int, str], int], bool]:
    """Runs by (version, node), and whether that is exact; beyond `most` they are counted from `buckets`."""
    row = db.execute(S.waiting_many, {"journey": journey, "limit": most + 1}).fetchone() or (0,)
    exact = row[0] <= most
    part = 256 if exact else buckets
    rows = db.execute(S.waiting, {"journey": journey, "buckets": part}).fetchall()
    return {(version, node): round(count * 256 / part) for version, node, count in rows}, exact


def waiting_at(
    db: Db, journey: str, node: str, version: int, behind: tuple[int, str, str], limit: int
) -> list[tuple[int, str, str, int, str, Instant, Instant | None]]:
    """(bucket, person, run, version, about, since, due) of runs at a node; version 0 is any."""
    asked: dict[str, Any] = {"journey": journey, "node": node, "version": version, "limit": limit}
    asked |= {"bucket": behind[0], "person": Key(behind[1]), "id": behind[2]}
    return db.execute(S.waiting_at, asked).fetchall()


def unknown_messages(db: Db) -> int:
    """Messages of which nobody knows whether they arrived, 10,000 at most."""
    return int((db.execute(S.unknown_messages).fetchone() or (0,))[0])


def holds(db: Db) -> list[tuple[str, str, str, Instant]]:
    """(what is held, reason, detail, since)."""
    return db.execute(S.holds).fetchall()


def quarantine(db: Db) -> tuple[int, int]:
    """(what lies there, 10,000 at most; of it from the last day)."""
    row = db.execute(S.quarantine).fetchone() or (0, 0)
    return row[0], row[1]


def stuck_imports(db: Db) -> list[tuple[int, str, Instant]]:
    """(number, state, when it last moved) of imports that have not moved for a quarter of an hour."""
    return db.execute(S.stuck_imports).fetchall()


def touchpoints(db: Db, model: str, since: date, until: date) -> list[tuple]:
    """Rows of touchpoints, in the order of their fields, of those with a day in the period."""
    return db.execute(S.touchpoints, {"model": model, "since": since, "until": until}).fetchall()


def save_touchpoint(db: Db, one: Touchpoint, by: str) -> int | None:
    """Write a touchpoint; its id, or None where it was to be changed and is gone."""
    asked = msgspec.structs.asdict(one) | {"by": by}
    if not one.id:
        row = db.execute(S.add_touchpoint, asked).fetchone()
        return int(row[0]) if row else None
    return one.id if db.execute(S.edit_touchpoint, asked).rowcount else None


def remove_touchpoint(db: Db, id: int) -> bool:
    """Remove a touchpoint."""
    return db.execute(S.remove_touchpoint, {"id": id}).rowcount > 0


def ways(db: Db, model: str, since: date, until: date, limit: int) -> list[tuple[str, int]]:
    """(way, people), the most frequent first."""
    return db.execute(S.ways, {"model": model, "limit": limit, **_span(since, until)}).fetchall()
