"""What members do to people from their page: it goes through the engine, and stands in the audit log."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.access import jobs as access
from slinga.kernel.ids import person_key
from slinga.testing.desk import form_of, html, page, press
from slinga.testing.world import World, open_world

ANNA = "/admin/people/" + person_key("user", "anna")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        found.publish_shipped("welcome")
        found.identify("anna", email="anna@shop.test", first_name="Anna")
        yield found


def act(world: World, do: str, **fields: str) -> None:
    told = press(world, ANNA, ANNA + "/act", do=do, **fields)
    assert "Done." in told
    world.settle()


def test_acts_are_inputs_of_the_engine_and_are_audited(world: World) -> None:
    act(world, "tag", tag="vip")
    act(world, "trait", name="city", value="Lund")
    act(world, "stage", stage="bow-tie/loyalty")
    act(world, "consent", action="granted", channel="email", topic="news", how="by phone on 3 March")
    shown = page(world, ANNA)
    assert "#vip" in shown and "Lund" in shown and "loyalty" in shown
    assert "by phone on 3 March" in page(world, ANNA + "?tab=consents")
    actions = [entry.action for entry in access.audited(world.db)]
    assert {"add_tag", "set_traits", "set_stage", "add_consent"} <= set(actions)
    assert all(entry.actor.startswith("member:") for entry in access.audited(world.db)[:4])
    act(world, "untag", tag="vip")
    assert "#vip" not in page(world, ANNA)


def test_whoever_is_suppressed_gets_no_marketing(world: World) -> None:
    act(world, "suppress", channel="email", scope="marketing")
    row = world.db.execute("SELECT scope, reason FROM suppression").fetchone()
    assert row == ("marketing", "member")


def test_the_page_of_a_message_shows_it_as_sent_and_why(world: World) -> None:
    act(world, "consent", action="granted", channel="email", topic="news", how="form")
    world.track("anna", "Subscription Confirmed", topic="news")
    world.settle()
    row = world.db.execute("SELECT id FROM message ORDER BY planned_at LIMIT 1").fetchone()
    assert row is not None, "nothing was planned"
    told = page(world, f"{ANNA}/messages/{str(row[0]).replace('-', '')}")
    assert "As it was sent" in told and "no longer kept" not in told and "Why" in told and "accepted" in told
    assert "The smallest change" in told or "No change is proposed" in told


def test_a_message_is_one_entry_of_a_life_under_its_subject(world: World) -> None:
    world.consent("anna", "tracking")
    act(world, "consent", action="granted", channel="email", topic="news", how="form")
    world.track("anna", "Subscription Confirmed", topic="news")
    world.forward("1d")
    mail = world.mails()[0]
    for _ in range(2):
        world.open(mail)
        world.forward("1h")
    tree = LexborHTMLParser(html(world, ANNA))
    line = tree.css(".life > li.message")[-1]
    assert line.css_first("p > b").text() == mail.subject
    assert [step.text() for step in line.css(".steps b")] == ["planned", "sent", "opened"]
    assert "× 2" in line.text() and "Welcome loop" in line.text()
    told = (
        page(world, ANNA) + page(world, ANNA + "/why?journey=welcome") + page(world, ANNA + "?tab=journeys")
    )
    for key in ("lapsed-half-year", "wait_1", "welcome-reminder", "cart-rescue"):
        assert key not in told


def test_why_is_answered_in_the_readers_language(world: World) -> None:
    world.track("anna", "Subscription Confirmed", topic="news")
    world.settle()
    page(world, ANNA)
    world.db.execute("UPDATE member SET locale = 'sv'")
    told = page(world, ANNA + "/why?journey=welcome")
    assert "utlösare" in told and "trigger:" not in told


def test_why_not_is_answered_for_a_journey_nobody_came_into(world: World) -> None:
    told = page(world, ANNA + "/why?journey=welcome")
    assert "smallest change" in told or "Subscription Confirmed" in told


def test_everything_is_taken_out_and_then_forgotten(world: World) -> None:
    cookie, token = form_of(world, ANNA)
    headers = {"Cookie": cookie, "Origin": world.settings.base_url}
    answer = world.client.post(ANNA + "/export", headers=headers, data={"csrf": token})
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(name.endswith(".json") for name in names)
    key = ANNA.rpartition("/")[2]
    wrong = world.client.post(ANNA + "/erase", headers=headers, data={"csrf": token, "typed": "no"})
    assert wrong.status_code == 400 and "Type" in wrong.text
    world.client.post(ANNA + "/erase", headers=headers, data={"csrf": token, "typed": key[:8]})
    assert world.client.get(ANNA, headers=headers).status_code == 404
    assert [entry.action for entry in access.audited(world.db)][:2] == ["erase_person", "export_person"]
