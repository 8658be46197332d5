"""R89 rehearsed: over two years of a real shop's orders the half-year rule lets in exactly the people whom a
query over the raw files finds, each at exactly that instant.

The query knows nothing of Slinga: DuckDB over the Parquet files. Most runs take a twelfth of the customers;
with SLINGA_LONG=1 all of them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from slinga.ingest import log
from slinga.ingest.model import New
from slinga.journeys import shipped as journeys
from slinga.kernel.clock import Instant, instant
from slinga.kernel.ids import person_key
from slinga.messages import shipped as templates
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.model import Draft, Request
from slinga.rehearsal.report import Report
from slinga.runtime.db import Db, connect

DATA = Path(__file__).resolve().parents[2] / "../shared/data/retail_uci"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the retail history is not beside the project")
PARTS = 1 if os.environ.get("SLINGA_LONG") else 12

LAPSED = {
    "key": "lapsed",
    "name": "No purchase for 180 days",
    "condition": {
        "op": "all",
        "of": [
            {"op": "event", "name": "Order Completed"},
            {"op": "event", "name": "Order Completed", "agg": "last", "cmp": "ge", "value": "180d"},
        ],
    },
}
HALF_YEAR = {
    "key": "half-year",
    "name": "Half a year without a purchase",
    "topic": "news",
    "trigger": {"on": "segment", "key": "lapsed", "change": "entered"},
    "start": "mail",
    "nodes": {"mail": {"type": "send", "template": "win-back-1"}},
}

ORDERS = """
    WITH line AS (
        SELECT * FROM '{data}/online_retail_2009_2010.parquet' WHERE invoice_date < '2010-12-01'
        UNION ALL BY NAME SELECT * FROM '{data}/online_retail_2010_2011.parquet'
    ), invoice AS (
        SELECT customer_id, invoice_no,
               epoch_us(min(invoice_date) AT TIME ZONE 'Europe/London') AS moment
        FROM line WHERE customer_id IS NOT NULL AND customer_id % {parts} = 0
        GROUP BY ALL
    )
    SELECT customer_id, invoice_no, moment FROM invoice ORDER BY moment, invoice_no
"""
LEFT_AFTER = """
    WITH purchase AS (
        SELECT customer_id, moment, row_number() OVER mine AS number, lead(moment) OVER mine AS following
        FROM orders WHERE NOT starts_with(invoice_no, 'C')
        WINDOW mine AS (PARTITION BY customer_id ORDER BY moment, invoice_no)
    ), silence AS (
        SELECT customer_id, following, number,
               {due} AS entered
        FROM purchase
    )
    SELECT customer_id, entered FROM silence
    WHERE number >= {orders} AND entered <= {until} AND (following IS NULL OR following >= entered)
"""


ELAPSED = "moment + 15_552_000_000_000"
CALENDAR = """epoch_us((make_timestamptz(moment) AT TIME ZONE 'Europe/London' + INTERVAL 6 MONTH)
                       AT TIME ZONE 'Europe/London')"""


class Retail:
    """The raw history, and the questions asked of it."""

    def __init__(self) -> None:
        self._db = duckdb.connect()
        self._db.execute("CREATE TABLE orders AS " + ORDERS.format(data=DATA, parts=PARTS))

    def orders(self) -> list[tuple[int, str, Instant]]:
        return self._db.execute("SELECT * FROM orders ORDER BY moment, invoice_no").fetchall()

    def silent(self, due: str, *, orders: int, until: Instant) -> set[tuple[str, Instant]]:
        rows = self._db.execute(LEFT_AFTER.format(due=due, orders=orders, until=until)).fetchall()
        return {(person_key("user", str(customer)), entered) for customer, entered in rows}


@pytest.fixture
def retail() -> Iterator[Retail]:
    yield Retail()


def append(db: Db, retail: Retail) -> Instant:
    """Report the history as an import does; its last instant."""
    inputs = [
        New(
            person_key("user", str(customer)),
            "history",
            "Order Refunded" if invoice.startswith("C") else "Order Completed",
            {"properties": {"order_id": invoice}},
            source="import:retail",
            occurred_at=at,
        )
        for customer, invoice, at in retail.orders()
    ]
    with db.transaction():
        log.append(db, inputs)
    return max(each.occurred_at or 0 for each in inputs)


def played(report: Report, journey: str) -> set[tuple[str, Instant]]:
    entries = [(entry.person, instant(entry.at)) for entry in report.entries if entry.journey == journey]
    assert len(entries) == len(set(entries)), "nobody comes in twice at one instant"
    return set(entries)


def test_exactly_these_people_at_exactly_these_instants(database_url: str, retail: Retail) -> None:
    with connect(database_url) as db:
        until = append(db, retail)
    letters = templates.documents()
    report = rehearse(
        database_url,
        Request(
            drafts=(
                Draft("segment", "lapsed", LAPSED),
                Draft("journey", "half-year", HALF_YEAR),
                Draft("segment", "silent-regulars", journeys.document("silent-regulars")),
                Draft("journey", "win-back", journeys.document("win-back")),
                *(Draft("template", key, one) for key, one in letters.items() if key.startswith("win-back")),
            ),
            entries=True,
        ),
        processes=1,
        zone="Europe/London",
    )
    assert instant(report.until) == until

    # 180 days of elapsed time, whatever the clocks of London do
    elapsed = retail.silent(ELAPSED, orders=1, until=until)
    assert played(report, "half-year") == elapsed
    assert len(elapsed) > 300
    assert len({person for person, _ in elapsed}) < len(elapsed), "some lapse, come back, and lapse again"

    # six months on the calendar of London, of people with three purchases
    months = retail.silent(CALENDAR, orders=3, until=until)
    assert played(report, "win-back") == months
    assert len(months) > 60

    # nobody gave an address, so nothing would have been sent, and the report says why
    (told,) = (journey for journey in report.journeys if journey.key == "half-year")
    assert (told.entries, told.sends) == (len(elapsed), 0)
    assert [(each.reason, each.messages) for each in told.blocked] == [("no_address", len(elapsed))]
