"""Rehearsals over a real database: nothing is written, the same comes out however it is divided, and what the
journeys in force would lose is told with its reasons."""

import hashlib
from typing import Any

import msgspec
import psycopg
import pytest
from tests.store.rehearsal.conftest import BEGIN, Played, draft, key, told

from slinga.kernel.clock import DAY, HOUR, instant, iso
from slinga.kernel.errors import Invalid
from slinga.rehearsal import store
from slinga.rehearsal.jobs import play as bucket_played
from slinga.rehearsal.jobs import rehearse, script_of
from slinga.rehearsal.model import Request, parse
from slinga.rehearsal.plan import compile_script
from slinga.rehearsal.report import build, document
from slinga.rehearsal.tally import blank
from slinga.runtime.db import Db


def everything(db: Db) -> dict[str, str]:
    """A fingerprint of every table and sequence."""
    names = db.execute(
        "SELECT relname::text, relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relkind IN ('r', 'S') ORDER BY 1"
    ).fetchall()
    found = {}
    for name, kind in names:
        row = "t::text" if kind == "r" else "last_value::text"
        rows = db.execute(f'SELECT {row} FROM "{name}" t ORDER BY 1').fetchall()  # type: ignore[arg-type]
        found[name] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    return found


def test_nothing_is_written(shop: Db, play: Played) -> None:
    before = everything(shop)
    assert len(before) > 20
    report = play(drafts=[draft("promo", "Product Viewed")], reactions="typical", entries=True)
    assert told(report, "promo").sends > 100
    assert everything(shop) == before


def test_its_connection_cannot_write(database_url: str) -> None:
    with store.reading(database_url) as db, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        db.execute("DELETE FROM input")


def test_the_same_comes_out_however_it_is_divided(play: Played) -> None:
    asked: dict[str, Any] = {
        "drafts": [draft("promo", "Product Viewed")],
        "reactions": "typical",
        "entries": True,
    }
    here = document(play(**asked))
    assert document(play(processes=2, **asked)) == here
    assert document(play(**asked)) == here
    other = document(play(**asked, seed=2))
    assert other["reacted"] != here["reacted"]


def test_imported_people_are_reached_and_others_are_told_of(play: Played) -> None:
    report = play()
    cart = told(report, "cart")
    assert (report.people, report.events) == (12, 12 * (60 + 12 + 6))
    # every tenth day a cart; every second one is bought within 90 hours, long after the two hours
    assert (cart.entries, cart.people) == (12 * 12, 12)
    assert (cart.sends, cart.sent_to) == (11 * 12, 11)
    (blocked,) = cart.blocked
    assert (blocked.reason, blocked.messages, blocked.people) == ("no_address", 12, 1)
    assert [one.person for one in blocked.examples] == [key("p0")]
    assert sum(cart.per_day.values()) == cart.sends
    assert cart.per_day[iso(BEGIN)[:10]] == 11
    assert [(node.node, node.outcomes) for node in cart.nodes] == [
        ("wait", {"next": 144}),
        ("mail", {"dropped": 12, "planned": 132}),
    ]
    assert not report.compared and report.losses == []


def test_what_others_would_lose_is_told_with_its_reason(play: Played) -> None:
    """The draft writes an hour before the cart's letter. One e-mail in 16 h, none at night."""
    report = play(drafts=[draft("promo", "Product Added", gap="1h")])
    (loss,) = report.losses
    assert loss.journey == "cart"
    assert (loss.sends_alone, loss.sends_together) == (132, 132)
    assert (loss.later, loss.later_hours) == (132, 18.25)
    assert loss.lost == {}

    # where the letter may not wait so long, it is lost
    report = play(drafts=[draft("promo", "Product Added", gap="1h"), _cart_that_expires()])
    cart = told(report, "cart")
    assert cart.replaced is not None and cart.replaced.sends == 132
    assert cart.sends == 0


def _cart_that_expires() -> dict[str, Any]:
    found = draft("cart", "Product Added", gap="2h", reentry={"every": "3d"})
    found["document"]["nodes"]["mail"]["expires"] = "6h"
    return found


def test_a_draft_that_meets_nobody_takes_nothing(play: Played) -> None:
    report = play(drafts=[draft("never", "Nothing Like It")])
    assert told(report, "never").entries == 0
    assert report.compared and report.losses == []


def test_retiring_a_journey_shows_what_it_did(play: Played) -> None:
    report = play(drafts=[{"kind": "journey", "key": "cart", "document": None}])
    assert report.journeys == [] and report.sends_per_day == {}
    with pytest.raises(Invalid, match="no journey 'nix'"):
        play(drafts=[{"kind": "journey", "key": "nix", "document": None}])


def test_a_start_lets_nobody_in_for_what_was_true_before(play: Played, shop: Db) -> None:
    buyers = {"key": "buyers", "name": "Buyers", "condition": {"op": "event", "name": "Order Completed"}}
    thanks = draft("thanks", "x")
    thanks["document"]["trigger"] = {"on": "segment", "key": "buyers", "change": "entered"}
    drafts = [{"kind": "segment", "key": "buyers", "document": buyers}, thanks]
    assert told(play(drafts=drafts), "thanks").entries == 12
    late = iso(BEGIN + 60 * DAY)
    assert told(play(drafts=drafts, **{"from": late}), "thanks").entries == 0
    thanks["enter_existing"] = True
    existing = told(play(drafts=drafts, entries=True, **{"from": late}), "thanks")
    assert existing.entries == 12
    early = play(drafts=drafts, entries=True, until=iso(BEGIN + 90 * HOUR - 1))
    assert told(early, "thanks").entries == 0


def test_reactions_are_named_and_change_what_follows(play: Played) -> None:
    model = {
        "name": "everybody leaves",
        "source": "a test",
        "channels": {"email": {"unsubscribed": 1.0, "left_after": ["1h", "1h", "1h", "1h", "1h"]}},
    }
    report = play(reactions=model)
    cart = told(report, "cart")
    assert (cart.sends, cart.sent_to) == (11, 11)
    reasons = {blocked.reason: blocked.messages for blocked in cart.blocked}
    assert reasons == {"no_address": 12, "withdrawn": 11 * 11}
    assert report.reactions.name == "everybody leaves"
    assert report.reacted == {"email unsubscribed": 11}


def test_a_sample_is_a_part_of_the_same_lives(play: Played) -> None:
    whole = {entry[:2] for entry in _entries(play(entries=True))}
    part = {entry[:2] for entry in _entries(play(entries=True, sample="1/2"))}
    assert part < whole
    assert {person for person, _ in part} == {p for p, _ in whole if int(p[:2], 16) % 2 == 0}


def _entries(report: Any) -> list[tuple[str, str]]:
    return [(entry["person"], entry["at"]) for entry in document(report)["entries"]]


def test_what_a_draft_needs_is_asked_for(play: Played) -> None:
    with pytest.raises(Invalid, match="no template 'lost'"):
        bad = draft("promo", "Product Viewed")
        bad["document"]["nodes"]["mail"]["template"] = "lost"
        play(drafts=[bad])
    with pytest.raises(Invalid, match="no journey 'x'"):
        play(journeys=["x"])
    with pytest.raises(Invalid, match="before it begins"):
        play(**{"from": "2027-01-01"})


def test_without_a_past_there_is_nothing_to_rehearse(database_url: str) -> None:
    with pytest.raises(Invalid, match="nothing was recorded"):
        rehearse(database_url, Request(), processes=1)


def test_time_ends_with_the_last_thing_recorded(play: Played) -> None:
    report = play()
    assert instant(report.until) == max(
        BEGIN + 118 * DAY + 11 * HOUR // 4, BEGIN + 110 * DAY + HOUR + 11 * HOUR // 4
    )
    assert report.since is None


def test_finding_who_comes_in_first_changes_nothing_of_what_is_told(play: Played, database_url: str) -> None:
    """The short way and the long way, over the same people."""
    request = parse({"drafts": [draft("promo", "Order Completed", gap="30m")], "reactions": "typical"})
    with store.reading(database_url) as db:
        plan = compile_script(script_of(db, request, range(256), ""))
        assert plan.scout is not None
        whole, short = blank(), blank()
        for bucket in range(256):
            short.join(bucket_played(db, plan, bucket))
            whole.join(bucket_played(db, msgspec.structs.replace(plan, scout=None), bucket))
    told_, told_whole = build(plan, short, "1/1"), build(plan, whole, "1/1")
    assert told(told_, "promo").entries > 50
    assert told_.journeys == told_whole.journeys
    assert told_.sends_per_day == told_whole.sends_per_day
    assert [(one.journey, one.lost, one.later) for one in told_.losses] == [
        (one.journey, one.lost, one.later) for one in told_whole.losses
    ]
