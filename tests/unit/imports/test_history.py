"""Rows of events and orders: one row an event, several lines an order; each row comes back once."""

import os
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.imports import mappings, parse
from slinga.imports.history import EventReader, OrderReader
from slinga.imports.model import Events, Orders
from slinga.imports.rows import Fault, Header, Made, Row, Setting
from slinga.kernel.clock import instant
from slinga.kernel.ids import person_key

NOW = instant("2026-03-02T12:00:00Z")
SETTING = Setting(7, NOW, ZoneInfo("Europe/Stockholm"))
UCI = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


def orders(*rows: tuple[str, ...]) -> list[Made | Fault]:
    found = parse(mappings.document("uci-retail"))
    assert isinstance(found, Orders)
    reader = OrderReader(found, Header(UCI), SETTING)
    return reader.read([Row(0, n, cells) for n, cells in enumerate(rows, 2)])


def line(
    order: str = "5001", quantity: str = "2", price: str = "2.55", who: str = "17850", at: str = ""
) -> tuple:
    return (order, "85123A", "HOLDER", quantity, at or "2010-12-01 08:26:00", price, who, "United Kingdom")


def events_of(found: list[Made | Fault]) -> list:
    return [i.new for one in found if isinstance(one, Made) and one.rows for i in one.items]


def test_lines_become_one_order() -> None:
    found = orders(line(), line(quantity="3", price="1.10"), line(order="5002", at="2010-11-01 08:26:00"))
    first, second = events_of(found)
    assert (first.kind, first.name, first.source) == ("history", "Order Completed", "import:7")
    assert first.body["properties"]["order_id"] == "5002" and first.occurred_at < second.occurred_at
    properties = second.body["properties"]
    assert properties["total"] == 8.4 and properties["currency"] == "GBP"
    assert [(p["product_id"], p["quantity"], p["price"]) for p in properties["products"]] == [
        ("85123A", 2, 2.55), ("85123A", 3, 1.1),
    ]  # fmt: skip
    assert second.occurred_at == instant("2010-12-01T08:26:00Z")
    assert [one.rows for one in found if isinstance(one, Made)] == [0, 1, 2]
    who = found[0].items[0].new  # type: ignore[union-attr]
    assert who.kind == "identify" and who.body["traits"] == {"country": "United Kingdom"}


def test_a_cancelled_invoice_is_a_refund_and_nothing_paid_by_nobody_an_adjustment() -> None:
    (refund,) = events_of(orders(line("C5003", "-2")))
    assert refund.name == "Order Refunded" and refund.body["properties"]["total"] == 5.1
    assert refund.body["properties"]["products"][0]["quantity"] == 2
    (broken,) = events_of(orders(line("5004", "-9", "0.0", who="")))
    assert broken.name == "Order Adjusted"
    (guest,) = events_of(orders(line("5005", who="")))
    assert guest.name == "Order Completed" and guest.person == person_key("anonymous", "guest of order 5005")


def test_the_lines_of_an_order_stand_or_fall_together() -> None:
    found = orders(line(), line(quantity="two"), line(order="5002"))
    faults = [one for one in found if isinstance(one, Fault)]
    assert sorted((f.line, f.column) for f in faults) == [(2, ""), (3, "Quantity")]
    assert "because of line 3" in next(f.problem for f in faults if f.line == 2)
    assert [e.body["properties"]["order_id"] for e in events_of(found)] == ["5002"]


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        (line(order=""), "InvoiceNo", "no id"),
        (line(at="1 Dec"), "InvoiceDate", "ISO 8601"),
        (line(at="2036-01-01"), "InvoiceDate", "future"),
        (line(price="2,55 kr"), "UnitPrice", "number"),
        (line(who="guest"), "CustomerID", "names nobody"),
    ],
)
def test_a_fault_names_line_column_and_remedy(cells: tuple[str, ...], column: str, said: str) -> None:
    (fault,) = (one for one in orders(cells) if isinstance(one, Fault))
    assert (fault.line, fault.column) == (2, column) and said in fault.problem


ROCKET = ("timestamp", "visitorid", "event", "itemid", "transactionid")


def rocket(*rows: tuple[str, ...]) -> list[Made | Fault]:
    found = parse(mappings.document("retailrocket"))
    assert isinstance(found, Events)
    return EventReader(found, Header(ROCKET), SETTING).read([Row(0, n, c) for n, c in enumerate(rows, 2)])


def test_views_carts_and_transactions() -> None:
    found = rocket(
        ("1433221332117", "257597", "view", "355908", ""),
        ("1433221335117", "257597", "addtocart", "355908", ""),
        ("1433221342117", "257597", "transaction", "355908", "11117"),
        ("1433221342118", "257597", "transaction", "15335", "11117"),
        ("1433221352117", "257597", "stare", "1", ""),
    )
    view, cart, order = events_of(found)
    assert [e.name for e in (view, cart, order)] == ["Product Viewed", "Product Added", "Order Completed"]
    assert view.person == person_key("anonymous", "rr-257597") and view.body["properties"] == {
        "product_id": "355908"
    }
    assert order.occurred_at == 1433221342117_000
    assert order.body["properties"] == {
        "order_id": "11117",
        "products": [{"product_id": "355908"}, {"product_id": "15335"}],
    }
    (fault,) = (one for one in found if isinstance(one, Fault))
    assert fault.column == "event" and "not one of view" in fault.problem


CELLS = st.tuples(
    st.sampled_from(["5001", "C5002", ""]),
    st.just("A"),
    st.text(max_size=5),
    st.sampled_from(["1", "-2", "x", ""]),
    st.sampled_from(["2010-12-01 08:26:00", "never", ""]),
    st.sampled_from(["1.5", "x", ""]),
    st.sampled_from(["17850", ""]),
    st.just("UK"),
)


@settings(max_examples=1_000 if os.environ.get("SLINGA_LONG") else 30, deadline=None)
@given(st.lists(CELLS, max_size=12))
def test_each_line_comes_back_once(rows: list[tuple[str, ...]]) -> None:
    for who in ("17850", ""):
        mine = [cells for cells in rows if cells[6] == who]
        # Guests' lines are read an order at a time, as they are arranged.
        for order in {cells[0] for cells in mine} if not who else [None]:
            given_ = [cells for cells in mine if order is None or cells[0] == order]
            found = orders(*given_)
            faults = Counter(one.line for one in found if isinstance(one, Fault))
            assert all(count == 1 for count in faults.values())
            assert sum(one.rows for one in found if isinstance(one, Made)) + len(faults) == len(given_)
