"""How much a product is bought of late: orders count half after a month, and half again after another.

In: orders with their products. Out: a rank for each, and how it was last described.
Always true: pure; ranks of a history add up to the same in any order and in any portions; nobody is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2
from typing import Any, NamedTuple

from slinga.kernel.clock import DAY, Instant

HALF_LIFE = 30 * DAY
FIELDS = ("name", "price", "currency", "url", "image_url")
MOST_LINES = 100
"""Products of one order that are looked at."""


class Ranked(NamedTuple):
    """A product: its rank, and what was last said of it, and when."""

    rank: float
    said: dict[str, Any]
    at: Instant


def joined(one: float, other: float) -> float:
    """The rank of what two ranks are about, together."""
    high, low = max(one, other), min(one, other)
    return high + log2(1 + 2.0 ** (low - high))


def gather(found: dict[str, Ranked], products: Any, currency: Any, at: Instant) -> None:
    """Add an order's products; a product counts once in an order, however many pieces."""
    some = products[:MOST_LINES] if isinstance(products, list) else ()
    lines = [one for one in some if isinstance(one, dict)]
    for name, line in {key: line for line in lines if (key := id_of(line))}.items():
        said = {field: line[field] for field in FIELDS if isinstance(line.get(field), str | int | float)}
        said = {field: value[:500] if isinstance(value, str) else value for field, value in said.items()}
        if "price" in said and isinstance(currency, str):
            said.setdefault("currency", currency[:3])
        new = Ranked(at / HALF_LIFE, said, at)
        before = found.get(name)
        found[name] = new if before is None else together(before, new)


def together(one: Ranked, other: Ranked) -> Ranked:
    """Both as one; what was said later stands."""
    later = one if (one.at, str(one.said)) >= (other.at, str(other.said)) else other
    return Ranked(joined(one.rank, other.rank), later.said, later.at)


def id_of(line: Mapping[str, Any]) -> str:
    """By what a product is known: its id, else its number of stock; "" for none."""
    found = line.get("product_id") or line.get("id") or line.get("sku")
    return str(found)[:200] if isinstance(found, str | int) else ""


def chosen(
    ranked: Sequence[tuple[str, Mapping[str, Any]]], without: Iterable[str], most: int
) -> list[dict[str, Any]]:
    """The first of a ranking that somebody has not got; a product without a name is none to show."""
    left_out = set(without)
    found = [{"id": key, **said} for key, said in ranked if key not in left_out and said.get("name")]
    return found[:most]
