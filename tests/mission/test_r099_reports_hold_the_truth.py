"""R57, R99 and reports: what the pages say of a broadcast is what the twin's people got, did and bought.

The twin's lives are lived three times: everybody gets the letter, nobody does, and in the world, where chance
holds half of them out. The first two tell the effect that is planted; the page must cover it. Many send their
order back: what they kept is what counts, on every page at once.
"""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words

from slinga.broadcasts import jobs as broadcasts
from slinga.demo import responses, visits
from slinga.demo.letters import open_mail
from slinga.demo.model import Call, Hit, Inhabitant
from slinga.demo.model import Mail as Letter
from slinga.demo.speech import AGENTS, user_id
from slinga.demo.twin import Twin
from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.insight.tally import LIFT_DAYS
from slinga.kernel.clock import DAY, HOUR, Instant, iso
from slinga.messages.policy import Policy
from slinga.runtime import clock
from slinga.testing.crowd import permit
from slinga.testing.desk import html
from slinga.testing.world import World

PATH = "/admin/reports/broadcast/birthday"
TASTES = ("coffee", "tea", "")
SHOP = ("Order Completed", "Order Refunded")
Bought = dict[str, float]
"""What each person spent and kept, by user id; those who kept nothing are not in it."""


def letter(taste: str) -> Definition:
    key = f"birthday-{taste or 'all'}"
    body = (
        "<html lang='en'><head><title>N</title></head><body>"
        f"<p>{{{{ person.firstName }}}}, {taste or 'this'}!</p>"
        f"<p><a href='https://shop.example/{key}'>Look</a></p>"
        "<p><a href='{{ unsubscribe_url }}'>Leave</a> {{ brand.address }}</p></body></html>"
    )
    document = {"key": key, "name": key, "subject": "For {{ person.firstName }}", "class": "marketing"}
    return Definition("template", key, document | {"topic": "news", "body": {"html": body}})


def likes(taste: str) -> dict[str, object]:
    return {"op": "trait", "name": "taste", "cmp": "eq", "value": taste}


def town(world: World) -> tuple[bytes, list[Inhabitant]]:
    """The twin's people who are known after a month, with what the shop knows of them."""
    world.publish_shipped("order-reassurance", policy={"quiet_hours": "none", "caps": []})
    world.publish(*map(letter, TASTES))
    twin = Twin(7, world.now() - 45 * DAY, per_month=1000)
    for _ in twin.calls(world.now()):
        pass
    people = [one for one in twin.people if one.known and not one.unsubscribed_at]
    for one in people:
        traits = {"email": one.email, "firstName": one.first_name, "taste": one.taste}
        world.call("identify", {"userId": user_id(one), "traits": traits}, settle=False)
    everybody = [user_id(one) for one in people]
    permit(world, everybody)
    permit(world, everybody, "tracking")
    return twin.save(), people


def lives(twin: Twin, letters: list[Letter], since: Instant) -> Iterator[Hit | Call]:
    """What they do about their letters and what they order, in order of time."""
    hits = twin.react(letters, since)
    until = since + LIFT_DAYS * DAY
    calls = [call for call in twin.calls(until) if call.body.get("event") in SHOP]
    yield from sorted((each for each in (*hits, *calls) if each.at < until), key=lambda each: each.at)


def bought(done: list[Hit | Call]) -> Bought:
    found: Bought = {}
    for who, total in kept(done).values():
        found[who] = found.get(who, 0.0) + total
    return found


def kept(done: list[Hit | Call]) -> dict[str, tuple[str, float]]:
    """(who, what was paid) by the order's number; an order is sent back wholly or not at all."""
    orders: dict[str, tuple[str, float]] = {}
    for each in done:
        if isinstance(each, Call):
            said = each.body["properties"]
            if each.body["event"] == "Order Completed":
                orders[said["order_id"]] = (each.body["userId"], said["total"])
            else:
                orders.pop(said["order_id"], None)
    return orders


def letters_to(people: list[Inhabitant], at: Instant) -> list[Letter]:
    return [
        Letter(one.email, one.email, at, journey="birthday", open_url="o", links=("l",), unsubscribe_url="u")
        for one in people
    ]


def live(world: World, done: list[Hit | Call]) -> None:
    """Let it happen in the world, at its instants."""
    until = world.now() + LIFT_DAYS * DAY
    while done or world.now() < until:
        step = min(until, world.now() + 12 * HOUR)
        while done and done[0].at <= step:
            each = done.pop(0)
            clock.move_to(world.db, max(each.at, world.now()))
            if isinstance(each, Call):
                body = {name: value for name, value in each.body.items() if name != "type"}
                world.call("track", body, settle=False)
            else:
                agent = {"machine_open": "Mozilla/5.0", "scanner_click": "MailScanner/5.4"}.get(each.kind)
                method = "POST" if each.kind == "unsubscribe" else "GET"
                assert world.get(each.url, agent=agent or AGENTS[0], method=method).status_code < 400
        world.until(step)
    tally(world.db)


def test_what_the_pages_say_is_what_the_twin_did(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Planted so strong that a few hundred people show it: nearly everybody reads, and comes for the offer.
    monkeypatch.setitem(responses.KINDS, "birthday", (1.6, 1.6, "BIRTHDAY10"))
    monkeypatch.setattr(visits, "RETURNED", 0.25)
    saved, people = town(world)
    contents = [{"key": taste or "rest", "template": f"birthday-{taste or 'all'}"} for taste in TASTES]
    for content, taste in zip(contents, TASTES, strict=True):
        content |= {"when": likes(taste)} if taste else {}  # type: ignore[dict-item]
    document = {"key": "birthday", "name": "Birthday", "audience": {"op": "identified"}, "holdout": 0.5}
    broadcasts.create(world.db, document | {"contents": contents})
    began = world.now()
    broadcasts.start(world.db, "birthday")
    world.settle()
    mails = [open_mail(m.raw, id=m.to, to=m.to, at=m.at) for m in world.mails()]
    everybody = {user_id(one): one for one in people}
    done = [
        each
        for each in lives(Twin.load(saved), mails, began)
        if isinstance(each, Hit) or each.body["userId"] in everybody
    ]
    live(world, list(done))

    _each_got_what_suits_them(world, mails, {one.email: one for one in people})
    _the_report_counts_what_was_done(world, mails, done, everybody)
    at_best = bought(list(lives(Twin.load(saved), letters_to(people, began), began)))
    by_itself = bought(list(lives(Twin.load(saved), [], began)))
    got = {mail.to for mail in mails}
    _the_lift_covers_what_is_planted(world, everybody, got, at_best, by_itself)
    _the_month_is_after_refunds(world, done)
    _the_share_that_goes_by_itself(world)


def _report(world: World) -> LexborHTMLParser:
    return LexborHTMLParser(html(world, f"{PATH}?days=90"))


def _each_got_what_suits_them(world: World, mails: list[Letter], whose: dict[str, Inhabitant]) -> None:
    """R57: by what is true of each, and the page counts them content by content."""
    suits = {to: one.taste if one.taste in TASTES else "" for to, one in whose.items()}
    assert all(mail.template == f"birthday-{suits[mail.to] or 'all'}" for mail in mails)
    truth = Counter(f"send {suits[mail.to] or 'rest'}" for mail in mails)
    rows = _report(world).css("[aria-label='Variants'] tbody tr")
    shown = {words(row.css_first("th")): number(words(row.css_first("td"))) for row in rows}
    assert shown == dict(truth) and len(shown) == 3


def _the_report_counts_what_was_done(
    world: World, mails: list[Letter], done: list[Hit | Call], everybody: dict[str, Inhabitant]
) -> None:
    hits = Counter(each.kind for each in done if isinstance(each, Hit))
    shown = {words(each.css_first(".subheader")): each for each in _report(world).css(".figures-row > .card")}
    figures = {name: number(words(each.css_first(".figure"))) for name, each in shown.items()}
    assert figures["Sent"] == figures["Delivered"] == len(mails) > 150
    assert figures["Opened by people"] == hits["open"] > 50
    assert f"machines: {hits['machine_open']}" in words(shown["Opened by people"])
    assert figures["Clicked by people"] == hits["click"] > 50
    assert figures["Unsubscribed"] == hits["unsubscribe"]
    email_of = {user: one.email for user, one in everybody.items()}
    clicked: dict[str, Instant] = {}
    orders, revenue, returned = 0, 0.0, 0
    left = kept(done)
    for each in done:
        if isinstance(each, Hit) and each.kind == "click":
            clicked[each.mail] = each.at
        elif isinstance(each, Call) and each.body["event"] == "Order Completed":
            at = clicked.get(email_of[each.body["userId"]])
            if at is not None and each.at - at < Policy().attributed_days * DAY:
                if each.body["properties"]["order_id"] in left:
                    orders, revenue = orders + 1, revenue + each.body["properties"]["total"]
                else:
                    returned += 1
    assert returned > 5
    said = next(words(card) for card in _report(world).css("section") if "attributed" in words(card))
    found = re.search(r"([\d,]+) orders · SEK\s([\d,.]+)", said)
    assert found and number(found[1]) == orders > 20
    assert abs(number(found[2]) - revenue) < 0.01


def _the_lift_covers_what_is_planted(
    world: World, everybody: dict[str, Inhabitant], got: set[str], at_best: Bought, by_itself: Bought
) -> None:
    people = len(everybody)
    buyers = sum(user in at_best for user in everybody) - sum(user in by_itself for user in everybody)
    money = sum(at_best.get(user, 0.0) - by_itself.get(user, 0.0) for user in everybody)
    card = next(each for each in _report(world).css("section") if "held out" in words(each))
    sides = {words(row.css_first("th")): row.css("td") for row in card.css("tbody tr")}
    treated = {user for user, one in everybody.items() if one.email in got}
    for side, those, spent in (
        ("Came in", treated, at_best),
        ("Held out", set(everybody) - treated, by_itself),
    ):
        told = [number(words(cell).split(" ")[0]) for cell in sides[side]]
        assert told == [len(those), sum(user in spent for user in those)]
    text = words(card)
    low, high = _interval(text, r"Between (\S+) % and (\S+) %")
    assert low < 100 * buyers / people < high and low > 0, "the effect is covered, and sure"
    low, high = _interval(
        text, r"Between SEK (\S+) and SEK (\S+), however often you look\. That [^.]+\. In all"
    )
    assert low < money / people < high


def _the_month_is_after_refunds(world: World, done: list[Hit | Call]) -> None:
    """Orders of the month that stand, what they come to, and what was given back of others."""
    made = [one for one in done if isinstance(one, Call) and one.body["event"] == "Order Completed"]
    left = kept(done)
    for month in sorted({iso(one.at)[:7] for one in made}):
        mine = [one.body["properties"] for one in made if iso(one.at + HOUR)[:7] == month]
        stand = [said["total"] for said in mine if said["order_id"] in left]
        page = LexborHTMLParser(html(world, f"/admin/reports/month?month={month}"))
        shown = {
            words(each.css_first(".subheader")): words(each) for each in page.css(".figures-row > .card")
        }
        found = re.search(r"SEK\s([\d,.]+) after SEK\s([\d,.]+) given back", shown["Revenue, SEK"])
        assert found and abs(number(found[1]) - sum(stand)) < 0.01
        assert abs(number(found[2]) - (sum(said["total"] for said in mine) - sum(stand))) < 0.01
        assert number(shown["Orders"].split()[1]) == len(stand)


def _interval(text: str, pattern: str) -> tuple[float, float]:
    found = re.search(pattern, text)
    assert found, text
    return number(found[1]), number(found[2])


def _the_share_that_goes_by_itself(world: World) -> None:
    """R99: of all that the receiver's side took in this month, what journeys sent."""
    taken = [m for m in world.mails() if iso(m.at) < "2026-03-30"]
    by_itself = [m for m in taken if m.template not in {f"birthday-{taste or 'all'}" for taste in TASTES}]
    assert len(taken) == len(world.mails())
    page = words(LexborHTMLParser(html(world, "/admin/reports/month?month=2026-03")).css_first("main"))
    found = re.search(r"Automated messages (\d+) % of ([\d,]+)", page)
    assert found and number(found[2]) == len(taken) and 0 < len(by_itself) < len(taken)
    assert int(found[1]) == round(100 * len(by_itself) / len(taken))


def number(text: str) -> float:
    return float(re.sub(r"[^\d.-]", "", text.replace("−", "-")))
