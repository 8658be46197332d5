"""A condition as rows of fields that read as a sentence.

In: a condition as JSON, what is known. Out: `Group`s and `Row`s with their `Field`s.
Always true: pure; each part of a condition has its field, so that reading the fields gives the condition.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Union

import msgspec

from slinga.admin.conditions.choices import (
    AGES,
    AGGREGATES,
    COMPARED,
    DATED,
    DIRECTIONS,
    IN_A_RUN,
    KINDS,
    MODES,
    NUMBERS,
    QUANTIFIERS,
    REACTIONS,
    STATES,
    UNITS,
    WINDOWS,
    Options,
)
from slinga.admin.conditions.form import LENGTHS, LISTS, NOWHERE, WORTHLESS, Document, children, mode_of
from slinga.admin.conditions.values import Known, shown_of_trigger, split_length, written
from slinga.admin.shell.words import noted as N_


class Field(msgspec.Struct, frozen=True):
    """One field: text, number, choice, many, length or hidden. `label` is for screen readers, `before` a word
    of the sentence ahead of it; a length has a number and a unit below its name."""

    name: str
    kind: str
    label: str
    value: str = ""
    unit: str = ""
    options: Options = ()
    source: str = ""
    before: str = ""
    blank: str = ""
    """Of many: what it means to choose none; the choice is then folded away."""
    redraws: bool = False
    """Whether another choice brings other fields."""


class Line(msgspec.Struct, frozen=True):
    """Fields that stand together: a comparison on a property, a step."""

    fields: Sequence[Field]
    remove: str = ""
    """What the button that takes it away says it does."""


class Row(msgspec.Struct, frozen=True, tag=True):
    """One condition."""

    prefix: str
    op: Field
    fields: Sequence[Field]
    lines: Sequence[Line] = ()
    more: Sequence[tuple[str, str]] = ()
    """Buttons that add a line: what they do, what they say."""


class Group(msgspec.Struct, frozen=True, tag=True):
    """Conditions and how they join."""

    prefix: str
    mode: Field
    rows: Sequence[Union["Group", Row]]
    nested: bool = False


def draw(document: Document, known: Known, prefix: str = "c") -> Group | Row:
    """The rows of a condition. A leaf at the root is drawn as a group of one, and read back as that."""
    if document.get("op") == "where":
        lines = _wheres(prefix, document, "prop", "properties")
        more = [(f"filter:{prefix}", N_("only where a property ..."))]
        return Row(prefix, Field(f"{prefix}.op", "hidden", "", "where"), (), lines, more)
    return _group(document if mode_of(document) else {"op": "all", "of": [document]}, known, prefix)


def _group(document: Document, known: Known, prefix: str, *, nested: bool = False) -> Group:
    rows = []
    for n, child in enumerate(children(document)):
        place = f"{prefix}.of.{n}"
        group = mode_of(child)
        rows.append(_group(child, known, place, nested=True) if group else _row(child, known, place))
    mode = _choice(f"{prefix}.op", N_("How they join"), mode_of(document), MODES)
    return Group(prefix, mode, rows, nested)


def _row(leaf: Document, known: Known, prefix: str) -> Row:
    op = str(leaf.get("op", ""))
    kinds = (*KINDS, *IN_A_RUN) if known.run else KINDS
    if op not in dict(kinds):
        kinds = (*kinds, (op, op))
    chosen = _choice(f"{prefix}.op", N_("Condition about"), op, kinds, redraws=True)
    drawer = _DRAWERS.get(op)
    fields, lines, more = drawer(leaf, known, prefix) if drawer else ([], [], [])
    return Row(prefix, chosen, fields, lines, more)


def _choice(
    name: str, label: str, value: Any, options: Options, *, redraws: bool = False, before: str = ""
) -> Field:
    given = str(value or "")
    if given not in dict(options):
        options = (*options, (given, given))
    return Field(name, "choice", label, given, options=options, redraws=redraws, before=before)


def _text(name: str, label: str, value: Any, source: str = "", before: str = "") -> Field:
    return Field(name, "text", label, str(value or ""), source=source, before=before)


def _length(name: str, label: str, value: Any, before: str = "") -> Field:
    number, unit = split_length(str(value or ""))
    units = UNITS if unit else (("", N_("as written")), *UNITS)
    return Field(name, "length", label, number, unit, units, before=before)


def _named(names: Mapping[str, str]) -> Options:
    return (("", N_("choose")), *((key, name or key) for key, name in names.items()))


def _number(prefix: str, leaf: Document, before: str = "") -> list[Field]:
    return [
        _choice(f"{prefix}.cmp", N_("Comparison"), leaf.get("cmp", "ge"), NUMBERS, before=before),
        Field(f"{prefix}.value", "number", N_("Number"), written(leaf.get("value", 1))),
    ]


def _compare(prefix: str, part: Document, options: Options, default: str = "eq") -> list[Field]:
    cmp = str(part.get("cmp", default))
    fields = [_choice(f"{prefix}.cmp", N_("Comparison"), cmp, options, redraws=True)]
    if cmp in WORTHLESS:
        return fields
    value = part.get("value")
    if cmp in LENGTHS:
        return [*fields, _length(f"{prefix}.value", N_("Length of time"), value)]
    if cmp in ("before", "after"):
        return [*fields, _text(f"{prefix}.value", N_("Date"), value)]
    shown = written(value) if value != "" or cmp in LISTS else ""
    return [*fields, Field(f"{prefix}.value", "text", N_("Value"), shown)]


def _window(prefix: str, leaf: Document, known: Known) -> list[Field]:
    window = leaf.get("window") or {}
    how = next((name for name in ("last", "since", "since_entry") if window.get(name)), "")
    options = (
        (*WINDOWS, ("since_entry", N_("since they came in")))
        if known.run or how == "since_entry"
        else WINDOWS
    )
    fields = [_choice(f"{prefix}.window.how", N_("When"), how, options, redraws=True)]
    if how == "last":
        fields.append(_length(f"{prefix}.window.last", N_("Length of time"), window["last"]))
    if how == "since":
        fields.append(_text(f"{prefix}.window.since", N_("Instant"), window["since"]))
    return fields


def _wheres(prefix: str, part: Document, named: str, source: str, dated: bool = False) -> list[Line]:
    lines = []
    for n, each in enumerate(part.get("where", [])):
        place = f"{prefix}.where.{n}"
        name = _text(f"{place}.{named}", N_("Property"), each.get(named), source, before=N_("where"))
        options = (*COMPARED, *DATED) if dated else COMPARED
        lines.append(Line([name, *_compare(place, each, options)], f"unfilter:{prefix}:{n}"))
    return lines


Drawn = tuple[Sequence[Field], Sequence[Line], Sequence[tuple[str, str]]]


def _event(leaf: Document, known: Known, prefix: str) -> Drawn:
    agg = str(leaf.get("agg", "count"))
    fields = [_text(f"{prefix}.name", N_("Event"), leaf.get("name"), "events")]
    fields.append(_choice(f"{prefix}.agg", N_("What of it"), agg, AGGREGATES, redraws=True))
    if agg in ("sum", "min", "max", "avg", "distinct"):
        fields.append(_text(f"{prefix}.prop", N_("Property"), leaf.get("prop"), "properties"))
    if agg in ("first", "last"):
        value = str(leaf.get("value", ""))
        fields.append(_choice(f"{prefix}.cmp", N_("Comparison"), leaf.get("cmp", "ge"), AGES))
        instant = "T" in value and value[4:5] == "-"
        fields.append(
            _text(f"{prefix}.value", N_("Instant"), value)
            if instant
            else _length(f"{prefix}.age", N_("Length of time"), value or "30d")
        )
    else:
        fields += _number(prefix, leaf)
    fields += _window(prefix, leaf, known)
    lines = _wheres(prefix, leaf, "prop", "properties")
    return fields, lines, [(f"filter:{prefix}", N_("only where a property ..."))]


def _sequence(leaf: Document, known: Known, prefix: str) -> Drawn:
    lines: list[Line] = []
    steps = leaf.get("steps", [])
    for n, step in enumerate(steps):
        place = f"{prefix}.steps.{n}"
        before = N_("then") if n else N_("first")
        remove = f"unstep:{prefix}:{n}" if len(steps) > 2 else ""
        lines.append(Line([_text(f"{place}.name", N_("Event"), step.get("name"), "events", before)], remove))
        for m, each in enumerate(step.get("where", [])):
            inner = f"{place}.where.{m}"
            name = _text(f"{inner}.prop", N_("Property"), each.get("prop"), "properties", before=N_("where"))
            lines.append(Line([name, *_compare(inner, each, COMPARED)]))
    fields = [_length(f"{prefix}.within", N_("Length of time"), leaf.get("within"), before=N_("all within"))]
    return [*fields, *_window(prefix, leaf, known)], lines, [(f"step:{prefix}", N_("and then ..."))]


def _thing(leaf: Document, known: Known, prefix: str) -> Drawn:
    quantifier = str(leaf.get("quantifier", "any"))
    fields = [
        _choice(f"{prefix}.quantifier", N_("How many"), quantifier, QUANTIFIERS, redraws=True),
        *(_number(prefix, leaf) if quantifier == "count" else []),
        _text(f"{prefix}.type", N_("Kind of thing"), leaf.get("type"), "things"),
    ]
    lines = _wheres(prefix, leaf, "attr", "", dated=True)
    return fields, lines, [(f"filter:{prefix}", N_("only where it ..."))]


def _reaction(leaf: Document, known: Known, prefix: str) -> Drawn:
    kind = str(leaf.get("kind", "opened"))
    fields = [_choice(f"{prefix}.kind", N_("Reaction"), kind, REACTIONS, redraws=True)]
    fields += _number(prefix, leaf)
    if kind == "ignored":
        fields.append(
            _length(f"{prefix}.after", N_("Length of time"), leaf.get("after", "3d"), before=N_("for"))
        )
    offered = {
        "channel": [("", N_("on any channel")), *((c, c) for c in known.channels)],
        "journey": [("", N_("of any journey")), *known.journeys.items()],
        "template": [("", N_("any message")), *known.templates.items()],
    }
    fields += [_choice(f"{prefix}.{n}", n.capitalize(), leaf.get(n, ""), o) for n, o in offered.items()]
    return [*fields, *_window(prefix, leaf, known)], [], []


def _trait(leaf: Document, known: Known, prefix: str) -> Drawn:
    name = _text(f"{prefix}.name", N_("What we know"), leaf.get("name"), "traits")
    return [name, *_compare(prefix, leaf, COMPARED, "exists")], [], []


def _trigger(leaf: Document, known: Known, prefix: str) -> Drawn:
    name = _text(
        f"{prefix}.path", N_("Property"), shown_of_trigger(str(leaf.get("path") or "")), "properties"
    )
    return [name, *_compare(prefix, leaf, COMPARED, "exists")], [], []


def _date(leaf: Document, known: Known, prefix: str) -> Drawn:
    name = _text(f"{prefix}.name", N_("What we know"), leaf.get("name"), "traits")
    return [name, *_compare(prefix, leaf, DATED, "within_last")], [], []


def _among(leaf: Document, known: Known, prefix: str) -> Drawn:
    model = str(leaf.get("model", ""))
    names = (known.stages if leaf.get("op") == "stage" else known.statuses).get(model, {})
    chosen: Iterable[str] = leaf.get("is", [])
    options = [*names.items(), *((key, key) for key in chosen if key not in names)]
    return (
        [
            _choice(
                f"{prefix}.model", N_("Model"), model, _named(known.models), redraws=True, before=N_("in")
            ),
            Field(
                f"{prefix}.is",
                "many",
                N_("One of"),
                "\n".join(chosen),
                options=options,
                before=N_("is one of"),
            ),
        ],
        [],
        [],
    )


def _moved(leaf: Document, known: Known, prefix: str) -> Drawn:
    model = str(leaf.get("model", ""))
    names = known.places.get(model, {})

    def side(name: str, label: str, before: str, nowhere: Options) -> Field:
        chosen = [str(each) or NOWHERE for each in leaf.get(name, ())]
        known_here = [*nowhere, *names.items()]
        others = [(key, key) for key in chosen if key not in dict(known_here)]
        return Field(
            f"{prefix}.{name}",
            "many",
            label,
            "\n".join(chosen),
            options=[*known_here, *others],
            before=before,
            blank=N_("anywhere"),
        )

    fields = [
        _choice(f"{prefix}.model", N_("Model"), model, _named(known.models), redraws=True, before=N_("in")),
        side("from", N_("Where from"), N_("from"), [(NOWHERE, N_("nowhere: placed for the first time"))]),
        side("to", N_("Where to"), N_("to"), []),
        _choice(f"{prefix}.direction", N_("Direction"), leaf.get("direction"), DIRECTIONS),
        *_window(prefix, leaf, known),
    ]
    return fields, [], []


def _simple(build: Callable[[Document, Known, str], list[Field]]) -> Callable[..., Drawn]:
    return lambda leaf, known, prefix: (build(leaf, known, prefix), [], [])


_DRAWERS: dict[str, Callable[..., Drawn]] = {
    "event": _event,
    "sequence": _sequence,
    "thing": _thing,
    "reaction": _reaction,
    "trait": _trait,
    "trigger": _trigger,
    "date": _date,
    "stage": _among,
    "status": _among,
    "moved": _moved,
    "in_stage_for": _simple(
        lambda leaf, known, p: [
            _choice(f"{p}.model", N_("Model"), leaf.get("model"), _named(known.models), before=N_("in")),
            _length(f"{p}.for", N_("Length of time"), leaf.get("for"), before=N_("for at least")),
        ]
    ),
    "score": _simple(
        lambda leaf, known, p: [
            _choice(f"{p}.name", N_("Score"), leaf.get("name"), _named(known.scores)),
            *_number(p, leaf, before=N_("is")),
        ]
    ),
    "segment": _simple(
        lambda leaf, known, p: [
            _choice(f"{p}.is", N_("Inside or outside"), "no" if leaf.get("is") is False else "yes",
                    (("yes", N_("in")), ("no", N_("not in")))),
            _choice(f"{p}.key", N_("Segment"), leaf.get("key"), _named(known.segments)),
        ]
    ),
    "tag": _simple(lambda leaf, known, p: [_text(f"{p}.name", N_("Tag"), leaf.get("name"), "tags")]),
    "consent": _simple(
        lambda leaf, known, p: [
            _choice(f"{p}.topic", N_("Topic"), leaf.get("topic"), _named(known.topics), before=N_("to")),
            _choice(f"{p}.channel", N_("Channel"), leaf.get("channel"),
                    [(c, c) for c in known.channels], before=N_("by")),
            _choice(f"{p}.is", N_("State"), leaf.get("is", "granted"), STATES),
        ]
    ),
    "reachable": _simple(
        lambda leaf, known, p: [
            _choice(f"{p}.channel", N_("Channel"), leaf.get("channel"),
                    [(c, c) for c in known.channels], before=N_("by"))
        ]
    ),
}  # fmt: skip
