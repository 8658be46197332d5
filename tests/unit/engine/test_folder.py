"""Definitions as files: they read back as themselves, and a mistake names its file and field."""

from functools import cache

from slinga.engine import folder
from slinga.journeys import shipped as journeys
from slinga.lifecycle import models
from slinga.messages import shipped as templates

ZONE = "Europe/Prague"


@cache
def everything() -> folder.Documents:
    return {
        **{("template", key): document for key, document in templates.documents().items()},
        **{("journey", key): journeys.document(key) for key in journeys.KEYS},
        **{("segment", key): journeys.document(key) for key in journeys.SEGMENTS},
        **{("model", key): models.document(key) for key in models.MODELS},
        **{("score", key): models.document(key) for key in models.SCORES},
        ("policy", "workspace"): {"quiet_hours": "21:00-09:00"},
        ("brand", "brand"): {"name": "The Shop"},
    }


def test_all_that_ships_goes_round_and_is_sound() -> None:
    texts = folder.write(everything(), ZONE)
    found, problems = folder.read(texts, {"policy": "workspace"})
    assert problems == []
    assert found.documents == everything()
    assert found.zone == ZONE
    assert all(folder.path_of(name) == path for name, path in found.files.items())
    assert [each for each in folder.check(found, ZONE, everything()) if each.weight == "error"] == []


def test_the_body_of_a_mail_is_written_as_lines() -> None:
    text = folder.write(everything(), ZONE)["templates/receipt.yaml"]
    assert "text: |-\n      Order **{{ trigger.properties.order_id }}**\n" in text


def one(path: str, text: str) -> str:
    found, problems = folder.read({path: text})
    errors = [each for each in problems or folder.check(found, "UTC") if each.weight == "error"]
    assert len(errors) == 1, errors
    return str(errors[0])


def test_each_mistake_names_file_and_field() -> None:
    assert one("segments/a.yaml", "key: [").startswith("segments/a.yaml:1:7: this is not YAML")
    assert one("segments/a.yaml", "- a") == "segments/a.yaml:1:1: a definition is a mapping of fields"
    assert one("segments/a.yaml", "key: b").startswith("segments/a.yaml:1:1: key: is 'b'")
    assert one("workspace.yaml", "zone: Europe/Prag").startswith("workspace.yaml:1:1: zone: ")
    assert one("workspace.yaml", "name: x") == "workspace.yaml:1:1: name: is not known here"
    assert one("policy.yaml", "quiet_hours: late").startswith("policy.yaml:1:1: quiet_hours: ")
    wrong = "key: a\nname: A\ncondition: {op: event, name: Order Completed, cmp: near}"
    assert one("segments/a.yaml", wrong).startswith("segments/a.yaml:3:47: condition.cmp: ")


def test_what_is_wrong_between_files_names_the_file_too() -> None:
    journey = (
        "key: j\nname: J\nclass: transactional\ntrigger: {on: event, name: X}\nstart: a\n"
        "nodes:\n  a: {type: send, template: nowhere}\n"
    )
    assert one("journeys/j.yaml", journey).startswith("journeys/j.yaml:7:19: nodes.a.template: ")


def test_one_definition_in_two_files_is_refused() -> None:
    text = "key: seen\nname: Seen\ncondition: {op: everyone}\n"
    _, problems = folder.read({"segments/seen.yaml": text, "segments/seen.json": '{"key": "seen"}'})
    assert [str(each) for each in problems] == [
        "segments/seen.yaml:1:1: segments/seen.json defines the same segment"
    ]


def test_other_files_of_a_repository_are_left_alone() -> None:
    for path in ("README.md", "journeys/notes.txt", "drafts/a.yaml", "journeys/old/a.yaml", ".git/config"):
        assert not folder.belongs(path)
    for path in ("journeys/a.yaml", "models/b.json", "segments/c.yml", "policy.yaml", "workspace.yaml"):
        assert folder.belongs(path)


def test_a_journey_is_compiled_with_what_it_speaks_of_and_nothing_else() -> None:
    journey = {
        "key": "a", "name": "A", "trigger": {"on": "segment", "key": "vip"}, "start": "t",
        "nodes": {"t": {"type": "tag", "name": "x"}},
    }  # fmt: skip
    inner = {"op": "segment", "key": "inner"}
    others = {
        ("segment", "vip"): {"key": "vip", "name": "VIP", "condition": inner},
        ("segment", "inner"): {"key": "inner", "name": "Inner"},
        ("model", "broken"): {"key": "broken"},
    }
    given = folder.Folder({("journey", "a"): journey}, {("journey", "a"): "journeys/a.yaml"})
    found = folder.check(given, "UTC", others)
    assert [each.file for each in found] == ["segment inner (in force)"], "through others too"
    others["segment", "inner"] = {"key": "inner", "name": "Inner", "condition": {"op": "everyone"}}
    assert folder.check(given, "UTC", others) == []
