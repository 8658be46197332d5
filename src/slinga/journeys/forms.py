"""Journey documents as forms: what a page asks for, read off the structs that parse the documents.

In: the node types. Out: `Field`s for each node type, the header and the triggers.
Always true: pure; every setting of the structs has a field; a form knows no setting that the structs do not.
"""

import inspect
from functools import lru_cache
from typing import Any, Literal

import msgspec

from slinga.journeys.labels import HELPS, TITLES, VARIANTS
from slinga.journeys.model import Journey, types_of
from slinga.journeys.node import Label, Node
from slinga.journeys.schema import CONDITION_FIELDS, helps

Shape = Literal["absent", "word", "object"]
STRUCTURE = frozenset(("start", "nodes", "next", "key", "type"))
"""What is not asked for: it is drawn, or it stands fast."""
FIRST = ("name", "trigger", "condition", "key_by", "goal", "exit", "topic")
"""What whoever begins a journey is asked first."""
OURS = "slinga.journeys."
"""Where the structs live whose settings `labels` explains; reading that off their source takes its time."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One of several ways to fill in a setting: nothing, a word, or an object with fields of its own."""

    value: str
    title: str
    shape: Shape
    fields: tuple["Field", ...] = ()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a form shows it.

    `kind`: text, long, length (3d), clock (09:00), whole, number, share (0 to 1, shown in percent), yes,
    choice (of `options`), days (numbers of weekdays), numbers, texts, value (text, number, yes or no),
    values (names with values), condition, where (filters on an event's properties), list (of objects with
    `fields`), variants (one of `variants`, told apart by the field `tag` or by what is there), exit (a way to
    another node), or ref:KIND.
    """

    name: str
    title: str
    kind: str
    required: bool = False
    help: str = ""
    unit: str = ""
    default: Any = None
    options: tuple[tuple[str, str], ...] = ()
    fields: tuple["Field", ...] = ()
    variants: tuple[Variant, ...] = ()
    tag: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A node type as the palette and the panel show it."""

    type: str
    label: str
    group: str
    icon: str
    help: str
    fresh: dict[str, Any]
    fields: tuple[Field, ...]


@lru_cache(maxsize=4)
def nodes(extra: tuple[type[Node], ...] = ()) -> dict[str, Form]:
    """The forms of all node types by type, in the palette's order."""
    return {str(kind.__struct_config__.tag): _node(kind) for kind in types_of(extra)}


@lru_cache(maxsize=1)
def header() -> tuple[Field, ...]:
    """The fields of a journey around its nodes, what is needed first at the top."""
    fields = _fields(Journey, {})
    return (
        *(field for name in FIRST for field in fields if field.name == name),
        *(field for field in fields if field.name not in FIRST),
    )


def exits(form: Form) -> list[str]:
    """The fields of a node that lead on, the main one first; those inside lists as "arms.*.next"."""
    found = []
    for field in form.fields:
        if field.kind == "exit":
            found.append(field.name)
        found += [f"{field.name}.*.{inner.name}" for inner in field.fields if inner.kind == "exit"]
    main = [name for name in found if name == "next" or name.endswith(".*.next")]
    return [*main, *(name for name in found if name not in main)]


def _node(kind: type[Node]) -> Form:
    fields = _fields(kind, kind.labels)
    first = [field for field in fields if field.name != "title"]
    return Form(
        type=str(kind.__struct_config__.tag),
        label=kind.label or str(kind.__struct_config__.tag),
        group=kind.group,
        icon=kind.icon,
        help=HELPS.get(kind.__name__, inspect.cleandoc(kind.__doc__ or "")),
        fresh=dict(kind.fresh),
        fields=(*first, *(field for field in fields if field.name == "title")),
    )


def _fields(kind: type[Any], labels: dict[str, Label]) -> tuple[Field, ...]:
    texts = {} if kind.__module__.startswith(OURS) else _told(kind)
    found = []
    shown = msgspec.inspect.type_info(kind)
    assert isinstance(shown, msgspec.inspect.StructType)
    for field in shown.fields:
        name = field.encode_name
        if name in STRUCTURE and kind is Journey:
            continue
        label = labels.get(name) or TITLES.get(f"{kind.__name__}.{name}") or TITLES.get(name)
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        found.append(
            _field(
                name,
                field.type,
                label or Label(name.replace("_", " ").capitalize()),
                required=field.required,
                help=HELPS.get(f"{kind.__name__}.{name}", HELPS.get(name, texts.get(field.name, ""))),
                default=None if default is msgspec.NODEFAULT else default,
                labels=labels,
            )
        )
    return tuple(found)


def _told(kind: type[Any]) -> dict[str, str]:
    """What an extension's struct says of its settings; of ours `labels` does, in words for the desk."""
    return {name: text for base in reversed(kind.__mro__) for name, text in helps(base).items()}


def _field(
    name: str, kind: Any, label: Label, *, required: bool, help: str, default: Any, labels: dict[str, Label]
) -> Field:
    shown = Field(
        name=name,
        title=label.title,
        kind=label.kind,
        required=required,
        help=help,
        unit=label.unit,
        default=list(default) if isinstance(default, tuple) else default,
    )
    say = msgspec.structs.replace
    if label.kind:
        return shown
    if name == "next":
        return say(shown, kind="exit")
    told = [each for each in _members(kind) if not isinstance(each, msgspec.inspect.NoneType)]
    optional = len(told) < len(_members(kind))
    if name in CONDITION_FIELDS and any(isinstance(each, msgspec.inspect.DictType) for each in told):
        return say(shown, kind="condition")
    if name == "where":
        return say(shown, kind="where")
    structs = [each for each in told if isinstance(each, msgspec.inspect.StructType)]
    if structs:
        return say(shown, kind="variants", **_variants(name, told, structs, optional or not required, labels))
    only = told[0] if len(told) == 1 else None
    match only:
        case msgspec.inspect.BoolType():
            return say(shown, kind="yes")
        case msgspec.inspect.IntType():
            return say(shown, kind="whole")
        case msgspec.inspect.FloatType():
            return say(shown, kind="number")
        case msgspec.inspect.StrType():
            return say(shown, kind="text")
        case msgspec.inspect.LiteralType():
            words = tuple((str(v), _word(name, str(v))) for v in only.values)
            return say(shown, kind="choice", options=words)
        case msgspec.inspect.DictType():
            return say(shown, kind="values")
        case msgspec.inspect.CollectionType() | msgspec.inspect.VarTupleType():
            item = only.item_type
            if isinstance(item, msgspec.inspect.StructType):
                return say(shown, kind="list", fields=_fields(item.cls, labels))
            return say(shown, kind="numbers" if isinstance(item, msgspec.inspect.IntType) else "texts")
    if told and all(isinstance(each, msgspec.inspect.LiteralType) for each in told):
        several = [value for each in told for value in each.values]
        return say(shown, kind="choice", options=tuple((str(v), _word(name, str(v))) for v in several))
    return say(shown, kind="value")


def _variants(
    name: str, told: list[Any], structs: list[Any], optional: bool, labels: dict[str, Label]
) -> dict[str, Any]:
    found: list[Variant] = []
    words = [v for each in told if isinstance(each, msgspec.inspect.LiteralType) for v in each.values]
    if optional and not (words and name == "reentry"):
        found.append(Variant(value="", title=_word(name, ""), shape="absent"))
    found += [Variant(value=str(v), title=_word(name, str(v)), shape="word") for v in words]
    tag = ""
    for each in structs:
        value = str(each.tag) if each.tag is not None else "own"
        tag = each.tag_field or tag
        found.append(
            Variant(
                value=value,
                title=_word(name, value),
                shape="object",
                fields=_fields(each.cls, labels),
            )
        )
    return {"variants": tuple(found), "tag": tag}


def _word(name: str, value: str) -> str:
    label = VARIANTS.get((name, value))
    return label.title if label else value.replace("_", " ").capitalize() or "None"


def _members(kind: Any) -> list[Any]:
    return list(kind.types) if isinstance(kind, msgspec.inspect.UnionType) else [kind]
