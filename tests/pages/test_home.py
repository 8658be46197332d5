"""The first page: an empty system teaches, a running one tells what happened and what needs somebody."""

from selectolax.lexbor import LexborHTMLParser
from tests.pages.test_lifecycle import CANARY, fill

from slinga.access.jobs import add_member
from slinga.admin.home.steps import WORDS, troubles
from slinga.ingest.model import New
from slinga.insight.jobs import tally
from slinga.insight.model import Attention
from slinga.kernel.clock import DAY, HOUR

JOURNEY = {"key": "welcome", "name": "Welcome" + CANARY, "start": "end", "nodes": {"end": {"type": "exit"}},
           "trigger": {"on": "event", "name": "Signed Up"}}  # fmt: skip


def done(page: str) -> list[bool]:
    return ["done" in item.attributes["class"] for item in LexborHTMLParser(page).css(".steps-list li")]


def test_an_empty_system_teaches_the_next_step_and_ticks_it_off(world, bow_tie):
    page = world.get("/admin")
    assert "empty-place" in page and "yet" in page and done(page) == [False] * 5
    world.publish("model", "bow-tie", bow_tie)
    assert done(world.get("/admin")) == [False, True, False, False, False]
    world.publish("journey", "welcome", JOURNEY)
    add_member(world.db, "bo@shop.test", "Bo", "viewer")
    assert done(world.get("/admin")) == [False, True, False, True, True]


def test_a_nearly_empty_system_shows_the_next_step_and_no_noughts(world, bow_tie):
    tree = LexborHTMLParser(world.get("/admin"))
    assert not tree.css(".figures-row, .verbs, #live, svg.bowtie") and "Needs a look" not in tree.body.text()
    world.publish("model", "bow-tie", bow_tie)
    world.log(New(world.person("anna@shop.test"), "event", "Page Viewed"))
    tree = LexborHTMLParser(world.get("/admin"))
    assert tree.css_first("#next").text() == "Connect your mail"
    assert not tree.css(".figures-row, .verbs") and "as soon as there is something" in tree.body.text()


def test_what_happened_is_counted_since_yesterday_and_since_midnight(world, bow_tie):
    people = fill(world, bow_tie)
    for hours in (1, 2, 30):
        world.fact(people[0], "visit_started", "", world.now - hours * HOUR, channel="Direct")
    world.fact(people[0], "visit_started", "", world.now - 7 * DAY - HOUR, channel="Direct")
    tally(world.db)
    tree = LexborHTMLParser(world.get("/admin"))
    visits = " ".join(tree.css_first(".figures-row .card").text(separator=" ").split())
    assert visits.startswith("Visits 3 ▲ 200 % before: 1")
    live = tree.css_first("#live")
    assert live.attributes["hx-trigger"] == "every 10s" and "data-live" in live.attributes
    part = LexborHTMLParser(world.web.get("/admin/live", headers={"HX-Request": "true"}).text)
    assert [one.text() for one in part.css("dd")][1] == "2" and not part.css("nav")
    assert {"Invitation: 3 people", "Loyalty: 1 person"} <= {
        one.text() for one in tree.css("svg.bowtie a.place title")
    }
    told = {one.css_first("h3").text(): one.css_first(".figure").text() for one in tree.css(".verbs li")}
    assert told["Turn round"] == "1" and "Sent by itself" not in told, "nothing was sent"
    assert "0" not in told.values() and "Not counted yet: Capture information" in tree.body.text()


def test_troubles_lead_to_what_mends_them(world, bow_tie):
    fill(world, bow_tie, CANARY)
    world.publish("journey", "welcome", JOURNEY)
    assert "Nobody came into the journey" not in world.get("/admin"), "nobody ever did"
    world.db.execute(
        "INSERT INTO tally VALUES ('run_entered', 'welcome', '2026-02-15', 1, '', '', '', '', 4, 0)"
    )
    page = world.get("/admin")
    assert "Nobody came into the journey" in page and "<script>alert" not in page and "<img src=x" not in page
    assert not LexborHTMLParser(page).css("[style], [onerror]")


def test_every_sort_of_trouble_has_words_and_an_address():
    found = troubles(
        (*(Attention(sort, "a/b", 3, 0.5, note="x") for sort in WORDS), Attention("new", "y", urgent=True))
    )
    assert found[0].given.sort == "new"
    for one in found:
        assert one.address.startswith("/admin/") and "{" not in one.address and one.mend
        given = {"num": "3", "about": "a", "note": "b", "share": "50 %"}
        assert one.words % given and one.several % given
