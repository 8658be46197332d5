"""The JSON Schema of journey documents, and what each node type's form and reference page need.

In: the node types. Out: JSON Schema 2020-12, and a description of every type with its fields.
Always true: both come from the same structs that parse the documents, so they cannot differ from them.
"""

import ast
import inspect
import textwrap
from typing import Any, Union

import msgspec

from slinga.journeys.model import Journey, types_of
from slinga.journeys.node import Node
from slinga.segments.terms import Condition

CONDITION_FIELDS = frozenset(("condition", "exit", "when", "until_condition"))
"""Fields whose plain object is a condition of the segments' grammar."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, as a form shows it."""

    name: str
    required: bool
    default: Any = None
    help: str = ""
    schema: dict[str, Any] = {}


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One node type."""

    type: str
    label: str
    group: str
    help: str
    fields: tuple[Field, ...]


def json_schema(extra: tuple[type[Node], ...] = ()) -> dict[str, Any]:
    """The JSON Schema of a journey document with these extra node types."""
    nodes: Any = Union[types_of(extra)]  # noqa: UP007 - the members are known only now
    (journey, node, condition), definitions = msgspec.json.schema_components(
        (Journey, nodes, Condition), ref_template="#/$defs/{name}"
    )
    definitions["Node"] = node
    definitions["Condition"] = condition
    definitions["Journey"]["properties"]["nodes"] = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/Node"},
        "minProperties": 1,
    }
    for definition in definitions.values():
        for name, value in definition.get("properties", {}).items():
            if name in CONDITION_FIELDS and _is_object(value):
                definition["properties"][name] = {"$ref": "#/$defs/Condition"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Journey",
        **journey,
        "$defs": definitions,
    }


def _is_object(schema: dict[str, Any]) -> bool:
    options = schema.get("anyOf", [schema])
    return any(option.get("type") == "object" for option in options)


def describe(extra: tuple[type[Node], ...] = ()) -> list[Described]:
    """Every node type with its fields, in the palette's order."""
    return [_describe(kind) for kind in types_of(extra)]


def _describe(kind: type[Node]) -> Described:
    (reference,), definitions = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    own = definitions[reference["$ref"].rsplit("/", 1)[-1]]
    texts = {name: text for base in reversed(kind.__mro__) for name, text in helps(base).items()}
    fields = []
    for field in msgspec.structs.fields(kind):
        schema = own["properties"][field.encode_name]
        given = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            given = field.default_factory()
        fields.append(
            Field(
                name=field.encode_name,
                required=field.required,
                default=None if given is msgspec.NODEFAULT else given,
                help=texts.get(field.name, ""),
                schema={name: value for name, value in schema.items() if name != "default"},
            )
        )
    return Described(
        type=str(kind.__struct_config__.tag),
        label=kind.label or str(kind.__struct_config__.tag),
        group=kind.group,
        help=inspect.cleandoc(kind.__doc__ or ""),
        fields=tuple(fields),
    )


def helps(kind: type) -> dict[str, str]:
    """The text under each field in the source of a struct, which is its help."""
    if not issubclass(kind, msgspec.Struct) or kind is msgspec.Struct:
        return {}
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    except (OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    name = ""
    for statement in getattr(tree, "body", []):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif name and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            found[name], name = " ".join(str(statement.value.value).split()), ""
        else:
            name = ""
    return found
