"""Where a field stands in a YAML text."""

import pytest

from slinga.kernel.yaml import place

TEXT = """\
key: j
nodes:
  wait.2h:
    for: 2h
  choose: {arms: [{when: {op: all, of: [{op: tag, name: a}, {op: tga}]}}]}
same: &same {for: 1d}
other:
  <<: *same
  locales:
    sv: {subject: 5}
"""


@pytest.mark.parametrize(
    ("field", "line", "column"),
    [
        ("", 1, 1),
        ("key", 1, 1),
        ("nodes.wait.2h.for", 4, 5),
        ("nodes.choose.arms.0.when.of[1].op", 5, 62),
        ("nodes.choose.arms[0].when.of[7].op", 5, 36),
        ("nodes.choose.nothing.at.all", 5, 3),
        ("other.for", 6, 14),
        ("other.locales.subject", 10, 10),
    ],
)
def test_the_place_is_that_of_the_field_or_of_what_is_above_it(field: str, line: int, column: int) -> None:
    assert place(TEXT, field) == (line, column)


def test_a_text_that_is_no_yaml_has_a_beginning_only() -> None:
    assert place("a: [", "a") == (1, 1)
