"""A flow of the bow-tie over HTTP: its list, the segment saved of it, the journey that begins on it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from slinga.drafts import jobs as drafts
from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.testing.desk import html, press
from slinga.testing.world import World, open_world

MODEL = {
    "key": "bow-tie",
    "name": "Bow-tie",
    "stages": [
        {"key": "stranger", "name": "Stranger", "side": "left"},
        {
            "key": "looker",
            "name": "Looker",
            "side": "left",
            "enter": {"op": "event", "name": "Product Viewed"},
        },
        {
            "key": "buyer",
            "name": "Buyer",
            "side": "knot",
            "enter": {"op": "event", "name": "Order Completed", "window": {"last": "20d"}},
            "fall": [
                {
                    "when": {
                        "op": "event",
                        "name": "Order Completed",
                        "window": {"last": "20d"},
                        "cmp": "eq",
                        "value": 0,
                    },
                    "to": "looker",
                }
            ],
        },
    ],
}


@pytest.fixture
def lived(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        live(found)
        yield found


def live(world: World) -> None:
    """Anna and Bo buy and Bo falls back; Carl only looks, under a browser that was nobody's before."""
    world.publish(Definition("model", "bow-tie", MODEL))
    for user in ("anna", "bo", "carl", "dora"):
        world.identify(user, email=f"{user}@shop.example")
    world.browse("carls-phone", "Product Viewed", product_id="tea")
    for user in ("anna", "bo"):
        world.track(user, "Product Viewed", product_id="tea")
    world.order("bo", "o1")
    world.forward("21d")
    world.order("anna", "o2")
    world.identify("carl", device="carls-phone", browser=True)
    tally(world.db)


def listed(world: World, **asked: str) -> set[str]:
    page = html(world, f"/admin/lifecycle/people?{urlencode({'model': 'bow-tie', **asked})}")
    return set(re.findall(r'<a href="/admin/people/([0-9a-f]{32})">', page))


@pytest.mark.parametrize(
    ("source", "target", "who"),
    [
        ("looker", "buyer", {"anna", "bo"}),
        ("buyer", "looker", {"bo"}),
        ("stranger", "looker", {"anna", "bo"}),
        ("", "looker", {"carl"}),
        ("buyer", "stranger", set()),
    ],
)
@pytest.mark.parametrize("window", ["since", "last"])
def test_the_segment_of_a_flow_has_the_people_of_its_list(
    lived: World, source: str, target: str, who: set[str], window: str
) -> None:
    world = lived
    asked = {"from": source, "to": target, "days": "90"}
    people = listed(world, **asked)
    assert people == {world.person(user).key for user in who}
    path = f"/admin/lifecycle/people?{urlencode({'model': 'bow-tie', **asked})}"
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html(world, path)))
    fields = {name: hidden[name] for name in ("model", "stage", "from", "to", "since", "until", "days")}
    press(world, path, "/admin/lifecycle/segment", **fields, name="Moved so", window=window)
    draft = drafts.listed(world.db, "segment")[0]
    condition = draft.document["condition"]
    assert condition["from"] == [source]
    assert set(condition["window"]) == {window}
    world.publish(Definition("segment", draft.key, draft.document))
    world.settle()
    rows = world.db.execute("SELECT person FROM membership WHERE segment = %s", (draft.key,)).fetchall()
    assert {row[0] for row in rows} == people


def test_a_journey_begins_on_the_move(lived: World) -> None:
    world = lived
    page = html(world, "/admin/lifecycle/people?model=bow-tie&from=buyer&to=looker")
    link = re.search(r'href="(/admin/journeys/new\?[^"]*)"', page)
    assert link
    address = link[1].replace("&amp;", "&")
    asking = html(world, address)
    assert "somebody comes from Buyer to Looker in Bow-tie" in asking
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asking))
    fields = {name: hidden[name] for name in ("on", "model", "stage", "source")}
    press(world, address, "/admin/journeys/new", name="Come back", **fields)
    (draft,) = drafts.listed(world.db, "journey")
    assert draft.document["trigger"] == {
        "on": "stage",
        "model": "bow-tie",
        "to": ["looker"],
        "from": ["buyer"],
    }
