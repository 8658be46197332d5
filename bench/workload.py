"""The load the engine is measured with: 20 segments, 10 journeys, and a crowd with a past.

In: sizes and a seed. Out: definitions to publish, people's states, inputs.
Always true: the same seed gives the same load; states come from `advance_many` over a made-up half year, and
are then given to as many keys as asked for; how often somebody acts follows Zipf's law.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from random import Random
from typing import Any, TypeVar

import msgspec

from slinga.engine.advance import advance_many
from slinga.engine.jobs import Definition
from slinga.engine.model import Batch, Person, Program
from slinga.ingest.model import CLAIMED, PROVEN, Input, New
from slinga.kernel.clock import DAY, HOUR, Instant
from slinga.kernel.ids import digest, person_key
from slinga.messages.model import Intent
from slinga.testing.drafts import letter, segment

ZONE = "Europe/Stockholm"
CATEGORIES = ("tea", "coffee", "cups", "kettles", "beans", "gifts", "books", "garden")
COUNTRIES = ("SE", "SE", "SE", "NO", "DK", "FI", "DE")
SKEW = 0.5
"""Of Zipf's law: the n-th most active of the crowd acts n**-SKEW as often as the first."""


T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """`itertools.batched`, for Python 3.11."""
    rest = iter(items)
    while several := tuple(islice(rest, size)):
        yield several


def did(name: str, **more: Any) -> dict[str, Any]:
    return {"op": "event", "name": name, **more}


def last(days: str) -> dict[str, Any]:
    return {"window": {"last": days}}


def every(*of: dict[str, Any]) -> dict[str, Any]:
    return {"op": "all", "of": list(of)}


def some(*of: dict[str, Any]) -> dict[str, Any]:
    return {"op": "any", "of": list(of)}


def no(of: dict[str, Any]) -> dict[str, Any]:
    return {"op": "not", "of": of}


def _spent(at_least: int, window: str, **more: Any) -> dict[str, Any]:
    return did("Order Completed", agg="sum", prop="total", value=at_least, **last(window), **more)


BOUGHT, VIEWED = "Order Completed", "Product Viewed"
NEVER_LATELY = every(did(BOUGHT), no(did(BOUGHT, **last("90d"))))
CONDITIONS: dict[str, dict[str, Any]] = {
    "recent-buyers": did(BOUGHT, **last("90d")),
    "big-spenders": _spent(900, "12mo"),
    "lapsed": NEVER_LATELY,
    "keen-on-tea": did(VIEWED, where=[{"prop": "category", "value": "tea"}], value=3, **last("14d")),
    "swedes": {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
    "swedish-buyers": every(
        {"op": "segment", "key": "recent-buyers"},
        {"op": "trait", "name": "country", "cmp": "in", "value": ["SE", "NO"]},
    ),
    "viewed-then-added": {
        "op": "sequence",
        "steps": [{"name": VIEWED}, {"name": "Product Added"}],
        "within": "1h",
        "window": {"last": "30d"},
    },
    "cart-left": every(did("Product Added", **last("2d")), no(did(BOUGHT, **last("2d")))),
    "curious": did(VIEWED, agg="distinct", prop="category", value=4, **last("30d")),
    "birthday-soon": {"op": "date", "name": "birth_date", "cmp": "anniversary_within", "value": "7d"},
    "high-average": did(BOUGHT, agg="avg", prop="total", value=120),
    "old-order": did(BOUGHT, agg="last", cmp="ge", value="60d"),
    "one-large": did(BOUGHT, agg="max", prop="total", value=400, **last("6mo")),
    "vip": some({"op": "tag", "name": "vip"}, did(BOUGHT, agg="sum", prop="total", value=3000)),
    "nested": every(
        some(did("Searched", value=2, **last("7d")), did(VIEWED, value=10, **last("7d"))),
        no(some(did(BOUGHT, **last("7d")), {"op": "trait", "name": "staff", "cmp": "eq", "value": True})),
        {"op": "trait", "name": "plan", "cmp": "ne", "value": "none"},
    ),
    "reachable": every({"op": "identified"}, {"op": "reachable", "channel": "email"}),
    "subscribed": {"op": "consent", "channel": "email", "topic": "news", "is": "granted"},
    "openers": {"op": "reaction", "kind": "opened", "window": {"last": "30d"}},
    "silent": {"op": "reaction", "kind": "ignored", "after": "3d", "value": 3, "window": {"last": "60d"}},
    "several-orders": {
        "op": "thing",
        "type": "order",
        "quantifier": "count",
        "where": [{"attr": "status", "value": "completed"}],
        "value": 3,
    },
}

_EXIT = {"exit": did(BOUGHT, window={"since_entry": True})}


def _journey(key: str, trigger: dict[str, Any], nodes: dict[str, Any], **header: Any) -> Definition:
    document = {"key": key, "name": key, "topic": "news", "trigger": trigger, "nodes": nodes, **header}
    return Definition("journey", key, {"start": next(iter(nodes)), **document})


def _on(name: str, *where: dict[str, Any]) -> dict[str, Any]:
    return {"on": "event", "name": name, **({"where": list(where)} if where else {})}


def _entered(key: str) -> dict[str, Any]:
    return {"on": "segment", "key": key, "change": "entered"}


def _send(to: str | None = None, template: str = "news-1") -> dict[str, Any]:
    return {"type": "send", "template": template, "next": to}


def _wait(length: str, to: str) -> dict[str, Any]:
    return {"type": "wait", "for": length, "next": to}


def _branch(when: dict[str, Any], to: str, otherwise: str | None) -> dict[str, Any]:
    return {"type": "branch", "arms": [{"name": "yes", "when": when, "next": to}], "otherwise": otherwise}


JOURNEYS = (
    _journey("receipt", _on(BOUGHT), {"mail": _send(template="receipt")}, **{"class": "transactional"}),
    _journey(
        "cart",
        _on("Product Added"),
        {
            "w": _wait("2h", "known"),
            "known": _branch({"op": "identified"}, "first", None),
            "first": _send("again"),
            "again": _wait("1d", "second"),
            "second": _send(template="news-2"),
        },
        restart_on_trigger=True,
        cap={"count": 1, "per": "3d"},
        **_EXIT,
    ),
    _journey(
        "after-purchase",
        _on(BOUGHT, {"prop": "total", "cmp": "ge", "value": 150}),
        {
            "w": _wait("5d", "ask"),
            "ask": _branch({"op": "segment", "key": "vip"}, "dear", "all"),
            "dear": _send(template="news-2"),
            "all": _send(),
        },
    ),
    _journey("welcome", _on("Signed Up"), {"hello": _send("w"), "w": _wait("3d", "more"), "more": _send()}),
    _journey("vip", _entered("vip"), {"mail": _send(template="news-2")}, reentry="once"),
    _journey(
        "win-back",
        _entered("lapsed"),
        {"w": _wait("1d", "mail"), "mail": _send("x"), "x": {"type": "exit", "outcome": "done"}},
        reentry={"every": "30d"},
    ),
    _journey(
        "tea-lovers",
        _entered("keen-on-tea"),
        {
            "w": _wait("4h", "still"),
            "still": _branch({"op": "segment", "key": "keen-on-tea"}, "mail", None),
            "mail": _send("t"),
            "t": {"type": "tag", "name": "tea", "next": None},
        },
        reentry={"every": "30d"},
        goal={"name": "order", "condition": did(BOUGHT, window={"since_entry": True})},
    ),
    _journey(
        "browsed",
        _on(VIEWED, {"prop": "price", "cmp": "ge", "value": 180}),
        {
            "w": {
                "type": "wait",
                "until_event": {"name": BOUGHT},
                "timeout": "6h",
                "next": None,
                "on_timeout": "mail",
            },
            "mail": _send(),
        },
        reentry={"every": "7d"},
    ),
    _journey(
        "refund", _on("Order Refunded"), {"mail": _send(template="receipt")}, **{"class": "transactional"}
    ),
    _journey(
        "left-cart",
        {"on": "visit", "phase": "left_with_cart"},
        {"w": _wait("1d", "mail"), "mail": _send()},
        reentry={"every": "3d"},
        **_EXIT,
    ),
)
"""Ten live journeys: triggers on events, segments and visits, waits, branches, sends."""


def definitions() -> list[Definition]:
    """Twenty segments, ten journeys, and the letters they send."""
    letters = [letter("news-1"), letter("news-2"), letter("receipt", **{"class": "transactional"})]
    return [*(segment(key, condition) for key, condition in CONDITIONS.items()), *letters, *JOURNEYS]


class Crowd:
    """People by number, drawn as often as Zipf's law says. Deterministic by seed."""

    def __init__(self, people: int, seed: int = 1) -> None:
        self.random = Random(seed)
        self.keys = [person_key("user", f"bench-{n}") for n in range(people)]
        self._share = list(accumulate((n + 1) ** -SKEW for n in range(people)))

    def anybody(self) -> int:
        """The number of whoever acts next."""
        return bisect(self._share, self.random.random() * self._share[-1])


def happening(random: Random, number: int) -> tuple[str, dict[str, Any], bool]:
    """(name, properties, whether a browser told it) of what happens next."""
    kind, category = random.random(), random.choice(CATEGORIES)
    product = {"product_id": f"p{random.randrange(400)}", "category": category, "name": f"Fine {category}"}
    if kind < 0.10:
        return "Page Viewed", {"path": f"/{category}", "url": f"https://shop.example/{category}"}, True
    if kind < 0.60:
        return VIEWED, {**product, "price": random.randrange(5, 200), "currency": "SEK"}, False
    if kind < 0.75:
        return "Searched", {"query": category}, False
    if kind < 0.87:
        return "Article Read", {"article": f"a{number % 90}", "minutes": random.randrange(9)}, False
    if kind < 0.93:
        added = {"cart_id": f"c{number % 5}", "price": random.randrange(5, 200), "quantity": 1}
        return "Product Added", {**product, **added}, False
    if kind < 0.98:
        lines = [{"product_id": product["product_id"], "price": 30, "quantity": 2}]
        order = {"order_id": f"o{number}", "total": 20 + number % 400, "currency": "SEK", "products": lines}
        return BOUGHT, order, False
    if kind < 0.985:
        return "Order Refunded", {"order_id": f"o{number - 1}", "total": 20}, False
    if kind < 0.99:
        return "Signed Up", {"form": "footer"}, False
    return "Wishlist Added", product, False


def inputs(crowd: Crowd, count: int, first: int = 0) -> Iterator[New]:
    """Events of the crowd, in the order they are accepted."""
    for number in range(first, first + count):
        name, properties, browser = happening(crowd.random, number)
        body: dict[str, Any] = {"properties": properties}
        if browser:
            body["context"] = {"page": {"url": properties["url"]}, "locale": "sv-SE"}
        trust = CLAIMED if browser else PROVEN
        yield New(crowd.keys[crowd.anybody()], "event", name, body, trust=trust, source="shop")


def pasts(program: Program, now: Instant, kinds: int, seed: int = 2) -> list[Person]:
    """So many people with half a year behind them, built by the engine; the n-th as active as in a crowd."""
    random = Random(seed)
    return [_past(program, now, random, n, kinds) for n in range(kinds)]


def _past(program: Program, now: Instant, random: Random, number: int, kinds: int) -> Person:
    key = person_key("user", f"kind-{number}")
    begin = now - 180 * DAY
    who = {"email": f"{key[:8]}@example.org", "firstName": "Kim", "country": random.choice(COUNTRIES),
           "birth_date": f"1990-{1 + number % 12:02}-{1 + number % 28:02}", "plan": "basic"}  # fmt: skip
    items = [
        Input("identify", begin, name="", body={"traits": who, "identifiers": [["user", key[:9]],
                                                                               ["email", who["email"]]]}),
        Input("consent", begin, body={"channel": "email", "action": "granted", "source": "form"}),
    ]  # fmt: skip
    count = max(1, round(20 * (1 - SKEW) * ((number + 1) / kinds) ** -SKEW))  # twenty on average
    at = sorted(random.randrange(begin, now - 6 * HOUR) for _ in range(min(count, 400)))
    for place, when in enumerate(at):
        name, properties, browser = happening(random, number * 1000 + place)
        trust = CLAIMED if browser else PROVEN
        items.append(Input("event", when, name=name, body={"properties": properties}, trust=trust))
    person, batch, seq, sent = Person(key=key), Batch(), 0, 0
    while items:
        seq += 1
        item = items.pop(0)
        item = msgspec.structs.replace(item, seq=seq, occurred_at=item.at)
        advance_many(person, [item], program, item.at, batch)
        for intent in batch.intents[sent:]:
            items[:0] = _delivered(random, intent, item.at)
        sent = len(batch.intents)
    advance_many(person, [], program, now, batch)
    return person


def _delivered(random: Random, intent: Intent, at: Instant) -> list[Input]:
    """What delivery reports of a message within the second; every fifth is opened."""
    about = {"send_key": intent.send_key, "channel": intent.channel, "template": intent.template}
    names = ["Message Sent", *(["Message Opened"] if random.random() < 0.2 else [])]
    events = [Input("event", at, name=name, body={"properties": about}, source="delivery") for name in names]
    return [Input("receipt", at, name="accepted", body=about), *events]


def at_key(person: Person, key: str) -> Person:
    """The same past under another key. Only what is stored is shared, nothing is changed in place."""
    runs = [msgspec.structs.replace(run, id=digest("run", key, run.id)) for run in person.runs]
    return msgspec.structs.replace(person, key=key, seq=0, runs=runs)
