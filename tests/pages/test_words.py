"""The desk in Swedish and Polish: every section speaks the member's language, numbers and dates follow it."""

import re
from datetime import date
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.pages.conftest import World

from slinga.access.api import routes as access_routes
from slinga.access.pages import Dress, render
from slinga.admin.shell.nav import SECTIONS
from slinga.admin.shell.pages import filters
from slinga.journeys import shipped as journeys
from slinga.kernel.clock import HOUR
from slinga.locale import preferred, translations
from slinga.locale import words as language
from slinga.runtime.http import assemble
from slinga.runtime.settings import Settings
from slinga.segments.grammar import describe, parse

ENGLISH = re.compile(
    r"\b(the|Nothing|Nobody|yet|Publish|Save|Show|Choose|Search|Settings|Draft|People|Journeys|Templates|Sources"
    r"|Messages|Since|Stop all marketing|Sign out|every|which|and|with|from)\b"
)
SHIPPED = [
    str(document[name])
    for key in journeys.KEYS
    for document in [journeys.document(key)]
    for name in ("description", "name")
    if document.get(name)
]
"""What documents that come along are called is the team's to change, so it is not translated."""
PLACES = [place.address for _, places in SECTIONS for place in places]


def read(page: str) -> str:
    """What somebody reads of a page, without what is typed or named as it is."""
    page = re.sub(r"<(script|style|code|pre|option|datalist|head)\b.*?</\1>", " ", page, flags=re.S)
    page = re.sub(r"<[^>]+>", " ", page)
    return " ".join(page.split())


@pytest.mark.parametrize("locale", ["sv", "pl"])
@pytest.mark.parametrize("place", PLACES)
def test_a_section_speaks_the_members_language(
    world: World, bow_tie: dict[str, Any], locale: str, place: str
) -> None:
    world.db.execute("UPDATE member SET locale = %s", (locale,))
    world.publish("model", "bow-tie", bow_tie)
    page = world.get(place)
    assert f'<html lang="{locale}"' in page
    text = read(page)
    for shipped in SHIPPED:
        text = text.replace(shipped, "")
    assert translations(locale).gettext("Stop all marketing") in text
    found = ENGLISH.search(text)
    assert found is None, text[max(0, found.start() - 60) : found.end() + 60] if found else ""


@pytest.mark.parametrize(
    ("accepted", "locale", "said"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv", "Logga in"),
        ("de,pl;q=0.5,sv;q=0.4", "pl", "Zaloguj się"),
        ("de", "en", "Sign in"),
        ("", "en", "Sign in"),
        ("sv;q=0", "en", "Sign in"),
        ("sv;q=much,*", "en", "Sign in"),
    ],
)
def test_before_sign_in_the_browser_says_the_language(
    world: World, accepted: str, locale: str, said: str
) -> None:
    assert preferred(accepted) == locale
    app = assemble([*access_routes], settings=Settings(), state=world.app.state.dict())
    with TestClient(app, base_url="http://testserver.local") as web:
        page = web.get("/sign-in", headers={"accept": "text/html", "accept-language": accepted}).text
    assert f'<html lang="{locale}"' in page
    assert said in page


def test_a_fault_of_signing_in_is_translated() -> None:
    page = render(
        "sign_in", Dress(), "sv", email="", fault="This e-mail and password do not belong together."
    )
    assert "hör inte ihop" in page


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    sv, pl = filters("sv"), filters("pl")
    assert sv["count"](12345).replace("\xa0", " ") == "12 345"
    assert pl["count"](12345).replace("\xa0", " ") == "12 345"
    assert sv["percent"](0.125, 1).replace("\xa0", " ") == "12,5 %"
    assert sv["day"](date(2026, 3, 1)) == "1 mars 2026"
    assert pl["day"](date(2026, 3, 1)) == "1 mar 2026"
    assert sv["span"](3 * HOUR) == "3 timmar"
    assert pl["span"](3 * HOUR) == "3 godziny"


def test_polish_counts_in_three_forms() -> None:
    many = language("pl").many
    said = [many("%(num)s step", "%(num)s steps", n) for n in (1, 2, 5, 12, 22, 25)]
    assert said == ["1 krok", "2 kroki", "5 kroków", "12 kroków", "22 kroki", "25 kroków"]


def test_a_condition_is_a_sentence_of_the_language() -> None:
    bought = {"op": "event", "name": "Order Completed", "cmp": "ge", "value": 2, "window": {"last": "3mo"}}
    assert (
        describe(parse(bought), language("sv"))
        == "har gjort ”Order Completed” minst två gånger sedan 3 månader tillbaka"
    )
    assert (
        describe(parse(bought), language("pl"))
        == "zdarzenie „Order Completed” co najmniej dwa razy przez ostatnie 3 miesiące"
    )
