"""A small shop's recorded half year, appended as an import does and as a live shop does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from slinga.engine.jobs import Definition, publish
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.clock import DAY, HOUR, Instant, instant
from slinga.kernel.ids import person_key
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.model import Request, parse
from slinga.rehearsal.report import JourneyTold, Report
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.testing.drafts import letter

NOW = "2026-06-01T12:00:00Z"
BEGIN = instant("2026-01-05T09:00:00Z")

Played = Callable[..., Report]


def key(who: str) -> str:
    return person_key("user", who)


def known(who: str) -> list[New]:
    """Somebody a file of people tells of: an address, a permission, no date."""
    traits = {"email": f"{who}@example.org", "firstName": who.title()}
    body = {"traits": traits, "identifiers": [["user", who], ["email", traits["email"]]]}
    allowed = {"channel": "email", "action": "granted", "source": "form"}
    return [
        New(key(who), "identify", body=body, source="import:people"),
        New(key(who), "consent", body=allowed, source="import:people"),
    ]


def did(who: str, name: str, at: Instant, **properties: Any) -> New:
    return New(key(who), "history", name, {"properties": properties}, source="import:past", occurred_at=at)


@pytest.fixture
def shop(db: Db) -> Db:
    """Twelve people who look every other day and buy every twentieth; a cart journey is in force."""
    clock.freeze(db, instant(NOW))
    cart = {
        "key": "cart",
        "name": "Cart",
        "topic": "news",
        "priority": 10,
        "trigger": {"on": "event", "name": "Product Added"},
        "reentry": {"every": "3d"},
        "goal": {
            "name": "order",
            "condition": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}},
        },
        "start": "wait",
        "nodes": {
            "wait": {"type": "wait", "for": "2h", "next": "mail"},
            "mail": {"type": "send", "template": "cart-1"},
        },
    }
    publish(db, [Definition("journey", "cart", cart), letter("cart-1")], zone="Europe/Stockholm")
    inputs: list[New] = []
    for number in range(12):
        who = f"p{number}"
        inputs += known(who) if number else []  # p0 is in no file of people: nobody may write to them
        for day in range(0, 120, 2):
            at = BEGIN + day * DAY + number * HOUR // 4
            inputs.append(did(who, "Product Viewed", at, product_id="tea"))
            if day % 10 == 0:
                inputs.append(did(who, "Product Added", at + HOUR, product_id="tea", price=5))
            if day % 20 == 0:
                inputs.append(did(who, "Order Completed", at + 90 * HOUR, order_id=f"{who}-{day}", total=50))
    with db.transaction():
        log.append(db, inputs)
    return db


@pytest.fixture
def play(shop: Db, database_url: str) -> Iterator[Played]:
    """Rehearse a request, given as a document, in this process."""

    def run(processes: int = 1, **document: Any) -> Report:
        request: Request = parse(document)
        return rehearse(database_url, request, processes=processes)

    yield run


def told(report: Report, journey: str) -> JourneyTold:
    (found,) = (one for one in report.journeys if one.key == journey)
    return found


def draft(key: str, trigger: str, priority: int = 0, gap: str = "1h", **header: Any) -> dict[str, Any]:
    """A draft that writes a while after each such event."""
    document = {
        "key": key,
        "name": key.title(),
        "topic": "news",
        "priority": priority,
        "trigger": {"on": "event", "name": trigger},
        "start": "wait",
        "nodes": {
            "wait": {"type": "wait", "for": gap, "next": "mail"},
            "mail": {"type": "send", "template": "cart-1"},
        },
        **header,
    }
    return {"kind": "journey", "key": key, "document": document}
