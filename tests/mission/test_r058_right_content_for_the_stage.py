"""R58: the right content at the right touchpoint for the stage, and the desk says where it is missing."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words

from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.testing.desk import html
from slinga.testing.drafts import letter, on, unlimited
from slinga.testing.world import World


def _news() -> Definition:
    bought = {"op": "stage", "model": "bow-tie", "is": ["conversion", "adoption", "loyalty", "ambassador"]}
    nodes: dict[str, Any] = {
        "who": {"type": "branch", "arms": [{"when": bought, "next": "care"}], "otherwise": "choose"},
        "care": {"type": "send", "template": "care"},
        "choose": {"type": "send", "template": "choose"},
    }
    document = {"key": "news", "name": "News", "topic": "news", "trigger": on("Looked"), "start": "who"}
    serves = ["bow-tie/interest", "bow-tie/conversion"]
    return Definition("journey", "news", {**document, "nodes": nodes, "serves": serves})


def test_who_chooses_gets_help_and_who_bought_gets_care(world: World) -> None:
    world.publish_shipped()
    world.publish(_news(), letter("care", "How to begin"), letter("choose", "How to choose"), unlimited())
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Signed Up")
    world.order("bert", "o1")
    for user in ("anna", "bert"):
        world.track(user, "Looked")
    assert world.templates("anna") == ["choose"] and world.templates("bert") == ["care"]
    tally(world.db)
    tree = LexborHTMLParser(html(world, "/admin/map"))
    heads = [words(head) for head in tree.css(".touch-grid thead th")][1:]
    row = next(row for row in tree.css(".touch-grid tbody tr") if words(row.css_first("th")) == "E-mail")
    cells = dict(zip(heads, (words(cell) for cell in row.css("td")), strict=True))
    assert cells["Interest"].startswith("1 0 clicks News")
    assert cells["Conversion"].startswith("1 0 clicks News")
    assert cells["Loyalty"] == "No message here yet: write one"
