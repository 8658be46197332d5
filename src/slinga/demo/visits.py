"""What happens when someone of the twin comes to the shop, and what follows from it later.

In: a task that falls due. Out: calls and further tasks, through the twin's `schedule`.
Always true: an order is reported by the shop's server and never by the browser; a cart that is left without
an order counts as abandoned once, however often it is looked at again.
"""

from typing import Any, Protocol

from slinga.demo.catalogue import BY_CATEGORY, BY_ID, PLANS
from slinga.demo.model import Inhabitant, Life, Line
from slinga.demo.speech import LANDINGS, Speaker, amount, order, product, push_address, traits
from slinga.kernel.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, iso

# How each character behaves: come back for interest, fill the cart, finish the order, sign up, have enough.
RETURNS = {"passer_by": 0.10, "reader": 0.72, "taster": 0.45, "regular": 0.55}
FILLS = {"passer_by": 0.07, "reader": 0.11, "taster": 0.42, "regular": 0.62}
FINISHES = {"passer_by": 0.25, "reader": 0.35, "taster": 0.46, "regular": 0.64}
SIGNS_UP = {"passer_by": 0.04, "reader": 0.42, "taster": 0.20, "regular": 0.24}
LOYALTY_DAYS = {"passer_by": 20, "reader": 60, "taster": 90, "regular": 420}
RETURNED = 0.04
"""The share of orders that come back."""
RESULT_EFFECT = {"cart": 0.30, "mail": 0.08, "need": 0.22}
"""Added to the chance of filling and finishing when they come for a reason: the planted effects."""


class Due(Protocol):
    """The task that happens."""

    @property
    def at(self) -> Instant: ...
    @property
    def kind(self) -> str: ...
    @property
    def detail(self) -> dict[str, Any]: ...


def happen(life: Life, person: Inhabitant, task: Due) -> None:
    """Let a task other than a call or an arrival happen."""
    match task.kind:
        case "visit":
            visit(life, person, task.at, **task.detail)
        case "refund":
            refund(life, person, task.at, **task.detail)
        case "review":
            review(life, person, task.at, **task.detail)
        case "renew":
            renew(life, person, task.at)
        case "leave_cart":
            if person.cart and person.cart_id == task.detail["cart_id"]:
                person.abandoned += 1


def visit(
    life: Life, person: Inhabitant, at: Instant, reason: str, campaign: str = "", offer: str = ""
) -> None:
    """One visit, its calls spread over the minutes it takes, and what it leads to."""
    if reason in ("need", "interest", "cart") and 0 < person.lapses_at <= at:
        return  # the need is gone; only a message can bring them back
    if (reason == "cart" and not person.cart) or (reason == "need" and at != person.need_at):
        return  # settled in the meantime
    orders = person.orders
    first = person.visits == 0
    person.visits += 1
    came = LANDINGS[person.source] if first else LANDINGS["direct"]
    if reason == "mail":
        came = ("", f"utm_source=slinga&utm_medium=email&utm_campaign={campaign}")
    elif reason == "need" and life.draw(person) < 0.35:
        came = LANDINGS["organic"]
    which = 1 if not first and reason != "mail" and life.draw(person) < 0.14 else 0
    speaker = Speaker(life.seed, person, which=which, landing=came)
    now = at

    def say(name: str, path: str, properties: dict[str, Any] | None = None) -> None:
        nonlocal now
        if path != speaker.shown.get("path"):
            title = str((properties or {}).get("name") or name)
            life.schedule(now, "call", person, key="browser", body=speaker.page(now, title, path))
        if properties is not None:
            body = speaker.track(now + 300 * MILLISECOND, name, properties)
            life.schedule(now + 300 * MILLISECOND, "call", person, key="browser", body=body)
        now += 8 * SECOND + int(life.draw(person) * 70 * SECOND)

    say("Home", "/")
    looked = _look(life, person, reason, say)
    if reason != "cart" and life.draw(person) < FILLS[person.character] + RESULT_EFFECT.get(reason, 0.0):
        _fill(life, person, looked, say, now)
    if not person.signed_up_at and life.draw(person) < SIGNS_UP[person.character] * (1 if first else 0.5):
        now = sign_up(life, person, now, speaker)
    if person.cart:
        now = _checkout(life, person, now, reason, offer, speaker, say)
    if reason == "need" and person.orders == orders:
        _need(life, person, at + int((6 + life.draw(person) * 14) * DAY))
    if (
        first
        and reason == "arrival"
        and person.number % 3 == 0
        and life.draw(person) < 0.3
        and not person.push_at
    ):
        person.push_at = now
        browser = {"type": "push_subscription", "id": push_address(person)}
        body = speaker.server(now, "Thing Updated", browser)
        life.schedule(now, "call", person, key="server", body=body)
    curious = reason in ("arrival", "interest") and not person.orders
    if curious and life.draw(person) < RETURNS[person.character]:
        days = 1 + life.draw(person) ** 2 * 40
        life.schedule(life.waking_time(person, at + int(days * DAY)), "visit", person, reason="interest")


def _look(life: Life, person: Inhabitant, reason: str, say: Any) -> list[str]:
    """Category and product views; the products looked at, the favourite first."""
    looked: list[str] = []
    shelves = [person.taste] if reason == "need" else [person.taste, person.second_taste]
    for shelf in shelves[: 1 + (life.draw(person) < 0.4)]:
        products = BY_CATEGORY[shelf]
        say(
            "Product List Viewed",
            f"/category/{shelf}",
            {"list_id": shelf, "category": shelf, "products": [{"product_id": p.id} for p in products]},
        )
        for _ in range(1 + int(life.draw(person) * 2.6)):
            chosen = products[int(life.draw(person) ** 1.6 * len(products))].id
            looked.append(chosen)
            say("Product Viewed", f"/product/{chosen}", product(chosen))
    return looked


def _fill(life: Life, person: Inhabitant, looked: list[str], say: Any, now: Instant) -> None:
    """Put something into the cart. A cart counts once, from its first product."""
    if not person.cart:
        person.carts += 1
        person.cart_id = f"cart-{person.number}-{person.carts}"
    wanted = list(dict.fromkeys(looked))[: 1 + (life.draw(person) < 0.45) + (life.draw(person) < 0.2)]
    for id in wanted:
        quantity = 1 + (BY_ID[id].lasts_days > 0 and life.draw(person) < 0.3)
        person.cart = [line for line in person.cart if line.product != id] + [Line(id, quantity)]
        say("Product Added", f"/product/{id}", {"cart_id": person.cart_id} | product(id, quantity))
    person.cart_at = now


def _checkout(
    life: Life, person: Inhabitant, now: Instant, reason: str, offer: str, speaker: Speaker, say: Any
) -> Instant:
    """Look at the cart, and finish the order or leave it."""
    said_at = now + 20 * SECOND
    say("Cart Viewed", "/cart", {"cart_id": person.cart_id, "products": _products(person)})
    now = max(now, said_at)
    chance = FINISHES[person.character] + RESULT_EFFECT.get(reason, 0.0) + (0.12 if offer else 0.0)
    if life.draw(person) < chance:
        say(
            "Checkout Started",
            "/checkout",
            {"cart_id": person.cart_id, "value": amount(person.cart), "products": _products(person)},
        )
        return buy(life, person, now + MINUTE + int(life.draw(person) * 2 * MINUTE), offer, speaker)
    life.schedule(now + 2 * HOUR, "leave_cart", person, cart_id=person.cart_id)
    if life.draw(person) < 0.22:  # some come back for it by themselves
        later = life.waking_time(person, now + int((1 + life.draw(person) * 4) * DAY))
        life.schedule(later, "visit", person, reason="cart")
    return now


def _products(person: Inhabitant) -> list[dict[str, Any]]:
    return [product(line.product, line.quantity) for line in person.cart]


def sign_up(life: Life, person: Inhabitant, now: Instant, speaker: Speaker) -> Instant:
    """The newsletter form: the shop's server says who this is and that they asked for letters."""
    person.known = True
    person.signed_up_at = now
    life.schedule(now, "call", person, key="server", body=speaker.identify(now, traits(person)))
    now += SECOND
    body = speaker.server(now, "Signed Up", {"topic": "news", "form": "footer", "email": person.email})
    life.schedule(now, "call", person, key="server", body=body)
    return now + 5 * SECOND


def buy(life: Life, person: Inhabitant, now: Instant, offer: str, speaker: Speaker) -> Instant:
    """Pay. Says who they are, reports the order, empties the cart and plans what follows from it."""
    if not person.known:
        person.known = True
    life.schedule(now, "call", person, key="server", body=speaker.identify(now, traits(person)))
    if not person.signed_up_at and life.draw(person) < 0.45:  # the box in the checkout, never pre-ticked
        now = sign_up(life, person, now + SECOND, speaker)
    now += 2 * SECOND
    lines, order_id = person.cart, f"KV{person.number:05d}-{person.orders + 1}"
    properties = order(person, order_id, lines, offer)
    life.schedule(now, "call", person, key="server", body=speaker.server(now, "Order Completed", properties))
    first = person.orders == 0
    person.orders += 1
    person.spent = round(person.spent + properties["total"], 2)
    person.last_order_at = now
    person.cart, person.cart_id = [], ""
    if first or person.lapses_at <= now:
        # How long the shop stays in their life, from the first order or from the day they were won back.
        days = LOYALTY_DAYS[person.character] * (0.25 + 1.5 * life.draw(person))
        if not first and person.lapses_at <= now:
            person.won_back += 1
        person.lapses_at = now + int(days * DAY)
    _follow(life, person, now, lines, properties, speaker)
    return now


def _follow(
    life: Life,
    person: Inhabitant,
    now: Instant,
    lines: list[Line],
    properties: dict[str, Any],
    speaker: Speaker,
) -> None:
    """Return, review, subscription, machine, and the next need."""
    order_id = properties["order_id"]
    if life.draw(person) < RETURNED:
        days = 4 + int(life.draw(person) * 14)
        life.schedule(now + days * DAY, "refund", person, order_id=order_id, total=properties["total"])
    if life.draw(person) < 0.10:
        stars = life.pick(person, ((5, 50), (4, 32), (3, 11), (2, 4), (1, 3)))
        at = life.waking_time(person, now + int((6 + life.draw(person) * 12) * DAY))
        life.schedule(at, "review", person, product=lines[0].product, stars=stars)
    if any(line.product == "E03" for line in lines) and not person.machine_at:
        person.machine_at = now
        machine = {
            "type": "machine",
            "id": f"machine-{person.number}",
            "attributes": {
                "name": "Espressomaskin Vinter",
                "bought_on": iso(now)[:10],
                "descale_on": iso(now + 120 * DAY)[:10],
            },
        }
        at = now + 5 * SECOND
        life.schedule(at, "call", person, key="server", body=speaker.server(at, "Thing Updated", machine))
    plan = PLANS.get(person.taste)
    if person.orders == 3 and person.character == "regular" and plan and life.draw(person) < 0.35:
        person.subscription_at = now
        months = 6 if life.draw(person) < 0.7 else 12
        person.subscription_ends_at = now + months * 30 * DAY
        at = now + 10 * SECOND
        life.schedule(
            at,
            "call",
            person,
            key="server",
            body=speaker.server(at, "Subscription Started", _plan(person, plan)),
        )
        life.schedule(person.subscription_ends_at, "renew", person)
    lasting = [
        BY_ID[line.product].lasts_days * line.quantity for line in lines if BY_ID[line.product].lasts_days
    ]
    wait = (max(lasting) if lasting else 50) * (0.75 + 0.6 * life.draw(person))
    if person.character in ("taster", "regular"):
        _need(life, person, now + int(wait * DAY))


def _need(life: Life, person: Inhabitant, at: Instant) -> None:
    """The next time the cupboard is empty; a later order moves it."""
    person.need_at = life.waking_time(person, at)
    life.schedule(person.need_at, "visit", person, reason="need")


def _plan(person: Inhabitant, price: float) -> dict[str, Any]:
    return {
        "subscription_id": f"sub-{person.number}",
        "plan": f"{person.taste} of the month",
        "price": price,
        "started_on": iso(person.subscription_at)[:10],
        "renews_on": iso(person.subscription_ends_at)[:10],
    }


def renew(life: Life, person: Inhabitant, at: Instant) -> None:
    """The subscription's last day: most renew, unless they have lapsed."""
    speaker = Speaker(life.seed, person)
    price = PLANS[person.taste]
    if person.lapses_at > at and life.draw(person) < 0.8:
        person.subscription_ends_at = at + 180 * DAY
        body = speaker.server(at, "Subscription Renewed", _plan(person, price))
        life.schedule(person.subscription_ends_at, "renew", person)
    else:
        body = speaker.server(at, "Subscription Ended", _plan(person, price))
    life.schedule(at, "call", person, key="server", body=body)


def refund(life: Life, person: Inhabitant, at: Instant, order_id: str, total: float) -> None:
    """The whole order comes back, free of charge."""
    person.returned += 1
    person.spent = round(person.spent - total, 2)
    body = Speaker(life.seed, person).server(at, "Order Refunded", {"order_id": order_id, "total": total})
    life.schedule(at, "call", person, key="server", body=body)


def review(life: Life, person: Inhabitant, at: Instant, product: str, stars: int) -> None:
    """An opinion with its stars."""
    body = Speaker(life.seed, person).server(at, "Product Reviewed", {"product_id": product, "rating": stars})
    life.schedule(at, "call", person, key="server", body=body)
