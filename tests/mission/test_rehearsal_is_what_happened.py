"""The definitions in force, rehearsed over a past that they themselves decided, tell what happened.

Real messages over SMTP, real clicks and unsubscriptions on one side; on the other the log alone, read by the
rehearsal, which sends nothing and yet tells the same entries, steps and messages, each at the same instant.
"""

from typing import Any

from slinga.kernel.clock import HOUR
from slinga.people.model import Fact
from slinga.rehearsal import jobs, store
from slinga.rehearsal.fold import Life, live
from slinga.rehearsal.model import Request
from slinga.rehearsal.plan import compile_script
from slinga.rehearsal.replay import past_of
from slinga.testing.world import World

PEOPLE = [f"p{number}" for number in range(9)]
RUNS = ("run_entered", "run_restarted", "run_ended", "step", "goal_reached", "holdout", "entry_refused")
SENDS = ("send_planned", "send_deferred", "send_blocked")
COMPARED = (*RUNS, *SENDS, "stage_moved", "status_moved", "segment_entered", "segment_left")


def lives(world: World) -> dict[str, Life]:
    """Everybody's life as the rehearsal lives it."""
    found: dict[str, Life] = {}
    url = world.settings.database_url
    with store.reading(url) as db:
        script = jobs.script_of(db, Request(), range(256), "")
        plan = compile_script(script)
        heard = None if plan.heard.visits else plan.heard.names
        for bucket in range(256):
            rows = store.histories(db, bucket, script.last, script.span.until, plan.heard.bodies)
            for key, theirs in rows:
                past = past_of(theirs, None, script.span.begin, heard)
                found[key] = live(key, past, plan.stage)
    return found


def told(facts: list[Fact], until: int, segments: frozenset[str]) -> list[tuple[int, str, str, Any]]:
    """What is compared of facts: all but the values that led there, for the message's id is another one."""
    return [
        (
            fact.at,
            fact.kind,
            fact.name,
            {k: v for k, v in fact.body.items() if k not in ("witness", "trigger")},
        )
        for fact in facts
        if fact.kind in COMPARED and fact.at <= until
        if not fact.kind.startswith("segment_") or fact.name in segments
    ]


def test_what_was_decided_is_decided_again(world: World) -> None:
    world.publish_shipped("welcome", "cart-rescue", "post-purchase", "win-back", "sunset", "replenishment")
    for number, who in enumerate(PEOPLE):
        world.known(who, tracking=number % 3 != 0, birth_date=f"1990-0{1 + number % 9}-15")
        world.consent(who, "email", "news")
        if number % 2:
            world.track(who, "Signed Up")
        world.forward("5h")
    for number, who in enumerate(PEOPLE):
        if number % 3 == 0:
            world.order(who, f"{who}-first", total=30.0 + number)
        if number % 4 == 1:
            world.track(who, "Product Added", cart_id=f"c-{who}", product_id="tea", price=5)
    world.browse("d1", path="/tea")
    world.browse("d1", "Product Added", cart_id="c9", product_id="cup", price=4)
    world.forward("3d")
    for mail in world.mails()[:4]:
        world.click(mail)
    world.unsubscribe(world.mails("p1")[0])
    world.forward("20d")
    for number in range(3):
        world.order("p0", f"more-{number}", total=50.0)
        world.forward("9d")
    world.forward("7mo")
    world.track("p2", "Page Viewed", path="/end")
    assert len(world.mails()) > 20, "there is something to compare"

    until = world.now() - HOUR
    played = lives(world)
    segments = frozenset({"silent-regulars"})
    sent = 0
    for who in PEOPLE:
        person = world.person(who)
        happened = told(world.facts(who), until, segments)
        again = told(played[person.key].facts, until, segments)
        assert [fact[:3] for fact in again] == [fact[:3] for fact in happened]
        assert again == happened
        mails = [(mail.at, mail.template) for mail in world.mails(who) if mail.at <= until]
        kept = [one for one in played[person.key].sent if one.at <= until and one.intent.channel == "email"]
        assert [(one.at, one.intent.template) for one in kept] == mails
        assert all(one.echoed for one in kept)
        sent += len(mails)
    assert sent > 15

    with store.reading(world.settings.database_url) as db:
        (counted,) = store.reactions(db, range(256), store.end(db))
    assert (counted.channel, counted.sent, counted.unsubscribed) == ("email", len(world.mails()), 1)
    assert 0 < counted.clicked <= 4, "only of those who let themselves be seen"
