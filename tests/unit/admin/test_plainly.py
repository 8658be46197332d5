"""Conditions of blocks in plain words: what a form writes reads back, and means what it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.writing import forms, names, plainly
from slinga.admin.writing.plainly import Plain
from slinga.kernel.errors import Invalid
from slinga.locale import words
from slinga.messages import liquid

paths = st.sampled_from(["person.city", "trigger.properties.total", "offer_code"])
values = st.one_of(st.integers(-999, 999).map(str), st.text(st.characters(codec="utf-8"), max_size=20))


@given(paths, st.sampled_from([how for how, _ in plainly.HOWS]), values)
def test_what_a_form_writes_reads_back(path: str, how: str, value: str) -> None:
    found = plainly.written(Plain(path, how, value))
    if not found:
        return
    again = plainly.read(found)
    assert (again.path, again.how) == (path, how)
    assert plainly.written(again) == found
    assert not any(mark in found for mark in ("{%", "%}", "{{", "}}", "\n"))


KNOWN = {"person": {"city": "Lund", "hollow": "", "visits": 7, "code": "7", "tags": ["vip"]}}


@pytest.mark.parametrize(
    ("path", "how", "value", "holds"),
    [
        ("person.city", "known", "", True),
        ("person.hollow", "known", "", False),
        ("person.nothing", "known", "", False),
        ("person.city", "missing", "", False),
        ("person.hollow", "missing", "", True),
        ("person.nothing", "missing", "", True),
        ("person.city", "is", "Lund", True),
        ("person.visits", "is", "7", True),
        ("person.code", "is", "7", True),
        ("person.nothing", "is", "7", False),
        ("person.city", "not", "Lund", False),
        ("person.code", "not", "7", False),
        ("person.nothing", "not", "Lund", True),
        ("person.visits", "more", "6,5", True),
        ("person.visits", "less", "7", False),
        ("person.tags", "has", "vip", True),
    ],
)
def test_a_condition_means_what_it_says(path: str, how: str, value: str, holds: bool) -> None:
    source = plainly.written(Plain(path, how, value))
    compiled = liquid.compile_text(liquid.fence(html=False), f"{{% if {source} %}}yes{{% endif %}}", "f")
    assert liquid.render(compiled, KNOWN, 0) == ("yes" if holds else "")


@pytest.mark.parametrize(
    "written", ["person.first_name", 'trigger.properties.name != ""', "person.x == blank"]
)
def test_what_was_written_before_is_drawn(written: str) -> None:
    assert plainly.read(written).how in ("known", "missing")


def test_what_no_form_can_draw_stays_as_it_is() -> None:
    own = "person.a and person.b > 3"
    assert plainly.read(own).how == "own" and plainly.sentence(own, words("sv")) == own
    sent = {"show_if": own, "show_if.path": "own", "show_if.how": "known", "show_if.value": ""}
    assert forms.read({"type": "divider", "id": "a"}, sent)["show_if"] == own


def test_a_form_writes_a_condition_and_takes_it_away() -> None:
    block: dict[str, Any] = {"type": "divider", "id": "a", "show_if": "person.city"}
    sent = {
        "show_if": "person.city",
        "show_if.path": "person.city",
        "show_if.how": "is",
        "show_if.value": "Lund",
    }
    changed = forms.read(block, sent)
    assert changed["show_if"] == 'person.city == "Lund"'
    assert plainly.sentence(changed["show_if"], words("sv")) == "Ort är Lund"
    assert "show_if" not in forms.read(changed, {**sent, "show_if.path": ""})
    with pytest.raises(Invalid, match="value"):
        forms.read(block, {**sent, "show_if.value": ""})


def test_traits_are_offered_beside_our_names_and_entries_have_theirs() -> None:
    offered = names.offered(words("en"), ["city", "shoe_size", "not a name", *(f"t{n}" for n in range(99))])
    paths = [path for path, _, _ in offered]
    assert "person.shoe_size" in paths and "person.not a name" not in paths
    assert paths.count("person.city") == 1 and len(paths) <= len(names.NAMES) + names.MOST
    assert {path: name for path, name, _ in offered}["person.shoe_size"] == "shoe size"
    assert "item.price | money: item.currency" in paths
