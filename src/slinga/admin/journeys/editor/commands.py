"""What the outline's forms ask for, done to a document.

In: a document, the fields of a form. Out: the new document, and the node to show next.
Always true: pure; a command that makes no sense any more (the node is gone) changes nothing.
"""

import copy
from collections.abc import Mapping, Sequence

from slinga.admin.journeys import reading
from slinga.journeys import editing, forms
from slinga.journeys.editing import Document, Forms

Given = Mapping[str, Sequence[str]]
PREFIX = "v."
"""Before the names of a form's settings."""


def apply(forms_: Forms, document: Document, given: Given) -> tuple[Document, str]:
    """The document after a command, and the node whose settings are shown then ("" the header)."""
    do, node, slot = (_one(given, name) for name in ("do", "node", "slot"))
    verb, _, path = do.partition(":")
    known = node in document.get("nodes", {})
    if verb in ("save", "more", "less") or path.startswith(PREFIX):
        return _settings(forms_, document, given, node, verb, path), node
    if verb == "add":
        kind = path or _one(given, "type")
        if kind not in forms_ or not _is_way(forms_, document, (node, slot)):
            return document, node
        return editing.add(forms_, document, (node, slot), kind)
    if verb == "connect":
        to = _one(given, "to")
        if not _is_way(forms_, document, (node, slot)) or (to and to not in document.get("nodes", {})):
            return document, node
        return editing.connect(document, (node, slot), to or None), node
    if not known:
        return document, ""
    if verb == "remove":
        return editing.remove(forms_, document, node), ""
    if verb == "duplicate":
        return editing.duplicate(forms_, document, node)
    if verb == "earlier":
        return editing.earlier(forms_, document, node), node
    if verb == "later":
        return editing.later(forms_, document, node), node
    if verb == "move":
        leader, _, way = _one(given, "to").partition(":")
        if _is_way(forms_, document, (leader, way)):
            return editing.move(forms_, document, node, (leader, way)), node
    return document, node


def _settings(forms_: Forms, document: Document, given: Given, node: str, verb: str, path: str) -> Document:
    out = copy.deepcopy(document)
    if node and node not in out.get("nodes", {}):
        return document
    here = out["nodes"][node] if node else out
    fields = forms.header() if not node else getattr(forms_.get(str(here.get("type"))), "fields", ())
    found = reading.read(fields, given, here, PREFIX)
    if verb == "more":
        reading.more(found, path.removeprefix(PREFIX))
    if verb == "less":
        reading.less(found, path.removeprefix(PREFIX))
    if not node:
        return found
    out["nodes"][node] = found
    return out


def _is_way(forms_: Forms, document: Document, way: editing.Way) -> bool:
    return way in set(editing.ways(forms_, document))


def _one(given: Given, name: str) -> str:
    found = given.get(name, ())
    return found[-1] if found else ""
