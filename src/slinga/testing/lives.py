"""A small shop's lives in two halves: what a release leaves in its database, and how those lives go on.

In: a world. Out: people in the middle of everything, then what became of each of them.
Always true: made only of what every release's world can do, so that an old release can live the first half
and any later one the second; the same halves always end the same.
"""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.kernel.clock import iso
from slinga.testing.smtp_sink import Script
from slinga.testing.world import Mail, World

BEGIN = "2026-01-12T09:00:00Z"
"""A Monday morning. The first half ends on a Friday evening in the quiet hours."""

SETTINGS = {"SLINGA_SECRET": "the same secret before and after", "SLINGA_INSTANCE": "the shop"}
SHIPPED = ("welcome", "cart-rescue", "post-purchase", "replenishment", "birthday", "win-back", "sunset")
PEOPLE = tuple(f"p{number:02}" for number in range(18))
GONE, BUSY = Script(rcpt="550 5.1.1 no such user"), Script(rcpt="451 4.3.0 try later")
LATER_CALLS = 100_000
"""From which message id on the second half counts: those of the first half are known already."""


def quote(length: str, template: str) -> Definition:
    """A journey with a split and people held out."""
    nodes = {
        "wait": {"type": "wait", "for": length, "next": "half"},
        "half": {
            "type": "split",
            "arms": [
                {"key": "a", "weight": 1, "next": "mail"},
                {"key": "b", "weight": 1, "next": "mark"},
            ],
        },
        "mail": {"type": "send", "template": template, "next": None},
        "mark": {"type": "tag", "name": "quoted", "next": None},
    }
    document = {
        "key": "quote",
        "name": "Quote",
        "topic": "news",
        "trigger": {"on": "event", "name": "Quote Sent"},
        "holdout": 0.3,
        "start": "wait",
        "nodes": nodes,
    }
    return Definition("journey", "quote", document)


def first_half(world: World) -> None:
    """Eleven days: everybody ends up waiting somewhere."""
    world.publish_shipped(*SHIPPED)
    world.publish(quote("4d", "win-back-1"))
    for number, who in enumerate(PEOPLE):
        birthday = f"199{number % 10}-{1 + (number + 1) % 12:02}-{10 + number % 15:02}"
        if number % 7 == 3:  # first a device, then a name
            world.browse(f"d-{who}", path="/tea")
            world.browse(f"d-{who}", "Product Added", cart_id=f"c-{who}", product_id="tea", price=40)
            world.known(who, birth_date=birthday)
            world.identify(who, device=f"d-{who}")
        else:
            world.known(who, birth_date=birthday)
        if number % 4 == 0:
            world.consent(who, "email", "news")
            world.track(who, "Signed Up")
    for number, who in enumerate(PEOPLE[::3]):
        world.order(who, f"o-{who}-1", 80.0 + number, products=_products(number))
    world.forward("2d")
    for who in PEOPLE[1::5]:
        world.consent(who, "email", "news")
        world.track(who, "Quote Sent", quote=who)
    world.sink.scripts |= {"p05@example.org": GONE, "p09@example.org": BUSY}
    for who in PEOPLE[5:12]:
        world.track(who, "Product Added", cart_id=f"c-{who}", product_id="cup", price=9)
    world.forward("1d")
    for who in PEOPLE[2::6]:
        world.order(who, f"o-{who}-2", 120.0, products=_products(2))
    world.publish(quote("6d", "win-back-2"))  # those inside finish on the first version
    for who in PEOPLE[3::5]:
        world.track(who, "Quote Sent", quote=who)
    world.consent("p04", "email", "news", "withdrawn")
    world.unsubscribe(world.mails("p08")[0])
    world.forward("7d")
    for who in PEOPLE[::4]:
        world.track(who, "Product Added", cart_id=f"late-{who}", product_id="pot", price=30)
    world.until("2026-01-22T12:00:00Z")
    world.track("p13", "Order Delivered", order_id="o-p12-1")
    world.sink.scripts["p12@example.org"] = BUSY
    world.track("p12", "Product Added", cart_id="x-p12", product_id="pot", price=30)
    world.until("2026-01-23T18:30:00Z")
    for who in PEOPLE[10:14]:
        world.track(who, "Product Added", cart_id=f"q-{who}", product_id="pot", price=30)
    world.until("2026-01-23T20:40:00Z")  # 21:40 in the shop: the first reminders wait for the morning


def second_half(world: World) -> None:
    """Five months: waits end, offers are used or not, people come back, leave, and fall silent."""
    world._count, began = LATER_CALLS, world.now()

    def arrived(who: str) -> list[Mail]:
        return [mail for mail in world.mails(who) if mail.at > began][:1]

    world.sink.scripts.clear()
    world.sink.scripts |= {"p05@example.org": GONE, "p09@example.org": BUSY}
    world.forward("2d")
    world.browse("d-p03", path="/late")  # a device that was merged before
    world.order("p13", "o-p13-1", 30.0, products=_products(1))
    world.order("p00", "o-p00-2", 60.0, products=_products(0))
    for mail in arrived("p10"):
        world.click(mail)
    for mail in arrived("p11"):
        world.unsubscribe(mail)
    world.browse("new-device", path="/tea")
    world.identify("p16", device="new-device")
    world.track("p17", "Quote Sent", quote="p17")
    world.forward("12d")
    world.track("p06", "Order Refunded", order_id="o-p06-1", total=82.0)
    for number, who in enumerate(PEOPLE[6::6]):
        for place in range(3):
            world.order(who, f"o-{who}-r{place}", 50.0 + number, products=_products(place))
            world.forward("9h")
    world.forward("5mo")


def _products(number: int) -> list[dict[str, Any]]:
    lasts = (14, 30, 60, 0)[number % 4]
    return [
        {"product_id": f"tea-{number % 4}", "name": "Tea", "price": 20, "quantity": 1, "lasts_days": lasts}
    ]


def told(world: World, *, mails_since: int = 0) -> dict[str, Any]:
    """What became of everybody: every fact, where they stand, and the mails that arrived."""
    people = {}
    for who in PEOPLE:
        state = world.person(who)
        people[who] = {
            "facts": [[iso(f.at), f.kind, f.name, f.body] for f in world.facts(who)],
            "stages": {key: [p.stage, p.status] for key, p in sorted(state.positions.items())},
            "segments": sorted(state.members),
            "runs": sorted([run.journey, run.version, run.node] for run in state.runs),
            "tags": sorted(state.profile.tags),
        }
    mails = [[iso(m.at), m.to, m.template, m.subject] for m in world._mails[mails_since:]]
    return {"people": people, "mails": sorted(mails)}
