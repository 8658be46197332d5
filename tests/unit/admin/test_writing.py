"""The editor's pure parts: forms for every field, changes of documents, values for what is missing."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.writing import defaults, editing, forms, gallery, island
from slinga.kernel.errors import Invalid, Missing
from slinga.messages import blocks

ISLAND = Path(__file__).resolve().parents[3] / "ui" / "src" / "islands" / "email"


def test_every_field_of_every_block_can_be_filled_in() -> None:
    apart = {"id", "show_if", "repeat"}
    for kind in blocks.KINDS:
        form = forms.FORMS[blocks.name_of(kind)]
        fields = set(kind.__struct_fields__) - apart - ({"columns"} if kind is blocks.Columns else set())
        assert {field.name for field in form.fields} == fields, kind
        assert set(kind.words) <= fields


def test_the_island_says_only_words_that_can_be_translated() -> None:
    said = set()
    for file in ISLAND.glob("*.tsx"):
        said |= set(re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', file.read_text("utf-8")))
    assert said and said <= set(island.WORDS), said - set(island.WORDS)


@pytest.mark.parametrize(
    "beginning", [one for one in gallery.SHELF if one.channel == "email"], ids=lambda o: o.key
)
def test_a_form_sent_back_unchanged_changes_nothing(beginning: gallery.Beginning) -> None:
    for some in editing.lists_of(beginning.document):
        for block in some:
            fields = (*forms.FORMS[block["type"]].fields, *forms.SHOWN)
            sent = {field.name: forms.value_of(block, field) for field in fields}
            sent = {
                name: "on" if value is True else value for name, value in sent.items() if value is not False
            }
            read = forms.read(block, sent)
            before, after = ([*blocks_read(one)] for one in (block, read))
            assert before == after


def blocks_read(block: dict) -> tuple:
    import msgspec

    return (msgspec.convert(block, blocks.AnyBlock),)


actions = st.lists(
    st.tuples(
        st.sampled_from(["add", "inner", "copy", "up", "down", "remove", "columns"]),
        st.integers(0, 20),
        st.sampled_from(sorted(forms.FORMS)),
    ),
    max_size=25,
)


@given(actions)
def test_whatever_is_done_ids_stay_apart_and_columns_whole(done: list[tuple[str, int, str]]) -> None:
    document = {"body": {"blocks": []}}
    for way, which, kind in done:
        names = [block["id"] for some in editing.lists_of(document) for block in some]
        name = names[which % len(names)] if names else ""
        before = repr(document)
        try:
            match way:
                case "add":
                    changed, _ = editing.added(document, kind, after=name)
                case "inner":
                    changed, _ = editing.added(document, kind, column=f"{name}.{which % 3}")
                case "copy":
                    changed, _ = editing.copied(document, name)
                case "columns":
                    changed = editing.column_count(document, name, which)
                case "remove":
                    changed = editing.removed(document, name)
                case _:
                    changed = editing.moved(document, name, -1 if way == "up" else 1)
        except (Invalid, Missing):
            continue
        finally:
            assert repr(document) == before, "the given document stays as it was"
        found = [block["id"] for some in editing.lists_of(changed) for block in some]
        assert len(found) == len(set(found))
        if way in ("up", "down"):
            assert sorted(found) == sorted(names)
        document = changed


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20).map(
    str.strip
)
values = st.one_of(words, st.integers(-9999, 9999), st.booleans(), st.lists(st.integers(0, 9), max_size=3))
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


@given(
    st.dictionaries(
        names, st.one_of(values, st.dictionaries(names, values, min_size=1, max_size=3)), max_size=4
    )
)
def test_values_for_what_is_missing_are_read_as_they_were_written(found: dict) -> None:
    assert defaults.read("\n".join(defaults.lines(found))) == found


@pytest.mark.parametrize("line", ["x", "= y", "a b = c", "a = 1\na.b = 2", "1a = x"])
def test_a_line_that_is_none_is_told(line: str) -> None:
    with pytest.raises(Invalid, match="Line"):
        defaults.read(line)
