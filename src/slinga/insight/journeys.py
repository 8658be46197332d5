"""Journeys in figures: who came in, where they wait, how each node was left, what its messages did.

In: a connection, a journey's key, days. Out: `JourneyFigures`, lists, pages of runs that wait.
Always true: figures of a period read sums; who waits now is exact up to MANY runs of a journey, beyond that
it is counted from a part of the buckets and says so.
"""

from collections import Counter
from datetime import date
from typing import Any

from slinga.insight import store
from slinga.insight.model import (
    JourneyFigures,
    JourneyLine,
    NodeFigures,
    VersionFigures,
    Waiting,
    WaitingPage,
)
from slinga.insight.stays import median
from slinga.insight.store import Sum
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

MANY, PART = 100_000, 16
"""Beyond so many waiting runs they are counted from so many of the 256 buckets."""

SENDS = ("planned", "deferred", "blocked", "accepted", "rejected", "unknown", "cancelled", "expired")
SENT = tuple(f"send_{one}" for one in (*SENDS, "render_failed", "returned"))
REACTED = tuple(f"react_{one}" for one in ("opened", "clicked", "bounced", "complained", "unsubscribed"))
SKIPPED = "dropped"
"""A send that policy refused or that expired before it could be decided."""
FAILED = "failed"
"""A step that could not be carried out."""
BROKEN = ("send_rejected", "send_render_failed")
"""Messages that came to nothing."""
WHATS = (
    *("run_entered", "run_ended", "goal_reached", "holdout", "entry_refused", "step"),
    *SENT,
    *REACTED,
)

Place = tuple[int, str]


def overview(
    db: Db, *, since: date | None = None, until: date | None = None, broadcasts: bool = False
) -> tuple[JourneyLine, ...]:
    """Every journey that is known to the program or did something in the period (7 days), by key.

    Broadcasts, whose keys hold a dot, only where they are asked for.
    """
    programme = store.programme(db, "journey")
    first, last = store.period(db, programme.zone, since, until, 7)
    counts: dict[str, Counter[str]] = {key: Counter() for key in programme.of("journey")}
    whats = ("run_entered", "run_ended", "goal_reached", "send_accepted", "step")
    for (what, key), count in store.totals(db, whats, first, last).items():
        counts.setdefault(key, Counter())[what] += count
    return tuple(
        JourneyLine(
            key,
            str(programme.of("journey").get(key, {}).get("name", key)),
            ("journey", key) in programme.live,
            found["run_entered"],
            found["run_ended"],
            found["goal_reached"],
            found["send_accepted"],
            found["step"],
        )
        for key, found in sorted(counts.items())
        if key and (broadcasts or "." not in key)
    )


def figures(db: Db, journey: str, *, since: date | None = None, until: date | None = None) -> JourneyFigures:
    """A journey over a period (30 days), version by version and node by node, with who waits now.

    Sends that policy put off or kept back are told under the newest version that has the node. Raises
    Missing for a journey that is neither in the program nor in the sums.
    """
    programme = store.programme(db, "journey")
    first, last = store.period(db, programme.zone, since, until)
    sums = store.sums(db, WHATS, first, last, journey)
    waiting, exact = store.waiting(db, journey, most=MANY, buckets=PART)
    documents = {
        version: document for (_, key, version), document in programme.versions.items() if key == journey
    }
    if not documents and not sums and not waiting:
        raise Missing("There is no journey '%(journey)s'.", field="journey", journey=journey)
    stays = store.stays(db, "node", journey, first, last)
    runs = store.stays(db, "run", journey, first, last)
    versions = {one.version for one in sums if one.version} | {version for version, _ in waiting}
    versions |= documents.keys()
    newest = max(documents, default=max(versions, default=0))
    total = Counter[str]()
    for one in sums:
        total[one.what] += one.count
    document: dict[str, Any] = documents.get(newest, {})
    return JourneyFigures(
        key=journey,
        name=str(document.get("name", journey)),
        live=("journey", journey) in programme.live,
        since=first,
        until=last,
        entries=total["run_entered"],
        ends=total["run_ended"],
        goals=total["goal_reached"],
        holdouts=total["holdout"],
        waiting=sum(waiting.values()),
        waiting_exact=exact,
        median_run=median(_together(runs)),
        versions=tuple(_version(version, sums, waiting) for version in sorted(versions)),
        nodes=tuple(_nodes(documents, newest, sums, waiting, stays)),
    )


def _together(runs: dict[Place, dict[int, int]]) -> dict[int, int]:
    found: Counter[int] = Counter()
    for bins in runs.values():
        found.update(bins)
    return dict(found)


def _version(version: int, sums: list[Sum], waiting: dict[Place, int]) -> VersionFigures:
    own = [one for one in sums if one.version == version]
    return VersionFigures(
        version=version,
        entries=sum(one.count for one in own if one.what == "run_entered"),
        ends=_by(own, "run_ended", "other"),
        goals=sum(one.count for one in own if one.what == "goal_reached"),
        holdouts=sum(one.count for one in own if one.what == "holdout"),
        refused=_by(own, "entry_refused", "other"),
        waiting=sum(count for (each, _), count in waiting.items() if each == version),
    )


def _by(sums: list[Sum], what: str, column: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in sums:
        if one.what == what:
            found[getattr(one, column)] += one.count
    return dict(found)


def _nodes(
    documents: dict[int, dict[str, Any]],
    newest: int,
    sums: list[Sum],
    waiting: dict[Place, int],
    stays: dict[Place, dict[int, int]],
) -> list[NodeFigures]:
    of: dict[Place, list[Sum]] = {}
    known = {(version, node) for version, document in documents.items() for node in document.get("nodes", {})}
    entered = Counter[Place]()
    for one in sums:
        version = one.version or newest
        if one.part:
            of.setdefault((version, one.part), []).append(one)
        if one.what == "step" and one.detail and one.other != "deferred":
            entered[version, one.detail] += one.count
        if one.what == "run_entered":
            entered[version, str(documents.get(version, {}).get("start", ""))] += one.count
    places = sorted(known | of.keys() | waiting.keys())
    return [
        _node(
            place, documents, of.get(place, []), entered[place], waiting.get(place, 0), stays.get(place, {})
        )
        for place in places
        if place[1]
    ]


def _node(
    place: Place,
    documents: dict[int, dict[str, Any]],
    own: list[Sum],
    entered: int,
    waiting: int,
    stays: dict[int, int],
) -> NodeFigures:
    version, node = place
    outcomes = _by(own, "step", "other")
    left = sum(count for outcome, count in outcomes.items() if outcome != "deferred")
    skipped, failed = outcomes.get(SKIPPED, 0), outcomes.get(FAILED, 0)
    broken = sum(one.count for one in own if one.what in BROKEN)
    ended = sum(one.count for one in own if one.what == "run_ended")
    leads: Counter[str] = Counter()
    sends: Counter[str] = Counter()
    reactions: Counter[str] = Counter()
    for one in own:
        if one.what == "step" and one.detail and one.other != "deferred":
            leads[one.detail] += one.count
        elif one.what in SENT:
            sends[one.what.removeprefix("send_")] += one.count
        elif one.what in REACTED:
            reactions[f"{one.what.removeprefix('react_')} {one.extra}".strip()] += one.count
    return NodeFigures(
        version=version,
        node=node,
        type=str(documents.get(version, {}).get("nodes", {}).get(node, {}).get("type", "")),
        reached=max(entered, left, waiting),
        passed=left - skipped - failed,
        skipped=skipped,
        failed=failed + broken,
        deferred=outcomes.get("deferred", 0),
        ended=ended,
        waiting=waiting,
        outcomes=outcomes,
        leads_to=dict(leads),
        median_stay=median(stays),
        sends=dict(sends),
        reactions=dict(reactions),
    )


def waiting_at(
    db: Db, journey: str, node: str, *, version: int = 0, after: str = "", limit: int = 50
) -> WaitingPage:
    """Who waits at a node now, since when and until when at most; version 0 is any.

    Raises Invalid for an `after` we did not give.
    """
    behind = (0, store.NOBODY, "")
    if after:
        bucket, person, run = (*after.split(".", 2), "", "")[:3]
        if not bucket.isdigit() or len(person) != len(store.NOBODY):
            raise Invalid("Ask with what the page before gave.", field="after")
        behind = (int(bucket), person, run)
    rows = store.waiting_at(db, journey, node, version, behind, limit)
    more = f"{rows[-1][0]}.{rows[-1][1]}.{rows[-1][2]}" if len(rows) == limit else ""
    return WaitingPage(tuple(Waiting(row[1], *row[3:]) for row in rows), more)
