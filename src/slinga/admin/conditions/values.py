"""Values as they are typed: texts, numbers, yes and no, lists, values of the trigger, lengths of time.

In: a JSON value, or what somebody typed. Out: the text of a field, or the value again.
Always true: pure; a value written and read again is the same value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_LENGTH = re.compile(r"(\d{1,6})(m|h|d|w|mo|y)")
BOUND = "trigger:"
"""Begins a value that is taken from what started the journey, such as trigger: properties.order_id.
The settings of steps write it the same way."""


class Known(msgspec.Struct, frozen=True):
    """What fields can offer: names seen in the data and keys in force. `run` is true inside a journey."""

    events: Sequence[str] = ()
    properties: Sequence[str] = ()
    traits: Sequence[str] = ()
    tags: Sequence[str] = ()
    things: Sequence[str] = ()
    segments: Mapping[str, str] = {}
    models: Mapping[str, str] = {}
    stages: Mapping[str, Mapping[str, str]] = {}
    """By model: key -> name."""
    statuses: Mapping[str, Mapping[str, str]] = {}
    places: Mapping[str, Mapping[str, str]] = {}
    """By model: stages, each with its statuses as "stage/status" behind it."""
    scores: Mapping[str, str] = {}
    journeys: Mapping[str, str] = {}
    templates: Mapping[str, str] = {}
    topics: Mapping[str, str] = {}
    channels: Sequence[str] = ("email", "push", "sms")
    run: bool = False


def written(value: Any) -> str:
    """A value as a field shows it; a text that looks like something else stands in quotes."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"{BOUND} {value.get('trigger', '')}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return ", ".join(written(each) if not _splits(each) else f'"{each}"' for each in value)
    return f'"{value}"' if _looks_else(str(value)) else str(value)


def _splits(value: Any) -> bool:
    return isinstance(value, str) and "," in value


def _looks_else(text: str) -> bool:
    return (
        _NUMBER.fullmatch(text) is not None
        or text.lower() in ("yes", "no")
        or text.startswith(('"', BOUND))
        or text != text.strip()
        or text == ""
    )


def typed(text: str) -> Any:
    """The value of what somebody typed; None for nothing."""
    text = text.strip()
    if not text:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text.startswith(BOUND) and text != BOUND:
        return {"trigger": text.removeprefix(BOUND).strip()}
    if text.lower() in ("yes", "no"):
        return text.lower() == "yes"
    return number(text) if _NUMBER.fullmatch(text) else text


def listed(text: str) -> list[Any]:
    """The values of a list typed with commas; a value with a comma stands in quotes."""
    parts = re.findall(r'\s*("[^"]*"|[^,]+)\s*(?:,|$)', text)
    return [value for part in parts if (value := typed(part)) is not None]


def number(text: str) -> int | float:
    """A number typed; whole where it is whole."""
    return float(text) if "." in text else int(text)


def of_trigger(text: str) -> str:
    """The path of what somebody typed of the event that started a journey: a property where nothing else is
    named."""
    whole = text.split(".")[0] in ("name", "occurred_at", "date", "thing", "properties")
    return text if whole or not text else f"properties.{text}"


def shown_of_trigger(path: str) -> str:
    """The path as somebody types it."""
    short = path.removeprefix("properties.")
    return short if of_trigger(short) == path else path


def split_length(text: str) -> tuple[str, str]:
    """A length of time as number and unit; the whole text and "" where it is not one of each."""
    found = _LENGTH.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def joined_length(count: str, unit: str) -> str:
    """The length of time of a number and a unit; without a unit what was typed."""
    return f"{count.strip()}{unit}" if count.strip() else ""
