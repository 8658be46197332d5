"""Cells as values: numbers, dates, instants, truth.

In: text as a file holds it. Out: plain values, or ValueError with what is wrong and what would be right.
Always true: pure; a number is read as the mapping declares its decimals, never guessed from the text.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from slinga.imports.model import Field
from slinga.kernel.clock import MILLISECOND, SECOND, Instant, from_datetime, iso

YES = frozenset(("yes", "y", "true", "t", "1", "x", "on", "ja", "tak", "oui", "si", "sí"))
NO = frozenset(("no", "n", "false", "f", "0", "off", "nej", "nein", "nie", "non", ""))

_EARLIEST = -2_208_988_800 * SECOND  # 1900
_LATEST = 4_102_444_800 * SECOND  # 2100
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")


def number(text: str, decimal: str = ".") -> Decimal:
    """A number such as `1 234,50` or `-3.5`; the sign of a currency is not part of one."""
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("\u2212", "-")
    plain = plain.replace("." if decimal == "," else ",", "")
    if decimal == ",":
        plain = plain.replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{_short(text)} is not a number with {decimal!r} before its decimals") from None
    if not found.is_finite() or abs(found) >= 10**15:
        raise ValueError(f"{_short(text)} is not a number that can be kept")
    return found


def plain_number(value: Decimal) -> int | float:
    """The number as documents hold it."""
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def whole(text: str, decimal: str = ".") -> int:
    """A whole number."""
    found = number(text, decimal)
    if found != found.to_integral_value():
        raise ValueError(f"{_short(text)} is not a whole number")
    return int(found)


def truth(text: str) -> bool:
    """Yes or no, in the words of a few languages."""
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(f"{_short(text)} is neither yes nor no")


def moment(text: str, format: str, zone: ZoneInfo) -> Instant:
    """An instant; a time without an offset is in `zone`, a day is its midnight there."""
    try:
        if format in _SINCE:
            found = int(Decimal(text.strip()) * _SINCE[format])
        else:
            at = datetime.fromisoformat(text.strip()) if format in ("", "iso") else _pattern(text, format)
            found = from_datetime(at if at.tzinfo is not None else at.replace(tzinfo=zone))
    except (ValueError, InvalidOperation, OverflowError):
        raise ValueError(f"{_short(text)} is not {_wanted(format)}") from None
    if not _EARLIEST <= found < _LATEST:
        raise ValueError(f"{_short(text)} lies outside of the years 1900 to 2100")
    return found


_SINCE = {"s": SECOND, "ms": MILLISECOND, "us": 1}


@lru_cache(maxsize=4096)
def _pattern(text: str, format: str) -> datetime:
    return datetime.strptime(text.strip(), format)  # noqa: DTZ007 - the caller puts it in its zone


def _wanted(format: str) -> str:
    if format in ("", "iso"):
        return "an ISO 8601 date or time such as 2026-01-31T12:00:00Z; a `format` says how it is written"
    if format in _SINCE:
        return f"a number of {format} since 1970"
    return f"a time written as {format}"


def reader(field: Field, decimal: str, zone: ZoneInfo) -> Callable[[str], Any]:
    """The function that turns a cell that is not empty into the value of a field."""
    read = _reader(field, decimal, zone)
    # The same numbers and days come again and again; lists are not shared.
    return read if field.type in ("text", "list") else lru_cache(maxsize=8_192)(read)


def _reader(field: Field, decimal: str, zone: ZoneInfo) -> Callable[[str], Any]:
    match field.type:
        case "text":
            return str.strip
        case "number":
            return lambda text: plain_number(number(text, decimal))
        case "whole":
            return lambda text: whole(text, decimal)
        case "bool":
            return truth
        case "date":
            return lambda text: iso(moment(text, field.format, ZoneInfo("UTC")))[:10]
        case "instant":
            return lambda text: iso(moment(text, field.format, zone))
        case "list":
            return lambda text: [part.strip() for part in text.split(field.split) if part.strip()]
    return lambda text: auto(text, decimal)


def auto(text: str, decimal: str = ".") -> Any:
    """Text, but for plain numbers without a leading zero, and true or false."""
    text = text.strip()
    plain = text.replace(",", ".") if decimal == "," and "." not in text else text
    if _PLAIN.fullmatch(plain):
        return plain_number(Decimal(plain))
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    return text


def _short(text: str) -> str:
    text = text if len(text) <= 40 else f"{text[:40]}…"
    return f'"{text}"'
