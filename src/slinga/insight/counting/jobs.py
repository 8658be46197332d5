"""One portion of facts and events into sums.

In: a connection inside a transaction, which counting is meant. Out: rows of sums; the cursors behind them.
Always true: sums and cursors are written together; what is looked up is named by bucket.
"""

from datetime import date

from slinga.insight.counting import store
from slinga.insight.counting.happened import CLICKED, REACTIONS, count_names
from slinga.insight.counting.happened import count as count_event
from slinga.insight.counting.model import Event, Fact, Known, Order, Sent
from slinga.insight.counting.orders import ORDERED, order_key, whose
from slinga.insight.counting.orders import count as count_order
from slinga.insight.counting.store import Portion
from slinga.insight.products import store as products
from slinga.insight.products.ranks import Ranked, gather
from slinga.insight.tally import Sums, count, text
from slinga.insight.ways import jobs as ways
from slinga.runtime.db import Db

BUCKETS, EACH = 64, 100
"""Buckets in one transaction, and rows of each: short enough that nobody feels it."""


def portion(db: Db, gen: int, *, floor: date | None = None, older: int | None = None) -> int:
    """Count one portion of what is new to a counting; how many rows, 0 where nothing is new.

    Runs in a transaction of whoever holds the turn to count. `floor`: days before it are left out. `older`: a
    counting that knew orders which may be forgotten by now.
    """
    zone, models = store.workspace(db)
    sums = Sums(zone, floor)
    facts, inputs = store.new_facts(db, gen, BUCKETS, EACH), store.new_inputs(db, gen, BUCKETS, EACH)
    rows = _facts(db, sums, facts, models) if facts else 0
    rows += _inputs(db, gen, older, sums, inputs, models) if inputs else 0
    if facts or inputs:
        store.add(db, gen, sums)
        store.counted(db, gen, facts, inputs)
    return rows or len(facts) + len(inputs)


def _facts(db: Db, sums: Sums, portions: list[Portion], models: list[str]) -> int:
    found = store.facts(db, portions)
    settled = [
        (f.bucket, f.body.message)
        for f in found
        if f.kind == "send_settled" and isinstance(f.body.message, str) and len(f.body.message) == 32
    ]
    messages = store.sent(db, settled) if settled else {}
    for fact in found:
        count(sums, fact, messages.get(text(fact.body.message)))
    _touches(db, sums, found, models, messages)
    _entries(db, sums, found)
    ways.become_one(db, sums, found, models)
    return len(found)


def _touches(db: Db, sums: Sums, found: list[Fact], models: list[str], messages: dict[str, Sent]) -> None:
    """Visits and messages, by the stage their person stood in."""
    touches = [
        fact
        for fact in found
        if fact.kind == "visit_started" or (fact.kind == "send_settled" and fact.body.outcome == "accepted")
    ]
    stages = store.stood(db, touches, models)
    for fact, places in zip(touches, stages, strict=True):
        visit = fact.kind == "visit_started"
        sent = messages.get(text(fact.body.message))
        channel = fact.body.channel if visit else sent.channel if sent else ""
        for model, stage in places:
            kind = "visit" if visit else "message"
            sums.add("touch", model, sums.moment(fact.at)[0], stage, kind, channel)


def _entries(db: Db, sums: Sums, found: list[Fact]) -> None:
    """The last touch before somebody came forward into a stage, or was placed in their first."""
    moves = [
        fact
        for fact in found
        if fact.kind == "stage_moved" and fact.body.direction != "back" and fact.body.cause != "merge"
    ]
    for fact, (visit, message) in zip(moves, store.before(db, moves), strict=True):
        day = sums.moment(fact.at)[0]
        for kind, channel in (("visit", visit), ("message", message)):
            if channel:
                sums.add("entry_touch", fact.name, day, fact.body.to_stage, kind, channel)
        if not visit and not message:
            sums.add("entry_touch", fact.name, day, fact.body.to_stage, "none")


def _inputs(
    db: Db, gen: int, older: int | None, sums: Sums, portions: list[Portion], models: list[str]
) -> int:
    named = store.names(db, portions)
    count_names(sums, named)
    found = store.events(db, portions)
    about = [event for event in found if event.name not in REACTIONS]
    keys = [order_key(event) for event in about]
    orders = store.orders(db, gen, keys) if keys else {}
    again = _again(db, older, keys) if keys and older is not None else set()
    asked = [event for event in found if _placed(event, orders)]
    stages = dict(zip(map(id, asked), store.stood(db, asked, models), strict=True))
    touched = {one for event in about for one in whose(event, orders.get(order_key(event)))}
    known = Known(dict(orders), store.bought(db, gen, touched) if touched else {})
    new: list[Event] = []
    for each in found:
        event = each._replace(stages=tuple(stages.get(id(each), ())))
        if event.name in REACTIONS:
            count_event(sums, event)
            continue
        event = event._replace(bought_before=event.bought_before or order_key(event) in again)
        if count_order(sums, event, known):
            new.append(event)
    store.save_orders(
        db, gen, {key: order for key, order in known.orders.items() if orders.get(key) != order}
    )
    store.save_bought(db, gen, known.bought)
    ways.count(db, sums, new, models)
    _products(db, gen, new)
    return sum(number for _, _, number in named)


def _again(db: Db, older: int, keys: list[bytes]) -> set[bytes]:
    """Orders that were known as not their person's first."""
    found = store.orders(db, older, keys)
    return {key for key, order in found.items() if order.place and order.place.part == "again"}


def _placed(event: Event, orders: dict[bytes, Order]) -> bool:
    """Whether it counts by the stage its person stood in: a click, or an order that is told first."""
    if event.name == CLICKED:
        return event.properties.machine is not True
    known = orders.get(order_key(event))
    return event.name == ORDERED and (known is None or known.place is None)


def _products(db: Db, gen: int, bought: list[Event]) -> None:
    """What is bought, for recommendations."""
    found: dict[str, Ranked] = {}
    for event in bought:
        gather(found, event.properties.products, event.properties.currency, event.at)
    products.add(db, gen, found)
