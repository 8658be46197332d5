"""What stands at the top of somebody's page.

In: orders, the instant somebody was last seen. Out: their worth, whether they are there.
Always true: pure; amounts of several currencies are never added up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from slinga.kernel.clock import MINUTE, Instant

HERE_FOR = 5 * MINUTE
"""Who did something within this time counts as being there."""


class Worth(msgspec.Struct, frozen=True):
    """Orders of one currency: how many, their sum and their mean."""

    currency: str
    orders: int
    total: Decimal

    @property
    def mean(self) -> Decimal:
        return self.total / self.orders


def worth(orders: Iterable[tuple[str, Mapping[str, Any], Instant, Decimal | None]]) -> list[Worth]:
    """What the orders that count come to, by currency; cancelled and wholly refunded ones count not."""
    counts: Counter[str] = Counter()
    totals: dict[str, Decimal] = {}
    for _, attributes, _, total in orders:
        if total is None or str(attributes.get("state", "")).lower() in ("cancelled", "refunded"):
            continue
        currency = str(attributes.get("currency") or "")[:3].upper()
        counts[currency] += 1
        totals[currency] = totals.get(currency, Decimal(0)) + total
    return [Worth(currency, count, totals[currency]) for currency, count in counts.most_common()]


def there(seen: Instant | None, now: Instant) -> bool:
    """Whether somebody is on the site now."""
    return seen is not None and now - seen < HERE_FOR
