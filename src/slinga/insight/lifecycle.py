"""The lifecycle as it stands and as it moved: the picture, transitions, the people behind a number.

In: a connection, a model's key, days. Out: `Picture`, `Transitions`, pages of people, conditions.
Always true: the picture reads sums alone; a stage that the model no longer has is shown while somebody
stood in it; the shares are of people who were there in the period.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from slinga.insight import store
from slinga.insight.model import (
    Acting,
    Link,
    Meaning,
    Money,
    Page,
    Picture,
    StageFigures,
    StatusFigures,
    Touch,
    Transitions,
    Whom,
)
from slinga.insight.stays import median
from slinga.insight.store import Programme, Sum
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

CHANNELS = 5
"""Channels told of each stage."""
LOOKED_AT = 5_000
"""Moves that one page of people is looked for among."""

Stock = dict[tuple[str, str], int]
Stays = dict[str, dict[tuple[int, str], dict[int, int]]]
"""Bins of stays in stages and in statuses, by (version, stage or stage/status)."""


def models(db: Db) -> tuple[tuple[str, str], ...]:
    """(key, name) of the models in force."""
    found = store.programme(db, "model").of("model")
    return tuple((key, str(document.get("name", key))) for key, document in sorted(found.items()))


def picture(db: Db, model: str, *, since: date | None = None, until: date | None = None) -> Picture:
    """Who stands where at the end of `until` (today), and what moved since `since` (30 days with it).

    Raises Missing for a model that is not in force.
    """
    programme = store.programme(db, "model", "journey")
    document = _model(programme, model)
    first, last = store.period(db, programme.zone, since, until)
    stock = store.stock(db, model, last)
    before = store.stock(db, model, first - timedelta(days=1))
    sums = store.sums(db, ("move", "flow", "entry_touch", "order_in"), first, last, model)
    stays = {what: store.stays(db, what, model, first, last) for what in ("stage", "status")}
    stages = list(_stages(document, stock, sums))
    return Picture(
        model,
        str(document.get("name", model)),
        first,
        last,
        sum(stock.values()),
        tuple(_figures(programme, model, stage, stock, before, sums, stays) for stage in stages),
    )


def _model(programme: Programme, model: str) -> dict[str, Any]:
    found = programme.of("model").get(model)
    if found is None:
        raise Missing("There is no lifecycle model '%(model)s' in force.", field="model", model=model)
    return found


def _stages(document: dict[str, Any], stock: Stock, sums: list[Sum]) -> Iterator[dict[str, Any]]:
    known = [stage["key"] for stage in document.get("stages", ())]
    yield from document.get("stages", ())
    seen = {stage for stage, _ in stock} | {one.part for one in sums if one.what == "flow"}
    for key in sorted(seen - set(known) - {""}):
        yield {"key": key, "name": key, "side": "right", "gone": True}


def _figures(
    programme: Programme,
    model: str,
    stage: dict[str, Any],
    stock: Stock,
    before: Stock,
    sums: list[Sum],
    stays: Stays,
) -> StageFigures:
    key = stage["key"]
    flow: dict[str, int] = {}
    for one in sums:
        if one.what == "flow" and one.part == key:
            flow[one.detail] = flow.get(one.detail, 0) + one.count
    there = sum(count for (place, _), count in before.items() if place == key)
    there += sum(count for how, count in flow.items() if how == "placed" or how.startswith("in_"))
    touches: dict[tuple[str, str], int] = {}
    for one in sums:
        if one.what == "entry_touch" and one.part == key:
            place = (one.other, one.detail)
            touches[place] = touches.get(place, 0) + one.count
    orders = sorted(
        (one for one in sums if one.what == "order_in" and one.part == key), key=lambda one: one.other
    )
    out_forward = flow.get("out_forward", 0)
    return StageFigures(
        key=key,
        name=str(stage.get("name", key)),
        side=str(stage.get("side", "left")),
        description=str(stage.get("description", "")),
        people=sum(count for (place, _), count in stock.items() if place == key),
        placed=flow.get("placed", 0),
        in_forward=flow.get("in_forward", 0),
        in_back=flow.get("in_back", 0),
        out_forward=out_forward,
        out_back=flow.get("out_back", 0),
        conversion=min(1.0, out_forward / there) if there > 0 else None,
        median_stay=median(stays["stage"].get((0, key), {})),
        orders=sum(one.count for one in orders),
        value=tuple(Money(one.other, one.value) for one in orders if one.value),
        channels=tuple(
            Touch(kind, channel, count)
            for (kind, channel), count in sorted(touches.items(), key=lambda each: (-each[1], each[0]))
        )[:CHANNELS],
        journeys=acting(programme, model, key),
        statuses=_statuses(stage, stock, sums, stays),
        in_model=not stage.get("gone"),
    )


def _statuses(
    stage: dict[str, Any], stock: Stock, sums: list[Sum], stays: Stays
) -> tuple[StatusFigures, ...]:
    key = stage["key"]
    names = {one["key"]: str(one.get("name", one["key"])) for one in stage.get("statuses", ())}
    came: dict[str, int] = {}
    went: dict[str, int] = {}
    for one in sums:
        if one.what != "move":
            continue
        if one.other == key:
            came[one.extra] = came.get(one.extra, 0) + one.count
        if one.part == key:
            went[one.detail] = went.get(one.detail, 0) + one.count
    there = {status: count for (place, status), count in stock.items() if place == key}
    seen = (came.keys() | went.keys() | there.keys()) - names.keys()
    keys = [*names, *sorted(seen - {""}), *([""] if "" in seen and (names or seen != {""}) else [])]
    return tuple(
        StatusFigures(
            status,
            names.get(status, status),
            there.get(status, 0),
            came.get(status, 0),
            went.get(status, 0),
            median(stays["status"].get((0, f"{key}/{status}"), {})),
        )
        for status in keys
    )


def acting(programme: Programme, model: str, stage: str) -> tuple[Acting, ...]:
    """The live journeys that have to do with a stage, by key."""
    own: dict[str, Any] = next(
        (one for one in programme.of("model").get(model, {}).get("stages", ()) if one["key"] == stage), {}
    )
    strategy = own.get("strategy", {})
    out = []
    for key, document in sorted(programme.of("journey").items()):
        if ("journey", key) not in programme.live:
            continue
        trigger, how = document.get("trigger", {}), []
        if trigger.get("on") == "stage" and trigger.get("model") == model:
            if stage in trigger.get("to", ()) or not (trigger.get("to") or trigger.get("from")):
                how.append("triggered")
            if stage in trigger.get("from", ()):
                how.append("leaves")
        how += [
            word
            for word, told in (("started", "start"), ("stopped", "stop"))
            if key in strategy.get(told, ())
        ]
        if f"{model}/{stage}" in document.get("serves", ()):
            how.append("serves")
        leaves = list(_leaves(document))
        if any(
            one.get("op") == "stage" and one.get("model") == model and stage in one.get("is", ())
            for one in leaves
        ):
            how.append("asks")
        if any(
            one.get("type") == "set_stage" and one.get("model") == model and one.get("stage") == stage
            for one in leaves
        ):
            how.append("places")
        if how:
            out.append(Acting(key, str(document.get("name", key)), tuple(how)))
    return tuple(out)


def _leaves(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


def transitions(db: Db, model: str, since: date, until: date) -> Transitions:
    """Moves between stages from the beginning of `since` to the end of `until`, each move counted.

    `before` is the stock at the end of the day before. Raises Missing for a model that is not in force.
    """
    document = _model(store.programme(db, "model"), model)
    order = {stage["key"]: n for n, stage in enumerate(document.get("stages", ()))}
    counts: dict[tuple[str, str], int] = {}
    for one in store.sums(db, ("move",), since, until, model):
        if one.part != one.other:
            counts[one.part, one.other] = counts.get((one.part, one.other), 0) + one.count
    links = [
        Link(
            source,
            target,
            count,
            "placed" if not source else "forward" if order.get(target, 0) > order.get(source, 0) else "back",
        )
        for (source, target), count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    return Transitions(
        model,
        since,
        until,
        _by_stage(store.stock(db, model, since - timedelta(days=1))),
        _by_stage(store.stock(db, model, until)),
        tuple(links),
    )


def _by_stage(stock: Stock) -> dict[str, int]:
    out: dict[str, int] = {}
    for (stage, _), count in stock.items():
        out[stage] = out.get(stage, 0) + count
    return out


def stock_by_day(db: Db, model: str, since: date, until: date) -> dict[date, dict[str, int]]:
    """How many stood in each stage at the end of each day, for the scrubber and for curves."""
    present = _by_stage(store.stock(db, model, since - timedelta(days=1)))
    changes: dict[date, dict[str, int]] = {}
    for one in store.daily(db, ("stock",), since, until, model):
        of_day = changes.setdefault(one.day, {})
        of_day[one.part] = of_day.get(one.part, 0) + one.count
    out = {}
    for n in range((until - since).days + 1):
        day = since + timedelta(days=n)
        for stage, change in changes.get(day, {}).items():
            present[stage] = present.get(stage, 0) + change
        out[day] = dict(present)
    return out


# --- the people behind ---------------------------------------------------------------------------


def people_in(
    db: Db, model: str, stage: str, status: str | None = None, *, after: str = "", limit: int = 50
) -> Page:
    """People who stand in a stage now, each with since when; `status` "" asks for those without one.

    In no order that means anything, but always the same. Raises Invalid for an `after` we did not give.
    """
    behind = _place(after, (0, store.NOBODY))
    rows = store.standing(db, model, stage, status, behind, limit)
    more = f"{rows[-1][0]}.{rows[-1][1]}" if len(rows) == limit else ""
    return Page(tuple(Whom(person, at) for _, person, at in rows), more)


def people_moved(
    db: Db,
    model: str,
    source: str,
    target: str,
    since: date,
    until: date,
    *,
    after: str = "",
    limit: int = 50,
) -> Page:
    """People who moved from one stage ("" for the first placing) to another, newest first, with when last.

    Whoever has become one with another since is that one. To become one with another is no move. A page may
    hold fewer than `limit` and still go on: it looks through 5,000 moves at most.
    """
    zone = store.programme(db, "model").zone
    begin, end = store.instants(zone, since, until)
    before = (end, 0)
    if after:
        place, _, number = after.partition(".")
        if not (place.isdigit() and number.isdigit()):
            raise Invalid("Ask with what the page before gave.", field="after")
        before = (int(place), int(number))
    found: dict[str, Instant] = {}
    rows = store.moved(db, model, source, target, (begin, end), before, LOOKED_AT)
    further = f"{rows[-1][2]}.{rows[-1][0]}" if len(rows) == LOOKED_AT else ""
    for fact, person, at, right in rows:
        if right:
            found[person] = at
            if len(found) == limit:
                further = f"{at}.{fact}"
                break
    now = store.survivors(db, list(found))
    people: dict[str, Instant] = {}
    for person, at in found.items():
        people.setdefault(now.get(person, person), at)
    return Page(tuple(Whom(person, at) for person, at in people.items()), further)


def _place(after: str, begin: tuple[int, str]) -> tuple[int, str]:
    if not after:
        return begin
    bucket, _, person = after.partition(".")
    if not bucket.isdigit() or len(person) != len(store.NOBODY):
        raise Invalid("Ask with what the page before gave.", field="after")
    return int(bucket), person


def meaning_of_stage(model: str, stage: str, status: str | None = None) -> Meaning:
    """The condition that says: stands in this stage, and in this status where one is named."""
    in_stage = {"op": "stage", "model": model, "is": [stage]}
    if not status:
        return Meaning(in_stage)
    in_status = {"op": "status", "model": model, "is": [status]}
    return Meaning({"op": "all", "of": [in_stage, in_status]})


def meaning_of_flow(model: str, source: str, target: str, window: Mapping[str, str]) -> Meaning:
    """The condition that says: moved from one stage ("" for the first placing) to another within a window.

    `window` is that of conditions: {"last": "30d"} goes along with the days, {"since": an instant} stays.
    """
    moved = {"op": "moved", "model": model, "from": [source], "to": [target], "window": dict(window)}
    return Meaning(moved)
