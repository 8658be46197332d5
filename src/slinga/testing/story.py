"""A made-up shop's half year as inputs of the log: who did what, when, with merges and late events.

In: a seed and sizes. Out: steps, each an instant and inputs to append at once. Always true: the same
seed tells the same story; a step makes the engine append at most one chain of inputs of its own, so that
the order of the log does not depend on which worker was faster.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, instant
from slinga.kernel.ids import person_key

BEGIN = instant("2026-02-26T08:00:00Z")
PRODUCTS = ("tea", "coffee", "cup", "machine", "beans")
PAUSES = (SECOND, MINUTE, 20 * MINUTE, 2 * HOUR, 9 * HOUR, DAY, 2 * DAY, 5 * DAY)


class Step(msgspec.Struct, frozen=True):
    """Inputs accepted together at an instant; `quiet`: wait until all is applied before time goes on."""

    at: Instant
    inputs: tuple[New, ...]
    quiet: bool


def tell(
    seed: int = 1, *, people: int = 60, steps: int = 120, events: int = 20, crowd: int = 0
) -> Iterator[Step]:
    """The story. `events` per step on average; `crowd` events of one person in one step in the middle."""
    random = Random(seed)
    known = [person_key("user", f"u{seed}-{n}") for n in range(people)]
    devices = {person_key("anonymous", f"d{seed}-{n}"): known[n % people] for n in range(people)}
    free, merged = list(devices), []
    at, orders = BEGIN, 0
    for number in range(steps):
        at += random.choice(PAUSES) + random.randrange(SECOND)
        inputs: list[New] = []
        for _ in range(random.randrange(2 * events)):
            person = random.choice(known if random.random() < 0.7 or not free else free)
            orders += 1
            inputs += _happening(random, person, orders, at)
        if crowd and number == steps // 2:
            inputs += [event(known[0], "Page Viewed", path=f"/{n}") for n in range(crowd)]
        quiet = number % 3 == 2
        if quiet and free and random.random() < 0.6:
            device = free.pop(random.randrange(len(free)))
            merged.append(device)
            inputs.append(New(device, "merge", body={"other": devices[device], "why": "identify"}))
            if number % 2:  # and goes on at once, before or after a worker has merged it
                inputs.append(event(device, "Product Added", cart_id="c1", product_id="cup", price=9))
                inputs.append(event(device, "Page Viewed", path="/cup"))
        elif quiet and merged:
            inputs.append(event(random.choice(merged), "Product Viewed", product_id="tea"))
        yield Step(at, tuple(inputs), quiet)
    yield Step(at + 200 * DAY, (), True)


def event(person: str, name: str, **properties: Any) -> New:
    """An event a browser reports."""
    return New(person, "event", name, {"properties": properties}, trust=CLAIMED)


def _happening(random: Random, person: str, number: int, at: Instant) -> list[New]:
    kind = random.random()
    product = random.choice(PRODUCTS)
    if kind < 0.35:
        return [event(person, "Page Viewed", path=f"/{product}")]
    if kind < 0.55:
        return [event(person, "Product Viewed", product_id=product, category=product)]
    if kind < 0.68:
        return [
            event(person, "Product Added", cart_id=f"c{number % 7}", product_id=product, price=number % 90)
        ]
    if kind < 0.80:
        bought = {"order_id": f"o{number}", "total": 20 + number % 400, "currency": "SEK"}
        name = random.choice(["Order Completed"] * 5 + ["Order Refunded"])
        late = at - random.choice([0, 0, HOUR, 3 * DAY, 40 * DAY])
        products = [{"product_id": product, "price": 10, "quantity": 1}]
        body = {"properties": {**bought, "products": products}}
        return [New(person, "event", name, body, occurred_at=late)]
    if kind < 0.90:
        day = f"1990-{1 + number % 12:02}-{1 + number % 28:02}"
        traits = {
            "email": f"{person[:8]}@example.org",
            "firstName": "Kim",
            "birthday": day,
            "birth_date": day,
        }
        named: dict[str, Any] = {"traits": traits, "identifiers": [["email", traits["email"]]]}
        return [New(person, "identify", body=named), event(person, "Signed Up")]
    if kind < 0.97:
        action = random.choice(["granted", "granted", "granted", "withdrawn"])
        channel = random.choice(["email", "email", "push", "tracking"])
        return [New(person, "consent", body={"channel": channel, "action": action, "source": "form"})]
    return [New(person, "command", "tag", {"tag": product, "by": "anna"})]
