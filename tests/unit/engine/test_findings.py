"""Everything to mend is told at once, and what is wrong in one place is not told again of another."""

from typing import Any

from slinga.demo.definitions import documents as demo
from slinga.engine import findings, folder
from slinga.journeys.validate import Known
from slinga.kernel.clock import instant

NOTHING = Known()


def told(kind: str, document: dict[str, Any], known: Known = NOTHING) -> list[tuple[str, str]]:
    return [(each.path, each.weight) for each in findings.of(kind, document, known, ())]


def test_all_faults_of_a_journey_at_once() -> None:
    document = {
        "key": "j",
        "name": "J",
        "colour": "red",
        "class": "commercial",
        "topic": "news",
        "trigger": {"on": "event", "name": "X", "wehre": []},
        "condition": {
            "op": "all",
            "of": [{"op": "tga", "name": "a"}, {"op": "tag", "nmae": "b"}, {"op": "identified"}],
        },
        "start": "a",
        "nodes": {
            "a": {"type": "wait", "for": "soon", "next": "b"},
            "b": {"type": "sned", "template": "t"},
            "c": {"type": "send", "template": 5},
        },
    }
    paths = [path for path, _ in told("journey", document)]
    assert {"colour", "class", "nodes.a.for"} <= set(paths)
    assert any(path.startswith("trigger") for path in paths)
    assert {"condition.of[0].op", "condition.of[1].nmae"} <= set(paths), paths
    assert {"nodes.b.type", "nodes.c.template"} <= set(paths), paths
    assert len(paths) == len(set(paths)) == 8, paths


def test_faults_of_other_kinds() -> None:
    model = {
        "key": "m",
        "name": "M",
        "stages": [{"key": "a", "name": "A", "side": "up"}, {"key": "b", "nam": "B"}],
    }
    assert len(told("model", model)) >= 1
    policy = {"zone": "Europe/Prag", "quiet_hours": "late", "caps": [{"count": 0, "within_h": 5}]}
    assert {path for path, _ in told("policy", policy)} == {"zone", "quiet_hours", "caps.0"}
    template = {
        "key": "t",
        "name": "T",
        "class": "marketing",
        "topic": "n",
        "subject": "{{ a",
        "body": {"html": "<p>"},
    }
    assert told("template", template)[0][1] == "error"


def test_what_is_not_there_and_what_does_not_fit() -> None:
    letter = {
        "key": "push-1",
        "name": "P",
        "class": "marketing",
        "topic": "news",
        "channel": "push",
        "push": {"title": "a", "body": "b"},
    }
    model = {
        "key": "m",
        "name": "M",
        "stages": [
            {"key": "p", "name": "P", "side": "left"},
            {"key": "q", "name": "Q", "side": "right", "enter": {"op": "tag", "name": "q"}},
        ],
    }
    journey = {
        "key": "j",
        "name": "J",
        "topic": "gossip",
        "start": "a",
        "trigger": {"on": "stage", "model": "m", "to": ["q", "r"]},
        "condition": {"op": "stage", "model": "m", "is": ["nowhere"]},
        "goal": {
            "condition": {
                "op": "event",
                "name": "Order Completed",
                "agg": "last",
                "cmp": "le",
                "value": "2024-01-01T00:00:00Z",
                "window": {"since_entry": True},
            }
        },
        "nodes": {
            "a": {"type": "send", "template": "push-1", "next": "b"},
            "b": {"type": "send", "template": "gone", "next": "c"},
            "c": {"type": "start_journey", "journey": "k"},
            "lost": {"type": "send", "template": "push-1"},
        },
    }
    segment = {"key": "s", "name": "S", "condition": {"op": "segment", "key": "missing", "is": True}}
    documents: folder.Documents = {
        ("journey", "j"): journey,
        ("template", "push-1"): letter,
        ("model", "m"): model,
        ("segment", "s"): segment,
        ("policy", "policy"): {"topics": [{"key": "news", "name": "News"}]},
    }
    texts = folder.write(documents, "UTC")
    found, problems = folder.read(texts)
    assert problems == []
    lines = [str(each) for each in folder.check(found, "UTC", now=instant("2026-01-01T00:00:00Z"))]
    for wanted in (
        "trigger.to: the model 'm' has no stage 'r'",
        "condition: the model 'm' has no stage 'nowhere'",
        "nodes.a.channel: the template 'push-1' is for push, this node sends by email",
        "nodes.b.template: there is no template 'gone'",
        "nodes.c.journey: there is no journey 'k'",
        "nodes.lost: no way leads here: this message is never sent",
        "topic: the policy has no topic 'gossip'",
        "goal.condition: 2024-01-01T00:00:00Z is past",
        "condition: there is no segment 'missing'",
    ):
        (line,) = [each for each in lines if wanted in each]
        path, number, column, _ = line.split(":", 3)
        assert path in ("journeys/j.yaml", "segments/s.yaml")
        assert int(number) > 1 or int(column) >= 1
    for wanted, at in (("has no stage 'r'", "to:"), ("no template 'gone'", "template: gone")):
        (line,) = [each for each in lines if wanted in each]
        number, column = (int(part) for part in line.split(":")[1:3])
        assert texts["journeys/j.yaml"].splitlines()[number - 1][column - 1 :].startswith(at)


def test_json_is_read_with_tabs_and_a_schema() -> None:
    lines = [
        '"$schema": "../schemas/segment.json"',
        '"key": "a"',
        '"name": "A"',
        '"condition": {"op": "tga"}',
    ]
    text = "{\n\t" + ",\n\t".join(lines) + "\n}\n"
    found, problems = folder.read({"segments/a.json": text})
    assert problems == []
    (problem,) = folder.check(found, "UTC")
    assert (problem.line, problem.column) == (5, 16)


def test_the_demo_has_no_errors() -> None:
    found = {(kind, key): document for kind, key, document in demo("https://shop.example")}
    read, problems = folder.read(folder.write(found, "Europe/Stockholm"))
    assert problems == []
    assert [str(e) for e in folder.check(read, "Europe/Stockholm", found) if e.weight == "error"] == []
