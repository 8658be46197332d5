"""Errors are data: a text with places and the values for them, worded in every language of the desk."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slinga.admin.shell.faults import NAMES, called, fault_said
from slinga.kernel.errors import Invalid
from slinga.locale import LOCALES, said, words

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "slinga"
ERRORS = {"Invalid", "Conflict", "Missing", "Forbidden", "Unavailable", "_fail"}
PLACE = re.compile(r"%\((\w+)\)s")
SAME = re.compile(r"^(%\(\w+\)s|MJML|[\s:()]|SLINGA_\w+)*$")
"""Texts that are the same in every language."""


def _unseen() -> tuple[str, ...]:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "scripts" / "catalogues.py")
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.UNSEEN)


def made() -> Iterator[tuple[str, ast.Call, ast.expr]]:
    """Where an error is made that a page may show: (file and line, the call, its text)."""
    unseen = _unseen()
    for path in sorted(SOURCE.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith(unseen):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                given = node.args[1:] if node.func.id == "_fail" else node.args[:1]
                for text in given:
                    yield f"{file}:{node.lineno}", node, text


TEXTS = sorted(
    {text.value for _, _, text in made() if isinstance(text, ast.Constant) and isinstance(text.value, str)}
)


def test_an_error_gives_a_value_for_each_place_of_its_text() -> None:
    wrong = []
    for where, call, text in made():
        if isinstance(text, ast.JoinedStr):
            wrong.append(f"{where}: write places %(name)s and give the values by name")
        elif isinstance(text, ast.Constant) and isinstance(text.value, str):
            given = {each.arg for each in call.keywords} - {"field"}
            if set(PLACE.findall(text.value)) != given:
                wrong.append(f"{where}: {text.value!r} with {sorted(map(str, given))}")
    assert wrong == []


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {"en"}))
def test_every_error_is_worded_with_its_values(locale: str) -> None:
    assert len(TEXTS) > 350
    wrong = []
    for text in TEXTS:
        values: dict[str, object] = {name: f"«{name}»" for name in PLACE.findall(text)}
        fault = Invalid(text, field="audience.of.0.last", **values)
        shown = fault_said(words(locale), fault)
        label = f"{words(locale)(NAMES['last'])} (1): "
        body = shown.removeprefix(label)
        if not shown.startswith(label) or not all(str(value) in body for value in values.values()):
            wrong.append(f"{text!r} is told as {shown!r}")
        if body == fault.message and not SAME.match(text):
            wrong.append(f"{text!r} is told in English")
        assert fault_said(words("en"), fault).endswith(fault.message)
    assert wrong == []


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {"en"}))
def test_a_text_that_lost_its_error_is_still_recognised(locale: str) -> None:
    fault = Invalid("there is a broadcast '%(key)s' already", key="autumn")
    assert said(locale, fault.message) == fault_said(words(locale), fault) != fault.message


def test_a_field_without_a_label_is_called_by_its_path() -> None:
    assert called(words("sv"), "frobnication.depth") == "frobnication.depth"
    assert called(words("sv"), "contents[1].share") == "Andel (2)"
    assert called(words("pl"), "") == ""


def test_values_that_are_words_of_ours_are_said_in_the_language() -> None:
    inner = Invalid("give a number")
    outer = Invalid("Line %(line)s, %(name)s: %(why)s", line=3, name="spend", why=inner)
    assert outer.message == "Line 3, spend: give a number"
    assert fault_said(words("sv"), outer) == "Rad 3, spend: ange ett tal"
    state = Invalid("the broadcast is %(state)s", state="cancelled")
    assert "anul" in fault_said(words("pl"), state)
    assert Invalid("give a number", field="a").at("b.c").field == "b.c"
