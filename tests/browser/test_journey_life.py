"""A journey's life at the desk: tried as somebody, changed while people are inside, rehearsed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tests.browser.conftest import Desk

from slinga.engine.inside.jobs import by_node
from slinga.engine.jobs import Definition
from slinga.testing.world import World

LETTER = {
    "key": "hi",
    "name": "Hello",
    "class": "transactional",
    "channel": "email",
    "subject": "Hi",
    "body": {"html": "<html lang='en'><head><title>Hi</title></head><body><p>Hi</p></body></html>"},
}
NODES: dict[str, Any] = {
    "soon": {"type": "wait", "title": "A day of rest", "for": "1d", "next": "again"},
    "again": {"type": "wait", "title": "Two more days", "for": "2d", "next": "mail"},
    "mail": {"type": "send", "title": "The letter", "template": "hi"},
}
JOURNEY: dict[str, Any] = {
    "key": "hello",
    "name": "Hello",
    "class": "transactional",
    "trigger": {"on": "event", "name": "Signed Up"},
    "start": "soon",
    "nodes": NODES,
}


def begin(world: World) -> None:
    world.publish(Definition("template", "hi", LETTER), Definition("journey", "hello", JOURNEY))
    for who in ("anna", "bert", "cleo"):
        world.known(who)
    world.track("anna", "Signed Up")
    world.track("bert", "Signed Up")
    world.forward("1d")
    world.track("cleo", "Signed Up")


def test_people_inside_go_where_the_review_says(desk: Desk, world: World) -> None:
    desk.aside(begin, world)
    assert by_node(world.db, "hello", 1) == {"": 1, "again": 2}, "one is still at the start"
    page = desk.open("/admin/journeys/hello/canvas", look=False)
    page.locator('[data-id="n:again"]').click()
    page.keyboard.press("Delete")
    page.locator('[data-saving="saved"]').wait_for()
    page.get_by_role("link", name="Review and publish").click()
    desk.look("review-with-people-inside")
    rows = page.get_by_role("region", name="Where people go").locator("tbody tr")
    told = [row.split("\t")[:2] for row in rows.all_inner_texts()]
    assert told == [["A day of rest", "1"], ["Two more days", "2"]]
    page.get_by_label("Move to the new version").check()
    page.get_by_label("Where the people at Two more days go").select_option("The letter")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/canvas")
    desk.aside(world.settle)
    assert by_node(world.db, "hello", 2) == {"soon": 1}
    assert [len(world.mails(who)) for who in ("anna", "bert", "cleo")] == [1, 1, 0]


def test_a_rehearsal_is_asked_for_and_its_counts_stand_on_the_canvas(
    desk: Desk, world: World, worker: Callable[[], AbstractContextManager[Any]]
) -> None:
    desk.aside(begin, world)
    page = desk.open("/admin/journeys/hello/canvas", look=False)
    page.get_by_role("link", name="Rehearse").click()
    page.get_by_label("Who").select_option("1/1")
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_text("Waiting for its turn").wait_for()
    with worker():
        page.get_by_role("link", name="The rehearsal is done").click(timeout=60_000)
    desk.look("rehearsed")
    assert page.get_by_text("Would have come in").locator("..").inner_text().count("3")
    page.get_by_role("link", name="Canvas").click()
    step = page.locator('[data-id="n:soon"] .rehearsed')
    step.wait_for()
    assert step.inner_text().startswith("2 passed")
    desk.look("canvas-rehearsed")


def test_a_journey_is_tried_as_somebody_in_the_past(desk: Desk, world: World) -> None:
    desk.aside(begin, world)
    page = desk.open("/admin/journeys/hello/canvas", look=False)
    page.get_by_role("button", name="Try it as a person").click()
    page.get_by_label("E-mail address, id or key").fill("anna")
    page.get_by_role("button", name="Show what would happen").click()
    page.locator(".walk li").first.wait_for()
    assert "does not come in: is inside already" in page.locator(".walk").inner_text()
    page.get_by_label("When they come in").fill("2026-03-01T10:00")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_text("They were not known yet").wait_for()
    page.get_by_label("E-mail address, id or key").fill("cleo")
    page.get_by_label("When they come in").fill("")
    desk.aside(world.command, "cleo", "remove_from_journey", journey="hello")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_text("comes in: “Signed Up” happens").wait_for()
    page.get_by_text("As when they did it on").wait_for()
    desk.look("tried")
