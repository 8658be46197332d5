"""The form of a broadcast: its fields and the document they stand for.

In: fields of the form, or a document. Out: the document, or what the form shows.
Always true: pure; the form of a document reads back as the same document; a condition that the form cannot
draw is kept as it was written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.admin.conditions.form import read
from slinga.kernel.clock import Instant, from_datetime
from slinga.kernel.errors import Invalid

Document = dict[str, Any]
ROWS, MOST = 3, 12
"""Rows for contents that are offered at first, and at most."""
KEEP = "keep"
"""Stands for a condition that was written elsewhere and stays."""
EASTERNMOST = timedelta(hours=13)


class Row(msgspec.Struct, frozen=True):
    """One content in the form; `who` is segment:KEY, stage:MODEL/STAGE, keep, or nothing."""

    template: str = ""
    share: str = "1"
    who: str = ""


class Shown(msgspec.Struct, frozen=True):
    """What the form shows of a document."""

    mode: str
    """one, split, test or choose."""
    template: str
    rows: tuple[Row, ...]
    segment: str
    """The segment that is the whole audience, or ""."""


def given(found: Sequence[tuple[str, str]], before: Mapping[str, Any]) -> Document:
    """The document of a form; `before` is what is stored. Raises Invalid for what is no number."""
    values = {name: value.strip() for name, value in found}
    document: Document = {
        name: before[name] for name in ("variables", "quiet_hours", "channel") if name in before
    }
    document |= {"key": str(before.get("key", "")), "name": values.get("name", "")[:200]}
    document["audience"] = _audience(found, values)
    for name in ("description", "topic", "at_local", "expires"):
        if values.get(name):
            document[name] = values[name][:2000]
    if values.get("serves"):
        document["serves"] = [values["serves"]]
    if values.get("class") == "transactional":
        document["class"] = "transactional"
    if share := _number(values, "holdout"):
        document["holdout"] = share / 100
    if priority := _number(values, "priority"):
        document["priority"] = int(priority)
    document |= _contents(values, before)
    if values.get("warm"):
        document["warm_up"] = {
            "start": int(_number(values, "warm_start") or 200),
            "growth": _number(values, "warm_growth") or 1.5,
            "most": int(_number(values, "warm_most") or 50_000),
        }
    return document


def _audience(found: Iterable[tuple[str, str]], values: Mapping[str, str]) -> Document:
    if values.get("segment"):
        return {"op": "segment", "key": values["segment"], "is": True}
    return read(found)


def _contents(values: Mapping[str, str], before: Mapping[str, Any]) -> Document:
    mode = values.get("mode", "one")
    if mode == "one":
        return {"template": values.get("template", "")}
    contents: list[Document] = []
    for n in range(MOST):
        template = values.get(f"content.{n}.template", "")
        if not template:
            continue
        content: Document = {"key": "abcdefghijkl"[len(contents)], "template": template}
        if mode != "choose" and (share := _number(values, f"content.{n}.share") or 1.0) != 1:
            content["share"] = share
        if mode == "choose" and (when := _when(values.get(f"content.{n}.who", ""), n, before)):
            content["when"] = when
        contents.append(content)
    if mode == "choose" and contents:
        contents[-1].pop("when", None)  # the last is for everybody else
    document: Document = {"contents": contents}
    if mode == "test":
        document["test"] = {
            "sample": (_number(values, "sample") or 20) / 100,
            "by": values.get("by") or "clicks",
            "after": values.get("after") or "4h",
        }
        if values.get("event"):
            document["test"]["event"] = values["event"]
    return document


def _when(who: str, n: int, before: Mapping[str, Any]) -> Document | None:
    kind, _, key = who.partition(":")
    if kind == "segment":
        return {"op": "segment", "key": key, "is": True}
    if kind == "stage":
        model, _, stage = key.partition("/")
        return {"op": "stage", "model": model, "is": [stage]}
    stored = before.get("contents") or []
    return stored[n].get("when") if who == KEEP and n < len(stored) else None


def _who(when: Mapping[str, Any] | None) -> str:
    if not when:
        return ""
    if when.get("op") == "segment" and when.get("is", True) is True:
        return f"segment:{when.get('key', '')}"
    if when.get("op") == "stage" and len(when.get("is", ())) == 1:
        return f"stage:{when.get('model', '')}/{when['is'][0]}"
    return KEEP


def _number(values: Mapping[str, str], name: str) -> float:
    text = values.get(name, "").replace(",", ".")
    if not text:
        return 0.0
    try:
        found = float(text)
    except ValueError:
        raise Invalid("Write a number.", field=name) from None
    if not -1_000_000 <= found <= 10_000_000:
        raise Invalid("This number is out of bounds.", field=name)
    return found


def shown(document: Mapping[str, Any], rows: int = ROWS) -> Shown:
    """What the form shows of a document, with at least so many rows."""
    contents = document.get("contents") or ()
    mode = "one" if not contents else "test" if document.get("test") else "split"
    if any(each.get("when") for each in contents):
        mode = "choose"
    found = [
        Row(str(each.get("template", "")), f"{each.get('share', 1):g}", _who(each.get("when")))
        for each in contents
    ]
    found += [Row()] * (min(MOST, max(rows, len(found) + 1)) - len(found))
    audience = document.get("audience") or {}
    whole = audience.get("op") == "segment" and audience.get("is", True) is True
    segment = str(audience.get("key", "")) if whole else ""
    return Shown(mode, str(document.get("template", "")), tuple(found), segment)


def whole(document: Mapping[str, Any]) -> Document:
    """The document with what it leaves out, for a form that shows every field."""
    blank = {"name": "", "description": "", "topic": "", "at_local": "", "expires": "72h", "holdout": 0.0}
    test = {"sample": 0.2, "by": "clicks", "after": "4h", "event": "Order Completed"}
    warm = {"start": 200, "growth": 1.5, "most": 50_000}
    return {
        **blank,
        "priority": "",
        "serves": [],
        "class": "marketing",
        **document,
        "test": test | (document.get("test") or {}),
        "warm_up": warm | (document.get("warm_up") or {}),
        "warms": bool(document.get("warm_up")),
    }


def starts(day: str, hour: str, at_local: str | None, zone: ZoneInfo) -> Instant:
    """The instant to start at: a day and time of the workspace. For a broadcast that reaches each at a local
    time, early enough that this time is still ahead from New Zealand to Hawaii. Raises Invalid."""
    try:
        on = date.fromisoformat(day)
        at = time.fromisoformat(at_local or hour)
    except ValueError:
        raise Invalid("Choose a day and a time.", field="day") from None
    if at_local is None:
        return from_datetime(datetime.combine(on, at, zone))
    first = datetime.combine(on, at, ZoneInfo("UTC")) - EASTERNMOST - timedelta(minutes=1)
    return from_datetime(first)
