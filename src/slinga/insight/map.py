"""The journey map: every stage by every channel, what happened there and what is meant to; and touchpoints
that are entered by hand.

In: a connection, a model's key, days. Out: `Map`, `Conformance`; rows of `touchpoint`.
Always true: a cell in which nothing happened is there as well; what is entered by hand counts by its share of
days within the period.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from slinga.insight import store
from slinga.insight.lifecycle import acting
from slinga.insight.model import Cell, Conformance, Map, Touchpoint
from slinga.insight.store import Programme
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

OURS = ("email", "sms", "push", "onsite")
"""Channels of messages that are always shown, so that what is missing is seen."""
FOR = frozenset(("triggered", "started", "serves"))
"""How a journey is for a stage, rather than merely about it."""

Place = tuple[str, str, str]


def journey_map(db: Db, model: str, *, since: date | None = None, until: date | None = None) -> Map:
    """Touchpoints by stage and channel over a period (30 days).

    Raises Missing for a model that is not in force.
    """
    programme = store.programme(db, "model", "journey", "template")
    document = programme.of("model").get(model)
    if document is None:
        raise Missing("There is no lifecycle model '%(model)s' in force.", field="model", model=model)
    first, last = store.period(db, programme.zone, since, until)
    volume, clicks = Counter[Place](), Counter[Place]()
    for one in store.sums(db, ("touch", "touch_click"), first, last, model):
        (volume if one.what == "touch" else clicks)[one.part, one.other, one.detail] += one.count
    entered = touchpoints(db, model, since=first, until=last)
    stages = [(stage["key"], str(stage.get("name", stage["key"]))) for stage in document.get("stages", ())]
    sending = {stage: _sending(programme, model, stage) for stage, _ in stages}
    channels = _channels(volume, entered, sending)
    cells = []
    for stage, _ in stages:
        for kind, channel in channels:
            place = (stage, kind, channel)
            own = [
                one for one in entered if kind == "offline" and (one.stage, one.channel) == (stage, channel)
            ]
            cells.append(
                Cell(
                    stage=stage,
                    kind=kind,
                    channel=channel,
                    volume=volume[place] + sum(round(one.volume * _within(one, first, last)) for one in own),
                    results=clicks[place],
                    cost=sum((one.cost * _within(one, first, last) for one in own), Decimal(0)).quantize(
                        Decimal("0.01")
                    ),
                    journeys=tuple(
                        journey for journey, over in sending[stage] if kind == "message" and channel in over
                    ),
                    touchpoints=tuple(one.name for one in own),
                )
            )
    return Map(model, first, last, tuple(stages), tuple(channels), tuple(cells), entered)


def _channels(
    volume: Counter[Place],
    entered: Sequence[Touchpoint],
    sending: dict[str, list[tuple[str, set[str]]]],
) -> list[tuple[str, str]]:
    messages = {channel for _, kind, channel in volume if kind == "message" and channel}
    messages |= {channel for found in sending.values() for _, over in found for channel in over}
    visits = {channel for _, kind, channel in volume if kind == "visit" and channel}
    ordered = [*OURS, *sorted(messages - set(OURS))]
    out = [("message", channel) for channel in ordered]
    out += [("visit", channel) for channel in sorted(visits)]
    return out + [("offline", channel) for channel in sorted({one.channel for one in entered})]


def _sending(programme: Programme, model: str, stage: str) -> list[tuple[str, set[str]]]:
    """The live journeys that are for a stage, each with the channels of its sends."""
    out = []
    for journey in acting(programme, model, stage):
        if FOR.isdisjoint(journey.how):
            continue
        nodes: dict[str, dict[str, Any]] = programme.of("journey")[journey.key].get("nodes", {})
        over = set()
        for node in nodes.values():
            if node.get("type") == "send":
                template = programme.of("template").get(str(node.get("template", "")), {})
                over.add(str(template.get("channel", node.get("channel", "email"))))
        out.append((journey.key, over))
    return out


def _within(one: Touchpoint, first: date, last: date) -> Decimal:
    """The share of a touchpoint's days that lie within a period."""
    days = (one.until_day - one.from_day).days + 1
    shared = (min(one.until_day, last) - max(one.from_day, first)).days + 1
    return Decimal(max(0, shared)) / days


def conformance(
    db: Db, model: str, *, since: date | None = None, until: date | None = None, found: Map | None = None
) -> Conformance:
    """The model and the map as designed against what happened. Raises Missing for an unknown model.

    Whoever has the map already gives it as `found`; its days are meant then.
    """
    found = found or journey_map(db, model, since=since, until=until)
    order = {stage: n for n, (stage, _) in enumerate(found.stages)}
    steps = Counter[str]()
    for one in store.sums(db, ("move",), found.since, found.until, model):
        if one.part in order and one.other in order and one.part != one.other:
            length = order[one.other] - order[one.part]
            steps["next" if length == 1 else "skipped" if length > 1 else "back"] += one.count
    return Conformance(
        steps["next"],
        steps["skipped"],
        steps["back"],
        tuple((cell.stage, cell.channel) for cell in found.cells if cell.planned and cell.empty),
        tuple(
            (cell.stage, cell.channel)
            for cell in found.cells
            if cell.kind == "message" and not cell.planned and not cell.empty
        ),
    )


# --- touchpoints entered by hand -------------------------------------------------------------------


def touchpoints(
    db: Db, model: str, *, since: date = date(1, 1, 1), until: date = date(9999, 12, 31)
) -> tuple[Touchpoint, ...]:
    """Those of a model with a day in the period, in the order in which they were entered."""
    rows = store.touchpoints(db, model, since, until)
    return tuple(Touchpoint(*row) for row in rows)


def save_touchpoint(db: Db, touchpoint: Touchpoint, *, by: str = "") -> int:
    """Enter a touchpoint, or with an `id` change it; its id. `by` is the member.

    Raises Invalid naming the field, Missing for an id that nobody has.
    """
    for field in ("name", "model", "stage", "channel"):
        if not getattr(touchpoint, field).strip():
            raise Invalid("Say something here.", field=field)
    if touchpoint.until_day < touchpoint.from_day:
        raise Invalid("The last day lies before the first.", field="until_day")
    for field in ("volume", "cost"):
        if getattr(touchpoint, field) < 0:
            raise Invalid("This cannot be less than nothing.", field=field)
    number = store.save_touchpoint(db, touchpoint, by)
    if number is None:
        raise Missing("There is no such touchpoint any more.", field="id")
    return number


def remove_touchpoint(db: Db, id: int) -> bool:
    """Remove a touchpoint; whether it was there."""
    return store.remove_touchpoint(db, id)
