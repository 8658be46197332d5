"""The editor of lifecycle models: from an empty system to a published model of one's own."""

import pytest
from selectolax.lexbor import LexborHTMLParser
from tests.pages.test_lifecycle import CANARY
from tests.pages.test_map import send

from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force

HERE = "/admin/lifecycle/edit"


def begin(world, shipped: str = "bow-tie") -> None:
    send(world, HERE, {"from": shipped})


def revision(world, key: str = "bow-tie") -> str:
    found = drafts.find(world.db, "model", key)
    return str(found.revision if found else 0)


def press(world, do: str, status: int = 303, **said: str) -> str:
    return send(world, f"{HERE}/bow-tie", {"do": do, "revision": revision(world), **said}, status)


def test_a_shipped_model_becomes_ones_own_and_is_published(world):
    assert "Take Bow-tie" in world.get(HERE)
    begin(world)
    page = world.get(f"{HERE}/bow-tie")
    assert (
        LexborHTMLParser(page).css_first("h1").text() == "Bow-tie" and "error" not in page.split("<main")[1]
    )
    press(world, "add-stage", name="Founders", side="right")
    assert "1 error" in world.get(f"{HERE}/bow-tie"), "nobody enters it yet"
    answer = send(world, f"{HERE}/bow-tie/publish", {"revision": revision(world)}, 400)
    assert "founders" in answer or "stages.7" in answer
    rule = {"path": "founders/enter", "revision": revision(world), "do": "add:c:event"}
    page = send(world, f"{HERE}/bow-tie/rule", rule, 200)
    names = [field.attributes["name"] for field in LexborHTMLParser(page).css(".builder [name]")]
    assert "c.of.0.name" in names
    given = {"c.op": "all", "c.mode": "all", "c.of.0.op": "event", "c.of.0.name": "Shares Bought"}
    send(world, f"{HERE}/bow-tie/rule", {**rule, "do": "save", **given})
    assert "Shares Bought" in world.get(f"{HERE}/bow-tie/stages/founders")
    press(world, "add-status:founders", at="founders", name="Early")
    review = world.get(f"{HERE}/bow-tie/review")
    assert "score/responsiveness" in review and "disabled" not in review.split("<main")[1]
    send(world, f"{HERE}/bow-tie/publish", {"revision": revision(world)})
    stages = in_force(world.db).documents["model", "bow-tie"]["stages"]
    assert stages[-1]["key"] == "founders" and stages[-1]["statuses"] == [{"key": "early", "name": "Early"}]
    assert "Founders" in world.get("/admin/lifecycle") and drafts.listed(world.db) == []


def test_two_members_do_not_overwrite_each_other(world):
    begin(world)
    old = revision(world)
    press(world, "up:loyalty")
    page = send(world, f"{HERE}/bow-tie", {"do": "remove:loyalty", "revision": old}, 400)
    assert "since you opened it" in page
    assert "Loyalty" in world.get(f"{HERE}/bow-tie")


def test_what_is_refused_says_why_and_changes_nothing(world):
    begin(world)
    before = revision(world)
    assert "Give it a name" in press(world, "add-stage", 400, name=" ", side="left")
    assert "whole number" in press(world, "stage:interest", 400, at="interest", name="x", weekly="many")
    assert "too old" in press(world, "explode:interest", 400)
    world.get(f"{HERE}/nothing", 404)
    world.get(f"{HERE}/bow-tie/stages/nothing", 404)
    world.get(f"{HERE}/bow-tie/rule?path=interest/fall/99", 404)
    assert revision(world) == before
    send(world, f"{HERE}/bow-tie/discard", {})
    world.get(f"{HERE}/bow-tie", 404)


def test_a_preview_counts_people_by_the_draft(world, bow_tie):
    world.publish("model", "bow-tie", bow_tie)
    world.person("anna@shop.test", stage="loyalty")
    world.person(stage="invitation")
    document = {"key": "bow-tie", "name": "B", "stages": [
        {"key": "all", "name": "All", "side": "left"},
        {"key": "known", "name": "Known", "side": "right", "enter": {"op": "identified"}}]}  # fmt: skip
    drafts.save(world.db, "model", "bow-tie", document, by="maria")
    assert "Count now" in world.get(f"{HERE}/bow-tie/preview")
    tree = LexborHTMLParser(world.get(f"{HERE}/bow-tie/preview?count=1"))
    rows = [" ".join(row.text(separator=" ").split()) for row in tree.css("tbody tr")]
    assert rows == ["All 1 –", "Known 1 –"] and "exact" in tree.body.text()
    tree = LexborHTMLParser(world.get(f"{HERE}/bow-tie/preview?count=all"))
    assert rows == [" ".join(row.text(separator=" ").split()) for row in tree.css("tbody tr")]


PAGES = ("", "/bow-tie", "/bow-tie/stages/interest", "/bow-tie/review", "/bow-tie/preview")


@pytest.mark.parametrize("path", [*PAGES, "/bow-tie/rule?path=interest/statuses/0"])
def test_names_from_outside_stay_text(world, bow_tie, path):
    document = bow_tie | {"name": CANARY, "description": CANARY}
    document["stages"] = [
        stage | {"name": CANARY, "description": CANARY, "statuses": [{"key": "s", "name": CANARY}]}
        for stage in bow_tie["stages"]
    ]
    world.publish("model", "bow-tie", bow_tie)
    drafts.save(world.db, "model", "bow-tie", document, by="maria")
    page = world.get(HERE + path)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert not LexborHTMLParser(page).css("[style], [onerror]")
