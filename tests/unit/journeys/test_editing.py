"""Commands on journey documents, and forms read back into them."""

from typing import Any

import pytest
from tests.unit.admin.test_conditions import fields

from slinga.admin.conditions import Known, draw
from slinga.admin.conditions.form import opened
from slinga.admin.journeys import reading
from slinga.journeys import editing, forms, model, shipped
from slinga.journeys.editing import START

KINDS = forms.nodes()


def empty() -> dict[str, Any]:
    return {"key": "a", "name": "A", "trigger": {"on": "api"}, "nodes": {}}


def test_steps_are_added_one_after_another_and_between() -> None:
    document, wait = editing.add(KINDS, empty(), START, "wait")
    document, send = editing.add(KINDS, document, (wait, "next"), "send")
    document, tag = editing.add(KINDS, document, (wait, "next"), "tag")
    assert (wait, send, tag) == ("wait", "send", "tag")
    assert editing.reached(KINDS, document) == ["wait", "tag", "send"]
    document, again = editing.add(KINDS, document, (send, "next"), "wait")
    assert again == "wait_2"


def test_what_followed_follows_the_first_way_of_a_branch() -> None:
    document, send = editing.add(KINDS, empty(), START, "send")
    document, branch = editing.add(KINDS, document, START, "branch")
    assert editing.target(document, (branch, "arms.0.next")) == send
    document, leave = editing.add(KINDS, document, (branch, "otherwise"), "exit")
    assert editing.slots(KINDS, document["nodes"][branch]) == ["arms.0.next", "otherwise"]
    gone = editing.remove(KINDS, document, branch)
    assert set(gone["nodes"]) == {send}, "what only the branch led to goes with it"
    assert gone["start"] == send and leave not in gone["nodes"]


def test_a_step_moves_earlier_and_later_and_back() -> None:
    document, first = editing.add(KINDS, empty(), START, "wait")
    document, second = editing.add(KINDS, document, (first, "next"), "send")
    moved = editing.later(KINDS, document, first)
    assert editing.reached(KINDS, moved) == [second, first]
    assert editing.earlier(KINDS, moved, first) == document


def test_copies_get_keys_of_their_own_and_keep_their_inner_ways() -> None:
    document = shipped.document("cart-rescue")
    nodes = {key: document["nodes"][key] for key in ("first", "wait_24h")}
    pasted, start = editing.paste(KINDS, document, ("third", "next"), nodes, "first")
    assert start == "send" and pasted["nodes"]["send"]["next"] == "wait"
    assert pasted["nodes"]["wait"]["next"] == "done" and pasted["nodes"]["third"]["next"] == "send"
    assert model.parse(pasted)


def test_a_copy_of_a_branch_keeps_only_its_main_way() -> None:
    copied, key = editing.duplicate(KINDS, shipped.document("cart-rescue"), "known")
    assert copied["nodes"]["known"]["arms"][0]["next"] == key
    assert copied["nodes"][key]["arms"][0]["next"] == "first"
    assert "otherwise" not in copied["nodes"][key]


TAG = {"op": "tag", "name": "vip"}


@pytest.mark.parametrize(
    ("there", "given", "do", "then"),
    [
        (None, None, "add:v.when:identified", {"op": "identified"}),
        ({"op": "identified"}, {"op": "identified"}, "remove:v.when.of.0", None),
        (TAG, {"op": "all", "of": [TAG]}, "save", TAG),
        ({"op": "all", "of": [TAG]}, TAG, "save", {"op": "all", "of": [TAG]}),
        (TAG, TAG, "add:v.other:identified", TAG),
        (TAG, TAG, "group:v.when:any", {"op": "all", "of": [TAG, {"op": "any", "of": []}]}),
        ([], [], "filter:v.when", [{"prop": "", "cmp": "eq", "value": ""}]),
        ([{"prop": "a", "cmp": "eq", "value": 1}],) * 2 + ("save", [{"prop": "a", "cmp": "eq", "value": 1}]),
    ],
)
def test_a_condition_in_a_form_is_read_and_its_buttons_are_done(
    there: Any, given: Any, do: str, then: Any
) -> None:
    kind = "where" if isinstance(there, list) else "condition"
    field = forms.Field(name="when", title="When", kind=kind, default=[] if kind == "where" else None)
    before = {} if there is None else {"when": there}
    found = reading.read([field], built("v.when", given) | {"do": [do]}, before, "v.")
    assert found.get("when") == then


@pytest.mark.parametrize("key", shipped.KEYS)
def test_a_form_that_is_sent_as_it_stands_changes_nothing(key: str) -> None:
    document = shipped.document(key)
    for node in document["nodes"].values():
        form = KINDS[node["type"]]
        assert reading.read(form.fields, sent(form.fields, node, ""), node) == node
    given = sent(forms.header(), document, "")
    assert reading.read(forms.header(), given, document) == document


def sent(fields: Any, value: dict[str, Any], prefix: str) -> dict[str, list[str]]:
    """What a browser sends of a form that shows a value."""
    out: dict[str, list[str]] = {}
    for field in fields:
        if field.kind == "exit":
            continue
        path, given = prefix + field.name, value.get(field.name, field.default)
        out |= one(field, path, given)
    return out


def one(field: Any, path: str, given: Any) -> dict[str, list[str]]:
    if field.kind == "variants":
        return variant(field.variants, field.tag, path, given)
    if field.kind in ("condition", "where"):
        return built(path, given)
    if field.kind == "list":
        out = {f"{path}.#": [str(len(given or []))]}
        for number, item in enumerate(given or []):
            out |= sent(field.fields, item, f"{path}.{number}.")
        return out
    if field.kind == "yes":
        return {path: ["1"]} if given else {}
    if field.kind in ("days", "refs:place", "refs:stage"):
        return {path: [str(each) for each in given or ()]}
    if field.kind == "values":
        return {path: [reading.lines(given)]}
    if field.kind == "value":
        return {path: [reading.written(given)]}
    if field.kind in ("texts", "numbers"):
        return {path: [", ".join(str(each) for each in given or ())]}
    if field.kind == "share":
        return {path: [str(round((given or 0) * 100, 2))]}
    return {path: ["" if given is None else str(given)]}


def built(path: str, given: Any) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name, value in fields(draw(opened(given), Known(run=True), path)):
        out.setdefault(name, []).append(value)
    return out


def variant(variants: Any, tag: str, path: str, given: Any) -> dict[str, list[str]]:
    chosen = reading.chosen(variants, given, tag)
    if chosen is None:
        return {f"{path}.?": [""]}
    out = {f"{path}.?": [chosen.value]}
    return out | sent(chosen.fields, given, f"{path}.") if chosen.shape == "object" else out
