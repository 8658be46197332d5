"""A rehearsal of the half-year rule over a shop's recorded past, beside a bare pass over the same rows.

In: a log of three hundred days, 20 segments and 10 journeys in force, the half-year rule as a draft.
Out: recorded events per second, from the call to the report, in as many processes as there are cores.
Always true: the reference reads and decodes the same inputs in the same order and the same number of
processes, and does nothing with them; in both, the processes have to be started first.

The log's events are mixed as in the totals published for RetailRocket's shop (97 % views), in visits. A
second figure shows what it costs to live everything: no draft, the ten journeys in force, over the log that
the engine is measured with, in which every second event is listened to and every third leads to a message.
"""

import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from random import Random
from typing import Any

import msgspec

from bench import workload
from bench.engine import server_cpu
from bench.model import Figure, compared
from bench.scratch import database, say
from slinga.engine.jobs import publish
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, PROVEN, New
from slinga.kernel.clock import DAY, MINUTE, SECOND, Instant, instant
from slinga.kernel.ids import BUCKETS
from slinga.rehearsal import store
from slinga.rehearsal.jobs import rehearse, script_of
from slinga.rehearsal.model import Request, parse
from slinga.rehearsal.plan import compile_script
from slinga.rehearsal.report import Report
from slinga.runtime.db import connect

PEOPLE, EVENTS, DENSE = 40_000, 600_000, 60_000
LONG = 300 * DAY
BEGIN = instant("2025-06-01T06:00:00Z")
VIEWS, ADDED = 0.9667, 0.0252
"""Of RetailRocket's 2,756,101 events; the rest are transactions."""

LAPSED = {"op": "event", "name": "Order Completed", "agg": "last", "cmp": "ge", "value": "180d"}
DRAFTS = [
    {
        "kind": "segment",
        "key": "silent-half-year",
        "document": {"key": "silent-half-year", "name": "No purchase for 180 days", "condition": LAPSED},
    },
    {
        "kind": "journey",
        "key": "half-year",
        "document": {
            "key": "half-year",
            "name": "Half a year without a purchase",
            "topic": "news",
            "priority": 50,
            "trigger": {"on": "segment", "key": "silent-half-year", "change": "entered"},
            "goal": {
                "name": "bought again",
                "condition": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}},
            },
            "start": "first",
            "nodes": {
                "first": {"type": "send", "template": "news-1", "next": "week"},
                "week": {"type": "wait", "for": "7d", "next": "second"},
                "second": {"type": "send", "template": "news-2"},
            },
        },
    },
]


def run(scale: float = 1.0) -> list[Figure]:
    """The figures; `scale` multiplies people and events."""
    people, events = max(300, round(PEOPLE * scale)), max(600, round(EVENTS * scale))
    dense = max(600, round(DENSE * scale))
    rule = {"drafts": DRAFTS, "reactions": "typical"}
    half_year = _measured("the half-year rule over a shop's log", people, _visits(events), rule, 30_000)
    everything = {"reactions": "typical"}
    return [
        half_year,
        _measured("ten journeys over a dense log", max(300, dense // 5), _dense(dense), everything),
    ]


def _measured(
    name: str,
    people: int,
    tell: Callable[[workload.Crowd], Iterator[New]],
    asked: dict[str, Any],
    at_least: float | None = None,
) -> Figure:
    request = parse(asked)
    with database() as url:
        crowd = workload.Crowd(people)
        with connect(url) as db:
            publish(db, workload.definitions(), zone=workload.ZONE)
            say(f"{name}: {people} people")
            for several in workload.batched(chain(_known(crowd), tell(crowd)), 20_000):
                with db.transaction():
                    log.append(db, several)
            db.execute("VACUUM ANALYZE")
            db.execute("CHECKPOINT")
        say("the rehearsal")
        began, spent = time.perf_counter(), _processor_s(url)
        report = rehearse(url, request)
        took, spent = time.perf_counter() - began, _processor_s(url) - spent
        say("the bare pass")
        before = _processor_s(url)
        bare = _bare(url, request)
        costs = [each / report.events * 1e6 for each in (spent, _processor_s(url) - before)]
    return compared(
        name,
        report.events / took,
        "events/s",
        reference="a bare pass that reads and decodes the same inputs",
        reference_value=report.events / bare,
        at_least=at_least,
        note="{}; microseconds of processor per event: {:.0f}, bare {:.0f}".format(_note(report), *costs),
    )


def _note(report: Report) -> str:
    entries = sum(told.entries for told in report.journeys)
    messages = sum(told.sends for told in report.journeys)
    played = f"{report.events:,} events of {report.people:,} people in {os.cpu_count()} processes"
    told = f"{played}; {entries:,} entries and {messages:,} messages; the typical reaction model"
    if not report.compared:
        return told
    return f"{told}; who came in lived all journeys twice, with and without the draft, for what others lose"


# --- the logs ----------------------------------------------------------------------------------------


def _known(crowd: workload.Crowd) -> Iterator[New]:
    """Who they are, as a file of people tells it: an address, and a permission."""
    for number, key in enumerate(crowd.keys):
        email = f"k{number}@example.org"
        traits = {
            "email": email,
            "firstName": "Kim",
            "country": workload.COUNTRIES[number % 7],
            "plan": "basic",
        }
        named = {"traits": traits, "identifiers": [["user", str(number)], ["email", email]]}
        allowed = {"channel": "email", "action": "granted", "source": "form"}
        yield New(key, "identify", body=named, source="import:people")
        yield New(key, "consent", body=allowed, source="import:people")


def _visits(count: int) -> Callable[[workload.Crowd], Iterator[New]]:
    """Visits of a few views each, some with a basket, a few with an order; spread over the time."""

    def tell(crowd: workload.Crowd) -> Iterator[New]:
        random, told, step = crowd.random, 0, LONG // count
        while told < count:
            key, at = crowd.keys[crowd.anybody()], BEGIN + told * step
            for _ in range(min(count - told, 1 + int(random.expovariate(0.3)))):
                yield _view_or_more(random, key, at, told)
                at += 20 * SECOND + random.randrange(3 * MINUTE)
                told += 1

    return tell


def _view_or_more(random: Random, key: str, at: Instant, number: int) -> New:
    kind = random.random()
    category = random.choice(workload.CATEGORIES)
    product = {"product_id": f"p{random.randrange(400)}", "category": category, "name": f"Fine {category}"}
    url = f"https://shop.example/{category}"
    name, properties, browser = (
        "Product Viewed",
        {**product, "price": 3 + int(random.expovariate(1 / 40))},
        True,
    )
    if kind >= VIEWS + ADDED:
        name, browser = "Order Completed", False
        properties = {"order_id": f"o{number}", "total": 20 + number % 400, "currency": "SEK"}
    elif kind >= VIEWS:
        name, properties = "Product Added", {**properties, "cart_id": f"c{number % 5}", "quantity": 1}
    body: dict[str, Any] = {"properties": properties}
    if browser:
        body["context"] = {"page": {"url": url, "path": f"/{category}"}, "locale": "sv-SE"}
    return _past(New(key, "event", name, body, trust=CLAIMED if browser else PROVEN), at)


def _dense(count: int) -> Callable[[workload.Crowd], Iterator[New]]:
    """The events that the engine is measured with."""

    def tell(crowd: workload.Crowd) -> Iterator[New]:
        for number, one in enumerate(workload.inputs(crowd, count)):
            yield _past(one, BEGIN + number * (LONG // count))

    return tell


def _past(new: New, at: Instant) -> New:
    """The same, as an import brings it."""
    return msgspec.structs.replace(new, kind="history", source="import:past", occurred_at=at)


def _processor_s(url: str) -> float:
    """Seconds of processor that this process, its ended children and PostgreSQL have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return server_cpu(url) + sum(each.ru_utime + each.ru_stime for each in used)


# --- the reference -----------------------------------------------------------------------------------


def _bare(url: str, request: Request) -> float:
    """Seconds of reading and decoding the same inputs, in the same processes, with nothing done."""
    began = time.perf_counter()
    with store.reading(url) as db:
        script = script_of(db, request, range(BUCKETS), "")
    plan = compile_script(script)
    heard = (plan.scout or plan.stage).heard.bodies
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        asked = [(url, script.last, script.span.until, heard, bucket) for bucket in range(BUCKETS)]
        assert sum(pool.map(_read, asked))
    return time.perf_counter() - began


_kept: list[Any] = []


def _read(asked: tuple[str, int, Instant, list[str] | None, int]) -> int:
    url, last, until, heard, bucket = asked
    if not _kept:
        reading = store.reading(url)
        _kept.append((reading, reading.__enter__()))
    db = _kept[0][1]
    return sum(sum(1 for _ in rows) for _, rows in store.histories(db, bucket, last, until, heard))
