"""`slinga push`, `pull` and `validate`."""

import json
import re
from pathlib import Path

import pytest

from slinga.engine import folder
from slinga.engine.jobs import Definition, in_force, publish
from slinga.journeys import shipped as journeys
from slinga.kernel.errors import Invalid
from slinga.lifecycle import models
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
