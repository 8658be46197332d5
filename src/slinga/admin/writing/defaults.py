"""Values for what a person lacks, as lines that people write.

In: a template's `defaults`. Out: lines such as `person.first_name = friend`, and back.
Always true: pure; reading what was written gives the same values; what is not JSON is text.
"""

from typing import Any

import msgspec

from slinga.kernel.errors import Invalid
from slinga.messages.blocks import VARIABLE


def lines(defaults: dict[str, Any], before: str = "") -> list[str]:
    """One line for each value."""
    found: list[str] = []
    for name, value in defaults.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and value:
            found += lines(value, f"{path}.")
        else:
            found.append(f"{path} = {_written(value)}")
    return found


def read(text: str) -> dict[str, Any]:
    """The values of lines. Raises Invalid naming the line."""
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        path, sign, value = line.partition("=")
        if not sign or not VARIABLE.fullmatch(path.strip()):
            raise Invalid(
                "Line %(line)s: write a name, = and a value: person.first_name = friend",
                field="defaults",
                line=number,
            )
        inner = found
        *heads, last = path.strip().split(".")
        for head in heads:
            inner = inner.setdefault(head, {})
            if not isinstance(inner, dict):
                raise Invalid(
                    "Line %(line)s: %(name)s is given a value above already",
                    field="defaults",
                    line=number,
                    name=head,
                )
        inner[last] = _value(value.strip())
    return found


def _written(value: Any) -> str:
    if isinstance(value, str) and _value(value) == value and "\n" not in value:
        return value
    return msgspec.json.encode(value).decode()


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
