"""The condition builder's form: what it draws reads back as the same condition, whatever the condition."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.admin.conditions import Field, Group, Known, Row, act, draw, read
from slinga.admin.conditions.form import NEW
from slinga.admin.conditions.values import joined_length, listed, split_length, typed, written
from slinga.segments.grammar import parse, to_document
from slinga.segments.terms import OPS

KNOWN = Known(segments={"vip": "VIP"}, models={"bow-tie": "Bow-tie"}, run=True)


def fields(part: Group | Row) -> list[tuple[str, str]]:
    """What a browser sends of the rows as they were drawn."""
    if isinstance(part, Group):
        return sent(part.mode) + [pair for row in part.rows for pair in fields(row)]
    found = sent(part.op)
    for field in [*part.fields, *(field for line in part.lines for field in line.fields)]:
        found += sent(field)
    return found


def sent(field: Field) -> list[tuple[str, str]]:
    if field.kind == "length":
        return [(f"{field.name}.n", field.value), (f"{field.name}.unit", field.unit)]
    if field.kind == "many":
        return [(field.name, each) for each in field.value.split("\n") if each]
    return [(field.name, field.value)]


def round_trip(document: dict[str, Any]) -> dict[str, Any]:
    return read(fields(draw(document, KNOWN)))


names = st.sampled_from(["Order Completed", "a", 'it\'s "so"', "properties.id", "ö"])
lengths = st.sampled_from(["30d", "6mo", "1y", "90m", "2h", "1y 2d", "3w"])
scalars = st.one_of(
    st.sampled_from(
        ["SE", "yes", "12", " padded ", "a, b", '"quoted"', "@x", "trigger: x", "no", "1.5", "red"]
    ),
    st.integers(-999, 999),
    st.sampled_from([1.5, -0.25, True, False]),
)
numbers = st.integers(0, 99)
number_cmps = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])


def compared() -> st.SearchStrategy[dict[str, Any]]:
    one = st.tuples(st.sampled_from(["eq", "ne", "lt", "ge"]), scalars).filter(
        lambda pair: not (isinstance(pair[1], bool) and pair[0] in ("lt", "ge"))
    )
    return st.one_of(
        one.map(lambda pair: {"cmp": pair[0], "value": pair[1]}),
        st.lists(scalars, min_size=1, max_size=3).map(lambda values: {"cmp": "in", "value": values}),
        st.just({"cmp": "missing"}),
        st.just({"cmp": "exists"}),
        st.just({"cmp": "eq", "value": {"trigger": "properties.order_id"}}),
    )


windows = st.one_of(
    st.none(),
    lengths.map(lambda text: {"last": text}),
    st.just({"since": "2026-03-01T00:00:00Z"}),
    st.just({"since_entry": True}),
)
wheres = st.lists(st.builds(lambda prop, rest: {"prop": prop, **rest}, names, compared()), max_size=2)


def event(name: str, where: list[Any], window: Any, cmp: str, value: int, agg: str) -> dict[str, Any]:
    found: dict[str, Any] = {"op": "event", "name": name, "where": where, "window": window, "cmp": cmp}
    if agg in ("first", "last"):
        return found | {"agg": agg, "cmp": "lt", "value": "180d"}
    prop = {"prop": "total"} if agg != "count" else {}
    return found | {"agg": agg, "value": value} | prop


leaves = st.one_of(
    st.builds(event, names, wheres, windows, number_cmps, numbers,
              st.sampled_from(["count", "sum", "distinct", "first", "last"])),
    st.builds(lambda steps, within, window: {"op": "sequence", "steps": steps, "within": within,
                                             "window": window},
              st.lists(st.builds(lambda name, where: {"name": name, "where": where}, names, wheres),
                       min_size=2, max_size=3), st.sampled_from([None, "7d", "2h"]), windows),
    st.builds(lambda name, rest: {"op": "trait", "name": name, **rest}, names, compared()),
    st.builds(lambda name, rest: {"op": "date", "name": name, **rest}, names, st.sampled_from([
        {"cmp": "within_last", "value": "30d"}, {"cmp": "before", "value": "2026-03-01"},
        {"cmp": "anniversary_today"}, {"cmp": "anniversary_within", "value": "2w"}])),
    st.builds(lambda op, of: {"op": op, "model": "bow-tie", "is": of}, st.sampled_from(["stage", "status"]),
              st.lists(st.sampled_from(["loyalty", "interest/lead"]), min_size=1, unique=True)),
    st.builds(
        lambda source, target, way, window: {
            "op": "moved",
            "model": "bow-tie",
            "from": source,
            "to": target,
            "direction": way,
            "window": window,
        },
        st.lists(st.sampled_from(["", "regular", "regular/active"]), unique=True, max_size=2),
        st.lists(st.sampled_from(["loyal", "loyal/at-risk"]), unique=True, max_size=2),
        st.sampled_from([None, "forward", "back"]),
        windows,
    ),
    st.builds(lambda text: {"op": "in_stage_for", "model": "bow-tie", "for": text}, lengths),
    st.builds(lambda cmp, value: {"op": "score", "name": "r", "cmp": cmp, "value": value},
              number_cmps, numbers),
    st.builds(lambda is_: {"op": "segment", "key": "vip", "is": is_}, st.booleans()),
    st.sampled_from([{"op": "tag", "name": "vip"}, {"op": "identified"}, {"op": "everyone"},
                     {"op": "reachable", "channel": "email"},
                     {"op": "consent", "channel": "email", "topic": "news"},
                     {"op": "consent", "channel": "sms", "topic": "news", "is": "withdrawn"},
                     {"op": "trigger", "path": "properties.total", "cmp": "ge", "value": 100},
                     {"op": "trigger", "path": "properties.name"}, {"op": "trigger", "path": "thing.id"},
                     {"op": "thing", "type": "order", "quantifier": "count", "cmp": "lt", "value": 3},
                     {"op": "thing", "type": "car",
                      "where": [{"attr": "next", "cmp": "within_next", "value": "30d"}]}]),
    st.builds(lambda kind, window, value: {"op": "reaction", "kind": kind, "window": window, "value": value},
              st.sampled_from(["opened", "ignored", "sent"]),
              windows.filter(lambda w: w != {"since_entry": True}), numbers),
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda op, of: {"op": op, "of": of}, st.sampled_from(["all", "any"]), st.lists(inner, max_size=3)
        ),
        inner.map(lambda of: {"op": "not", "of": of}),
    ),
    max_leaves=6,
)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_what_is_drawn_reads_back_as_the_same_condition(tree: dict[str, Any]) -> None:
    condition = parse(tree)
    document = to_document(condition)
    again = parse(round_trip(document))
    root = again if document["op"] in ("all", "any", "not") else again.of[0]  # type: ignore[union-attr]
    assert simple(to_document(root)) == simple(document)


def simple(document: Any) -> Any:
    """None of one group is the denial of what stands in it."""
    if isinstance(document, list):
        return [simple(each) for each in document]
    if not isinstance(document, dict):
        return document
    found = {name: simple(value) for name, value in document.items()}
    inner = found.get("of")
    if (
        found.get("op") == "not"
        and isinstance(inner, dict)
        and inner.get("op") == "any"
        and len(inner["of"]) == 1
    ):
        return {"op": "not", "of": inner["of"][0]}
    return found


@given(scalars)
def test_a_value_written_and_typed_is_the_same(value: Any) -> None:
    again = typed(written(value))
    assert again == value and type(again) is type(value)
    assert listed(written([value, "x, y", 3])) == [value, "x, y", 3]


@given(lengths)
def test_a_length_keeps_its_words(text: str) -> None:
    assert joined_length(*split_length(text)) == text


def test_there_is_a_fresh_condition_of_each_kind_and_it_can_be_drawn() -> None:
    assert set(NEW) == set(OPS) - {"all", "any", "not"}
    for document in NEW.values():
        assert isinstance(draw({"op": "all", "of": [document]}, KNOWN), Group)


def test_buttons_do_what_they_say() -> None:
    tree: dict[str, Any] = {"op": "all", "of": []}
    tree = act(tree, "add:c:tag")
    tree = act(tree, "group:c:any")
    tree = act(tree, "add:c.of.1:event")
    assert [each["op"] for each in tree["of"]] == ["tag", "any"]
    tree = act(tree, "filter:c.of.1.of.0")
    assert tree["of"][1]["of"][0]["where"] == [{"prop": "", "cmp": "eq", "value": ""}]
    tree = act(tree, "unfilter:c.of.1.of.0:0")
    assert tree["of"][1]["of"][0].get("where") in ([], None)
    tree = act(tree, "copy:c.of.0")
    tree = act(tree, "down:c.of.1")
    assert [each["op"] for each in tree["of"]] == ["tag", "any", "tag"]
    assert [each["op"] for each in act(tree, "remove:c.of.0")["of"]] == ["any", "tag"]


@pytest.mark.parametrize(
    "do",
    [
        "remove:c.of.9",
        "remove:c.of.0.of.0",
        "add:c:nothing",
        "up:c",
        "x",
        "filter:c.of.7",
        "copy:c.of.-1",
        "remove:d.of.0",
    ],
)
def test_a_button_for_what_is_not_there_changes_nothing(do: str) -> None:
    tree = {"op": "all", "of": [{"op": "tag", "name": "vip"}]}
    assert act(tree, do) == tree


@pytest.mark.parametrize("field", ["c", "c.of.x.op", "d.op", "c." + "of.0." * 60 + "op", "c.op.of.0"])
def test_strange_fields_are_no_fault(field: str) -> None:
    assert isinstance(read([("c.op", "all"), (field, "tag")]), dict)
