"""Fold inputs into a profile.

In: one input. Out: the names of the traits, the types of things and the things that changed.
Always true: the fold is a last-writer register per value, ordered by (trust, occurred_at), so arrival
order does not matter and a claim never overwrites a proven fact.
"""

from collections.abc import Iterable
from typing import Any

from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.people.model import Profile, Said, Thing

THINGS_KEPT = 200
"""Things kept per type; beyond it the least recently updated is forgotten (the log still has it)."""

TRAITS_KEPT = 256

_ORDER = {
    "Order Completed": "completed",
    "Order Updated": "",
    "Order Shipped": "shipped",
    "Order Delivered": "delivered",
    "Order Refunded": "refunded",
    "Order Cancelled": "cancelled",
}
_SUBSCRIPTION = {
    "Subscription Started": "active",
    "Subscription Renewed": "active",
    "Subscription Updated": "",
    "Subscription Cancelled": "cancelled",
    "Subscription Ended": "ended",
}
_CART_ADDS = ("Product Added", "Cart Viewed", "Cart Updated", "Checkout Started")
HEARD = frozenset((*_ORDER, *_SUBSCRIPTION, *_CART_ADDS, "Product Removed", "Thing Updated", "Thing Removed"))
"""The events that change a profile."""
_BULKY = ("products", "items")


def own(kind: str, id: str) -> str:
    """How a changed thing is named; `owned_of` reads it back. Types may hold any text but this separator."""
    return f"own:{kind}\x1f{id}"


def owned_of(name: str) -> tuple[str, str]:
    """(type, id) of a name that `own` made."""
    kind, _, id = name[4:].partition("\x1f")
    return kind, id


def say(values: dict[str, Said], name: str, value: Any, at: Instant, trust: int) -> bool:
    """Write one register; whether it changed. A null value withdraws the old one."""
    old = values.get(name)
    if old is not None:
        if (trust, at) < (old.trust, old.at):
            return False
        if (trust, at) == (old.trust, old.at) and repr(value) <= repr(old.value):
            return False
        changed = value != old.value or type(value) is not type(old.value)
        values[name] = Said(value, at, trust)
        return changed
    values[name] = Said(value, at, trust)
    return value is not None


def fold(profile: Profile, item: Input) -> set[str]:
    """Apply one input in place; what changed, as "trait:NAME", "thing:TYPE", and things by `own`."""
    at = item.occurred_at or item.at
    if item.kind == "identify":
        return _identify(profile, item.body, at, item.trust)
    if item.kind == "group":
        traits = item.body.get("traits") or {}
        group = item.body.get("groupId")
        return (
            _thing(profile, str(traits.get("type", "account")), group, traits, at, item.trust)
            if group
            else set()
        )
    if item.kind not in ("event", "history"):
        return set()
    properties = item.body.get("properties") or {}
    return _event(profile, item.name, properties, at, item.trust)


def _identify(profile: Profile, body: dict[str, Any], at: Instant, trust: int) -> set[str]:
    changed: set[str] = set()
    for kind, value in body.get("identifiers") or ():
        known = profile.identifiers.setdefault(kind, [])
        if value not in known:
            known.append(value)
            changed.add("identifiers")
    for name, value in (body.get("traits") or {}).items():
        room = name in profile.traits or len(profile.traits) < TRAITS_KEPT
        if room and say(profile.traits, name, value, at, trust):
            changed.add(f"trait:{name}")
    return changed


def _event(profile: Profile, name: str, properties: dict[str, Any], at: Instant, trust: int) -> set[str]:
    if name in _ORDER and (order := properties.get("order_id")) is not None:
        attributes = {k: v for k, v in properties.items() if k not in _BULKY and k != "order_id"}
        if name in ("Order Refunded", "Order Cancelled"):
            # The refund's total is what was given back, not what was paid.
            refunded = attributes.pop("total", attributes.pop("revenue", None))
            attributes = {"refunded": refunded, "refund_reason": attributes.get("reason")}
        if status := _ORDER[name]:
            attributes["status"] = status
        if name == "Order Completed":
            attributes["completed_at"] = at
        changed = _thing(profile, "order", order, attributes, at, trust)
        if name == "Order Completed":
            changed |= _empty_cart(profile, properties.get("cart_id"), at, trust)
        return changed
    if name in _SUBSCRIPTION and (found := properties.get("subscription_id")) is not None:
        attributes = {k: v for k, v in properties.items() if k != "subscription_id"}
        if status := _SUBSCRIPTION[name]:
            attributes["status"] = status
        return _thing(profile, "subscription", found, attributes, at, trust)
    if name in _CART_ADDS or name == "Product Removed":
        return _cart(profile, name, properties, at, trust)
    if name in ("Thing Updated", "Thing Removed"):
        kind, found = properties.get("type"), properties.get("id")
        if not kind or found is None:
            return set()
        attributes = dict(properties.get("attributes") or {})
        attributes.update({k: v for k, v in properties.items() if k not in ("type", "id", "attributes")})
        changed = _thing(profile, str(kind), found, attributes, at, trust)
        if name == "Thing Removed":
            thing = profile.things[str(kind)][str(found)]
            thing.removed_at = max(thing.removed_at, at)
        return changed
    return set()


def _cart(profile: Profile, name: str, properties: dict[str, Any], at: Instant, trust: int) -> set[str]:
    attributes: dict[str, Any] = {"status": "open"}
    product = properties.get("product_id") or properties.get("sku")
    if product is not None and name in ("Product Added", "Product Removed"):
        quantity = properties.get("quantity", 1) if name == "Product Added" else 0
        attributes[f"item {product}"] = quantity
    for line in properties.get("products") or ():
        if isinstance(line, dict) and (found := line.get("product_id") or line.get("sku")) is not None:
            attributes[f"item {found}"] = line.get("quantity", 1)
    if "value" in properties:
        attributes["value"] = properties["value"]
    cart = str(properties.get("cart_id") or "current")
    changed = _thing(profile, "cart", cart, attributes, at, trust)
    thing = profile.things["cart"].get(cart)
    if thing and name == "Product Removed":
        left = any(v.value for k, v in thing.attributes.items() if k.startswith("item "))
        if not left:
            say(thing.attributes, "status", "empty", at + 1, trust)
    return changed


def _empty_cart(profile: Profile, cart: Any, at: Instant, trust: int) -> set[str]:
    carts = profile.things.get("cart", {})
    changed = {"thing:cart"} if carts else set[str]()
    for thing in [carts[str(cart)]] if cart is not None and str(cart) in carts else list(carts.values()):
        if (cart is not None or thing.updated_at <= at) and say(
            thing.attributes, "status", "ordered", at, trust
        ):
            changed.add(own("cart", thing.id))
    return changed


def _thing(
    profile: Profile, kind: str, found: Any, attributes: dict[str, Any], at: Instant, trust: int
) -> set[str]:
    things = profile.things.setdefault(kind, {})
    key = str(found)
    changed = {f"thing:{kind}", own(kind, key)}
    thing = things.get(key)
    if thing is None:
        if len(things) >= THINGS_KEPT:
            gone = min(things, key=lambda k: (things[k].updated_at, k))
            changed.add(own(kind, gone))
            things.pop(gone)
        thing = things[key] = Thing(kind, key, at, at)
    thing.created_at = min(thing.created_at, at)
    thing.updated_at = max(thing.updated_at, at)
    for name, value in attributes.items():
        say(thing.attributes, name, value, at, trust)
    return changed


def value(profile: Profile, name: str) -> Any:
    """A trait's value, or None."""
    said = profile.traits.get(name)
    return None if said is None else said.value


def unite(into: Profile, other: Profile) -> None:
    """Merge another profile in place; commutative up to identifier order."""
    for kind, values in other.identifiers.items():
        known = into.identifiers.setdefault(kind, [])
        known.extend(v for v in values if v not in known)
    for name, said in other.traits.items():
        say(into.traits, name, said.value, said.at, said.trust)
    for kind, things in other.things.items():
        for thing in things.values():
            _thing(into, kind, thing.id, {}, thing.updated_at, 0)
            mine = into.things[kind][thing.id]
            mine.created_at = min(mine.created_at, thing.created_at)
            mine.removed_at = max(mine.removed_at, thing.removed_at)
            for name, said in thing.attributes.items():
                say(mine.attributes, name, said.value, said.at, said.trust)
    for tag, at in other.tags.items():
        into.tags[tag] = min(at, into.tags.get(tag, at))


def order_values(profile: Profile) -> Iterable[tuple[str, Any]]:
    """(order id, total less refund) of orders that stand; each order counts once."""
    for order in profile.things.get("order", {}).values():
        said = {k: v.value for k, v in order.attributes.items()}
        if said.get("status") == "cancelled":
            continue
        total = said.get("total", said.get("revenue"))
        if isinstance(total, (int, float)):
            refunded = said.get("refunded")
            yield order.id, total - (refunded if isinstance(refunded, (int, float)) else 0)
