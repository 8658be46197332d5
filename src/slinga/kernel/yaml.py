"""Documents as YAML text, read by the rules of YAML 1.2's core schema.

In: text or plain values. Out: plain values or text. Always true: `on`, `yes` and `no` are words, 09:00 and
2026-03-01 are text (YAML 1.1 would read true, false, 540 and a date); what is dumped loads as itself.
"""

import re
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
        where = f"line {mark.line + 1}" if mark is not None else ""
        raise Invalid(f"this is not YAML: {getattr(fault, 'problem', fault)}", field=where) from fault


def dump(value: Any) -> str:
    """The YAML text of a plain value, in the order of its keys."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
