"""Which mapping a file probably wants, by its header.

In: the columns of a file. Out: a mapping document that names only columns the file has, and what it was made
from. Always true: pure; what is guessed is shown to somebody before it is used.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.imports import mappings
from slinga.imports.model import Field, From, Mapping, When, as_field, parse
from slinga.imports.rows import Header

MARKS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    ("retailrocket", (("visitorid",), ("itemid",), ("transactionid",))),
    ("uci-retail", (("invoice_no", "InvoiceNo", "Invoice"), ("stock_code", "StockCode"))),
    ("klaviyo", (("Klaviyo ID",),)),
    ("mailchimp", (("MEMBER_RATING", "LEID", "EUID"), ("Email Address",))),
    (
        "rule",
        (
            ("member id", "subscriber id", "User.FirstName", "Subscriber.FirstName", "opted_in_at"),
            ("email", "e-mail", "e-post", "e-postadress"),
        ),
    ),
    ("youlead", (("zgoda e-mail", "zgoda email", "opiekun"),)),
    ("orders", (("order_id", "orderId", "order_number"),)),
    ("events", (("event", "event_name"), ("timestamp", "occurred_at", "time", "date"))),
)
"""Mappings by columns of which one each must be there; the first that fits is taken, else `people`."""

_DECIDES = {"Consent": "status", "Suppression": "when", "Stage": "stage"}
_COLUMNS = frozenset(("user", "email", "phone", "anonymous", "column", "by", "order", "total", "id"))
_GROUPS = frozenset(("external", "traits", "properties", "products"))


def guess(columns: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """(the shipped mapping it is made from, the document for this file)."""
    header = Header(columns)
    name = next(
        (name for name, marks in MARKS if all(header.find(mark) is not None for mark in marks)), "people"
    )
    return name, fit(parse(mappings.document(name)), header)


def fit(mapping: Mapping, header: Header) -> dict[str, Any]:
    """A mapping's document with the columns that the file has, by their own names."""
    found = _struct(mapping, header)
    return {"kind": mapping.__struct_config__.tag, **(found or {})}


def _struct(given: Any, header: Header) -> dict[str, Any] | None:
    out: dict[str, Any] = {}
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(given))}
    for name in given.__struct_fields__:
        value = getattr(given, name)
        if value == defaults[name] or name == "missing":
            continue
        if name in _COLUMNS:
            place = None if not value else header.find(as_field(value).column)
            if place is None:
                if isinstance(given, When | From | Field) or type(given).__name__ == "Tag":
                    return None
                continue
            out[name] = header.names[place]
        elif name in _GROUPS:
            named = {key: _field(each, header) for key, each in value.items()}
            if kept := {key: each for key, each in named.items() if each is not None}:
                out[name] = kept
        else:
            made = _any(value, header)
            if made not in (None, [], {}):
                out[name] = made
    return out


def _field(given: Any, header: Header) -> Any:
    place = header.find(as_field(given).column)
    if place is None:
        return None
    if isinstance(given, Field):
        return {**msgspec.to_builtins(given), "column": header.names[place]}
    return header.names[place]


def _any(value: Any, header: Header) -> Any:
    if isinstance(value, tuple | list):
        several = [_any(each, header) for each in value]
        return [each for each in several if each not in (None, {})]
    if isinstance(value, msgspec.Struct):
        made = _struct(value, header)
        # What a column decides says nothing without it: not that everybody permits, or is suppressed.
        decides = _DECIDES.get(type(value).__name__, "")
        if made is not None and getattr(value, decides or "__doc__", None) and decides not in ("", *made):
            return None
        return made
    return msgspec.to_builtins(value)
