"""Broadcasts at the desk: written without script, reviewed, ordered; what comes from outside stays text."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.broadcasts.form import given, shown, starts
from slinga.broadcasts import jobs
from slinga.broadcasts.model import State
from slinga.kernel.calendar import zone
from slinga.kernel.clock import instant, iso
from slinga.kernel.errors import Invalid

CANARY = "\"'><script>alert(1)</script>{{987654*3}}"
NEW = "/admin/broadcasts/new"
BASE = {"name": "May", "template": "news", "c.op": "all", "c.of.0.op": "identified", "mode": "one"}


@pytest.fixture(autouse=True)
def _template(world: Any) -> None:
    body = {"html": "<html lang='en'><head><title>N</title></head><body><p>Hello</p></body></html>"}
    letter = {
        "key": "news",
        "name": "News",
        "subject": "News",
        "class": "marketing",
        "topic": "n",
        "body": body,
    }
    world.publish("template", "news", letter)


def post(world: Any, path: str, code: int = 303, **more: str) -> Any:
    answer = world.web.post(path, data={"csrf": world.csrf(), **more})
    assert answer.status_code == code, answer.text[:900]
    return answer


def test_an_empty_list_teaches(world: Any) -> None:
    assert "empty-place" in world.get("/admin/broadcasts")


def test_written_reviewed_scheduled_started_paused_and_cancelled(world: Any) -> None:
    world.person("anna@shop.test")
    answer = post(world, NEW, **BASE, warm="1", warm_start="10", holdout="10")
    assert answer.headers["location"] == "/admin/broadcasts/may"
    page = world.get("/admin/broadcasts/may")
    assert "Nothing stands against it" in page and "Start now" in page
    reach = LexborHTMLParser(world.get("/admin/broadcasts/may/reach")).text()
    assert "1 person in the audience now" in " ".join(reach.split()) and "no address on this" in reach
    post(world, "/admin/broadcasts/may/order", do="schedule", day="2026-03-02", hour="09:00")
    found = jobs.progress(world.db, "may")
    assert found.state is State.SCHEDULED and iso(found.starts_at or 0).startswith("2026-03-02T08:00")
    post(world, "/admin/broadcasts/may/order", 400, do="schedule", day="2026-02-02", hour="09:00")
    post(world, "/admin/broadcasts/may/order", do="start")
    assert "Pause" in world.get("/admin/broadcasts/may")
    post(world, "/admin/broadcasts/may/order", do="pause")
    assert 'hx-trigger="every' not in world.get("/admin/broadcasts/may/progress")
    post(world, "/admin/broadcasts/may/order", do="resume")
    post(world, "/admin/broadcasts/may/order", do="cancel")
    assert jobs.progress(world.db, "may").state is State.CANCELLED
    assert world.web.get("/admin/broadcasts/may/edit").status_code == 409
    assert post(world, "/admin/broadcasts/may/copy").headers["location"] == "/admin/broadcasts/may-2/edit"
    rows = world.db.execute("SELECT action, actor FROM audit WHERE action LIKE '%%broadcast'").fetchall()
    assert {action for action, _ in rows} >= {"create_broadcast", "start_broadcast", "cancel_broadcast"}
    assert all(who.startswith("member:") for _, who in rows)
    assert "May" in world.get("/admin/broadcasts")


def test_buttons_redraw_the_form_and_lose_nothing(world: Any) -> None:
    sent = {**BASE, "mode": "test", "content.0.template": "news", "content.0.share": "3"}
    page = post(world, NEW, 200, **sent, do="more").text
    assert 'name="content.3.template"' in page and 'value="3"' in page
    page = post(world, NEW, 200, **sent, do="add:c:tag").text
    assert "c.of.1.op" in page and 'value="test" checked' in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "name"),
        ({"template": ""}, "template"),
        ({"holdout": "x"}, "number"),
        ({"c.of.0.op": ""}, ""),
    ],
)
def test_what_is_refused_is_said_beside_the_form(world: Any, change: dict[str, str], told: str) -> None:
    page = post(world, NEW, 400, **(BASE | change)).text
    assert 'role="alert"' in page and told in page.lower()


@pytest.mark.parametrize(
    "where", ["name", "description", "topic", "c.of.1.name", "content.0.template", "at_local"]
)
def test_what_is_typed_is_text(world: Any, where: str) -> None:
    sent = {**BASE, "mode": "split", "c.of.1.op": "tag", "c.of.1.name": "x", where: CANARY}
    page = post(world, NEW, 200, **sent, do="more").text
    assert not LexborHTMLParser(page).css("script:not([src^='/assets/'])") and "2962962" not in page


def test_what_is_stored_is_text_too(world: Any) -> None:
    post(world, NEW, **(BASE | {"name": CANARY, "description": CANARY, "topic": CANARY}))
    key = jobs.store.listed(world.db)[0].key
    for path in ("", f"/{key}", f"/{key}/edit", f"/{key}/reach"):
        page = world.get(f"/admin/broadcasts{path}")
        assert not LexborHTMLParser(page).css("script:not([src^='/assets/'])") and "2962962" not in page


def test_a_form_reads_back_as_the_document_it_was_drawn_from() -> None:
    when = {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"}
    contents = [{"key": "a", "template": "x", "when": when}, {"key": "b", "template": "y"}]
    before = {
        "key": "may",
        "name": "May",
        "audience": {"op": "segment", "key": "vip", "is": True},
        "contents": contents,
    }
    form = shown(before)
    assert (form.mode, form.segment, form.rows[0].who, form.rows[1].who) == ("choose", "vip", "keep", "")
    fields = [("name", "May"), ("mode", form.mode), ("segment", form.segment)]
    for n, row in enumerate(form.rows):
        fields += [(f"content.{n}.{name}", getattr(row, name)) for name in ("template", "share", "who")]
    assert given(fields, before) == before


def test_a_local_hour_begins_before_it_has_come_anywhere() -> None:
    where = zone("Europe/Prague", "UTC")
    assert starts("2026-03-02", "09:00", None, where) == instant("2026-03-02T08:00:00Z")
    assert starts("2026-03-02", "", "09:00", where) == instant("2026-03-01T19:59:00Z")
    with pytest.raises(Invalid):
        starts("soon", "09:00", None, where)
