"""Conditions of blocks as a plain sentence: a name, a comparison, a value; and the lists to repeat over.

In: the Liquid that a block keeps. Out: its parts for a form, a sentence; the Liquid again.
Always true: pure; what is written here reads back as the same parts; a condition that no form can draw is
kept as it was written and told as it stands.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from slinga.admin.shell.words import noted as N_
from slinga.admin.writing.names import named

HOWS: tuple[tuple[str, str], ...] = (
    ("known", N_("is known")),
    ("missing", N_("is missing")),
    ("is", N_("is")),
    ("not", N_("is not")),
    ("more", N_("is more than")),
    ("less", N_("is less than")),
    ("has", N_("contains")),
)
"""Comparisons in the order they are offered."""
BARE = ("known", "missing")
"""Those that take no value."""
SENTENCES = {
    "known": N_("{name} is known"),
    "missing": N_("{name} is missing"),
    "is": N_("{name} is {value}"),
    "not": N_("{name} is not {value}"),
    "more": N_("{name} is more than {value}"),
    "less": N_("{name} is less than {value}"),
    "has": N_("{name} contains {value}"),
}
LISTS: tuple[tuple[str, str], ...] = (
    ("trigger.properties.products", N_("the products of what happened")),
    ("recommendations", N_("recommendations")),
)
"""What a block can repeat over: the lines of the cart or the order that set it off, what is recommended."""
_PATH = r"(?P<path>[A-Za-z_]\w*(?:\.\w+)*)"
_TEXT, _NUMBER = r'"(?P<text>[^"]*)"', r"(?P<number>-?\d+(?:\.\d+)?)"
_AGAIN = r"(?P=path)"
_SHAPES: tuple[tuple[str, str], ...] = (
    ("known", rf"{_PATH} and {_AGAIN} != blank"),
    ("known", _PATH),
    ("known", rf'{_PATH} != (?:""|blank|nil)'),
    ("missing", rf"{_PATH} == nil or {_AGAIN} == blank"),
    ("missing", rf'{_PATH} == (?:""|blank|nil)'),
    ("is", rf'{_PATH} == {_NUMBER} or {_AGAIN} == "(?P=number)"'),
    ("is", rf"{_PATH} == (?:{_TEXT}|{_NUMBER})"),
    ("not", rf'{_PATH} != {_NUMBER} and {_AGAIN} != "(?P=number)"'),
    ("not", rf"{_PATH} != (?:{_TEXT}|{_NUMBER})"),
    ("more", rf"{_PATH} > {_NUMBER}"),
    ("less", rf"{_PATH} < {_NUMBER}"),
    ("has", rf"{_PATH} contains {_TEXT}"),
)
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
_UNSAFE = re.compile(r'["{}%\n\r]')


class Plain(NamedTuple):
    """A condition in parts; `how` is "own" for one that was written by hand, "" for none."""

    path: str = ""
    how: str = ""
    value: str = ""


def read(liquid: str) -> Plain:
    """The parts of a condition."""
    if not liquid.strip():
        return Plain()
    for how, shape in _SHAPES:
        if found := re.fullmatch(shape, liquid.strip()):
            values = found.groupdict()
            return Plain(values["path"], how, values.get("text") or values.get("number") or "")
    return Plain(how="own")


def written(plain: Plain) -> str:
    """The Liquid of parts; "" where the name, or the value that a comparison needs, is missing."""
    path, value = plain.path, _UNSAFE.sub("", plain.value).strip()
    if not re.fullmatch(_PATH, path) or (plain.how not in BARE and not value):
        return ""
    number = _NUMBERS.fullmatch(value.replace(",", ".")) is not None
    value = value.replace(",", ".") if number else value
    match plain.how:
        case "known":
            return f"{path} and {path} != blank"
        case "missing":
            return f"{path} == nil or {path} == blank"
        case "is":
            return f'{path} == {value} or {path} == "{value}"' if number else f'{path} == "{value}"'
        case "not":
            return f'{path} != {value} and {path} != "{value}"' if number else f'{path} != "{value}"'
        case "more" | "less":
            return f"{path} {'>' if plain.how == 'more' else '<'} {value}" if number else ""
        case "has":
            return f'{path} contains "{value}"'
    return ""


def sentence(liquid: str, say: Callable[[str], str]) -> str:
    """A condition as people say it; one that was written by hand as it stands."""
    plain = read(liquid)
    if plain.how not in SENTENCES:
        return liquid
    return say(SENTENCES[plain.how]).format(name=named(plain.path, say), value=plain.value)
