"""Previews over the same rows as the exact count: they agree when everything was read."""

from zoneinfo import ZoneInfo

import pytest

from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.ids import BUCKETS, person_key
from slinga.segments import parse, tables
from slinga.segments.preview import SLICES, portion
from slinga.segments.projection import Projection
from slinga.segments.store import TABLES, count_matching, preview, save_projection

UTC = ZoneInfo("UTC")
BUYERS = parse(
    {
        "op": "all",
        "of": [
            {"op": "trait", "name": "note", "cmp": "contains", "value": "100%"},
            {
                "op": "event",
                "name": "Order Completed",
                "agg": "sum",
                "prop": "total",
                "cmp": "ge",
                "value": 30,
            },
            {"op": "event", "name": "Page Viewed", "window": {"last": "1d"}, "cmp": "eq", "value": 0},
        ],
    }
)


def people(db):
    """600 people; a third of them match, though each of their orders was reported twice."""
    projections, news = [], []
    for n in range(600):
        key = person_key("user", f"u{n}")
        projections.append(
            Projection(key, traits={"note": "100% wool" if n % 3 else "cotton"}, tags=[], segments={})
        )
        for report in range(2):
            order = {"order_id": f"o{n}", "total": 30 if n % 2 else 20 - report}
            news.append(New(key, "event", "Order Completed", {"properties": order}))
    with db.transaction():
        save_projection(db, projections)
        log.append(db, news)


def test_a_preview_with_time_enough_is_exact(db):
    people(db)
    said = preview(db, BUYERS, UTC, within_ms=60_000)
    assert said.exact and said.count == count_matching(db, BUYERS, UTC) == 200


def test_a_preview_without_time_reads_one_slice_and_says_how_sure_it_is(db):
    people(db)
    said = preview(db, BUYERS, UTC, within_ms=0)
    assert said.buckets == 1 / SLICES and not said.exact
    assert said.low <= said.count <= said.high and said.low <= 200 <= said.high
    assert db.execute("SHOW statement_timeout").fetchone() == ("0",)


@pytest.mark.parametrize("steps", [(1, 1, 5, 100, 4000), (16, 3, 40), (4096,)])
def test_portions_hold_everybody_once(db, steps):
    people(db)
    db.execute(
        "UPDATE profile SET person = ('00' || substr(person::text, 3))::uuid, bucket = 0 WHERE bucket < 9"
    )
    found, done = 0, 0
    for step in (*steps, *[BUCKETS * SLICES] * 3):
        if done < BUCKETS * SLICES:
            among, then = portion(done, min(done + step, BUCKETS * SLICES))
            assert done < then <= done + step
            found += db.execute(f"SELECT count(*) FROM profile WHERE {among}").fetchone()[0]
            done = then
    assert (found, done) == (600, BUCKETS * SLICES)


def test_the_names_that_portions_shadow_are_the_tables_of_set_queries():
    assert {t.name for t in vars(tables).values() if isinstance(t, tables.Table)} == set(TABLES)
