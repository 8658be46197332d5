"""Visits end at the instant they should, carts follow their events, and a public set agrees."""

import json
from pathlib import Path

import pytest

from slinga.ingest.model import CLAIMED, PROVEN, Input
from slinga.kernel.clock import HOUR, MINUTE, SECOND, from_datetime, instant
from slinga.people.visits import ENDED, IDLE_FOR, STARTED, Visits, due, end, fold, open_carts

T = instant("2026-03-01T12:00:00Z")


def event(name, at, trust=CLAIMED, *, accepted=None, kind="event", context=None, **properties):
    return Input(
        kind=kind,
        at=at if accepted is None else accepted,
        name=name,
        trust=trust,
        occurred_at=at,
        body={"properties": properties, "context": context or {}},
    )


def run(*items):
    state, out = Visits(), []
    for item in items:
        state, produced = fold(state, item)
        out += produced
    return state, out


def test_a_visit_ends_half_an_hour_after_its_last_sign_of_life():
    state, out = run(event("Page Viewed", T, url="https://s.example/a"), event("Product Viewed", T + MINUTE))
    assert [p.name for p in out] == [STARTED]
    assert out[0].properties["first"] is True and out[0].properties["channel"] == "Direct"
    assert due(state) == T + MINUTE + IDLE_FOR
    _, (over,) = end(state, due(state))
    assert (over.name, over.at) == (ENDED, T + MINUTE + IDLE_FOR)
    assert (over.properties["duration_s"], over.properties["pages"]) == (60.0, 1)
    assert state.current is None and due(state) is None
    assert end(state, T + HOUR) == (state, [])


@pytest.mark.parametrize("gap,visits", [(IDLE_FOR - 1, 1), (IDLE_FOR, 2)])
def test_the_boundary_is_exact(gap, visits):
    state, out = run(event("Page Viewed", T), event("Page Viewed", T + gap))
    assert state.count == visits
    assert [p.at for p in out if p.name == ENDED] == [T + IDLE_FOR] * (visits - 1)


def test_midnight_does_not_split_and_a_new_campaign_does():
    night = instant("2026-03-01T23:55:00Z")
    tag = "https://s.example/?utm_source=news&utm_medium=email&utm_campaign="
    state, out = run(
        event("Page Viewed", night, url="https://s.example/"),
        event("Page Viewed", night + 10 * MINUTE, url="https://s.example/b", referrer="https://pay.example/"),
        event("Page Viewed", night + 11 * MINUTE, url=tag + "May"),
        event("Page Viewed", night + 12 * MINUTE, url=tag + "May"),
        event("Page Viewed", night + 13 * MINUTE, url=tag + "June"),
    )
    assert [(p.name, p.at - night) for p in out] == [
        (STARTED, 0),
        (ENDED, 11 * MINUTE),
        (STARTED, 11 * MINUTE),
        (ENDED, 13 * MINUTE),
        (STARTED, 13 * MINUTE),
    ]
    assert out[2].properties["channel"] == "Email" and out[2].properties["first"] is False
    assert state.first_origin.channel == "Direct"


def test_servers_and_robots_do_not_visit():
    robot = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    state, out = run(
        event("Order Completed", T, PROVEN, order_id="1"),
        event("Message Opened", T, CLAIMED),
        event("Page Viewed", T, context=robot),
        Input(kind="identify", at=T, occurred_at=T),
    )
    assert (state.count, out) == (0, [])
    state, out = run(event("Page Viewed", T), event("Order Completed", T + 20 * MINUTE, PROVEN, order_id="1"))
    assert due(state) == T + IDLE_FOR and state.current.orders == 1


def test_what_comes_late_leaves_no_visit_open_in_the_past():
    state, out = run(event("Page Viewed", T, accepted=T + 5 * HOUR))
    assert [(p.name, p.at) for p in out] == [(STARTED, T), (ENDED, T + IDLE_FOR)]
    state, more = fold(state, event("Page Viewed", T + MINUTE, accepted=T + 5 * HOUR))
    assert (more, state.count) == ([], 1)
    state, more = fold(state, event("Page Viewed", T + 5 * HOUR))
    assert [p.name for p in more] == [STARTED] and state.count == 2
    state, more = fold(state, event("Page Viewed", T + 4 * HOUR, accepted=T + 5 * HOUR + 1))
    assert more == [] and state.current.pages == 1


def test_products_looked_at_and_for_how_long():
    state, _ = run(
        event("Product Viewed", T, product_id="a"),
        event("Product Viewed", T + 40 * SECOND, product_id="b"),
        event("Product Viewed", T + 50 * SECOND, product_id="a"),
        event("Page Viewed", T + 55 * SECOND),
        event("Page Viewed", T + 90 * SECOND),
    )
    assert (state.viewed["a"].views, state.viewed["a"].seconds) == (2, 45.0)
    assert state.viewed["b"].seconds == 10.0
    assert state.current.products == ["a", "b"]


def test_leaving_with_a_cart():
    state, _ = run(
        event("Page Viewed", T),
        event("Product Added", T + 1, cart_id="c1", product_id="a", price=10, quantity=2),
        event("Product Added", T + 2, cart_id="c1", product_id="b", price="5.5"),
        event("Product Removed", T + 3, cart_id="c1", product_id="a", quantity=1),
    )
    _, (over,) = end(state, due(state))
    left = over.properties
    assert (left["cart_open"], left["cart_value"], left["cart"]) == (True, 15.5, "c1")
    assert left["cart_items"] == ["a", "b"] and left["carts_created"] == 1


def test_two_carts_do_not_disturb_each_other():
    state, _ = run(
        event("Product Added", T, cart_id="c1", product_id="a", price=1),
        event("Product Added", T + 1, cart_id="c2", product_id="b", price=2),
        event("Order Completed", T + 2, PROVEN, cart_id="c1", order_id="o"),
        event("Product Added", T + 1, cart_id="c1", product_id="late", price=1),
    )
    assert [c.id for c in open_carts(state)] == ["c2"]
    state, _ = fold(
        state, event("Cart Viewed", T + 3, cart_id="c2", products=[{"sku": "x", "quantity": 3, "price": 4}])
    )
    assert open_carts(state)[0].value == 12
    state, _ = fold(state, event("Order Completed", T + 4, PROVEN, order_id="p"))
    assert open_carts(state) == []


def test_odd_values_change_nothing_and_raise_nothing():
    odd = [None, True, [], {}, "x", -1, float("1e300"), {"a": 1}]
    for value in odd:
        run(
            event("Product Added", T, cart_id=value, product_id=value, price=value, quantity=value),
            event("Cart Updated", T, cart_id=value, products=value),
            event("Cart Updated", T, cart_id="c", products=[value, {"product_id": "p", "quantity": value}]),
            event("Product Viewed", T, product_id=value),
            event(
                "Page Viewed",
                T,
                url=value,
                referrer=value,
                context={"page": value, "campaign": value, "userAgent": value},
            ),
            event("Order Completed", T, cart_id=value),
        )


SNOWPLOW = Path(__file__).resolve().parents[3] / "../shared/data/events/snowplow_ecommerce"
ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0"
PRODUCTS = "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1_0_0"
CART = "contexts_com_snowplowanalytics_snowplow_ecommerce_cart_1_0_0"
SESSION = "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1"
NAMES = {
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "product_view": "Product Viewed",
}


def snowplow():
    """(expected sessions by id, events as (person, session, action, products, cart total, at))."""
    import duckdb

    fields = (
        f"domain_userid, domain_sessionid, {ACTION}, {PRODUCTS}, {CART}, {SESSION}, "
        "collector_tstamp::timestamptz"
    )
    # One event belongs to an application named "skip-me", which the set's answers leave out.
    source = f"'{SNOWPLOW}/events.parquet' WHERE app_id <> 'skip-me' ORDER BY collector_tstamp, event_id"
    duckdb.sql("SET TimeZone = 'UTC'")
    rows = duckdb.sql(f"SELECT {fields} FROM {source}").fetchall()
    events = []
    for user, session, action, products, cart, client, at in rows:
        if not session and client:
            found = json.loads(client)[0]
            user, session = found["userId"], found["sessionId"]
        kind = json.loads(action)["type"] if action else ""
        total = [float(c["total_value"]) for c in json.loads(cart or "[]")]
        events.append((user, session, kind, json.loads(products or "[]"), total, from_datetime(at)))
    columns = (
        "domain_sessionid, start_tstamp::timestamptz, end_tstamp::timestamptz, "
        "coalesce(number_carts_created::int, 0), "
        "coalesce(number_carts_emptied::int, 0), coalesce(number_carts_transacted::int, 0), "
        "coalesce(session_cart_abandoned::boolean, false)"
    )
    expected = {
        row[0]: (from_datetime(row[1]), from_datetime(row[2]), *row[3:])
        for row in duckdb.sql(f"SELECT {columns} FROM '{SNOWPLOW}/expected_sessions.parquet'").fetchall()
    }
    return expected, events


@pytest.mark.skipif(not SNOWPLOW.is_dir(), reason="the shared data sets are not beside the project")
def test_the_snowplow_set():
    expected, events = snowplow()
    states, visits, sessions = {}, {}, {}
    starts = {}
    theirs = {session: [0, 0, 0] for session in expected}
    for user, session, kind, products, total, at in events:
        worth = [sum(float(p["price"]) for p in products)]
        theirs[session][0] += kind == "add_to_cart" and total == worth
        theirs[session][1] += kind == "remove_from_cart" and total == [0.0]
        theirs[session][2] += kind == "transaction"
        state = states.setdefault(user, Visits())
        name = "Order Completed" if kind == "transaction" else NAMES.get(kind, "Page Viewed")
        single = products[0] if products else {}
        item = event(name, at, product_id=single.get("id"), price=single.get("price"))
        state, produced = fold(state, item)
        for p in produced:
            if p.name == STARTED:
                starts[user, p.properties["number"]] = p.at
            else:
                visits[user, p.properties["number"]] = p
        for more in products[1:] if name in ("Product Added", "Product Removed") else ():
            fold(state, event(name, at, product_id=more.get("id"), price=more.get("price")))
        sessions[user, state.count] = session
    for user, state in states.items():
        for p in end(state, due(state))[1]:
            visits[user, p.properties["number"]] = p

    # Each session is one visit, with its first and last instant to the microsecond.
    assert len(sessions) == len(set(sessions.values())) == len(expected) == 63
    differ = {}
    for key, session in sessions.items():
        start, last, *carts = expected[session]
        told = visits[key].properties
        assert (starts[key], visits[key].at) == (start, last + IDLE_FOR)
        assert told["duration_s"] == (last - start) / SECOND
        mine = [told["carts_created"], told["carts_emptied"], told["orders"], told["cart_open"]]
        if mine != carts:
            differ[session[:6]] = (*mine, "not", *carts)
        # Their rules, which give all 63 of their answers: a cart is made whenever its total is that of the
        # products just added, emptied when a removal reports 0, abandoned if more were made than bought.
        created, emptied, bought = theirs[session]
        assert [created, emptied, bought, created > bought] == carts
    # Ours (rule 4 of the module) follow the lines of the cart instead, and look at the end of the visit.
    assert differ == {
        # The total told is not that of the one product added, so theirs sees no cart begin.
        "bbcf9f": (1, 0, 0, True, "not", 0, 0, 0, False),
        "c04bdd": (1, 1, 1, False, "not", 0, 0, 1, False),
        # The product removed was never added.
        "4c1b6a": (0, 0, 0, False, "not", 0, 1, 0, False),
        # Made and emptied: theirs calls it abandoned, ours has nothing left to remind of.
        "03a924": (1, 1, 0, False, "not", 1, 1, 0, True),
        "507cda": (1, 1, 0, False, "not", 1, 1, 0, True),
        # The shop forgets the cart with each page, so that its total starts again; theirs counts new carts.
        "179d4a": (1, 0, 0, True, "not", 2, 0, 0, True),
        "968159": (2, 0, 1, True, "not", 3, 0, 1, True),
        "f21445": (1, 0, 0, True, "not", 3, 0, 0, True),
        "996606": (1, 0, 1, False, "not", 8, 3, 1, True),
        "0a42e1": (3, 0, 3, False, "not", 5, 1, 3, True),
    }
