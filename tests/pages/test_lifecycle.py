"""The lifecycle's pages: the picture, the people behind each number, moves between dates."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.lifecycle import api
from slinga.drafts import jobs as drafts
from slinga.insight.jobs import tally
from slinga.kernel.clock import DAY, HOUR
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Key

CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
HERE = "/admin/lifecycle"


def fill(world, bow_tie, text: str = "") -> list[str]:
    """Six people: three come, two go on, one buys and one falls back."""
    model = bow_tie | {"name": text or bow_tie["name"]}
    if text:
        model["stages"] = [stage | {"name": stage["name"] + text} for stage in bow_tie["stages"]]
    world.publish("model", "bow-tie", model)
    people = []
    for n, stage in enumerate(("invitation", "invitation", "invitation", "interest", "interest", "loyalty")):
        key = world.person(f"p{n}@shop.test", stage=stage, first_name=text or f"P{n}")
        people.append(key)
        begin = world.now - 20 * DAY
        world.fact(key, "visit_started", "", begin - HOUR, channel=text or "Paid Search", source=text)
        world.fact(key, "stage_moved", "bow-tie", begin, to_stage="invitation")
        if stage != "invitation":
            world.fact(
                key, "stage_moved", "bow-tie", begin + DAY, from_stage="invitation", to_stage="interest",
                to_status="lead", direction="forward", stayed_for=DAY,
            )  # fmt: skip
    world.fact(
        people[5], "stage_moved", "bow-tie", begin + 2 * DAY, from_stage="interest", from_status="lead",
        to_stage="loyalty", to_status="regular", direction="forward", stayed_for=DAY, status_for=DAY,
    )  # fmt: skip
    back = people[0]
    world.fact(
        back, "stage_moved", "bow-tie", begin + 3 * DAY, from_stage="invitation", to_stage="interest",
        direction="forward", stayed_for=3 * DAY,
    )  # fmt: skip
    world.fact(
        back, "stage_moved", "bow-tie", begin + 4 * DAY, from_stage="interest", to_stage="invitation",
        direction="back", stayed_for=DAY,
    )  # fmt: skip
    tally(world.db)
    return people


def card(page: str, name: str) -> str:
    for found in LexborHTMLParser(page).css("section.stage"):
        if found.css_first("h3").text().strip() == name:
            return " ".join(found.text(separator=" ").split())
    raise AssertionError(f"no card {name}")


def test_a_status_tells_how_long_people_stay_in_it(world, bow_tie):
    fill(world, bow_tie)
    told = card(world.get(HERE), "Interest")
    assert "Known, has not bought 1 day 2" in told, told


def test_the_picture_the_cards_and_the_table_say_the_same(world, bow_tie):
    fill(world, bow_tie)
    page = world.get(HERE)
    tree = LexborHTMLParser(page)
    lying = tree.css_first("svg.bowtie.wide-only")
    said = {node.text() for node in lying.css("a.place title")}
    assert {"Invitation: 3 people", "Interest: 2 people", "Loyalty: 1 person"} <= said
    arcs = {node.text() for node in lying.css("a.arc title")}
    assert "From Invitation to Interest: 4 moves" in arcs
    assert "From Interest to Invitation: 1 move" in arcs
    assert len(tree.css("svg.bowtie.standing a.arc")) == len(lying.css("a.arc"))
    interest = card(page, "Interest")
    assert (
        "In, forward 4" in interest
        and "Out, back 1" in interest
        and "Known, has not bought 1 day 2" in interest
    )
    assert "Paid Search 4" in interest
    assert "2 days" in card(page, "Invitation") or "1 day" in card(page, "Invitation")


def test_an_earlier_day_shows_what_stood_then(world, bow_tie):
    fill(world, bow_tie)
    assert "6 " in card(world.get(f"{HERE}?until=2026-02-09"), "Invitation")
    page = world.get(f"{HERE}?place=0")
    assert "Invitation: 6 people" in page and "At the end of" in page
    part = world.web.get(f"{HERE}?until=2026-02-09&days=7", headers={"hx-request": "true"}).text
    assert part.lstrip().startswith('<div id="picture">') and "<html" not in part
    for odd in (
        "until=2999-01-01",
        "until=x",
        "place=99999",
        "days=0",
        "days=9999",
        "place=-1",
        "model=none",
    ):
        world.get(f"{HERE}?{odd}")


def test_only_those_of_a_source(world, bow_tie, monkeypatch):
    fill(world, bow_tie)
    monkeypatch.setattr(api, "WITHIN_MS", 10_000)
    page = world.get(f"{HERE}?source=Paid+Search")
    assert "Counted exactly" in page and "Invitation: 3 people" in page
    assert "Invitation: 0 people" in world.get(f"{HERE}?source=Nowhere&segment=none")
    monkeypatch.setattr(api, "WITHIN_MS", 0)
    page = world.get(f"{HERE}?source=Paid+Search")
    assert "estimate" in page and "between 0 and" in card(page, "Loyalty")


def test_between_two_dates(world, bow_tie):
    fill(world, bow_tie)
    page = world.get(f"{HERE}/flows")
    tree = LexborHTMLParser(page)
    assert len(tree.css("svg.flows .ribbon")) == 4
    row = next(row for row in tree.css("table tr") if row.css_first("th").text() == "Invitation")
    assert [cell.text().strip() for cell in row.css("td")][2] == "4"
    assert "Nobody has moved yet" in world.get(f"{HERE}/flows?since=2026-02-28&until=2026-02-28")


def test_a_number_leads_to_its_people_and_becomes_a_segment(world, bow_tie):
    people = fill(world, bow_tie)
    page = world.get(f"{HERE}/people?stage=invitation")
    assert "p0@shop.test" in page and "p5@shop.test" not in page
    page = world.get(f"{HERE}/people?from=interest&to=invitation")
    assert people[0] in page and people[1] not in page
    token = page.split('name="csrf" value="')[1].split('"')[0]
    for stage, name in (("invitation", "Åbo new"), ("invitation", "Åbo new"), ("", "Fell back")):
        given = {"csrf": token, "model": "bow-tie", "stage": stage, "name": name, "days": "30"}
        given |= {} if stage else {"to": "invitation", "from": "interest"}
        answer = world.web.post(f"{HERE}/segment", data=given)
        assert answer.status_code == 303, answer.text
    assert "Saved as a draft" in world.get(answer.headers["location"])
    found = {draft.key: draft.document for draft in drafts.listed(world.db, "segment")}
    assert set(found) == {"abo-new", "abo-new-2", "fell-back"}
    assert found["abo-new"]["condition"] == {"op": "stage", "model": "bow-tie", "is": ["invitation"]}
    assert "on=stage&amp;model=bow-tie&amp;stage=invitation" in world.get(f"{HERE}/people?stage=invitation")


@pytest.mark.parametrize("path", ["", "/flows", "/people?stage=interest", "/people?from=x&to=interest"])
def test_names_from_outside_stay_text(world, bow_tie, path):
    fill(world, bow_tie, CANARY)
    page = world.get(HERE + path)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert not LexborHTMLParser(page).css("[style], [onerror], [onclick]")
    hostile = world.get(f"{HERE}?segment={CANARY}&source={CANARY}&until={CANARY}")
    assert "<script>alert" not in hostile


def test_a_stage_that_the_model_no_longer_has_is_shown_last(world, bow_tie):
    people = fill(world, bow_tie)
    world.fact(people[1], "stage_moved", "bow-tie", from_stage="invitation", to_stage="retired")
    tally(world.db)
    names = [found.text().strip() for found in LexborHTMLParser(world.get(HERE)).css("section.stage h3")]
    assert names == [stage["name"] for stage in bow_tie["stages"]] + ["retired"]


def test_without_the_tally_the_page_is_empty_and_whole(world, bow_tie):
    world.publish("model", "bow-tie", bow_tie)
    assert "Invitation: 0 people" in world.get(HERE)
    assert "Nobody yet" in world.get(f"{HERE}/people?stage=interest")


def test_a_persona_narrows_the_picture_and_the_flows_to_its_segments(world, bow_tie, monkeypatch):
    monkeypatch.setattr(api, "WITHIN_MS", 10_000)
    people = fill(world, bow_tie)
    for key, segment in ((people[3], "readers"), (people[5], "buyers"), (people[0], "others")):
        world.db.execute(
            "INSERT INTO membership VALUES (%s, %s, %s, slinga_now())", (bucket_of(key), Key(key), segment)
        )
    world.db.execute(
        "INSERT INTO persona (name, words, goals, segments, journeys, changed_at, changed_by)"
        " VALUES (%s, '', '', '{readers,buyers}', '{}', slinga_now(), '')",
        ("Maja" + CANARY,),
    )
    (number,) = world.db.execute("SELECT id FROM persona").fetchone()
    page = world.get(f"{HERE}?persona={number}")
    assert "Counted exactly" in page and "<script>alert" not in page
    assert card(page, "Interest").startswith("Interest 1")
    assert card(page, "Invitation").startswith("Invitation 0")
    tree = LexborHTMLParser(world.get(f"{HERE}/flows?persona={number}"))
    rows = {row.css_first("th").text(): row.css_first("td:last-child").text() for row in tree.css("tbody tr")}
    assert rows["Invitation"] == "2" and rows["Interest"] == "1", rows
    assert not tree.css("tbody a"), "the people behind are everybody's"
    assert "Any persona" in world.get(HERE)


def test_a_longer_count_follows_where_not_everybody_was_counted(world, bow_tie, monkeypatch):
    fill(world, bow_tie)
    monkeypatch.setattr(api, "WITHIN_MS", 0)
    for path in (HERE, f"{HERE}/flows"):
        tree = LexborHTMLParser(world.get(f"{path}?source=Paid+Search"))
        follows = tree.css_first("span[hx-trigger=load]").attributes["hx-get"]
        part = world.get(follows)
        assert "Counted exactly" in part and 'hx-trigger="load"' not in part
        monkeypatch.setitem(api.LONGER_MS, "1", 0)  # so many that they are not counted to the end by itself
        more = LexborHTMLParser(world.get(follows))
        (exactly,) = [one for one in more.css("a[hx-get]") if one.text() == "Count exactly"]
        assert exactly.attributes["href"] == exactly.attributes["hx-get"]
        assert "Counted exactly" in world.get(exactly.attributes["href"])
        monkeypatch.setitem(api.LONGER_MS, "1", 3_000)
