"""The JSON Schema of each kind of definition, for editors and for other tools.

In: the structs that parse the documents. Out: JSON Schema 2020-12 by kind.
Always true: the schemas come from the structs, so a field that one knows the other knows; what only a check
in code can tell (a length of time, a node that is named and not there) is left to `slinga validate`.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

from slinga.journeys import schema as journeys
from slinga.journeys.broadcast import Broadcast
from slinga.journeys.migrate import Mapping as Migration
from slinga.journeys.node import Node
from slinga.lifecycle.model import Model
from slinga.lifecycle.scores import Score
from slinga.messages.model import Brand, Template
from slinga.messages.policy import Policy
from slinga.segments.model import Document as Segment
from slinga.segments.terms import Condition, Filter

CONDITIONS = journeys.CONDITION_FIELDS | {"enter", "audience"}
"""Fields whose plain object is a condition of the grammar."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS: dict[str, type] = {
    "segment": Segment,
    "model": Model,
    "score": Score,
    "template": Template,
    "policy": Policy,
    "brand": Brand,
    "broadcast": Broadcast,
}


def schemas(nodes: tuple[type[Node], ...] = ()) -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by its name: the kinds of definitions, `migration` and `workspace`."""
    found = {kind: _schema(kind, struct) for kind, struct in _KINDS.items()}
    found["journey"] = _opened(journeys.json_schema(nodes))
    _explain(found["journey"]["$defs"])
    found["migration"] = _migration()
    found["workspace"] = {
        "$schema": DIALECT,
        "title": "Workspace",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            "zone": {"type": "string", "examples": ["Europe/Stockholm"]},
        },
        "additionalProperties": False,
    }
    return dict(sorted(found.items()))


def texts(nodes: tuple[type[Node], ...] = ()) -> dict[str, str]:
    """The schemas as files, by name such as journey.json; the same bytes each time."""
    return {
        f"{kind}.json": msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"
        for kind, schema in schemas(nodes).items()
    }


def _schema(kind: str, struct: type) -> dict[str, Any]:
    (root, condition, _), definitions = msgspec.json.schema_components(
        (struct, Condition, Filter), ref_template="#/$defs/{name}"
    )
    definitions["Condition"] = condition
    for definition in definitions.values():
        _name_conditions(definition.get("properties", {}))
    _explain(definitions)
    return _opened({"$schema": DIALECT, "title": kind.capitalize(), **root, "$defs": definitions})


def _name_conditions(properties: dict[str, Any]) -> None:
    """Say of plain objects what they are."""
    for name, value in properties.items():
        if name in CONDITIONS and _is_plain(value):
            kept = {key: value[key] for key in ("description", "default") if key in value}
            options = [{"$ref": "#/$defs/Condition"}]
            nothing = any(option.get("type") == "null" for option in value.get("anyOf", ()))
            properties[name] = {"anyOf": [*options, {"type": "null"}], **kept} if nothing else options[0]
        elif name == "where" and value.get("items", {}).get("type") == "object":
            properties[name] = {**value, "items": {"$ref": "#/$defs/Filter"}}


def _is_plain(value: Mapping[str, Any]) -> bool:
    if "$ref" in value:
        return False
    options = value.get("anyOf", [value])
    return any(option.get("type") == "object" for option in options) or "type" not in options[0]


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with room for `$schema` in the document itself, by which JSON files name theirs."""
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    own = schema["$defs"][reference] if reference else schema
    own["properties"] = {"$schema": {"type": "string"}, **own["properties"]}
    return schema


def _explain(definitions: dict[str, Any]) -> None:
    """Give fields the words that stand under them in the source: editors show them."""
    known = _words()
    for name, definition in definitions.items():
        for field, value in definition.get("properties", {}).items():
            said = known.get(name, {}).get(field)
            if said and "description" not in value:
                definition["properties"][field] = {**value, "description": said}


@cache
def _words() -> dict[str, dict[str, str]]:
    """Struct's name to its fields' words, for names that only one struct of the documents has."""
    found: dict[str, dict[str, str]] = {}
    twice: set[str] = set()
    for struct in _structs(msgspec.Struct):
        if not struct.__module__.startswith(_DOCUMENTS) or struct.__module__.startswith(_FORMS):
            continue
        name = struct.__name__
        if name in found:
            twice.add(name)
        found[name] = dict(_said(struct))
    return {name: words for name, words in found.items() if name not in twice}


_DOCUMENTS = (
    "slinga.journeys",
    "slinga.lifecycle.model",
    "slinga.lifecycle.scores",
    "slinga.messages.blocks",
    "slinga.messages.model",
    "slinga.messages.policy",
    "slinga.people.consent",
    "slinga.segments.model",
    "slinga.segments.terms",
)


_FORMS = ("slinga.journeys.forms", "slinga.journeys.labels", "slinga.journeys.editing")
"""Beside the documents: what draws them. It is there only where the desk is, and has names of its own."""


def _structs(kind: type) -> Iterator[type]:
    each: type
    for each in kind.__subclasses__():
        yield each
        yield from _structs(each)


def _said(struct: Any) -> Iterator[tuple[str, str]]:
    names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]
    except (OSError, TypeError, SyntaxError):
        return
    statements = getattr(body, "body", [])
    for here, after in pairwise(statements):
        if not isinstance(here, ast.AnnAssign) or not isinstance(here.target, ast.Name):
            continue
        text = (
            after.value.value
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            else None
        )
        if isinstance(text, str) and here.target.id in names:
            yield names[here.target.id], " ".join(text.split())


def _migration() -> dict[str, Any]:
    (root,), definitions = msgspec.json.schema_components((Migration,), ref_template="#/$defs/{name}")
    own = definitions[root["$ref"].rpartition("/")[2]]
    version = {"type": "integer", "minimum": 1, "description": "The version people come from."}
    own["properties"] = {"$schema": {"type": "string"}, "from_version": version, **own["properties"]}
    own["required"] = ["from_version", *own.get("required", ())]
    return {"$schema": DIALECT, "title": "Migration", **root, "$defs": definitions}
