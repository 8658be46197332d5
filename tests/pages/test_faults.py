"""Refusals as people meet them: calm, in a frame and a language of theirs, with the way onward."""

import re
from typing import Any

import pytest
from psycopg import OperationalError
from tests.pages.conftest import World

from slinga.admin.broadcasts import store as broadcasts
from slinga.admin.refusals.api import EDGE, TITLES
from slinga.locale import translations, words
from slinga.runtime.http import PHRASES

LOCALES = ("en", "sv", "pl")
CANARY = "<script>alert(1)</script>"


def read(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main>")[0]).split())


def as_member(world: World, locale: str) -> None:
    world.db.execute("UPDATE member SET locale = %s", (locale,))


@pytest.mark.parametrize("locale", LOCALES)
def test_an_unknown_address_is_told_in_the_desks_frame(world: World, locale: str) -> None:
    as_member(world, locale)
    page, _ = world.get(f"/admin/journeys/no/such/{CANARY}", 404), translations(locale).gettext
    assert f'<html lang="{locale}"' in page and '<nav aria-label="' in page and CANARY not in page
    text = read(page)
    assert _(TITLES[404]) in text and _(PHRASES[404]) in text and _("To the first page") in text
    assert 'href="/admin/journeys">' in page.split("<main")[1], "the section it lies in is offered"
    missing = read(world.get("/admin/broadcasts/none-such", 404))
    assert words(locale)("There is no such broadcast.") in missing


@pytest.mark.parametrize("locale", LOCALES)
def test_a_stranger_is_told_in_the_frame_of_the_sign_in(world: World, locale: str) -> None:
    world.web.cookies.clear()
    answer = world.web.get("/nothing/here", headers={"accept-language": locale})
    assert answer.status_code == 404 and f'<html lang="{locale}"' in answer.text
    assert 'href="/sign-in"' in answer.text and "<nav" not in answer.text
    assert translations(locale).gettext(PHRASES[404]) in read(answer.text)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_crash_tells_a_reference_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    def crash(db: Any) -> Any:
        raise RuntimeError("secret of anna@shop.test")

    as_member(world, locale)
    monkeypatch.setattr(broadcasts, "listed", crash)
    page = world.get("/admin/broadcasts", 500)
    assert "anna" not in page and "RuntimeError" not in page and "Traceback" not in page
    _ = translations(locale).gettext
    assert re.search(r"[0-9a-f]{12}", read(page)) and _(TITLES[500]) in page
    assert 'href="/admin/broadcasts">' in page.split("<main")[1] and _("Try again") in page


def test_a_form_that_is_too_old_or_too_large_is_told_in_the_frame(world: World) -> None:
    as_member(world, "sv")
    old = world.web.post("/admin/marketing/stop", data={"csrf": "wrong"})
    assert old.status_code == 403 and "<nav" in old.text
    assert (
        translations("sv").gettext("This form is too old. Go back, reload the page and try again.")
        in old.text
    )
    large = world.web.post(
        "/admin/broadcasts/new",
        content=b"a" * 2_100_000,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert large.status_code == 413 and translations("sv").gettext(PHRASES[413]) in large.text


def test_without_the_database_the_page_still_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(db: Any) -> Any:
        raise OperationalError("connection to 10.0.0.7 refused")

    monkeypatch.setattr(broadcasts, "listed", down)
    answer = world.web.get("/admin/broadcasts", headers={"accept-language": "pl"})
    assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
    assert "10.0.0.7" not in answer.text and '<html lang="pl"' in answer.text
    assert translations("pl").gettext(TITLES[503]) in answer.text


def test_programs_and_links_in_mails_are_told_without_our_frame(world: World) -> None:
    asked = world.web.get("/admin/nothing", headers={"accept": "application/json"})
    assert asked.json()["error"]["status"] == 404
    assert "<nav" not in world.web.get("/u/none/such").text
    assert set(TITLES) - set(PHRASES) <= {409, 500, 503}
    assert EDGE.page is not None
