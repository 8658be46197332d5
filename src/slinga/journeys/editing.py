"""Commands on a journey document: what the outline and the canvas do to it.

In: a document, a command. Out: a new document; the one given is not touched.
Always true: pure; ui/src/islands/journey/editing.ts does the same, so that both give the same document for
the same work; what a command does not speak of stays as it was. A *way* is (node, slot): slot is the path of
a field that leads on, such as "next" or "arms.0.next"; ("", "start") is the way in.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slinga.journeys import forms
from slinga.journeys.forms import Form

Document = dict[str, Any]
Way = tuple[str, str]
Forms = Mapping[str, Form]
START: Way = ("", "start")


def slots(forms_: Forms, node: Document) -> list[str]:
    """The ways out of a node that it can have now, the main one first."""
    form = forms_.get(str(node.get("type", "")))
    if form is None:
        return []
    found: list[str] = []
    for name in forms.exits(form):
        listed, star, inner = name.partition(".*.")
        if star:
            items = node.get(listed)
            found += [f"{listed}.{n}.{inner}" for n in range(len(items) if isinstance(items, list) else 0)]
        elif name != "on_timeout" or node.get("timeout") or node.get("wait_for"):
            found.append(name)
    return found


def target(document: Document, way: Way) -> str | None:
    """Where a way leads; None where it ends, or where it goes the way of "next"."""
    node, slot = way
    here: Any = document if not node else document.get("nodes", {}).get(node)
    for part in slot.split("."):
        if isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, dict):
            here = here.get(part)
        else:
            return None
    return here if isinstance(here, str) and here else None


def ways(forms_: Forms, document: Document) -> Iterator[Way]:
    """Every way of a document, the way in first."""
    yield START
    for key, node in document.get("nodes", {}).items():
        for slot in slots(forms_, node):
            yield key, slot


def reached(forms_: Forms, document: Document) -> list[str]:
    """The nodes that can be come to, in the order of coming there."""
    found: list[str] = []
    todo = [target(document, START)]
    while todo:
        key = todo.pop(0)
        if key and key not in found and key in document.get("nodes", {}):
            found.append(key)
            todo += [target(document, (key, slot)) for slot in slots(forms_, document["nodes"][key])]
    return found


def new_key(document: Document, kind: str) -> str:
    """A key for a new node: its type, with a number where that is taken."""
    nodes = document.get("nodes", {})
    if kind not in nodes:
        return kind
    number = 2
    while f"{kind}_{number}" in nodes:
        number += 1
    return f"{kind}_{number}"


def add(forms_: Forms, document: Document, way: Way, kind: str) -> tuple[Document, str]:
    """Put a new node into a way; what followed follows its main way. Also the new node's key."""
    out = copy.deepcopy(document)
    key = new_key(out, kind)
    then = target(out, way)
    out.setdefault("nodes", {})[key] = {"type": kind, **copy.deepcopy(forms_[kind].fresh)}
    _main(forms_, out, key, then)
    _put(out, way, key)
    return out, key


def connect(document: Document, way: Way, to: str | None) -> Document:
    """Lead a way to a node that is there, or (None) to the end."""
    out = copy.deepcopy(document)
    _put(out, way, to)
    return out


def remove(forms_: Forms, document: Document, key: str) -> Document:
    """Take a node out: ways to it lead where its main way led, and what only it led to goes with it."""
    out, before = copy.deepcopy(document), reached(forms_, document)
    _take_out(forms_, out, key)
    del out["nodes"][key]
    left = set(reached(forms_, out))
    for gone in before:
        if gone not in left and gone in out["nodes"]:
            del out["nodes"][gone]
    return out


def duplicate(forms_: Forms, document: Document, key: str) -> tuple[Document, str]:
    """A copy of a node right after it; its other ways are not copied. A node without ways is not copied."""
    own = slots(forms_, document["nodes"][key])
    if not own:
        return document, key
    return paste(forms_, document, (key, own[0]), {key: document["nodes"][key]}, key)


def paste(
    forms_: Forms, document: Document, way: Way, nodes: Mapping[str, Document], start: str
) -> tuple[Document, str]:
    """Put copies of nodes into a way, under new keys. Ways to nodes outside are cut; what followed follows
    the main ways of the copies. Also the first copy's key."""
    out = copy.deepcopy(document)
    then = target(out, way)
    names: dict[str, str] = {}
    for key, node in nodes.items():
        names[key] = new_key(out, str(node.get("type", "exit")))
        out["nodes"][names[key]] = copy.deepcopy(dict(node))
    for key, name in names.items():
        for slot in slots(forms_, nodes[key]):
            _put(out, (name, slot), names.get(target({"nodes": nodes}, (key, slot)) or ""))
    _put(out, way, names[start])
    last, seen = names[start], set()
    while last not in seen:
        seen.add(last)
        own = slots(forms_, out["nodes"][last])
        if not own:
            return out, names[start]
        following = target(out, (last, own[0]))
        if following is None:
            _main(forms_, out, last, then)
            return out, names[start]
        last = following
    return out, names[start]


def move(forms_: Forms, document: Document, key: str, way: Way) -> Document:
    """Take a node out and put it into another way; the branches that hang on it come along."""
    if way[0] == key or target(document, way) == key:
        return document
    out = copy.deepcopy(document)
    _take_out(forms_, out, key)
    _main(forms_, out, key, target(out, way))
    _put(out, way, key)
    return out


def earlier(forms_: Forms, document: Document, key: str) -> Document:
    """One step towards the start: before the one node that leads here by its main way."""
    before = [way for way in ways(forms_, document) if target(document, way) == key]
    if len(before) != 1 or before[0] == START:
        return document
    leader, slot = before[0]
    if slot != slots(forms_, document["nodes"][leader])[0]:
        return document
    into = [way for way in ways(forms_, document) if target(document, way) == leader]
    return move(forms_, document, key, into[0]) if len(into) == 1 else document


def later(forms_: Forms, document: Document, key: str) -> Document:
    """One step away from the start: after the node that its main way leads to."""
    own = slots(forms_, document["nodes"][key])
    following = target(document, (key, own[0])) if own else None
    return earlier(forms_, document, following) if following else document


def _take_out(forms_: Forms, out: Document, key: str) -> None:
    own = slots(forms_, out["nodes"][key])
    then = target(out, (key, own[0])) if own else None
    _every(forms_, out, lambda way: target(out, way) == key, None if then == key else then)


def _every(forms_: Forms, out: Document, wanted: Callable[[Way], bool], to: str | None) -> None:
    for way in [way for way in ways(forms_, out) if wanted(way)]:
        _put(out, way, to)


def _main(forms_: Forms, out: Document, key: str, to: str | None) -> None:
    own = slots(forms_, out["nodes"][key])
    if own:
        _put(out, (key, own[0]), to)


def _put(out: Document, way: Way, to: str | None) -> None:
    node, slot = way
    here: Any = out if not node else out["nodes"][node]
    *path, last = slot.split(".")
    for part in path:
        here = here[int(part)] if isinstance(here, list) else here[part]
    if to is None:
        here.pop(last, None)
    else:
        here[last] = to
