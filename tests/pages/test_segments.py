"""Segments at the desk: built, counted, saved, published; what comes from outside stays text."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.ingest.model import New

CANARY = "\"'><script>alert(1)</script>{{987654*3}}"
EDIT = "/admin/segments/new/edit"


def post(world: Any, path: str, code: int = 303, **fields: str) -> Any:
    sent = {"csrf": world.csrf(), **{name.replace("__", "."): value for name, value in fields.items()}}
    answer = world.web.post(path, data=sent)
    assert answer.status_code == code, answer.text[:800]
    return answer


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the editor."""
    found: dict[str, str] = {}
    tree = LexborHTMLParser(page)
    for field in tree.css("main form input[name], main form select[name]"):
        name = field.attributes["name"] or ""
        if field.tag == "select":
            chosen = field.css_first("option[selected]") or field.css_first("option")
            found[name] = (chosen.attributes["value"] or "") if chosen else ""
        elif field.attributes.get("type") != "checkbox" or "checked" in field.attributes:
            found[name] = field.attributes.get("value") or ""
    return found


def test_an_empty_list_teaches(world: Any) -> None:
    page = world.get("/admin/segments")
    assert "empty-place" in page and "Build the first one" in page


def test_a_segment_is_built_by_buttons_alone_and_published(world: Any) -> None:
    world.person("anna@shop.test", country="SE")
    page = post(world, EDIT, 200, do="add:c:trait", name="Swedes", c__op="all").text
    sent = fields_of(page) | {"c.of.0.name": "country", "c.of.0.cmp": "eq", "c.of.0.value": "SE"}
    sent |= {"name": "Swedes", "do": "save", "csrf": world.csrf()}
    answer = world.web.post(EDIT, data=sent)
    assert answer.headers["location"] == "/admin/segments/swedes/edit"
    draft = drafts.find(world.db, "segment", "swedes")
    assert draft is not None
    assert draft.document["condition"]["of"] == [
        {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"}
    ]
    page = world.get("/admin/segments/swedes/edit")
    assert 'country is "SE"' in LexborHTMLParser(page).text()
    sent = fields_of(page) | {"do": "publish"}
    answer = world.web.post("/admin/segments/swedes/edit", data=sent)
    assert answer.headers["location"] == "/admin/segments/swedes", answer.text[:500]
    assert ("segment", "swedes") in in_force(world.db).documents
    assert drafts.listed(world.db) == []
    assert "Swedes" in world.get("/admin/segments") and "People now" in world.get("/admin/segments/swedes")


def test_counts_are_of_each_condition_and_of_all(world: Any) -> None:
    for n in range(4):
        world.person(f"p{n}@shop.test", country="SE" if n else "PL")
    tree = {"c__op": "all", "c__of__0__op": "trait", "c__of__0__name": "country", "c__of__0__cmp": "eq",
            "c__of__0__value": "SE", "c__of__1__op": "identified"}  # fmt: skip
    assert (
        "3"
        in LexborHTMLParser(post(world, "/admin/conditions/size?path=c&exactly=1", 200, **tree).text).text()
    )
    one = post(world, "/admin/conditions/size?path=c.of.1&exactly=1", 200, **tree).text
    assert LexborHTMLParser(one).text().strip() == "4"
    unfinished = post(
        world, "/admin/conditions/size?path=c.of.0", 200, **(tree | {"c__of__0__name": ""})
    ).text
    assert "–" in unfinished


def test_some_of_them_are_shown_with_the_values_that_matched(world: Any) -> None:
    anna = world.person("anna@shop.test", country="SE")
    world.log(New(anna, "event", "Order Completed", {"properties": {"total": 12}}))
    tree = {"c__op": "all", "c__of__0__op": "event", "c__of__0__name": "Order Completed"}
    # The page's people are rows without an engine's state, so only who is counted can be asked here.
    found = post(world, "/admin/segments/new/reach", 200, **tree).text
    assert "1 person" in LexborHTMLParser(found).text() and "email" in found


def test_two_who_edit_one_draft_do_not_overwrite_each_other(world: Any) -> None:
    drafts.save(
        world.db, "segment", "vip", {"key": "vip", "name": "A", "condition": {"op": "everyone"}}, by="x"
    )
    sent = fields_of(world.get("/admin/segments/vip/edit"))
    drafts.save(
        world.db, "segment", "vip", {"key": "vip", "name": "B", "condition": {"op": "everyone"}}, by="y"
    )
    answer = world.web.post("/admin/segments/vip/edit", data=sent | {"name": "C", "do": "save"})
    assert answer.status_code == 400 and "has saved it" in answer.text and 'value="C"' in answer.text


def test_what_is_unfinished_is_saved_and_not_published(world: Any) -> None:
    sent = {"name": "Half", "c__op": "all", "c__of__0__op": "tag", "c__of__0__name": ""}
    answer = post(world, EDIT, 400, do="publish", **sent)
    assert 'role="alert"' in answer.text and in_force(world.db).number == 0
    assert drafts.find(world.db, "segment", "half") is not None


@pytest.mark.parametrize("where", ["name", "description", "c__of__0__name", "c__of__0__value"])
def test_what_is_typed_is_text(world: Any, where: str) -> None:
    sent = {"name": "N", "c__op": "all", "c__of__0__op": "trait", "c__of__0__name": "x"}
    sent |= {"c__of__0__cmp": "eq", "c__of__0__value": "y", where: CANARY}
    page = post(world, EDIT, 200, do="add:c:tag", **sent).text
    tree = LexborHTMLParser(page)
    assert not tree.css("script:not([src^='/assets/'])") and "2962962" not in page


def test_a_segment_in_use_says_where(world: Any) -> None:
    world.publish("segment", "vip", {"key": "vip", "name": "VIP", "condition": {"op": "tag", "name": "vip"}})
    world.publish(
        "segment", "outside", {"key": "outside", "condition": {"op": "segment", "key": "vip", "is": False}}
    )
    assert "outside" in world.get("/admin/segments/vip")
    world.get("/admin/segments/nothing", 404)
