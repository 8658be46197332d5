"""Parsing: what is refused, where, with which remedy; sentences; references."""

from typing import Any

import pytest

from slinga.kernel.errors import Invalid
from slinga.segments import describe, parse, references
from slinga.segments.grammar import to_document
from slinga.segments.model import order_of, parse_segment, topological

EVENT: dict[str, Any] = {"op": "event", "name": "A"}


@pytest.mark.parametrize(
    ("document", "field", "remedy"),
    [
        ({"op": "evnt"}, "op", "did you mean 'event'?"),
        ({"op": "all", "of": [EVENT, {"op": "evnt"}]}, "of[1].op", "did you mean"),
        ({"op": "trait", "nam": "x"}, "", "no field 'nam'"),
        ({"op": "all", "of": [{"op": "trait", "name": 5}]}, "of[0].name", "expected"),
        ({"op": "trait", "name": "a", "cmp": "eq"}, "value", "needs a value"),
        ({"op": "trait", "name": "a", "cmp": "exists", "value": 1}, "value", "leave it out"),
        ({"op": "trait", "name": "a", "cmp": "in", "value": "x"}, "value", "list"),
        ({"op": "trait", "name": "a", "cmp": "lt", "value": True}, "value", "no order"),
        ({"op": "trait", "name": "a..b"}, "name", "address.city"),
        ({"op": "trait", "name": "a", "cmp": "eq", "value": "\x00"}, "value", "NUL"),
        ({"op": "trait", "name": "a", "cmp": "eq", "value": "\ud800"}, "value", "surrogates"),
        ({"op": "trait", "name": "a", "cmp": "contains", "value": ""}, "value", "not empty"),
        ({**EVENT, "agg": "sum"}, "prop", "property"),
        ({**EVENT, "agg": "count", "prop": "x"}, "prop", "leave it out"),
        ({**EVENT, "value": 5000}, "value", "4095"),
        ({**EVENT, "value": "3"}, "value", "number"),
        ({**EVENT, "agg": "sum", "prop": "x", "value": 0.1234567}, "value", "six decimals"),
        ({**EVENT, "agg": "last"}, "value", "180d"),
        ({**EVENT, "agg": "last", "value": "6mo", "cmp": "eq"}, "cmp", "lt, le, gt or ge"),
        ({**EVENT, "window": {"last": "soon"}}, "window.last", "6mo"),
        ({**EVENT, "window": {"last": "200y"}}, "window.last", "century"),
        ({**EVENT, "window": {}}, "window", "exactly one"),
        ({**EVENT, "window": {"since": "2026-01-01"}}, "window.since", "T00:00:00Z"),
        ({**EVENT, "where": [{"prop": "x", "cmp": "like", "value": 1}]}, "where[0].cmp", "invalid"),
        ({"op": "sequence", "steps": [{"name": "A"}]}, "steps", "two to six"),
        ({"op": "sequence", "steps": [{"name": "A"}, {"name": "B"}], "within": "1mo"}, "within", "30d"),
        ({"op": "date", "name": "d", "cmp": "before", "value": "2026-02-30"}, "value", "2026-03-01"),
        (
            {"op": "date", "name": "d", "cmp": "anniversary_within", "value": "1y"},
            "value",
            "less than a year",
        ),
        ({"op": "reaction", "kind": "ignored", "after": "1mo"}, "after", "30d"),
        (
            {"op": "thing", "type": "car", "where": [{"attr": "a", "cmp": "within_next"}]},
            "where[0].value",
            "30d",
        ),
        ([], "", "object"),
        ("everyone", "", "object"),
        ({"op": "score", "name": "r", "cmp": "lt", "value": float("inf")}, "value", "number"),
    ],
)
def test_refusals_name_the_field_and_the_remedy(document: Any, field: str, remedy: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(document)
    assert caught.value.field == field
    assert remedy in caught.value.message


def test_depth_is_limited() -> None:
    document: Any = {"op": "everyone"}
    for _ in range(1000):
        document = {"op": "not", "of": document}
    with pytest.raises(Invalid, match="20 levels"):
        parse(document, path="condition")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            {**EVENT, "cmp": "eq", "value": 0, "window": {"last": "6mo"}},
            'did not do "A" in the last 6 months',
        ),
        ({**EVENT, "agg": "last", "value": "6mo"}, 'the last "A" was at least 6 months ago'),
        ({**EVENT, "agg": "sum", "prop": "total", "value": 100}, 'the sum total of "A" is at least 100'),
        (
            {
                "op": "any",
                "of": [{"op": "identified"}, {"op": "all", "of": [{"op": "tag", "name": "t"}, EVENT]}],
            },
            'identified or (tagged t and did "A" at least once)',
        ),
        (
            {
                "op": "sequence",
                "steps": [{"name": "A"}, {"name": "B", "where": [{"prop": "x", "value": 1}]}],
                "within": "1h",
            },
            'did "A", then "B" where x is 1 within 1 hour',
        ),
        (
            {"op": "moved", "model": "m", "from": ["a", ""], "to": ["b/c"], "window": {"last": "30d"}},
            "moved from a or nowhere to b (c) in m in the last 30 days",
        ),
        ({"op": "moved", "model": "m", "direction": "back"}, "fell back in m"),
        ({"op": "moved", "model": "m", "from": ["a"], "direction": "forward"}, "moved forward from a in m"),
        (
            {"op": "trait", "name": "country", "cmp": "in", "value": ["SE", "NO"]},
            'country is one of "SE", "NO"',
        ),
    ],
)
def test_sentences(document: Any, sentence: str) -> None:
    assert describe(parse(document)) == sentence


def test_a_condition_prints_back() -> None:
    document = {
        "op": "all",
        "of": [
            {"op": "stage", "model": "m", "is": ["a"]},
            {"op": "in_stage_for", "model": "m", "for": "30d"},
        ],
    }
    assert to_document(parse(document)) == document


def test_references() -> None:
    found = references(
        parse(
            {
                "op": "all",
                "of": [
                    {"op": "segment", "key": "vip"},
                    {"op": "score", "name": "r", "cmp": "lt", "value": 3},
                    {"op": "not", "of": {"op": "stage", "model": "m", "is": ["a"]}},
                    EVENT,
                ],
            }
        )
    )
    assert found.definitions() == {"segment:vip", "score:r", "model:m"}
    assert found.events == {"A"}
    assert not found.run
    assert references(parse({**EVENT, "window": {"since_entry": True}})).run
    assert references(parse({"op": "trigger", "path": "properties.total", "cmp": "ge", "value": 50})).run


def segment(key: str, *others: str) -> Any:
    of = [{"op": "segment", "key": other} for other in others]
    return parse_segment({"key": key, "name": key, "condition": {"op": "all", "of": of}})


def test_segments_come_after_those_they_refer_to() -> None:
    assert [s.key for s in order_of([segment("a", "c"), segment("b"), segment("c", "b", "gone")])] == [
        "b",
        "c",
        "a",
    ]


def test_circles_are_refused() -> None:
    with pytest.raises(Invalid, match="segment:a -> segment:b -> segment:a"):
        order_of([segment("a", "b"), segment("b", "a")])
    with pytest.raises(Invalid, match="circle"):
        topological({"model:m": ["segment:s"], "segment:s": ["model:m"]})


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"key": "Big Key", "condition": {"op": "everyone"}}, "key"),
        ({"key": "a", "condition": {"op": "trigger", "path": "x"}}, "condition"),
        ({"key": "a", "condition": {"op": "all", "of": [{"op": "x"}]}}, "condition.of[0].op"),
    ],
)
def test_segment_documents(document: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_segment(document)
    assert caught.value.field == field
