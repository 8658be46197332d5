"""Documents as YAML: words stay words, times stay text, everything goes round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel import yaml
from slinga.kernel.errors import Invalid

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: event", {"on": "event"}),
        ("a: [yes, no, off]", {"a": ["yes", "no", "off"]}),
        ("a: 09:00", {"a": "09:00"}),
        ("a: 2026-03-01", {"a": "2026-03-01"}),
        ("a: [1, -2, 1.5, true, null, ]", {"a": [1, -2, 1.5, True, None]}),
        ("a: 0x1f", {"a": "0x1f"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_what_is_read(text, value):
    assert yaml.load(text) == value


@given(VALUES)
def test_what_is_written_reads_as_itself(value):
    assert yaml.load(yaml.dump(value)) == value


@given(st.lists(st.text("a \n\t:-#|'\"\r\x85\u2028\ufeff"), max_size=3))
def test_lines_are_kept_as_they_are(value):
    assert yaml.load(yaml.dump(value)) == value


def test_text_of_several_lines_is_written_as_lines():
    assert yaml.dump({"body": "one\ntwo\n"}) == "body: |\n  one\n  two\n"


@pytest.mark.parametrize("text", ["a: [1", "a: !!python/object:os.system {}", "a: *nothing"])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(Invalid):
        yaml.load(text)
