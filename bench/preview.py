"""Preview of a three-condition segment: the estimate that somebody waits for, and the exact number after it.

In: a scale; the full form has 1,000,000 people and 10,000,000 events. Out: milliseconds and seconds.
Always true: the rows are those that the engine and ingest would write, in the order of arrival, so a bucket's
events lie scattered over the whole log; the estimate is checked against the exact number.
"""

import os
import statistics
import time
from zoneinfo import ZoneInfo

from bench.model import Figure, bounded
from bench.scratch import database, say
from slinga.runtime.db import Db, connect
from slinga.segments import parse
from slinga.segments.store import count_matching, preview

PEOPLE = 1_000_000
EACH = 10
"""Events per person on average, by Zipf: some have hundreds, a quarter have one or none."""

CONDITION = {
    "op": "all",
    "of": [
        {"op": "trait", "name": "country", "cmp": "in", "value": ["CZ", "SK"]},
        {
            "op": "event",
            "name": "Order Completed",
            "agg": "sum",
            "prop": "total",
            "window": {"last": "180d"},
            "cmp": "ge",
            "value": 80,
        },
        {
            "op": "event",
            "name": "Product Viewed",
            "where": [{"prop": "category", "cmp": "eq", "value": "tea"}],
            "window": {"last": "30d"},
            "cmp": "eq",
            "value": 0,
        },
    ],
}
"""From Bohemia or Slovakia, bought for 80 or more within half a year, looked at no tea for a month."""

KEY = "(lpad(to_hex({0} % 256), 2, '0') || '05' || substr(md5(({0})::text), 1, 28))::uuid"

PROFILES = f"""
INSERT INTO profile (bucket, person, zone, traits, identified, reachable)
SELECT (n %% 256)::smallint, {KEY.format("n").replace("%", "%%")}, 'Europe/Prague',
       jsonb_build_object('country', (ARRAY['CZ','CZ','SK','DE','AT','PL'])[1 + n / 256 %% 6],
                          'first_name', 'Eva', 'email', 'p' || n || '@example.org', 'city', 'Brno'),
       true, ARRAY['email']
FROM generate_series(1, %(people)s::bigint) AS n
"""

EVENTS = f"""
INSERT INTO input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
SELECT (p %% 256)::smallint, seq, {KEY.format("p").replace("%", "%%")}, 'event', name, 2, 'shop', 'm' || seq,
       at, at, jsonb_build_object(
           'identifiers', '[["user", "u1"]]'::jsonb,
           'context', '{{"page": {{"path": "/products/tea", "url": "https://shop.example/products/tea"}},
                        "locale": "cs", "library": {{"name": "analytics.js", "version": "2.11.1"}}}}'::jsonb,
           'properties', CASE name
               WHEN 'Order Completed' THEN jsonb_build_object('order_id', 'o' || seq, 'total', 5 + seq %% 95,
                   'currency', 'EUR', 'quantity', 1 + seq %% 4)
               ELSE jsonb_build_object('category', (ARRAY['tea', 'coffee', 'cups', 'cakes'])[1 + seq %% 4],
                   'product_id', 'p' || seq %% 4000, 'price', seq %% 90, 'currency', 'EUR') END)
FROM (SELECT seq, 1 + floor(%(people)s * power(random(), 2.2))::bigint AS p,
             slinga_now() - interval '1 year' * (1 - seq / %(events)s::float) AS at,
             (ARRAY['Product Viewed', 'Product Viewed', 'Product Viewed', 'Product List Viewed',
                    'Product List Viewed', 'Page Viewed', 'Page Viewed', 'Product Added', 'Cart Viewed',
                    'Order Completed'])[1 + floor(random() * 10)::int] AS name
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS seq) AS made
"""


def run(scale: float = 1.0) -> list[Figure]:
    """The estimate's milliseconds and the exact count's seconds."""
    people, events = max(256, int(PEOPLE * scale)), max(2560, int(PEOPLE * EACH * scale))
    with database() as url, connect(url) as db:
        _fill(db, people, events)
        zone, condition = ZoneInfo("Europe/Prague"), parse(CONDITION)
        preview(db, condition, zone)  # what is loaded on the first question of a process
        waits, estimates = [], []
        for _ in range(7):
            began = time.perf_counter()
            estimates.append(preview(db, condition, zone))
            waits.append((time.perf_counter() - began) * 1000)
        exact, took = [], []
        for _ in range(3 if scale < 0.5 else 2):
            began = time.perf_counter()
            exact.append(count_matching(db, condition, zone))
            took.append(time.perf_counter() - began)
    shown = estimates[waits.index(statistics.median(waits))]
    size = f"{people:,} people, {events:,} events"
    told = (
        f"{size}: said {shown.count:,} (95 %: {shown.low:,} to {shown.high:,}) from {shown.buckets:g} of 256 "
        f"buckets; {sum(e.low <= exact[0] <= e.high for e in estimates)} of {len(estimates)} intervals hold "
        f"the exact {exact[0]:,}; the slowest took {max(waits):.0f} ms"
    )
    return [
        bounded("estimate", statistics.median(waits), "ms", at_most=300, note=told),
        bounded("exact count", min(took), "s", at_most=10, note=f"{size}; the first time {took[0]:.1f} s"),
    ]


def _fill(db: Db, people: int, events: int) -> None:
    """Rows in bulk: indexes are dropped meanwhile, and made again as the migrations made them."""
    began = time.monotonic()
    indexes = db.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'input' AND indexname <> 'input_pkey'"
    ).fetchall()
    for name, _ in indexes:
        db.execute(f'DROP INDEX "{name}"')
    db.execute("ALTER TABLE input DROP CONSTRAINT input_pkey")
    db.execute("SET synchronous_commit = off")
    db.execute("SET maintenance_work_mem = '512MB'")
    db.execute("SELECT setseed(0.5)")
    db.execute(PROFILES, {"people": people})
    step = 500_000
    for first in range(1, events + 1, step):
        last = min(events, first + step - 1)
        db.execute(EVENTS, {"people": people, "events": events, "first": first, "last": last})
        say(f"  {last:,} events, {time.monotonic() - began:.0f} s")
    db.execute("ALTER TABLE input ADD PRIMARY KEY (bucket, seq)")
    for _, definition in indexes:
        db.execute(definition)
    for table in ("input", "profile"):
        db.execute(f"VACUUM ANALYZE {table}")
    db.execute("CHECKPOINT")
    say(f"  set up in {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
