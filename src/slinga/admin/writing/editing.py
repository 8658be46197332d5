"""Changes of a template's document: blocks added, moved, copied, removed, filled; words of a language.

In: a document as plain data, what to do. Out: the changed document; the given one stays as it was.
Always true: pure; a document may be unfinished; an id is never given twice; an unknown block changes nothing.
"""

import copy
from collections.abc import Iterator
from typing import Any

from slinga.admin.writing.forms import FORMS
from slinga.kernel.errors import Invalid, Missing
from slinga.messages.blocks import KINDS, Inner, name_of

Document = dict[str, Any]
INNER = frozenset(name_of(kind) for kind in Inner.__args__)
WORDS: dict[str, tuple[str, ...]] = {name_of(kind): kind.words for kind in KINDS}


def blocks_of(document: Document) -> list[dict[str, Any]]:
    """The blocks of the body; empty for a body of MJML or HTML."""
    found = (document.get("body") or {}).get("blocks")
    return found if isinstance(found, list) else []


def lists_of(document: Document) -> Iterator[list[dict[str, Any]]]:
    """Every list of blocks: the body's, then those of columns."""
    blocks = blocks_of(document)
    yield blocks
    for block in blocks:
        for column in block.get("columns") or () if block.get("type") == "columns" else ():
            yield column.setdefault("blocks", [])


def find(document: Document, name: str) -> dict[str, Any]:
    """A block by its id, in columns too. Raises Missing."""
    for blocks in lists_of(document):
        for block in blocks:
            if block.get("id") == name:
                return block
    raise Missing("There is no block %(name)s in this template any more.", field="id", name=name)


def new_id(document: Document, kind: str) -> str:
    """An id that no block has."""
    taken = {block.get("id") for blocks in lists_of(document) for block in blocks}
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"


def added(document: Document, kind: str, *, after: str = "", column: str = "") -> tuple[Document, str]:
    """A new block after another, or last before the footer; `column` is "ID.NUMBER". With its id."""
    if kind not in FORMS:
        raise Invalid("There is no block '%(kind)s'.", field="kind", kind=kind)
    changed = copy.deepcopy(document)
    body = changed.setdefault("body", {})
    if body.get("mjml") or body.get("html"):
        raise Invalid("The body of this template is not made of blocks.", field="body")
    blocks = body.setdefault("blocks", [])
    name = new_id(changed, kind)
    block = {"type": kind, "id": name, **FORMS[kind].begins}
    if kind == "columns":
        block["columns"] = [{"blocks": []}, {"blocks": []}]
    if column:
        _in_column(changed, column).append(_fits(block))
        return changed, name
    place = next((n + 1 for n, one in enumerate(blocks) if one.get("id") == after), None)
    if place is None:
        ends = [n for n, one in enumerate(blocks) if one.get("type") in ("social", "footer")]
        place = ends[0] if ends and kind not in ("social", "footer") else len(blocks)
    blocks.insert(place, block)
    return changed, name


def _in_column(document: Document, column: str) -> list[dict[str, Any]]:
    owner, _, number = column.rpartition(".")
    columns = find(document, owner).get("columns") or []
    if not number.isdigit() or int(number) >= len(columns):
        raise Missing("There is no such column any more.", field="column")
    found: list[dict[str, Any]] = columns[int(number)].setdefault("blocks", [])
    return found


def _fits(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] not in INNER:
        raise Invalid(
            "A block of the kind %(kind)s does not fit into a column.",
            field="kind",
            kind=block["type"],
        )
    return block


def moved(document: Document, name: str, step: int) -> Document:
    """A block one place up (-1) or down (1) in its list; at the end it stays."""
    changed = copy.deepcopy(document)
    for blocks in lists_of(changed):
        for at, block in enumerate(blocks):
            if block.get("id") == name:
                to = min(max(at + step, 0), len(blocks) - 1)
                blocks.insert(to, blocks.pop(at))
                return changed
    return changed


def removed(document: Document, name: str) -> Document:
    """Without a block, and without what languages said in it."""
    changed = copy.deepcopy(document)
    for blocks in lists_of(changed):
        blocks[:] = [block for block in blocks if block.get("id") != name]
    left = {block.get("id") for blocks in lists_of(changed) for block in blocks}
    for variant in (changed.get("locales") or {}).values():
        if "words" in variant:
            variant["words"] = {one: said for one, said in variant["words"].items() if one in left}
    return changed


def copied(document: Document, name: str) -> tuple[Document, str]:
    """With a copy of a block after it, and the copy's id."""
    changed = copy.deepcopy(document)
    for blocks in lists_of(changed):
        for at, block in enumerate(blocks):
            if block.get("id") != name:
                continue
            twin = copy.deepcopy(block)
            twin["id"] = new_id(changed, twin["type"])
            blocks.insert(at + 1, twin)
            for column in twin.get("columns") or () if twin["type"] == "columns" else ():
                for inner in column.get("blocks", ()):
                    inner["id"] = new_id(changed, inner["type"])
            return changed, twin["id"]
    raise Missing("There is no block %(name)s in this template any more.", field="id", name=name)


def replaced(document: Document, block: dict[str, Any]) -> Document:
    """With a block in the place of the one of its id."""
    changed = copy.deepcopy(document)
    for blocks in lists_of(changed):
        for at, one in enumerate(blocks):
            if one.get("id") == block["id"]:
                blocks[at] = block
    return changed


def worded(document: Document, locale: str, name: str, words: dict[str, str]) -> Document:
    """What a language says in a block; empty texts leave it to the next language."""
    changed = copy.deepcopy(document)
    variant = changed.setdefault("locales", {}).setdefault(locale, {})
    allowed = WORDS[find(changed, name)["type"]]
    said = {field: text for field, text in words.items() if field in allowed and text.strip()}
    every = variant.setdefault("words", {})
    if said:
        every[name] = said
    else:
        every.pop(name, None)
    if not every:
        variant.pop("words")
    return changed


def column_count(document: Document, name: str, many: int) -> Document:
    """A columns block with so many columns; what stood in one that goes moves into the last that stays."""
    changed = copy.deepcopy(document)
    block = find(changed, name)
    columns = block.get("columns") or []
    many = min(max(many, 2), 3)
    while len(columns) < many:
        columns.append({"blocks": []})
    for gone in columns[many:]:
        columns[many - 1].setdefault("blocks", []).extend(gone.get("blocks", ()))
    block["columns"] = columns[:many]
    return changed
