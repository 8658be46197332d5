"""Documents as YAML text, read by the rules of YAML 1.2's core schema.

In: text or plain values. Out: plain values or text, and where a field stands in a text. Always true: `on`,
`yes` and `no` are words, 09:00 and 2026-03-01 are text (YAML 1.1 would read true, false, 540 and a date);
what is dumped loads as itself.
"""

import re
from functools import lru_cache
from typing import Any

import yaml

from slinga.kernel.errors import Invalid


class _Loader(yaml.SafeLoader):
    pass


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_ODD_BREAK = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Line ends that only a quoted text keeps as they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text of several lines as a block, so that a mail's body stays readable and its changes too."""
    style = '"' if _ODD_BREAK.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)

_SCALARS = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+0123456789.",
    ),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)
_Loader.yaml_implicit_resolvers = {}
_Dumper.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _SCALARS:
    _first_letters = [letter if letter != "\0" else "" for letter in _first]
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first_letters)


def _number(kind: type) -> Any:
    return lambda loader, node: kind(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _number(int))
_Loader.add_constructor("tag:yaml.org,2002:float", _number(float))


def load(text: str) -> Any:
    """The plain value of a YAML text. Raises Invalid that names the line."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise Invalid(
            "this is not YAML: %(why)s", field=where, why=getattr(fault, "problem", fault)
        ) from fault


def dump(value: Any) -> str:
    """The YAML text of a plain value, in the order of its keys."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


_PARTS = re.compile(r"[^.\[\]]+")


def place(text: str, field: str) -> tuple[int, int]:
    """Line and column, from 1, of a field such as `nodes.wait.for` or `condition.of[1].cmp` in a YAML text.

    The nearest thing above it that is there stands for a field that is not; an empty field is the beginning.
    """
    root = _composed(text)
    if root is None:
        return 1, 1
    here, found = root, root
    parts = _PARTS.findall(field)
    while parts:
        step = _into(here, parts)
        if step is None:
            break
        found, here, parts = step
    mark = found.start_mark
    return mark.line + 1, mark.column + 1


@lru_cache(maxsize=256)
def _composed(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return None


def _into(node: Any, parts: list[str]) -> tuple[Any, Any, list[str]] | None:
    """(what to point at, what to go on in, what is left) one step down; keys may hold dots themselves."""
    if isinstance(node, yaml.SequenceNode):
        number = int(parts[0]) if parts[0].isdigit() else -1
        return (node.value[number], node.value[number], parts[1:]) if 0 <= number < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    pairs = [(key, value) for key, value in node.value if key.tag != "tag:yaml.org,2002:merge"]
    for size in range(len(parts), 0, -1):
        wanted = ".".join(parts[:size])
        for key, value in pairs:
            if key.value == wanted:
                return key, value, parts[size:]
    for _, value in node.value:  # merged in, or below a key that the path does not tell
        if isinstance(value, yaml.MappingNode) and any(key.value == parts[0] for key, _ in value.value):
            return _into(value, parts)
    return None
