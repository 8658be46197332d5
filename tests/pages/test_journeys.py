"""The journeys' pages: the list, the outline's commands, publishing, versions, and values from outside."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from slinga.admin.journeys import jobs
from slinga.drafts import jobs as drafts
from slinga.ingest.model import New
from slinga.insight.jobs import tally
from slinga.journeys import shipped
from slinga.kernel.ids import bucket_of
from slinga.kernel.words import ENGLISH
from slinga.rehearsal.asked import jobs as rehearsals
from slinga.runtime.db import Key

CANARY = '"><script>alert(1)</script>{{ 7*7 }}'


def token(world: Any) -> str:
    return world.get("/admin/journeys/new").split('name="csrf" value="')[1].split('"')[0]


def press(world: Any, path: str, **fields: Any) -> str:
    names = {name.replace("__", "."): value for name, value in fields.items()}
    answer = world.web.post(path, data={"csrf": token(world), **names})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def draft(world: Any, key: str) -> dict[str, Any]:
    found = drafts.find(world.db, "journey", key)
    assert found is not None
    return found.document


def revision(world: Any, key: str) -> int:
    found = drafts.find(world.db, "journey", key)
    return found.revision if found else 0


def do(world: Any, key: str, what: str, **fields: Any) -> str:
    path = f"/admin/journeys/{key}/outline"
    return press(world, path, do=what, revision=revision(world, key), **fields)


def test_the_list_shows_who_is_inside(world: Any) -> None:
    world.publish("journey", "winback", {"key": "winback", "name": "Win back", "trigger": {"on": "api"}})
    anna = world.person("anna@shop.test")
    for kind in ("run_entered", "run_ended", "run_entered", "goal_reached"):
        world.fact(anna, kind, "winback", reason="completed", version=1, run="r", goal="bought")
    tally(world.db)
    page = LexborHTMLParser(world.get("/admin/journeys"))
    numbers = [cell.text(separator=" ").split()[0] for cell in page.css("td.number")]
    assert numbers == ["2", "1", "1", "0"], "who was held out has no column where nobody is"
    world.fact(world.person("bo@shop.test"), "holdout", "winback")
    tally(world.db)
    page = LexborHTMLParser(world.get("/admin/journeys"))
    numbers = [cell.text(separator=" ").split()[0] for cell in page.css("td.number")]
    assert numbers == ["2", "1", "1", "1", "0"]


def test_without_any_journey_the_shipped_ones_are_offered(world: Any) -> None:
    page = LexborHTMLParser(world.get("/admin/journeys"))
    assert page.css_first(".empty-place") is not None
    assert len(page.css(".gallery li")) == len(shipped.KEYS)


def test_a_journey_is_written_step_by_step_and_undone(world: Any) -> None:
    where = press(world, "/admin/journeys/new", name="Äpple & pear")
    assert where == "/admin/journeys/apple-pear/canvas"
    key = "apple-pear"
    do(world, key, "add:wait", node="", slot="start")
    do(world, key, "add:send", node="wait", slot="next")
    do(world, key, "add:exit", node="send", slot="on_drop")
    assert draft(world, key)["nodes"]["send"]["on_drop"] == "exit"
    do(world, key, "save", node="wait", **{"v.for": "2h", "v.until_event.?": "", "v.until_condition.?": ""})
    assert draft(world, key)["nodes"]["wait"] == {"type": "wait", "for": "2h", "next": "send"}
    now = revision(world, key)
    location = do(world, key, "undo", back=now, top=now)
    assert draft(world, key)["nodes"]["wait"]["for"] == "1d"
    assert f"back={now - 1}" in location
    do(world, key, "redo", back=now - 1, top=now)
    assert draft(world, key)["nodes"]["wait"]["for"] == "2h"
    do(world, key, "remove", node="send")
    assert set(draft(world, key)["nodes"]) == {"wait"}
    world.get(f"/admin/journeys/{key}/outline?node=wait")
    world.get(f"/admin/journeys/{key}/outline?node=wait&slot=next")


def test_a_form_drawn_before_somebody_else_saved_changes_nothing(world: Any) -> None:
    press(world, "/admin/journeys/new", name="Two")
    path = "/admin/journeys/two/outline"
    press(world, path, do="add:wait", node="", slot="start", revision=1)
    location = press(world, path, do="add:send", node="", slot="start", revision=1)
    assert "conflict" in location and set(draft(world, "two")["nodes"]) == {"wait"}
    assert "Somebody else saved" in world.get(location)


def test_what_has_errors_is_not_published_and_what_has_none_is(world: Any) -> None:
    press(world, "/admin/journeys/new", **{"from": "welcome"})
    page = world.get("/admin/journeys/welcome/publish")
    assert "Published together" in page
    press(world, "/admin/journeys/welcome/publish", revision=1)
    assert drafts.find(world.db, "journey", "welcome") is None
    assert "live, version 1" in world.get("/admin/journeys/welcome/outline")
    do(world, "welcome", "remove", node="wait_3d")
    page = world.get("/admin/journeys/welcome/publish")
    assert "gone" in page
    press(world, "/admin/journeys/welcome/publish", revision=1)
    assert "Version 2" in world.get("/admin/journeys/welcome/versions")
    press(world, "/admin/journeys/welcome/versions", version=1)
    assert "wait_3d" in draft(world, "welcome")["nodes"]
    press(world, "/admin/journeys/welcome/discard")
    press(world, "/admin/journeys/welcome/retire")
    assert "live, version" not in world.get("/admin/journeys/welcome/outline")


def test_a_draft_that_is_not_finished_is_no_fault_of_another(world: Any) -> None:
    press(world, "/admin/journeys/new", **{"from": "welcome"})
    drafts.save(world.db, "journey", "half", {"key": "half", "nodes": {}}, by="t")
    found = jobs.faults(world.db, ENGLISH, "welcome", draft(world, "welcome"))
    assert not [each for each in found if each.weight == "error"]


def test_conditions_are_built_without_a_script(world: Any) -> None:
    press(world, "/admin/journeys/new", name="Four")
    do(world, "four", "add:branch", node="", slot="start")
    given = {"v.arms.#": "1", "v.arms.0.name": "gold", "v.arms.0.when.op": "any"}
    do(world, "four", "add:v.arms.0.when:tag", node="branch", **given)
    assert draft(world, "four")["nodes"]["branch"]["arms"][0]["when"] == {
        "op": "any",
        "of": [{"op": "tag", "name": ""}],
    }
    page = world.get("/admin/journeys/four/outline?node=branch")
    assert 'name="v.arms.0.when.of.0.name"' in page and "still blank in a condition" in page
    given |= {"v.arms.0.when.of.0.op": "tag", "v.arms.0.when.of.0.name": CANARY}
    do(world, "four", "save", node="branch", **given)
    page = world.get("/admin/journeys/four/outline?node=branch")
    assert "<script>alert" not in page
    csrf = {"x-csrf": page.split('name="csrf" content="')[1].split('"')[0]}
    asked = {"root": "v.when", "run": "1", "condition": '{"op": "trigger", "path": "total"}'}
    part = world.web.post("/admin/conditions/builder", data=asked, headers=csrf).text
    assert 'name="v.when.of.0.path"' in part and 'hx-post="/admin/conditions/size?path=v.when.of.0"' in part
    for strange in ("[1]", "7", '{"op": "not", "of": 3}', "{"):
        answer = world.web.post(
            "/admin/conditions/builder", data=asked | {"condition": strange}, headers=csrf
        )
        assert answer.status_code in (200, 400), strange


def test_values_from_outside_stay_text(world: Any) -> None:
    nodes = {
        "a": {"type": "send", "template": CANARY, "title": CANARY, "next": "b"},
        "b": {"type": "branch", "arms": [{"name": CANARY, "when": {"op": "tag", "name": CANARY}}]},
    }
    document = {"key": "x", "name": CANARY, "description": CANARY, "start": "a", "nodes": nodes}
    document |= {"trigger": {"on": "event", "name": CANARY}}
    drafts.save(world.db, "journey", "x", document, by="t")
    for path in ("", "/x/outline", "/x/outline?node=a", "/x/outline?node=b", "/x/publish", "/x/versions"):
        page = world.get(f"/admin/journeys{path}")
        assert "<script>alert" not in page and "49" not in page.replace("2049", ""), path


def test_the_canvas_checks_saves_and_refuses_what_is_old(world: Any) -> None:
    press(world, "/admin/journeys/new", name="Three")
    page = world.get("/admin/journeys/three/canvas")
    assert 'id="journey-canvas"' in page
    csrf = {"x-csrf": page.split('name="csrf" content="')[1].split('"')[0], "accept": "application/json"}
    document = draft(world, "three") | {"start": "a", "nodes": {"a": {"type": "send", "template": "no"}}}

    def ask(what: str, **body: Any) -> Any:
        return world.web.post(f"/admin/journeys/three/{what}", json=body, headers=csrf)

    told = ask("check", document=document).json()
    assert told["lines"]["a"]["name"] == "E-mail: no"
    assert {fault["node"] for fault in told["faults"]} == {"a", ""}
    assert ask("save", document=document, revision=1).json()["revision"] == 2
    refused = ask("save", document=document | {"name": "Other"}, revision=1)
    assert refused.status_code == 409 and "since you opened it" in refused.json()["error"]["message"]
    assert draft(world, "three")["name"] == "Three"
    assert ask("save", document=document | {"key": "welcome"}, revision=2).status_code == 400
    assert world.web.post("/admin/journeys/three/save", json={"document": document}).status_code == 403
    assert "known by" in ask("preview", document=document, person="nobody@shop.test").json()["error"]


def test_people_are_shown_where_they_wait(world: Any) -> None:
    nodes = {"w": {"type": "wait", "for": "1d"}}
    world.publish("journey", "wb", {"key": "wb", "name": "WB", "start": "w", "nodes": nodes})
    anna = world.person("anna@shop.test", first_name=CANARY)
    world.db.execute(
        "INSERT INTO run VALUES (%s, %s, 'r', 'wb', 1, 'w', '', slinga_now(), slinga_now(), NULL)",
        (bucket_of(anna), Key(anna)),
    )
    page = world.get("/admin/journeys/wb/people?node=w")
    assert "anna@shop.test" in page and "until something happens" in page and "<script>alert" not in page


def test_people_are_shown_who_passed_were_skipped_or_failed(world: Any) -> None:
    nodes = {"s": {"type": "send", "channel": "email", "template": "t"}}
    world.publish("journey", "wb", {"key": "wb", "name": "WB", "start": "s", "nodes": nodes})
    anna, bert = world.person("anna@shop.test"), world.person("bert@shop.test")
    world.fact(anna, "step", "wb", node="s", outcome="accepted", to="w", version=1)
    world.fact(bert, "step", "wb", node="s", outcome="dropped", version=1)
    world.message(bert, state="rejected", reason=CANARY, journey="wb", node="s")
    passed = world.get("/admin/journeys/wb/people?node=s&what=passed")
    assert "anna@shop.test" in passed and "bert@" not in passed
    skipped = world.get("/admin/journeys/wb/people?node=s&what=skipped")
    assert "bert@shop.test" in skipped and "anna@" not in skipped
    failed = world.get("/admin/journeys/wb/people?node=s&what=failed")
    assert "bert@shop.test" in failed and "<script>alert" not in failed


def test_a_rehearsal_is_asked_for_played_elsewhere_and_stays(world: Any, database_url: str) -> None:
    press(world, "/admin/journeys/new", **{"from": "welcome"})
    where = "/admin/journeys/welcome/rehearsals"
    assert "Nothing rehearsed yet" in world.get(where)
    assert "fault=" in press(world, where, **{"from": "2026-03-02", "until": "2026-03-01"})
    press(world, where, sample="1/64")
    assert "Waiting for its turn" in world.get(where)
    assert rehearsals.turn(world.db, database_url, processes=1)
    page = world.get(where)
    assert "did not come to its end" in page, "nothing was recorded, and that is said"
    world.log(New(world.person("anna@shop.test"), "event", "Signed Up", {"properties": {}}))
    press(world, where)
    assert rehearsals.turn(world.db, database_url, processes=1)
    page = world.get(where)
    assert "Step by step" in page and "Would have come in" in page
    press(world, where)
    press(world, where, do="cancel", number=3)
    assert not rehearsals.turn(world.db, database_url)
    assert "Step by step" in world.get(where)
    assert rehearsals.nameless({"a": [{"examples": [1], "n": 2}]}) == {"a": [{"examples": [], "n": 2}]}


def test_the_review_warns_of_messages_that_nobody_may_be_sent(world: Any) -> None:
    press(world, "/admin/journeys/new", **{"from": "cart-rescue"})
    page = LexborHTMLParser(world.get("/admin/journeys/cart-rescue/publish"))
    warned = {link.attributes["href"] for link in page.css(".alert-warning a")}
    assert {"/admin/brand", "/admin/settings/consent"} <= warned, "no postal address, no such topic"
    topic = {"key": "news", "name": CANARY, "double_opt_in": True}
    world.publish("policy", "policy", {"topics": [topic]})
    world.publish("brand", "brand", {"name": "Shop", "address": "Street 1"})
    page = LexborHTMLParser(world.get("/admin/journeys/cart-rescue/publish"))
    warned = {link.attributes["href"] for link in page.css(".alert-warning a")}
    assert "/admin/journeys/new" in warned, "who signs up can never confirm"
    assert not warned & {"/admin/brand", "/admin/settings/consent"}
    anna = world.person("anna@shop.test")
    world.log(New(anna, "event", "Product Added", {"properties": {}}))
    told = world.get("/admin/journeys/cart-rescue/permitted")
    text = LexborHTMLParser(told).text()
    assert "Nobody may write to 1 person" in text and "<script>alert" not in told


def test_findings_and_steps_are_named_in_the_readers_language(world: Any) -> None:
    nodes = {
        "w_1": {"type": "wait", "for": "2h", "next": "s_1"},
        "s_1": {"type": "send", "template": "no_letter", "next": None},
        "lost_1": {"type": "wait", "for": "2h"},
    }
    document = {"key": "wb", "name": "WB", "trigger": {"on": "segment", "key": "no_vips"}, "start": "w_1"}
    drafts.save(world.db, "journey", "wb", document | {"nodes": nodes}, by="test")
    english = world.get("/admin/journeys/wb/outline")
    assert "Wait 2 hours (1)" in english and "there is no template “no letter”" in english
    world.db.execute("UPDATE member SET locale = 'sv'")
    for path in ("outline", "publish", "canvas"):
        page = LexborHTMLParser(world.get(f"/admin/journeys/wb/{path}"))
        canvas = page.css_first("#journey-canvas")
        text = str((canvas.attributes["data-journey"] if canvas else page.body.text()) or "")  # type: ignore[union-attr]
        for told in ("Vänta 2 timmar (2)", "ingen väg leder hit", "det finns ingen mall ”no letter”"):
            assert told in text, (path, told)
        assert "det finns inget segment ”no vips”" in text, path
        assert "no way leads" not in text and "there is" not in text and "lost_1:" not in text, path


def test_a_part_that_is_opened_without_a_script_is_a_page(world: Any) -> None:
    press(world, "/admin/journeys/new", **{"from": "welcome"})
    path = "/admin/journeys/welcome/permitted"
    page = LexborHTMLParser(world.web.get(path, headers={"Accept": "text/html"}).text)
    assert page.css_first("html") is not None and len(page.css("h1")) == 1
    assert page.css_first(".card-body") and page.css_first("nav a[aria-current]")
    part = world.web.get(path, headers={"Accept": "text/html", "HX-Request": "true"}).text
    assert "<html" not in part and "<h1" not in part
