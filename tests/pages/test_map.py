"""The map: the grid with its empty cells, touchpoints and personas by hand, real ways."""

from urllib.parse import quote_plus

import pytest
from selectolax.lexbor import LexborHTMLParser
from tests.pages.test_lifecycle import CANARY, fill

from slinga.access.jobs import audited
from slinga.admin.map.model import plan
from slinga.ingest.model import New
from slinga.insight.jobs import tally

HERE = "/admin/map"
JOURNEY = {
    "key": "thanks", "name": "Thanks", "serves": ["bow-tie/loyalty"], "start": "mail",
    "trigger": {"on": "event", "name": "Order Completed"},
    "nodes": {"mail": {"type": "send", "template": "hello"}},
}  # fmt: skip
TEMPLATE = {"key": "hello", "name": "Hello", "class": "marketing", "topic": "news", "subject": "Hello"}
FAIR = {"name": "Fair in Lund", "model": "bow-tie", "stage": "attention", "channel": "fair",
        "from_day": "2026-02-20", "until_day": "2026-02-22", "volume": "300", "cost": "1 200,50"}  # fmt: skip


def send(world, path: str, given, status: int = 303) -> str:
    pairs = list(given.items()) if isinstance(given, dict) else given
    body = "&".join(f"{key}={quote_plus(value)}" for key, value in pairs)
    token = quote_plus(world.csrf())
    answer = world.web.post(
        path,
        content=f"csrf={token}&{body}",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == status, answer.text[:800]
    return answer.text


def cell(page: str, channel: str, column: int) -> str:
    for row in LexborHTMLParser(page).css(".touch-grid tbody tr"):
        if row.css_first("th").text().strip() == channel:
            return " ".join(row.css("td")[column].text(separator=" ").split())
    raise AssertionError(channel)


def test_an_empty_map_teaches(world):
    page = world.get(HERE)
    assert "empty-place" in page and "no map yet" in page


def test_every_stage_meets_every_channel(world, bow_tie):
    fill(world, bow_tie)
    world.publish("template", "hello", TEMPLATE)
    world.publish("journey", "thanks", JOURNEY)
    page = world.get(HERE)
    heads = [" ".join(head.text().split()) for head in LexborHTMLParser(page).css(".touch-grid thead th")]
    assert heads == ["Channel", *(stage["name"] for stage in bow_tie["stages"]), "All"]
    assert cell(page, "SMS", 0) == "No message here yet: write one"
    assert cell(page, "E-mail", 5) == "Thanks planned, not used"
    assert "stage=invitation" in page and "/admin/templates/new?" in page
    assert "to the very next stage" in page and "forward, skipping some" in page


def test_touchpoints_are_entered_changed_and_removed(world, bow_tie):
    fill(world, bow_tie)
    send(world, f"{HERE}/touchpoints/new", FAIR)
    page = world.get(HERE)
    assert cell(page, "fair", 1) == "300 1,200.5 Fair in Lund"
    number = page.split(f'href="{HERE}/touchpoints/')[-1].split('"')[0]
    assert 'value="1200.50"' in world.get(f"{HERE}/touchpoints/{number}")
    send(world, f"{HERE}/touchpoints/{number}", FAIR | {"channel": "", "other": "Sky writing", "volume": "7"})
    assert cell(world.get(HERE), "sky writing", 1).startswith("7 ")
    for field, wrong in (("cost", "much"), ("volume", "-3"), ("name", " "), ("until_day", "2020-01-01")):
        page = send(world, f"{HERE}/touchpoints/new", FAIR | {field: wrong}, 400)
        assert "invalid-feedback" in page
    send(world, f"{HERE}/touchpoints/{number}/remove", {})
    assert "sky writing" not in world.get(HERE)
    assert [entry.action for entry in audited(world.db)][:3] == [
        "remove_touchpoint",
        "touchpoint",
        "touchpoint",
    ]
    world.get(f"{HERE}/touchpoints/{number}", 404)


def test_personas_are_described_with_their_segments_and_journeys(world, bow_tie):
    fill(world, bow_tie)
    world.publish("segment", "bakers", {"key": "bakers", "name": "Bakers", "condition": {"op": "everyone"}})
    world.publish("journey", "thanks", JOURNEY)
    given = [("name", "Anna"), ("words", "Bakes."), ("goals", "Good flour\n\nFast"), ("segments", "bakers"),
             ("segments", "gone"), ("journeys", "thanks")]  # fmt: skip
    send(world, f"{HERE}/personas/new", given)
    who = LexborHTMLParser(world.get(HERE)).css_first(".persona")
    assert who.css_first(".face").text() == "A"
    assert [goal.text() for goal in who.css("li")] == ["Good flour", "Fast"]
    assert [link.text() for link in who.css("a")] == ["Anna", "Bakers", "Thanks"]
    assert who.css_first("s").text() == "gone"
    number = who.css_first("a").attributes["href"].rsplit("/", 1)[1]
    assert "Bakes." in world.get(f"{HERE}/personas/{number}")
    assert "Give them a name" in send(world, f"{HERE}/personas/{number}", {"name": ""}, 400)
    send(world, f"{HERE}/personas/{number}/remove", {})
    assert "None yet. A persona says" in world.get(HERE)


def test_real_ways_lead_to_the_first_purchase(world, bow_tie):
    people = fill(world, bow_tie)
    assert "Nobody bought for the first time yet" in world.get(f"{HERE}/ways")
    for n, key in enumerate(people[:3]):
        bought = {"properties": {"order_id": str(n), "total": 9, "currency": "SEK"}}
        world.log(New(key, "event", "Order Completed", bought))
    world.db.execute("UPDATE lane SET cursor = 1000")
    tally(world.db)
    tree = LexborHTMLParser(world.get(f"{HERE}/ways?days=7"))
    said = [" ".join(row.text(separator=" ").split()) for row in tree.css("section.card tbody tr")]
    assert "Visit, Paid Search → Invitation → First purchase 2 66.7 %" in said
    assert "Everybody 3 1 20" in said
    assert len(tree.css("svg.flows .ribbon")) >= 4
    part = world.web.get(f"{HERE}/ways", headers={"hx-request": "true"}).text
    assert part.strip().startswith('<div id="ways">')


@pytest.mark.parametrize("path", ["", "/ways", "/touchpoints/new", "/personas/new"])
def test_names_from_outside_stay_text(world, bow_tie, path):
    fill(world, bow_tie, CANARY)
    world.publish("segment", "x", {"key": "x", "name": CANARY, "condition": {"op": "everyone"}})
    world.publish("journey", "thanks", JOURNEY | {"name": CANARY})
    world.publish("template", "hello", TEMPLATE | {"name": CANARY})
    send(world, f"{HERE}/touchpoints/new", FAIR | {"name": CANARY, "other": CANARY, "note": CANARY})
    send(
        world, f"{HERE}/personas/new", {"name": CANARY, "words": CANARY, "goals": CANARY, "segments": CANARY}
    )
    for one in (HERE + path, f"{HERE}/touchpoints/new?channel={CANARY}&stage={CANARY}"):
        page = world.get(one)
        assert "<script>alert" not in page and "<img src=x" not in page
        assert not LexborHTMLParser(page).css("[style], [onerror]")


def test_a_message_serves_what_its_journey_serves_unless_it_says_so_itself():
    stages = [("a", "A"), ("b", "B")]
    templates = {"one": {}, "two": {"stage": "b"}, "three": {"stage": "other/a"}, "four": {}}
    journeys = {
        "j": {"serves": ["m/a"], "nodes": {"s": {"template": "one"}, "t": {"template": "two"}}},
        "k": {"trigger": {"on": "stage", "model": "m", "to": ["b"]}},
    }
    found = {one.key: one for one in plan("m", stages, templates, journeys)}
    assert found["a"].templates == (("one", "one"),) and found["a"].journeys == (("j", "j"),)
    assert found["b"].templates == (("two", "two"),) and found["b"].journeys == (("k", "k"),)
    assert found[""].templates == (("four", "four"), ("three", "three")) and not found[""].journeys
