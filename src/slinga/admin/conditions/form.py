"""The form of a condition: flat fields and the JSON they stand for, and what its buttons do.

In: fields such as ("c.of.0.name", "Order Completed"), a document, the value of a pressed button. Out: the
condition as JSON, perhaps unfinished. Filters on an event's properties stand alone as {"op": "where"}.
Always true: pure; reading the fields that were drawn from a document gives that document; a path that is not
there changes nothing.
"""

import copy
from collections.abc import Iterable
from typing import Any

from slinga.admin.conditions.values import joined_length, listed, number, of_trigger, typed

Document = dict[str, Any]
MODES = {"all": "all", "any": "any", "none": "any", "notall": "all"}
"""How a group joins: all of, any of, none of (not any), not all of."""
LISTS = ("in", "not_in")
WORTHLESS = ("exists", "missing", "anniversary_today")
"""Comparisons that take no value."""
LENGTHS = ("within_last", "within_next", "anniversary_within")
SEVERAL = ("is", "from", "to")
"""Fields of which several values may be chosen."""
NOWHERE = "(nowhere)"
"""How a field says from where the first placing comes: a value that is blank would not be seen."""
NEW: dict[str, Document] = {
    "event": {"op": "event", "name": ""},
    "sequence": {"op": "sequence", "steps": [{"name": ""}, {"name": ""}]},
    "trait": {"op": "trait", "name": "", "cmp": "eq", "value": ""},
    "date": {"op": "date", "name": "", "cmp": "within_last", "value": "30d"},
    "stage": {"op": "stage", "model": "", "is": []},
    "status": {"op": "status", "model": "", "is": []},
    "in_stage_for": {"op": "in_stage_for", "model": "", "for": "30d"},
    "moved": {"op": "moved", "model": "", "window": {"last": "30d"}},
    "score": {"op": "score", "name": "", "cmp": "ge", "value": 50},
    "segment": {"op": "segment", "key": ""},
    "tag": {"op": "tag", "name": ""},
    "consent": {"op": "consent", "channel": "email", "topic": ""},
    "reachable": {"op": "reachable", "channel": "email"},
    "identified": {"op": "identified"},
    "reaction": {"op": "reaction", "kind": "opened", "window": {"last": "30d"}},
    "thing": {"op": "thing", "type": ""},
    "trigger": {"op": "trigger", "path": "", "cmp": "eq", "value": ""},
    "everyone": {"op": "everyone"},
}
"""A fresh condition of each kind."""


def read(fields: Iterable[tuple[str, str]], root: str = "c") -> Document:
    """The condition of a form's fields below `root`; a group of all for none."""
    tree: dict[str, Any] = {}
    for name, value in fields:
        if not name.startswith(f"{root}.") or name.count(".") > 80:
            continue
        *path, last = name[len(root) + 1 :].split(".")
        place = tree
        for step in path:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[last] = f"{place[last]}\n{value}" if last in SEVERAL and last in place else value
    return _condition(tree) if tree else {"op": "all", "of": []}


def settled(document: Document) -> Any:
    """What a setting of a larger document becomes: None for no rows, one row without the group round it,
    filters as their list."""
    if document.get("op") == "where":
        return document.get("where", [])
    if mode_of(document) and not children(document):
        return None
    alone = document["op"] == "all" and len(document["of"]) == 1 and mode_of(document["of"][0]) is None
    return document["of"][0] if alone else document


def opened(setting: Any) -> Document:
    """What the builder draws of a setting as `settled` gives it; nothing of what is no condition at all."""
    document = {"op": "where", "where": setting} if isinstance(setting, list) else setting
    return document if document and _shaped(document) else {"op": "all", "of": []}


def _shaped(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    of = document.get("of", [])
    inner = [of] if document.get("op") == "not" else of
    parts = [inner, document.get("where", []), document.get("steps", [])]
    return all(isinstance(each, list) and all(map(_shaped, each)) for each in parts)


def _many(tree: Any) -> list[dict[str, Any]]:
    """The children under numbers, in their order."""
    if not isinstance(tree, dict):
        return []
    return [
        tree[n] for n in sorted(tree, key=lambda n: int(n) if n.isdigit() else 0) if isinstance(tree[n], dict)
    ]


def _condition(tree: dict[str, Any]) -> Document:
    op = str(tree.get("op", "all"))
    if op in MODES:
        return _group(op, [_condition(child) for child in _many(tree.get("of"))])
    reader = _READERS.get(op)
    return reader(tree) if reader else {"op": op}


def _group(mode: str, of: list[Document]) -> Document:
    inner: Document = {"op": MODES[mode], "of": of}
    if mode not in ("none", "notall"):
        return inner
    # One condition that is denied needs no group round it.
    alone = mode == "none" and len(of) == 1 and of[0].get("op") not in ("all", "any")
    return {"op": "not", "of": of[0] if alone else inner}


def mode_of(document: Document) -> str | None:
    """How a group joins; None for a leaf."""
    op = document.get("op")
    if op in ("all", "any"):
        return str(op)
    if op != "not":
        return None
    inner = document.get("of", {})
    return "notall" if isinstance(inner, dict) and inner.get("op") == "all" else "none"


def children(document: Document) -> list[Document]:
    """The conditions in a group, as its rows."""
    if document.get("op") != "not":
        return list(document.get("of", []))
    inner = document.get("of", {})
    return list(inner.get("of", [])) if inner.get("op") in ("all", "any") else [inner]


def lacking(value: Any) -> bool:
    """Whether something that has to be named is still blank somewhere in a condition."""
    if isinstance(value, list):
        return any(map(lacking, value))
    if not isinstance(value, dict):
        return False
    named = ("name", "key", "model", "type", "path", "prop", "attr", "topic", "channel")
    return any(value.get(field) == "" for field in named) or any(map(lacking, value.values()))


def act(document: Document, do: str, root: str = "c") -> Document:
    """The document after a button: `add:AT:KIND`, `group:AT:MODE`, `remove:AT`, `up:AT`, `down:AT`,
    `copy:AT`, `filter:AT`, `unfilter:AT:N`, `step:AT`, `unstep:AT:N`; AT is a row's place below `root`, as in
    c.of.0.of.2.
    """
    verb, at, what = (*do.split(":", 2), "", "")[:3]
    path = rows_to(at, root)
    whole = _opened(copy.deepcopy(document))
    place = _find(whole, path) if path is not None else None
    if path is None or place is None:
        return document
    if verb in ("add", "group") and place["mode"]:
        fresh = (
            NEW.get(what) if verb == "add" else {"op": what if what in ("all", "any") else "all", "of": []}
        )
        if fresh is not None:
            place["of"].append(_opened(copy.deepcopy(fresh)))
    elif verb in ("filter", "step") and not place["mode"]:
        _more(place["leaf"], verb)
    elif verb in ("unfilter", "unstep") and not place["mode"] and what.isdigit():
        del place["leaf"].get("where" if verb == "unfilter" else "steps", [])[int(what) : int(what) + 1]
    elif path:
        _move(_find(whole, path[:-1]) or {}, verb, path[-1])
    return _closed(whole)


def rows_to(at: str, root: str) -> list[int] | None:
    """The rows' numbers on the way to a place such as c.of.0.of.2; None for one that is not below `root`."""
    if at != root and not at.startswith(f"{root}.of."):
        return None
    steps = at[len(root) :].split(".of.")[1:]
    return [int(step) for step in steps] if all(step.isdigit() for step in steps) else None


def _more(leaf: Document, verb: str) -> None:
    if verb == "step" and leaf.get("op") == "sequence":
        leaf["steps"].append({"name": ""})
    elif leaf.get("op") == "thing":
        leaf.setdefault("where", []).append({"attr": "", "cmp": "eq", "value": ""})
    elif leaf.get("op") in ("event", "where"):
        leaf.setdefault("where", []).append({"prop": "", "cmp": "eq", "value": ""})


def _move(above: dict[str, Any], verb: str, n: int) -> None:
    of = above.get("of", [])
    if verb == "remove":
        del of[n]
    elif verb == "copy":
        of.insert(n + 1, copy.deepcopy(of[n]))
    elif verb in ("up", "down"):
        to = n + (1 if verb == "down" else -1)
        if 0 <= to < len(of):
            of[n], of[to] = of[to], of[n]


def _opened(document: Document) -> dict[str, Any]:
    """The tree as rows: groups with their mode, leaves as they are."""
    mode = mode_of(document)
    if mode is None:
        return {"mode": None, "leaf": document}
    return {"mode": mode, "of": [_opened(child) for child in children(document)]}


def _closed(tree: dict[str, Any]) -> Document:
    if not tree["mode"]:
        leaf: Document = tree["leaf"]
        return leaf
    return _group(tree["mode"], [_closed(child) for child in tree["of"]])


def _find(tree: dict[str, Any], path: Iterable[int]) -> dict[str, Any] | None:
    for step in path:
        if not tree["mode"] or step >= len(tree["of"]):
            return None
        tree = tree["of"][step]
    return tree


# --- leaves: from fields to JSON; what is at its default is left out, as `to_document` does ---------------


def _text(tree: dict[str, Any], name: str) -> str:
    value = tree.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _length(tree: dict[str, Any], name: str) -> str:
    inner = tree.get(name)
    return (
        joined_length(_text(inner, "n"), _text(inner, "unit"))
        if isinstance(inner, dict)
        else _text(tree, name)
    )


def _compared(tree: dict[str, Any]) -> Document:
    """cmp and value of a comparison."""
    cmp = _text(tree, "cmp") or "eq"
    if cmp in WORTHLESS:
        return {"cmp": cmp}
    if cmp in LISTS:
        return {"cmp": cmp, "value": listed(_text(tree, "value"))}
    if cmp in LENGTHS:
        return {"cmp": cmp, "value": _length(tree, "value") or _text(tree, "value")}
    if cmp in ("before", "after"):
        return {"cmp": cmp, "value": _text(tree, "value")}
    value = typed(tree["value"]) if isinstance(tree.get("value"), str) else None
    return {"cmp": cmp, "value": "" if value is None else value}


def _wheres(tree: dict[str, Any], named: str) -> Document:
    found = [
        {named: _text(each, named), **_without_default(_compared(each))} for each in _many(tree.get("where"))
    ]
    return {"where": found} if found else {}


def _without_default(compared: Document) -> Document:
    return {name: value for name, value in compared.items() if (name, value) != ("cmp", "eq")}


def _window(tree: dict[str, Any]) -> Document:
    window = tree.get("window")
    if not isinstance(window, dict):
        return {}
    how = _text(window, "how")
    if how == "last":
        return {"window": {"last": _length(window, "last")}}
    if how == "since":
        return {"window": {"since": _text(window, "since")}}
    return {"window": {"since_entry": True}} if how == "since_entry" else {}


def _counted(tree: dict[str, Any], cmp: str = "ge", value: Any = 1) -> Document:
    found: Document = {}
    given = _text(tree, "cmp") or cmp
    if given != cmp:
        found["cmp"] = given
    what = typed(_text(tree, "value"))
    what = value if what is None else what
    if what != value or type(what) is not type(value):
        found["value"] = what
    return found


def _event(tree: dict[str, Any]) -> Document:
    found: Document = {"op": "event", "name": _text(tree, "name"), **_wheres(tree, "prop")}
    agg = _text(tree, "agg") or "count"
    if agg != "count":
        found["agg"] = agg
    if agg in ("sum", "min", "max", "avg", "distinct"):
        found["prop"] = _text(tree, "prop")
    found |= _window(tree)
    if agg in ("first", "last"):
        cmp = _text(tree, "cmp") or "ge"
        age = _length(tree, "age") if isinstance(tree.get("age"), dict) else _text(tree, "value")
        return found | ({"cmp": cmp} if cmp != "ge" else {}) | {"value": age}
    return found | _counted(tree)


def _sequence(tree: dict[str, Any]) -> Document:
    steps = [{"name": _text(each, "name"), **_wheres(each, "prop")} for each in _many(tree.get("steps"))]
    within = _length(tree, "within")
    return {"op": "sequence", "steps": steps, **({"within": within} if within else {}), **_window(tree)}


def _trait(tree: dict[str, Any]) -> Document:
    compared = _compared(tree)
    if compared["cmp"] == "exists":
        compared = {}
    return {"op": "trait", "name": _text(tree, "name"), **compared}


def _trigger(tree: dict[str, Any]) -> Document:
    compared = _compared(tree)
    if compared["cmp"] == "exists":
        compared = {}
    return {"op": "trigger", "path": of_trigger(_text(tree, "path")), **compared}


def _date(tree: dict[str, Any]) -> Document:
    return {"op": "date", "name": _text(tree, "name"), **_compared(tree)}


def _among(tree: dict[str, Any]) -> Document:
    chosen = [each for each in _text(tree, "is").split("\n") if each]
    return {"op": tree["op"], "model": _text(tree, "model"), "is": chosen}


def _moved(tree: dict[str, Any]) -> Document:
    found: Document = {"op": "moved", "model": _text(tree, "model")}
    for side in ("from", "to"):
        chosen = ["" if each == NOWHERE else each for each in _text(tree, side).split("\n") if each]
        found |= {side: chosen} if chosen else {}
    way = _text(tree, "direction")
    return found | ({"direction": way} if way else {}) | _window(tree)


def _score(tree: dict[str, Any]) -> Document:
    text = _text(tree, "value")
    value = typed(text)
    value = value if isinstance(value, int | float) and not isinstance(value, bool) else number("0")
    return {"op": "score", "name": _text(tree, "name"), "cmp": _text(tree, "cmp") or "ge", "value": value}


def _segment(tree: dict[str, Any]) -> Document:
    outside = {} if _text(tree, "is") != "no" else {"is": False}
    return {"op": "segment", "key": _text(tree, "key"), **outside}


def _consent(tree: dict[str, Any]) -> Document:
    state = _text(tree, "is") or "granted"
    found = {"op": "consent", "channel": _text(tree, "channel"), "topic": _text(tree, "topic")}
    return found | ({} if state == "granted" else {"is": state})


def _reaction(tree: dict[str, Any]) -> Document:
    found: Document = {"op": "reaction", "kind": _text(tree, "kind") or "opened"}
    found |= {name: text for name in ("channel", "journey", "template") if (text := _text(tree, name))}
    after = _length(tree, "after")
    if found["kind"] == "ignored" and after and after != "3d":
        found["after"] = after
    return found | _window(tree) | _counted(tree)


def _thing(tree: dict[str, Any]) -> Document:
    found: Document = {"op": "thing", "type": _text(tree, "type")}
    quantifier = _text(tree, "quantifier") or "any"
    if quantifier != "any":
        found["quantifier"] = quantifier
    found |= _wheres(tree, "attr")
    return found | (_counted(tree) if quantifier == "count" else {})


_READERS = {
    "where": lambda t: {"op": "where", **_wheres(t, "prop")},
    "event": _event,
    "sequence": _sequence,
    "trait": _trait,
    "trigger": _trigger,
    "date": _date,
    "stage": _among,
    "status": _among,
    "in_stage_for": lambda t: {"op": "in_stage_for", "model": _text(t, "model"), "for": _length(t, "for")},
    "moved": _moved,
    "score": _score,
    "segment": _segment,
    "tag": lambda t: {"op": "tag", "name": _text(t, "name")},
    "consent": _consent,
    "reachable": lambda t: {"op": "reachable", "channel": _text(t, "channel")},
    "reaction": _reaction,
    "thing": _thing,
}
