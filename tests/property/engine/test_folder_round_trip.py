"""Definitions written as files read back as themselves, byte for byte the same each time; of every kind."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slinga.engine import findings, folder
from slinga.kernel.errors import Invalid

LONG = os.environ.get("SLINGA_LONG") == "1"
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)
WORDS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=24
) | st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "09:00",
        "2026-03-01",
        "1e3",
        "0x1f",
        "~",
        "null",
        "- a",
        "a: b",
        "#",
        "|",
        " lead",
        "trail ",
        "line\nnext\n",
        "\ttab",
        "é\u2028x",
        "'",
        '"',
        "{{ person.name }}",
        "012",
    ]
)
TAGGED = st.fixed_dictionaries({"op": st.just("tag"), "name": WORDS})
LEAVES = TAGGED | st.fixed_dictionaries(
    {
        "op": st.just("trait"),
        "name": st.sampled_from(["country", "age", "a.b"]),
        "cmp": st.sampled_from(["eq", "ne"]),
        "value": WORDS | st.integers(-(10**12), 10**12) | st.booleans() | st.floats(-1e6, 1e6),
    }
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {"op": st.sampled_from(["all", "any"]), "of": st.lists(inner, max_size=3)}
    ),
    max_leaves=4,
)
NAMES = WORDS.filter(bool)


def named(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": NAMES, **fields})


STAGES = st.lists(
    st.fixed_dictionaries({"key": KEYS, "name": NAMES, "side": st.just("left"), "enter": CONDITIONS}),
    min_size=2,
    max_size=3,
    unique_by=lambda stage: stage["key"],
)
NODES = st.fixed_dictionaries(
    {
        "a": st.fixed_dictionaries(
            {"type": st.just("branch"), "arms": st.just([{"when": {"op": "identified"}, "next": "b"}])}
        ),
        "b": st.fixed_dictionaries(
            {"type": st.just("send"), "template": KEYS, "variables": st.dictionaries(KEYS, WORDS, max_size=2)}
        ),
    }
)
KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "segment": named(condition=CONDITIONS, description=WORDS),
    "model": named(stages=STAGES),
    "score": named(
        rules=st.lists(st.fixed_dictionaries({"event": NAMES, "points": st.integers(-99, 99)}), max_size=2)
    ),
    "journey": named(
        trigger=st.just({"on": "event", "name": "X"}), start=st.just("a"), nodes=NODES, condition=CONDITIONS
    ),
    "template": named(
        **{
            "class": st.just("marketing"),
            "topic": NAMES,
            "subject": NAMES,
            "body": st.fixed_dictionaries({"html": NAMES}),
            "headers": st.dictionaries(KEYS, WORDS, max_size=2),
        }
    ),
    "broadcast": named(audience=CONDITIONS, template=KEYS, topic=NAMES),
}
SINGLES = st.fixed_dictionaries(
    {
        "policy": st.fixed_dictionaries(
            {"quiet_hours": st.sampled_from(["none", "21:00-09:00"]), "caps": st.just([])}
        ),
        "brand": st.fixed_dictionaries({"name": WORDS, "address": WORDS}),
    }
)


@st.composite
def programs(draw: Any) -> folder.Documents:
    found: folder.Documents = {}
    for kind, documents in KINDS.items():
        for key in draw(st.lists(KEYS, max_size=2, unique=True)):
            found[kind, key] = {"key": key, **draw(documents)}
    found |= {(kind, kind): document for kind, document in draw(SINGLES).items()}
    return found


@settings(
    max_examples=500 if LONG else 25,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(found=programs(), zone=st.sampled_from(["UTC", "Europe/Stockholm"]))
def test_pull_of_push_is_the_same(found: folder.Documents, zone: str) -> None:
    texts = folder.write(found, zone)
    again, problems = folder.read(texts)
    assert problems == []
    assert again.documents == found
    assert again.zone == zone
    assert folder.write(again.documents, again.zone) == texts
    # what is wrong with a document is the same before and after
    for (kind, _), document in found.items():
        assert _fault(kind, document) == _fault(kind, again.documents[kind, str(document.get("key", kind))])


def _fault(kind: str, document: dict[str, Any]) -> str:
    try:
        findings.parser(kind)(document)
    except Invalid as fault:
        return f"{fault.field}: {fault.message}"
    return ""
