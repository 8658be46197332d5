"""Does a definition look further back than events are kept?

In: documents, the length of time for which events are kept. Out: nothing, or Invalid naming the place.
Always true: pure; lengths are compared by the calendar, over every month of a leap year and of another one.
"""

from collections.abc import Iterator
from typing import Any

from slinga.kernel.calendar import Period, add, period, zone
from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid

NEVER = "never"
_UTC = zone("UTC")
_STARTS = [instant(f"{year}-{month:02}-01T00:00:00Z") for year in (2023, 2024) for month in range(1, 13)]


def check(kind: str, key: str, document: Any, kept: str) -> None:
    """Raise Invalid where a trailing window is longer than `kept`, such as 25mo; `never` forgets nothing."""
    if kept == NEVER:
        return
    limit = period(kept)
    for path, text in _windows(document, ""):
        if _longer(period(text), limit):
            raise Invalid(
                "%(kind)s %(key)s looks back %(text)s, but events are kept for %(kept)s "
                "(SLINGA_KEEP_EVENTS). Look back less far, or keep events longer.",
                field=path,
                kind=kind,
                key=key,
                text=text,
                kept=kept,
            )


def _longer(length: Period, limit: Period) -> bool:
    return any(add(start, length, _UTC) > add(start, limit, _UTC) for start in _STARTS)


def _windows(document: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every trailing window in a document, with its path."""
    if isinstance(document, dict):
        for name, value in document.items():
            here = f"{path}.{name}" if path else str(name)
            if name == "window" and isinstance(value, dict) and isinstance(value.get("last"), str):
                yield f"{here}.last", value["last"]
            else:
                yield from _windows(value, here)
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from _windows(value, f"{path}[{place}]")
