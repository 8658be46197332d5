"""What a column of a file is used for: read off a mapping document, and put into it.

In: mapping documents, columns, uses by name. Out: uses by column; documents.
Always true: pure; what a form cannot say (words of other systems, formats) stays as the mapping has it while
the column keeps its use.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from slinga.admin.shell.words import noted as N_

PEOPLE: tuple[tuple[str, str], ...] = (
    ("", N_("leave it out")),
    ("user", N_("the shop's id of the person")),
    ("email", N_("e-mail address")),
    ("phone", N_("phone number")),
    ("trait", N_("something known of them")),
    ("consent.email.status", N_("e-mail: permitted or not")),
    ("consent.email.date", N_("e-mail: when they permitted it")),
    ("consent.email.source", N_("e-mail: where they permitted it")),
    ("consent.email.basis", N_("e-mail: on which basis")),
    ("consent.sms.status", N_("SMS: permitted or not")),
    ("consent.sms.date", N_("SMS: when they permitted it")),
    ("consent.sms.source", N_("SMS: where they permitted it")),
    ("consent.sms.basis", N_("SMS: on which basis")),
    ("suppress", N_("yes: never write to them again")),
    ("tags", N_("tags, with commas between")),
    ("as_of", N_("when the row was true")),
)
EVENTS: tuple[tuple[str, str], ...] = (
    ("", N_("leave it out")),
    ("user", N_("the shop's id of the person")),
    ("email", N_("e-mail address")),
    ("anonymous", N_("a visitor's id")),
    ("event", N_("what happened")),
    ("at", N_("when it happened")),
    ("id", N_("the event's own id")),
    ("property", N_("something said about the event")),
)
ORDERS: tuple[tuple[str, str], ...] = (
    ("", N_("leave it out")),
    ("user", N_("the shop's id of the person")),
    ("email", N_("e-mail address")),
    ("order", N_("the order's number")),
    ("at", N_("when it was ordered")),
    ("total", N_("the order's total")),
    ("currency", N_("currency")),
    ("product.product_id", N_("line: id of the product")),
    ("product.name", N_("line: name of the product")),
    ("product.quantity", N_("line: how many")),
    ("product.price", N_("line: price of one")),
    ("product.category", N_("line: category")),
    ("property", N_("something said about the order")),
    ("trait", N_("something known of the person")),
)
USES = {"people": PEOPLE, "events": EVENTS, "orders": ORDERS}
"""What a column can be used for, by kind of file."""

KEPT = "kept"
"""A use that the form has no word for, such as a stage; it stays as the mapping has it."""

_TYPED = {"quantity": "number", "price": "number", "product_id": "text"}


def use_of(document: Mapping[str, Any], column: str) -> tuple[str, str]:
    """(use, name of the trait or property) of a column; ("", "") where it has none."""
    path = _find(document, column)
    if not path:
        return "", ""
    head, last = str(path[0]), str(path[-1] if path[-1] != "column" else path[-2])
    if head == "person":
        return (last, "") if last in ("user", "email", "phone", "anonymous") else (KEPT, "")
    if head in ("traits", "properties"):
        return ("trait" if head == "traits" else "property"), str(path[1])
    if head == "products":
        return f"product.{path[1]}", ""
    if head == "consents":
        channel = document["consents"][path[1]].get("channel", "")
        use = f"consent.{channel}.{path[2]}"
        return (use if any(use == known for known, _ in PEOPLE) else KEPT), ""
    if head in ("suppress", "tags"):
        return (head if len(path) < 3 or path[2] in ("when", "column") else KEPT), ""
    return (head, "") if head in ("as_of", "at", "event", "id", "order", "total", "currency") else (KEPT, "")


def _find(given: Any, column: str, at: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """Where a document names a column; () where it does not."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            if at == () and key in ("kind", "name", "missing", "others", "csv"):
                continue
            columns = at[:1] in (("person",), ("traits",), ("properties",), ("products",)) or key == "column"
            plain = columns or (at == () and key in ("order", "total", "id")) or key == "by"
            if plain and value == column:
                return (*at, key)
            if found := _find(value, column, (*at, key)):
                return found
    elif isinstance(given, list | tuple):
        for place, value in enumerate(given):
            if found := _find(value, column, (*at, place)):
                return found
    return ()


def explicit(document: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The document with every column written down that it would take by itself, so it can be left out."""
    out = copy.deepcopy(dict(document))
    taken = out.pop("others", "")
    if taken in ("traits", "properties"):
        group = out.setdefault(taken, {})
        for column in columns:
            if not _find(out, column):
                group[_fresh(column, group)] = column
    return out


def _fresh(column: str, group: Mapping[str, Any]) -> str:
    name = column.strip()[:100] or "value"
    return name if name not in group else f"{name} 2"


def use(document: Mapping[str, Any], column: str, wanted: str, name: str = "") -> dict[str, Any]:
    """The document with a column used otherwise. The same use with the same name changes nothing."""
    if (wanted, name if wanted in ("trait", "property") else "") == use_of(
        document, column
    ) or wanted == KEPT:
        return dict(document)
    out = copy.deepcopy(dict(document))
    while path := _find(out, column):
        _remove(out, path)
    if wanted in ("user", "email", "phone", "anonymous"):
        out.setdefault("person", {})[wanted] = column
    elif wanted in ("trait", "property"):
        group = out.setdefault("traits" if wanted == "trait" else "properties", {})
        group[name.strip()[:100] or _fresh(column, group)] = column
    elif wanted.startswith("product."):
        part = wanted.removeprefix("product.")
        typed = _TYPED.get(part)
        out.setdefault("products", {})[part] = {"column": column, "type": typed} if typed else column
    elif wanted.startswith("consent."):
        _, channel, part = wanted.split(".")
        found = _consent(out, channel)
        found[part] = {"column": column}
    elif wanted == "suppress":
        out["suppress"] = [*out.get("suppress", []), {"when": {"column": column}}]
    elif wanted == "tags":
        out["tags"] = [*out.get("tags", []), {"column": column}]
    elif wanted in ("as_of", "at", "event", "currency"):
        out[wanted] = {"column": column}
    elif wanted in ("order", "total", "id"):
        out[wanted] = column
    return out


def _consent(document: dict[str, Any], channel: str) -> dict[str, Any]:
    for one in document.setdefault("consents", []):
        if one.get("channel") == channel:
            return one  # type: ignore[no-any-return]
    made: dict[str, Any] = {"channel": channel}
    document["consents"].append(made)
    return made


def _remove(document: dict[str, Any], path: tuple[Any, ...]) -> None:
    """Take a column away, and whatever says nothing without it."""
    way = list(path)
    if way[-1] == "column":
        way.pop()
    if way[0] in ("suppress", "tags") and len(way) > 1:
        del document[way[0]][way[1]]
        if not document[way[0]]:
            del document[way[0]]
        return
    place: Any = document
    for step in way[:-1]:
        place = place[step]
    del place[way[-1]]
    if way[0] == "consents" and not set(place) - {"channel", "topic", "basis", "date", "source"}:
        _drop_empty_consent(document, way[1])


def _drop_empty_consent(document: dict[str, Any], place: int) -> None:
    """A permission that no column is about any more would be one for everybody: it goes."""
    one = document["consents"][place]
    if not any(isinstance(value, dict) for value in one.values()):
        del document["consents"][place]
    if not document["consents"]:
        del document["consents"]


SAID = ("basis", "date", "source")


def stated(document: Mapping[str, Any]) -> dict[str, str]:
    """What the document states for all permissions of the file; "" where it states nothing."""
    out = dict.fromkeys(SAID, "")
    for consent in document.get("consents", ()):
        for part in SAID:
            if isinstance(consent.get(part), str) and consent[part]:
                out[part] = consent[part]
    return out


def state(document: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """The document with basis, date and source stated wherever no column says them."""
    out = copy.deepcopy(dict(document))
    for consent in out.get("consents", ()):
        for part in SAID:
            if isinstance(consent.get(part), dict):
                continue
            consent.pop(part, None)
            if said.get(part):
                consent[part] = said[part]
    return out


def everybody(document: Mapping[str, Any]) -> list[str]:
    """Channels that everybody in the file permits, as nothing in the file says otherwise."""
    return [
        one["channel"]
        for one in document.get("consents", ())
        if not isinstance(one.get("status"), dict) and not isinstance(one.get("withdrawn_date"), dict)
    ]


def permit(document: Mapping[str, Any], channels: Sequence[str]) -> dict[str, Any]:
    """The document with everybody permitting these channels, where no column says who does."""
    out = copy.deepcopy(dict(document))
    there = everybody(out)
    dated = {
        one["channel"] for one in out.get("consents", ()) if any(isinstance(one.get(p), dict) for p in SAID)
    }
    for channel in channels:
        if channel not in [one.get("channel") for one in out.get("consents", ())]:
            out.setdefault("consents", []).append({"channel": channel})
    kept = [
        one
        for one in out.get("consents", ())
        if one["channel"] in channels or one["channel"] not in there or one["channel"] in dated
    ]
    out["consents"] = kept
    if not kept:
        del out["consents"]
    return out


def reaches_nobody(document: Mapping[str, Any]) -> bool:
    """Whether marketing could reach nobody by this file: no permission, or one without a basis."""
    consents = document.get("consents", ())
    return not any(all(one.get(part) for part in SAID) for one in consents)
