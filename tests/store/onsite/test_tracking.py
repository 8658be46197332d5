"""Clicks and opens: where they lead, when they count, and what they become."""

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from slinga.kernel.clock import HOUR, SECOND
from slinga.onsite import Sent, Tracking
from slinga.onsite.api import GIF
from slinga.onsite.jobs import settle
from slinga.people import log
from slinga.people.ledger import Consent

FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def hits(world) -> int:
    return len(world.rows("SELECT 1 FROM hit"))


def later(world, *, find_sent=lambda db, person, message: None) -> int:
    (now,) = world.rows("SELECT slinga_now()")[0]
    return settle(world.db, now + 120 * SECOND, find_sent)


def test_a_click_leads_to_its_target_and_leaves_no_trace_on_the_way(world):
    for target, address in world.links().clicks.items():
        answer = world.web.get(address, headers=FIREFOX)
        assert (answer.status_code, answer.headers["location"]) == (302, target)
        assert (
            answer.headers["cache-control"] == "no-store"
            and answer.headers["referrer-policy"] == "no-referrer"
        )


@pytest.mark.parametrize(
    "path", ["/c/{}x", "/c/x{}", "/c/AAAA", "/c/{}?url=https://evil.test", "/c/x?url=//evil.test"]
)
def test_a_redirect_never_leaves_what_was_sealed(world, path: str):
    token = world.links().clicks[world.targets[0]].rsplit("/", 1)[1]
    answer = world.web.get(path.format(token))
    assert answer.headers.get("location") in (None, world.targets[0])
    assert ("evil" not in answer.text) and (answer.status_code in (302, 404))


def test_a_click_works_while_the_database_is_down(world):
    class Down:
        def connection(self, timeout: float = 0) -> None:
            raise PoolTimeout("nobody answers")

    world.app.state.pool = Down()
    answer = world.web.get(world.links().clicks[world.targets[0]])
    assert (answer.status_code, answer.headers["location"]) == (302, world.targets[0])
    assert world.web.get(world.links().pixel).content == GIF

    class Broken(Down):
        def connection(self, timeout: float = 0) -> None:
            raise psycopg.OperationalError("gone")

    world.app.state.pool = Broken()
    assert world.web.get(world.links().clicks[world.targets[1]]).status_code == 302


@pytest.mark.parametrize("token", ["", "AAAA", "%00", "x" * 3000])
def test_the_pixel_is_a_picture_whatever_the_token(world, token: str):
    address = world.links().pixel if not token else f"/o/{token}"
    answer = world.web.get(address)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/gif", GIF)
    assert answer.headers["cache-control"] == "no-store"


def test_reactions_become_events_after_the_settle_delay(world):
    sent = Sent("m1", world.anna, "email", "news", "k1", "winback", "r1", "n1", "t1", "marketing")
    own = world.links()
    world.web.get(own.pixel, headers=FIREFOX)
    world.web.get(own.clicks[world.targets[1]], headers=FIREFOX)
    (now,) = world.rows("SELECT slinga_now()")[0]
    assert settle(world.db, now + 60 * SECOND) == 0 and world.events() == []
    assert later(world, find_sent=lambda db, person, message: sent) == 2
    (opened, o), (clicked, c) = world.events()
    assert (opened, clicked) == ("Message Opened", "Message Clicked")
    assert o["class_of_hit"] == c["class_of_hit"] == "human" and o["machine"] is c["machine"] is False
    assert c["url"] == world.targets[1] and "url" not in o
    for properties in (o, c):
        assert {
            k: properties[k] for k in ("message", "send_key", "channel", "topic", "journey", "run", "node")
        } == {
            "message": "m1",
            "send_key": "k1",
            "channel": "email",
            "topic": "news",
            "journey": "winback",
            "run": "r1",
            "node": "n1",
        }
        assert (properties["template"], properties["class"]) == ("t1", "marketing")
    assert later(world) == 0 and len(world.events()) == 2


def test_a_scanner_that_follows_all_links_is_no_reader(world):
    own = world.links()
    for address in (*own.clicks.values(), own.trap):
        world.web.get(address, headers=FIREFOX)
    later(world)
    assert {p["class_of_hit"] for _, p in world.events()} == {"machine"}
    assert {p["machine"] for _, p in world.events()} == {True}
    assert world.rows("SELECT DISTINCT verdict, sort FROM hit") == [("machine", "scanner")]


def test_apple_prefetch_counts_as_a_machine(world):
    world.web.get(world.links().pixel, headers={"user-agent": "Mozilla/5.0"})
    later(world)
    assert [(p["class_of_hit"], p["sort"]) for _, p in world.events()] == [("machine", "mpp")]


def test_a_click_at_once_after_acceptance_is_doubtful(world):
    (now,) = world.rows("SELECT slinga_now()")[0]
    sent = Sent("m1", world.anna, "email", accepted_at=now - SECOND)
    world.web.get(world.links().clicks[world.targets[0]], headers=FIREFOX)
    later(world, find_sent=lambda db, person, message: sent)
    assert [p["class_of_hit"] for _, p in world.events()] == ["unknown"]


def test_the_same_act_twice_is_told_once_and_kept_twice(world):
    for _ in range(5):
        world.web.get(world.links().pixel, headers=FIREFOX)
    later(world)
    assert hits(world) == 5 and len(world.events()) == 1


def test_a_pixel_in_a_loop_stops_adding_rows(world):
    from slinga.onsite.model import HITS_PER_MESSAGE

    for _ in range(HITS_PER_MESSAGE + 10):
        world.web.get(world.links().pixel)
    assert hits(world) == HITS_PER_MESSAGE


def test_withdrawing_silences_what_was_already_sent(world):
    own = world.links()
    world.web.post(own.preferences, data={"shown:tracking:": "1"})
    assert world.web.get(own.pixel).status_code == 200
    assert world.web.get(own.clicks[world.targets[0]]).status_code == 302
    assert hits(world) == 0 and world.rows("SELECT 1 FROM hit_sum") == []


def test_consented_mode_counts_only_those_who_said_yes(world):
    own = world.links()
    world.be(tracking=Tracking.CONSENTED)
    world.web.get(own.pixel)
    assert hits(world) == 0
    world.web.post(own.preferences, data={"shown:tracking:": "1", "allow:tracking:": "1"})
    world.web.get(own.pixel)
    assert hits(world) == 1


def test_an_opt_out_signal_counts_as_an_answer_until_there_is_another(world):
    own = world.links()
    world.web.get(own.clicks[world.targets[0]], headers={"sec-gpc": "1"})
    assert hits(world) == 0
    world.be(tracking=Tracking.CONSENTED)
    world.web.post(own.preferences, data={"shown:tracking:": "1", "allow:tracking:": "1"})
    world.web.get(own.clicks[world.targets[0]], headers={"sec-gpc": "1"})
    assert hits(world) == 1


def test_aggregate_only_keeps_sums_without_people(world):
    world.be(tracking=Tracking.AGGREGATE_ONLY)
    own = world.links(tracking="aggregate")
    for _ in range(3):
        world.web.get(own.pixel, headers=FIREFOX)
    world.web.get(own.clicks[world.targets[1]], headers={"user-agent": "curl/8"})
    world.web.get(world.links().pixel, headers=FIREFOX)
    assert hits(world) == 0
    assert world.rows("SELECT campaign, kind, place, machine, hits FROM hit_sum ORDER BY kind") == [
        ("winback/n1", "click", 2, True, 1),
        ("winback/n1", "open", 0, False, 3),
    ]


def test_opens_and_clicks_are_two_permissions(world):
    entry = Consent(world.anna, "tracking", "opens", "withdrawn", source="form")
    with world.db.transaction():
        log.record(world.db, [entry])
    world.web.get(world.links().pixel, headers=FIREFOX)
    world.web.get(world.links().clicks[world.targets[0]], headers=FIREFOX)
    assert world.rows("SELECT kind FROM hit") == [("click",)]


def test_off_keeps_nothing(world):
    own, sums = world.links(), world.links(tracking="aggregate")
    world.be(tracking=Tracking.OFF)
    for address in (own.pixel, own.clicks[world.targets[0]], sums.pixel):
        world.web.get(address)
    assert hits(world) == 0 and world.rows("SELECT 1 FROM hit_sum") == []


def test_a_visitors_address_is_kept_only_in_part(world):
    """As our proxy has it, whatever stands to the left of that."""
    for said in ("198.51.100.4, 203.0.113.9", "2001:db8:1:2:3:4:5:6"):
        world.web.get(world.links().pixel, headers={"x-forwarded-for": said})
    assert world.rows("SELECT network FROM hit ORDER BY id") == [("203.0.113.0",), ("2001:db8:1::",)]


def test_two_settlers_judge_each_hit_once(world, database_url: str):
    from concurrent.futures import ThreadPoolExecutor

    from slinga.runtime.db import connect

    for n in range(30):
        world.web.get(world.links(message=f"m{n}").pixel, headers=FIREFOX)
    (now,) = world.rows("SELECT slinga_now()")[0]

    def run(_: int) -> int:
        with connect(database_url) as db:
            return sum(settle(db, now + HOUR, limit=7) for _ in range(10))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 30
    assert len(world.events()) == 30


def test_the_policy_in_force_decides_and_not_the_one_of_the_start(world):
    modes = [Tracking.ALL, Tracking.OFF]
    world.be(tracking=Tracking.OFF, find_tracking=lambda db: modes[0])
    world.web.get(world.links().pixel)
    assert hits(world) == 1
    modes.reverse()
    world.web.get(world.links(message="m2").pixel)
    assert hits(world) == 1
