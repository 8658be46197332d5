"""How the shop reports: invented doings as calls in Segment's format.

In: a person, an instant, a doing. Out: the body of one call. Always true: event names and properties follow
Segment's e-commerce specification; the browser never says who someone is, the shop's server does.
"""

from typing import Any

from slinga.demo.catalogue import BY_ID, CURRENCY, SHOP, delivery_for
from slinga.demo.model import Inhabitant, Line
from slinga.kernel.clock import Instant, iso
from slinga.kernel.ids import digest

SITE = "https://kvallsro.example"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_CHROME} Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0",
)
LANDINGS: dict[str, tuple[str, str]] = {
    "organic": ("https://www.google.com/", ""),
    "paid": ("https://www.google.com/", "utm_source=google&utm_medium=cpc&utm_campaign=everyday-coffee"),
    "social": ("https://www.instagram.com/", "utm_source=instagram&utm_medium=social&utm_campaign=quiet-cup"),
    "direct": ("", ""),
    "referral": ("https://fikabloggen.example/", ""),
    "newsletter": ("", "utm_source=fikabrevet&utm_medium=email&utm_campaign=guest-letter"),
}


def user_id(person: Inhabitant) -> str:
    """The shop's own number for someone who has told their address."""
    return f"kv-{person.number:06d}"


def device(seed: int, person: Inhabitant, which: int = 0) -> str:
    """The anonymous id in the cookie of one of their devices."""
    return digest(seed, "device", person.number, which)


def push_address(person: Inhabitant) -> str:
    """Where this person's browser takes push messages."""
    return f"https://push.example/kv-{person.number:06d}"


def amount(lines: list[Line]) -> float:
    """The sum of a cart in kronor."""
    return round(sum(BY_ID[line.product].price * line.quantity for line in lines), 2)


def product(id: str, quantity: int = 0) -> dict[str, Any]:
    """A product as Segment's e-commerce events describe it."""
    p = BY_ID[id]
    body: dict[str, Any] = {
        "product_id": p.id,
        "sku": p.id,
        "name": p.name,
        "category": p.category,
        "brand": SHOP,
        "price": p.price,
        "currency": CURRENCY,
        "url": f"{SITE}/product/{p.id}",
    }
    if p.lasts_days:
        body["lasts_days"] = p.lasts_days
    if quantity:
        body["quantity"] = quantity
    return body


def order(person: Inhabitant, order_id: str, lines: list[Line], coupon: str = "") -> dict[str, Any]:
    """The properties of an order; `total` includes delivery."""
    subtotal = amount(lines)
    discount = round(subtotal * 0.1, 2) if coupon else 0.0
    shipping = delivery_for(subtotal)
    body = {
        "order_id": order_id,
        "cart_id": person.cart_id,
        "email": person.email,
        "subtotal": subtotal,
        "shipping": shipping,
        "discount": discount,
        "total": round(subtotal - discount + shipping, 2),
        "revenue": round(subtotal - discount, 2),
        "currency": CURRENCY,
        "products": [product(line.product, line.quantity) for line in lines],
    }
    return body | ({"coupon": coupon} if coupon else {})


def traits(person: Inhabitant) -> dict[str, Any]:
    """What the shop knows of someone who has filled in a form."""
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "country": person.country,
        "city": person.town,
        "timezone": person.zone,
        "birth_date": person.birth_on,
    }


class Speaker:
    """Makes the calls of one visit, or of the shop's server, with stable message ids."""

    def __init__(
        self, seed: int, person: Inhabitant, *, which: int = 0, landing: tuple[str, str] = ("", "")
    ) -> None:
        self.seed, self.person, self.which = seed, person, which
        self.referrer, self.query = landing
        self.count = 0
        self.shown: dict[str, str] = {}
        self.campaign: dict[str, str] = {}

    def _body(self, kind: str, at: Instant, side: str) -> dict[str, Any]:
        self.count += 1
        person = self.person
        body: dict[str, Any] = {
            "type": kind,
            "messageId": "tw-" + digest(self.seed, person.number, side, at, self.count)[:24],
            "timestamp": iso(at),
            "anonymousId": device(self.seed, person, self.which),
        }
        if person.known and (side == "server" or self.which == 0):
            body["userId"] = user_id(person)
        return body

    def page(self, at: Instant, name: str, path: str) -> dict[str, Any]:
        """A page call: the browser has come to `path`. Only the landing page carries how they came."""
        url = SITE + path + (f"?{self.query}" if self.query else "")
        self.shown = {"url": url, "path": path, "referrer": self.referrer, "title": f"{name} · {SHOP}"}
        self.campaign = {}
        if self.query:
            pairs = (pair.split("=", 1) for pair in self.query.split("&"))
            self.campaign = {"name" if k == "utm_campaign" else k.removeprefix("utm_"): v for k, v in pairs}
        body = self._browser("page", at) | {"name": name, "properties": self.shown}
        self.referrer, self.query = url, ""
        return body

    def track(self, at: Instant, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """A track call from the browser, on the page it shows."""
        return self._browser("track", at) | {"event": name, "properties": properties}

    def _browser(self, kind: str, at: Instant) -> dict[str, Any]:
        agent = AGENTS[(self.person.number + self.which) % len(AGENTS)]
        context = {"page": self.shown, "userAgent": agent, "locale": "sv-SE", "timezone": self.person.zone}
        if self.campaign:
            context["campaign"] = self.campaign
        return self._body(kind, at, "browser") | {"context": context}

    def server(self, at: Instant, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """A track call from the shop's server, which knows who it is."""
        return self._body("track", at, "server") | {"event": name, "properties": properties}

    def identify(self, at: Instant, traits: dict[str, Any]) -> dict[str, Any]:
        """An identify call from the shop's server: this cookie is this person."""
        return self._body("identify", at, "server") | {"traits": traits}
