"""`slinga push`, `pull` and `validate`."""

import json
import re
from pathlib import Path

import pytest

from slinga.engine import folder, schemas
from slinga.engine.jobs import Definition, in_force, person_of, publish
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.journeys import shipped as journeys
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key
from slinga.lifecycle import models
from slinga.loops import make_worker
from slinga.messages import shipped as templates


def publish_shipped(db, zone: str = "Europe/Stockholm") -> None:
    found = [Definition("template", key, document) for key, document in templates.documents().items()]
    found += [Definition("segment", key, journeys.document(key)) for key in journeys.SEGMENTS]
    found += [Definition("score", key, models.document(key)) for key in models.SCORES]
    found += [Definition("model", key, models.document(key)) for key in models.MODELS]
    found += [Definition("journey", key, journeys.document(key)) for key in journeys.KEYS]
    found += [Definition("policy", "workspace", {"tracking": "consented"})]
    publish(db, found, zone=zone)


def write(here: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = here / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return here


SEEN = "key: {key}\nname: Seen\n# why: to test\ncondition: {{op: event, name: Product Viewed}}\n"


def test_pull_then_push_changes_nothing_and_pull_again_writes_nothing(db, run, tmp_path):
    publish_shipped(db)
    here = tmp_path / "shop"
    assert "journeys/cart-rescue.yaml: written" in run("pull", here)
    assert run("push", here, "--yes") == "Nothing changed. Program 1 is in force.\n"
    assert run("pull", here) == "Program 1: 0 files written.\n"
    assert "Nothing is wrong with" in run("validate", here)


def test_a_pulled_folder_makes_the_same_program_elsewhere(db, run, tmp_path, databases, server):
    publish_shipped(db)
    run("pull", tmp_path / "shop")
    there = in_force(db)
    db.execute("DELETE FROM program")
    db.execute("DELETE FROM definition")
    run("push", tmp_path / "shop", "--yes")
    again = in_force(db)
    assert again.zone == there.zone == "Europe/Stockholm"
    named = {folder.path_of(name): document for name, document in again.documents.items()}
    assert named == {folder.path_of(name): document for name, document in there.documents.items()}


def test_push_says_what_changed_and_the_first_push_takes_the_zone_of_the_settings(db, run, tmp_path):
    here = write(tmp_path / "shop", segments__a=SEEN.format(key="a"), segments__b=SEEN.format(key="b"))
    assert run("push", here, "--zone", "Europe/Prague", "--yes").splitlines() == [
        "+++ segments/a.yaml (new)",
        "+++ segments/b.yaml (new)",
        "workspace.yaml: zone none becomes Europe/Prague",
        "segments/a.yaml: new, version 1",
        "segments/b.yaml: new, version 1",
        "workspace.yaml: zone is Europe/Prague",
        "Program 1 is in force.",
    ]
    write(here, segments__b=SEEN.format(key="b").replace("Viewed", "Added"))
    (here / "segments" / "a.yaml").unlink()
    told = run("push", here, "--yes").splitlines()
    assert "-  name: Product Viewed" in told
    assert "+  name: Product Added" in told
    assert told[-2:] == ["segments/b.yaml: changed, version 2", "Program 2 is in force."]
    assert run("push", here, "--retire", "--yes").splitlines() == [
        "--- segments/a.yaml (retired)",
        "segments/a.yaml: retired",
        "Program 3 is in force.",
    ]
    assert in_force(db).zone == "Europe/Prague"


def test_a_folder_with_one_error_publishes_nothing(db, invoke, tmp_path):
    here = write(
        tmp_path,
        segments__a=SEEN.format(key="a"),
        segments__b=SEEN.format(key="b") + "colour: red\n",
        segments__c=SEEN.format(key="c").replace("op: event", "op: evnt"),
    )
    for command in ("push", "validate"):
        done = invoke(command, here)
        assert done.exit_code == 1
        assert re.search(r"error: segments/b.yaml:5:1: colour: .*colour", done.stderr)
        assert "error: segments/c.yaml:4:13: condition.op: there is no condition 'evnt'" in done.stderr
        assert "2 to mend" in done.stderr
    found = json.loads(invoke("validate", here, "--json").stdout)
    assert [(each["file"], each["line"], each["column"]) for each in found] == [
        ("segments/b.yaml", 5, 1),
        ("segments/c.yaml", 4, 13),
    ]
    assert in_force(db).number == 0


def test_definitions_may_lean_on_what_is_in_force(db, run, invoke, tmp_path):
    publish_shipped(db)
    leaning = "key: a\nname: A\ncondition: {op: segment, key: silent-regulars, is: true}\n"
    here = write(tmp_path, segments__a=leaning)
    assert "segments/a.yaml: new" in run("push", here, "--yes")
    done = invoke("validate", here)
    assert done.exit_code == 1
    assert "there is no segment 'silent-regulars'" in done.stderr


def test_pull_keeps_comments_and_files_of_others(db, run, tmp_path):
    here = write(tmp_path, segments__a=SEEN.format(key="a"), segments__old=SEEN.format(key="old"))
    (here / "README.md").write_text("ours")
    (here / "segments" / "j.json").write_text(
        json.dumps({"key": "j", "name": "J", "condition": {"op": "everyone"}})
    )
    run("push", here, "--yes")
    publish(db, [Definition("segment", "old", None)])
    said = run("pull", here)
    assert "segments/old.yaml: not in force" in said
    assert "# why" in (here / "segments" / "a.yaml").read_text()
    assert (here / "segments" / "j.json").exists() and not (here / "segments" / "j.yaml").exists()
    assert "segments/old.yaml: deleted" in run("pull", here, "--prune")
    assert not (here / "segments" / "old.yaml").exists()
    assert (here / "README.md").read_text() == "ours"


def test_publishing_writes_to_nobody_unless_told(db, run, tmp_path):
    publish_shipped(db)
    here = tmp_path / "shop"
    run("pull", here)
    path = here / "journeys" / "win-back.yaml"
    path.write_text(path.read_text().replace("priority: ", "priority: 1", 1))
    run("push", here, "--enter-existing", "win-back", "--yes")
    parts = {
        p["key"]: p
        for p in db.execute("SELECT parts FROM program WHERE number = 2").fetchone()[0]
        if p.get("live", True)
    }
    assert parts["win-back"]["enter_existing"] is True
    assert not any(part.get("enter_existing") for key, part in parts.items() if key != "win-back")
    with pytest.raises(Invalid, match="no journey 'nobody'"):
        run("push", here, "--enter-existing", "nobody")


def test_what_is_read_and_not_there_is_refused(db):
    leaning = {"key": "a", "name": "A", "condition": {"op": "segment", "key": "gone", "is": True}}
    with pytest.raises(Invalid, match="no segment 'gone'") as fault:
        publish(db, [Definition("segment", "a", leaning)])
    assert fault.value.field == "segment/a: condition"
    there = {"key": "gone", "name": "G", "condition": {"op": "identified"}}
    assert publish(db, [Definition("segment", "a", leaning), Definition("segment", "gone", there)]) == 1
    with pytest.raises(Invalid, match="no segment 'gone'"):
        publish(db, [Definition("segment", "gone", None)])


WAITING = """\
key: j
name: J
topic: news
trigger: {on: event, name: Knock}
goal: {condition: {op: event, name: Order Completed}}
start: first
nodes:
  first: {type: wait, for: 3d, next: mail}
  mail: {type: send, template: welcome}
"""


def test_people_inside_are_shown_and_moved_by_a_migration_file(db, run, invoke, tmp_path):
    publish_shipped(db)
    here = write(tmp_path / "shop", journeys__j=WAITING)
    run("push", here, "--yes")
    with db.transaction():
        log.append(db, [New(person_key("user", name), "event", "Knock") for name in ("anna", "bo", "cy")])
    worker = make_worker(db)
    worker.drain()
    write(here, journeys__j=WAITING.replace("first", "pause"))
    told = invoke("push", here)
    assert told.exit_code == 1
    assert "    3 people inside j finish on version 1" in told.stdout
    assert "say --yes" in told.stderr
    assert in_force(db).versions["journey", "j"] == 1
    write(here, migrations__j="from_version: 1\nnodes: {first: nowhere}\n")
    with pytest.raises(Invalid, match=r"migrations/j.yaml.*nowhere"):
        run("push", here, "--yes")
    write(here, migrations__j="from_version: 1\nnodes: {first: pause}\n")
    said = run("push", here, "--yes")
    assert "    3 people inside j move to the new version:" in said
    assert "      3 at first go to pause (deadline kept)" in said
    worker.drain()
    assert {
        run.node for name in ("anna", "bo", "cy") for run in person_of(db, person_key("user", name)).runs
    } == {"pause"}
    write(here, journeys__j=WAITING.replace("first", "pause").replace("3d", "4d"))
    assert "3 people inside j finish on version 2" in run("push", here, "--yes")
    write(here, migrations__x="nodes: {}\n")
    done = invoke("validate", here)
    assert done.exit_code == 1
    assert "migrations/x.yaml:1:1: from_version: say which version" in done.stderr


def test_schemas_come_with_a_pulled_folder_and_by_themselves(db, run, tmp_path):
    publish_shipped(db)
    here = tmp_path / "shop"
    run("pull", here)
    first = (here / "journeys" / "cart-rescue.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/journey.json"
    assert (
        (here / "policy.yaml").read_text().startswith("# yaml-language-server: $schema=./schemas/policy.json")
    )
    run("schemas", tmp_path / "other")
    names = {path.name for path in (tmp_path / "other").iterdir()}
    assert names == {path.name for path in (here / "schemas").iterdir()} == set(schemas.texts())
