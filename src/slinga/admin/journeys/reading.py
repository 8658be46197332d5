"""Forms read back into documents.

In: the fields of a form, what was sent, what stood there. Out: the document's part.
Always true: pure; what equals its default is left out; what the form does not ask for stays as it was; a
value that makes no sense is kept as it was written, and the findings say so.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slinga.admin.conditions import form as conditions
from slinga.journeys.forms import Field, Variant
from slinga.kernel.errors import Invalid
from slinga.segments import grammar

Given = Mapping[str, Sequence[str]]


def read(
    fields: Sequence[Field], given: Given, before: Mapping[str, Any], prefix: str = ""
) -> dict[str, Any]:
    """The object that a form describes; `prefix` is the path of its fields' names, with a dot at its end."""
    out = dict(before)
    for field in fields:
        if field.kind == "exit":
            continue
        found = _value(field, given, out.get(field.name), prefix + field.name)
        usual = not field.required and found == field.default
        if found is None or (usual and out.get(field.name, found) != found):
            out.pop(field.name, None)
        elif usual and field.name not in out:
            continue
        else:
            out[field.name] = found
    return out


def more(document: Any, path: str) -> None:
    """Add an empty item to the list at a path, making the list where there is none."""
    *parts, last = path.split(".")
    here = _at(document, parts)
    if isinstance(here, dict):
        here.setdefault(last, []).append({})


def less(document: Any, path: str) -> None:
    """Take the item at a path out of its list."""
    *parts, last = path.split(".")
    here = _at(document, parts)
    if isinstance(here, list) and last.isdigit() and int(last) < len(here):
        del here[int(last)]


def _at(document: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if isinstance(document, list):
            document = document[int(part)] if part.isdigit() and int(part) < len(document) else None
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document


def _value(field: Field, given: Given, before: Any, path: str) -> Any:
    match field.kind:
        case "variants":
            return _variant(field.variants, given, before, path, field.tag)
        case "condition" | "where":
            return _condition(given, before, path)
        case "list":
            count = int(_text(given, f"{path}.#") or 0)
            old = before if isinstance(before, list) else []
            items = [old[n] if n < len(old) else {} for n in range(min(count, 50))]
            return [read(field.fields, given, i, f"{path}.{n}.") for n, i in enumerate(items)]
        case "yes":
            return bool(_text(given, path))
        case "days":
            return sorted(int(text) for text in given.get(path, ()) if text.isdigit())
        case "numbers":
            return [number(text) for text in _parts(given, path)]
        case "texts" | "refs:place" | "refs:stage":
            return [text for sent in given.get(path, ()) for text in _split(sent)]
        case "values":
            return _values(_text(given, path))
        case "share":
            found = number(_text(given, path) or "0")
            return found / 100 if isinstance(found, int | float) else found
        case "whole" | "number":
            text = _text(given, path)
            return number(text) if text else None
        case "value":
            text = _text(given, path)
            return plain(text) if text else None
    text = _text(given, path)
    if text:
        return text
    return "" if field.required else None


def _condition(given: Given, before: Any, path: str) -> Any:
    """What the condition builder's fields give; what was there as long as it means the same."""
    pairs = [(name, each) for name, sent in given.items() for each in sent]
    found = conditions.settled(conditions.act(conditions.read(pairs, path), _text(given, "do"), path))
    return before if before and _meant(before) == _meant(found) else found


def _meant(setting: Any) -> Any:
    whole = {"op": "event", "name": "-", "where": setting} if isinstance(setting, list) else setting
    try:
        return grammar.parse(conditions.settled(whole)) if whole else whole
    except Invalid:
        return whole


def _variant(variants: Sequence[Variant], given: Given, before: Any, path: str, tag: str) -> Any:
    chosen = next((each for each in variants if each.value == _text(given, f"{path}.?")), None)
    if chosen is None or chosen.shape == "absent":
        return None
    if chosen.shape == "word":
        return chosen.value
    same = isinstance(before, dict) and (not tag or before.get(tag) == chosen.value)
    found = read(chosen.fields, given, before if same else {}, f"{path}.")
    return {tag: chosen.value, **found} if tag else found


def chosen(variants: Sequence[Variant], value: Any, tag: str) -> Variant | None:
    """The variant that a value is of; None for one that is none of them."""
    if isinstance(value, dict):
        name = str(value.get(tag, "")) if tag else ""
        return next((v for v in variants if v.shape == "object" and (not tag or v.value == name)), None)
    if value is None:
        return next((v for v in variants if v.shape == "absent"), None)
    return next((v for v in variants if v.shape == "word" and v.value == value), None)


def number(text: str) -> Any:
    """The number of a text, or the text."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def plain(text: str) -> Any:
    """A value as people write it: numbers, yes and no, lists with commas, and what comes from elsewhere."""
    for source in ("trigger", "trait"):
        if text.startswith(f"{source}:"):
            return {source: text.partition(":")[2].strip()}
    if text[:1] in '"[{':
        try:
            return json.loads(text)
        except ValueError:
            return text
    if text in ("true", "false"):
        return text == "true"
    return [number(part) for part in _split(text)] if "," in text else number(text)


def written(value: Any) -> str:
    """A value as `plain` reads it."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("trigger", "trait"):
        source, path = next(iter(value.items()))
        return f"{source}: {path}"
    if isinstance(value, list) and all(isinstance(v, str | int | float) and "," not in str(v) for v in value):
        return ", ".join(str(each) for each in value) if len(value) != 1 else json.dumps(value)
    if isinstance(value, str):
        return value if plain(value) == value else json.dumps(value, ensure_ascii=False)
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def lines(values: Any) -> str:
    """Names with values, one a line."""
    if not isinstance(values, dict):
        return ""
    return "\n".join(f"{name} = {written(value)}" for name, value in values.items())


def _values(text: str) -> dict[str, Any]:
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {name.strip(): plain(value.strip()) for name, _, value in pairs if name.strip()}


def _text(given: Given, path: str) -> str:
    found = given.get(path, ())
    return found[-1].strip() if found else ""


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parts(given: Given, path: str) -> list[str]:
    return _split(_text(given, path))
