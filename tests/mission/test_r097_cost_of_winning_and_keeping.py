"""R97, R99 and the report's truth: what happened in a small world is what the sums behind the pages say."""

from datetime import date
from decimal import Decimal

from slinga.admin.reports.figures import WHATS, node_of, report
from slinga.admin.reports.money.month import WHATS as MONTHLY
from slinga.admin.reports.money.month import Spend, bounds, month
from slinga.broadcasts import jobs as broadcasts
from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.insight.sums import jobs as store
from slinga.testing.crowd import known, permit
from slinga.testing.world import World

HTML = (
    "<html lang='en'><head><title>N</title></head><body><p><a href='https://shop.example/new'>New</a></p>"
    "<p><a href='{{ unsubscribe_url }}'>Leave</a> {{ brand.address }}</p></body></html>"
)
LETTER = {
    "key": "news",
    "name": "News",
    "channel": "email",
    "subject": "News",
    "class": "marketing",
    "topic": "news",
    "body": {"html": HTML},
}
PEOPLE = [f"p{n:02d}" for n in range(40)]


def test_first_and_later_orders_cost_what_was_spent_on_them(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none", "caps": []})
    world.publish(Definition("template", "news", LETTER))
    known(world, PEOPLE)
    permit(world, PEOPLE, "tracking")
    document = {
        "key": "may",
        "name": "May",
        "audience": {"op": "identified"},
        "template": "news",
        "holdout": 0.5,
    }
    broadcasts.create(world.db, document)
    broadcasts.start(world.db, "may")
    world.settle()
    got = [who for who in PEOPLE if world.templates(who).count("news")]
    others = [who for who in PEOPLE if who not in got]
    assert 8 < len(got) < 32
    world.forward("20m")  # nobody reads a letter in the second it arrives
    for who in got[:4]:
        world.click(world.mails(who, template="news")[0])
    world.forward("1h")
    for n, who in enumerate((*got[:3], got[5], others[0])):
        world.order(who, f"o{n}", 100)
    world.order(got[0], "again", 50)
    world.forward("6d")
    world.order(got[3], "late", 70)  # six days after the click: bought, but no longer the click's
    tally(world.db)

    day = date(2026, 3, 2)
    first, last = bounds(day)
    rows = store.daily(world.db, WHATS, first, last, "broadcast.may")
    found = report(rows, [], [], lambda one: "x", node_of)
    assert (found.total.sent, found.total.clicked, found.held_out) == (len(got), 4, len(others))
    assert (found.total.orders, found.total.revenue) == (4, {"SEK": Decimal(350)})
    assert found.links == (("https://shop.example/new", 4),)
    assert (found.treated.people, found.treated.bought) == (len(got), 5)
    assert (found.held.people, found.held.bought) == (len(others), 1)
    assert found.lift is None, "forty people say nothing yet"
    assert sum(sent for _, sent, _, _ in found.hours) == len(got)

    spent = [
        Spend(
            source=name, purpose=name, from_day=first, until_day=last, amount=Decimal(amount), currency="SEK"
        )
        for name, amount in (("acquisition", 600), ("retention", 10))
    ]
    told = month(store.sums(world.db, MONTHLY, first, last), spent, first, last)
    assert (told.first_orders, told.again_orders, told.revenue) == (6, 1, {"SEK": Decimal(620)})
    assert told.cost("acquisition", "SEK") == 100 and told.cost("retention", "SEK") == 10
    by_hand = sum(len(world.mails(who, template="news")) for who in PEOPLE)
    assert told.automated == (len(world.mails()) - by_hand) / len(world.mails())
