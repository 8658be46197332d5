"""Visits and carts, folded from a person's inputs.

In: inputs in log order. Out: the state of visits on the person, and "Visit Started" and "Visit Ended" with
their instants. Always true: no clock; a visit ends exactly 30 minutes after its last sign of life, whether
or not anything else ever comes.

The rules:
1. What a person does on the site or in the app is a sign of life: page and screen views, and other events
   that a browser or app sent or that carry the page they happened on. What a server reports (an order, a
   message's fate) changes the cart, but neither starts nor prolongs a visit. Programs visit nothing.
2. A new visit begins after 30 minutes without a sign of life, or with a page view tagged by another
   campaign (utm parameters or a click id). A mere referrer never splits a visit, so coming back from a
   payment page does not; neither does midnight, which is a different instant in each zone.
3. Times are those of the happening. A sign of life from before the visit that is going on, or from within
   one that has ended, changes no visit (it still counts everywhere else).
4. A cart is made when its first line comes and emptied when its last goes; an order closes the cart it
   names, or every cart if it names none. Lists of products replace the lines, the rest adds or takes away.
"""

from typing import Any

import msgspec

from slinga.ingest.model import PROVEN, Input
from slinga.kernel.clock import MINUTE, SECOND, Instant
from slinga.people.sources import DIRECT, Origin, is_robot, origin

IDLE_FOR = 30 * MINUTE
STARTED, ENDED = "Visit Started", "Visit Ended"

VIEWED_KEPT = 100
CARTS_KEPT = 20
LINES_KEPT = 100
PRODUCTS_TOLD = 20

_VIEWS = ("Page Viewed", "Screen Viewed")
_LISTS = ("Cart Viewed", "Cart Updated", "Checkout Started")
_SEEN = frozenset((*_VIEWS, *_LISTS, "Product Added", "Product Removed", "Order Completed"))
_OURS = ("Message ", "Visit ")


class Line(msgspec.Struct, array_like=True):
    """One product in a cart; `price` is 0 where it was never told."""

    quantity: float
    price: float


class Cart(msgspec.Struct, omit_defaults=True):
    """An open or lately closed cart. `closed_at` 0 is open."""

    id: str
    updated_at: Instant
    lines: dict[str, Line] = {}
    currency: str = ""
    closed_at: Instant = 0

    @property
    def open(self) -> bool:
        return bool(self.lines)

    @property
    def value(self) -> float:
        return round(sum(line.quantity * line.price for line in self.lines.values()), 4)


class Viewed(msgspec.Struct, array_like=True):
    """How often and how long (seconds until the next sign of life) a product was looked at."""

    views: int
    seconds: float
    last_at: Instant


class Visit(msgspec.Struct, omit_defaults=True):
    """The visit that is going on."""

    number: int
    started_at: Instant
    last_at: Instant
    origin: Origin = DIRECT
    landing: str = ""
    pages: int = 0
    events: int = 0
    products: list[str] = []
    looking_at: str = ""
    carts_created: int = 0
    carts_emptied: int = 0
    orders: int = 0


class Visits(msgspec.Struct, omit_defaults=True):
    """A person's slice. `closed_until`: before this instant nothing starts a visit any more."""

    count: int = 0
    current: Visit | None = None
    first_origin: Origin | None = None
    last_origin: Origin | None = None
    closed_until: Instant = 0
    last_seen_at: Instant = 0
    viewed: dict[str, Viewed] = {}
    carts: dict[str, Cart] = {}


class Produced(msgspec.Struct, frozen=True):
    """An event that folding brought forth, at its instant."""

    name: str
    at: Instant
    properties: dict[str, Any]


def due(state: Visits) -> Instant | None:
    """When the visit that is going on ends if nothing more comes."""
    return None if state.current is None else state.current.last_at + IDLE_FOR


def open_carts(state: Visits) -> list[Cart]:
    """Carts with something in them, the latest changed last."""
    return sorted((c for c in state.carts.values() if c.open), key=lambda c: (c.updated_at, c.id))


def end(state: Visits, at: Instant) -> tuple[Visits, list[Produced]]:
    """End the visit that is going on, at `at`; for a wake-up pass `due(state)`. Changes `state` in place."""
    visit = state.current
    if visit is None:
        return state, []
    state.current = None
    state.closed_until = max(state.closed_until, at)
    carts = open_carts(state)
    properties = _about(visit) | {
        "pages": visit.pages,
        "events": visit.events,
        "duration_s": (visit.last_at - visit.started_at) / SECOND,
        "products": visit.products,
        "orders": visit.orders,
        "carts_created": visit.carts_created,
        "carts_emptied": visit.carts_emptied,
        "cart_open": bool(carts),
        "cart_value": round(sum(cart.value for cart in carts), 4),
        "cart": carts[-1].id if carts else None,
        "cart_items": [product for cart in carts for product in cart.lines][:PRODUCTS_TOLD],
    }
    return state, [Produced(ENDED, at, properties)]


def fold(state: Visits, item: Input) -> tuple[Visits, list[Produced]]:
    """Apply one input, in place; the visit events it brought forth, oldest first.

    A visit whose end lies at or before the input's acceptance is ended at once, so that what arrives late
    (a phone that was offline) leaves no visit open in the past.
    """
    if item.kind not in ("event", "history") or item.name.startswith(_OURS):
        return state, []
    at = item.occurred_at or item.at
    properties = _object(item.body.get("properties"))
    context = _object(item.body.get("context"))
    produced: list[Produced] = []
    if (limit := due(state)) is not None and limit <= at:
        produced += end(state, limit)[1]
    alive = _sign_of_life(item, context) and _enter(state, item.name, properties, context, at, produced)
    _change_cart(state, item.name, properties, at)
    if alive and state.current is not None:
        _look(state, state.current, item.name, properties, at)
    if (limit := due(state)) is not None and limit <= item.at:
        produced += end(state, limit)[1]
    return state, produced


def concerns(state: Visits, item: Input) -> bool:
    """Whether `fold` of an input can do anything: most of what a server reports cannot."""
    told = state.current is not None or item.trust != PROVEN or item.name in _SEEN
    return told or ("context" in item.body and "page" in _object(item.body["context"]))


def unite(a: Visits, b: Visits) -> Visits:
    """The visits of two people who are one.

    Visits that overlap, or follow within the idle time, are one visit: the earlier start and landing stand.
    """
    current = a.current or b.current
    joined = 0
    if a.current is not None and b.current is not None:
        first, second = sorted((a.current, b.current), key=lambda visit: (visit.started_at, visit.number))
        joined = 1
        current = msgspec.structs.replace(
            first,
            last_at=max(first.last_at, second.last_at),
            pages=first.pages + second.pages,
            events=first.events + second.events,
            products=list(dict.fromkeys([*first.products, *second.products]))[:PRODUCTS_TOLD],
            looking_at=second.looking_at or first.looking_at,
            carts_created=first.carts_created + second.carts_created,
            carts_emptied=first.carts_emptied + second.carts_emptied,
            orders=first.orders + second.orders,
        )
    older, newer = sorted((a, b), key=lambda visits: visits.last_seen_at)
    carts = dict(older.carts)
    for found, cart in newer.carts.items():
        theirs = carts.get(found)
        carts[found] = cart if theirs is None or cart.updated_at >= theirs.updated_at else theirs
    viewed = dict(a.viewed)
    for product, seen in b.viewed.items():
        ours = viewed.get(product)
        viewed[product] = (
            seen
            if ours is None
            else Viewed(ours.views + seen.views, ours.seconds + seen.seconds, max(ours.last_at, seen.last_at))
        )
    kept = sorted(viewed, key=lambda product: (viewed[product].last_at, product))[-VIEWED_KEPT:]
    latest = sorted(carts, key=lambda found: (carts[found].updated_at, found))[-CARTS_KEPT:]
    return Visits(
        count=a.count + b.count - joined,
        current=current,
        first_origin=older.first_origin or newer.first_origin,
        last_origin=newer.last_origin or older.last_origin,
        closed_until=max(a.closed_until, b.closed_until),
        last_seen_at=max(a.last_seen_at, b.last_seen_at),
        viewed={product: viewed[product] for product in kept},
        carts={found: carts[found] for found in latest},
    )


def _sign_of_life(item: Input, context: dict[str, Any]) -> bool:
    if is_robot(_text(context.get("userAgent"))):
        return False
    return item.name in _VIEWS or item.trust != PROVEN or isinstance(context.get("page"), dict)


def _enter(
    state: Visits,
    name: str,
    properties: dict[str, Any],
    context: dict[str, Any],
    at: Instant,
    out: list[Produced],
) -> bool:
    """Join the visit that is going on or start another; False where the sign is too late for either."""
    visit = state.current
    found = origin(properties, context) if name in _VIEWS or visit is None else None
    if visit is not None:
        if at < visit.started_at:
            return False
        known = visit.origin
        tagged = found is not None and found.explicit
        if tagged and found != known and at >= visit.last_at:
            if visit.pages == 0 and not known.explicit and visit.started_at == at:
                visit.origin = found or known
            else:
                out += end(state, at)[1]
    elif at < state.closed_until:
        return False
    if state.current is None:
        _start(state, found or DIRECT, properties, context, at, out)
    visit = state.current
    assert visit is not None
    visit.events += 1
    visit.pages += name in _VIEWS
    _dwell(state, visit, at)
    visit.last_at = max(visit.last_at, at)
    state.last_seen_at = max(state.last_seen_at, at)
    return True


def _start(
    state: Visits,
    found: Origin,
    properties: dict[str, Any],
    context: dict[str, Any],
    at: Instant,
    out: list[Produced],
) -> None:
    state.count += 1
    state.first_origin = state.first_origin or found
    state.last_origin = found
    page = _object(context.get("page"))
    landing = _text(properties.get("url") or page.get("url") or properties.get("path") or page.get("path"))
    visit = Visit(state.count, at, at, found, landing[:500], products=[])
    state.current = visit
    out.append(Produced(STARTED, at, _about(visit)))


def _about(visit: Visit) -> dict[str, Any]:
    return {
        "number": visit.number,
        "first": visit.number == 1,
        "source": visit.origin.source,
        "medium": visit.origin.medium,
        "campaign": visit.origin.campaign,
        "channel": visit.origin.channel,
        "landing": visit.landing,
    }


def _dwell(state: Visits, visit: Visit, at: Instant) -> None:
    """Credit the time since the last sign of life to the product that was looked at."""
    if visit.looking_at and (seen := state.viewed.get(visit.looking_at)) and at > visit.last_at:
        seen.seconds += (at - visit.last_at) / SECOND


def _look(state: Visits, visit: Visit, name: str, properties: dict[str, Any], at: Instant) -> None:
    if name in _VIEWS:
        visit.looking_at = ""
    if name != "Product Viewed" or not (product := _product(properties)):
        return
    visit.looking_at = product
    if product not in visit.products and len(visit.products) < PRODUCTS_TOLD:
        visit.products.append(product)
    seen = state.viewed.get(product)
    if seen is None:
        if len(state.viewed) >= VIEWED_KEPT:
            state.viewed.pop(min(state.viewed, key=lambda p: (state.viewed[p].last_at, p)))
        seen = state.viewed[product] = Viewed(0, 0.0, at)
    seen.views += 1
    seen.last_at = max(seen.last_at, at)


def _change_cart(state: Visits, name: str, properties: dict[str, Any], at: Instant) -> None:
    if name == "Order Completed":
        _order(state, properties, at)
        return
    if name not in ("Product Added", "Product Removed", *_LISTS):
        return
    found = _text(str(properties.get("cart_id") or ""))[:200] or "current"
    cart = state.carts.get(found)
    if cart is not None and at <= cart.closed_at:
        return  # it arrived after the order that it led to
    listed = properties.get("products")
    if cart is None:
        if name == "Product Removed" or (name in _LISTS and not listed):
            return
        if len(state.carts) >= CARTS_KEPT:
            state.carts.pop(min(state.carts, key=lambda c: (state.carts[c].updated_at, c)))
        cart = state.carts[found] = Cart(found, at, {})
    before = cart.open
    cart.updated_at = max(cart.updated_at, at)
    cart.currency = _text(properties.get("currency"))[:8] or cart.currency
    if name in _LISTS:
        if isinstance(listed, list):
            lines = [line for line in listed[:LINES_KEPT] if isinstance(line, dict)]
            cart.lines = {
                p: Line(quantity, _number(line.get("price"), 0.0))
                for line in lines
                if (p := _product(line)) and (quantity := _number(line.get("quantity"), 1.0)) > 0
            }
    elif product := _product(properties):
        _change_line(cart, product, name == "Product Added", properties)
    if state.current is not None:
        state.current.carts_created += cart.open and not before
        state.current.carts_emptied += before and not cart.open


def _change_line(cart: Cart, product: str, added: bool, properties: dict[str, Any]) -> None:
    line = cart.lines.get(product)
    quantity = _number(properties.get("quantity"), 1.0 if added or line is None else line.quantity)
    if added:
        if line is None:
            if len(cart.lines) >= LINES_KEPT:
                return
            line = cart.lines[product] = Line(0.0, 0.0)
        line.quantity += quantity
        line.price = _number(properties.get("price"), line.price)
    elif line is not None:
        line.quantity -= quantity
    if line is not None and line.quantity <= 0:
        del cart.lines[product]


def _order(state: Visits, properties: dict[str, Any], at: Instant) -> None:
    if state.current is not None:
        state.current.orders += 1
    named = _text(str(properties.get("cart_id") or ""))[:200]
    for cart in [state.carts[named]] if named in state.carts else list(state.carts.values()):
        if cart.updated_at <= at:
            cart.lines = {}
        cart.closed_at = max(cart.closed_at, at)


def _product(properties: dict[str, Any]) -> str:
    found = properties.get("product_id") or properties.get("sku") or ""
    return str(found)[:100] if isinstance(found, (str, int)) else ""


def _number(value: Any, default: float) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return default
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:
        return default
    return float(value) if abs(value) < 1e15 else default


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
