"""The month in figures and money, against the month before: what came in, what it cost, how the list grew.

In: sums of two months, what was spent. Out: `Month`.
Always true: pure; money is never added across currencies; spend over part of a month counts by its days.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from slinga.insight.sums.model import Sum

WHATS = ("order", "refund", "consent", "send_accepted", "visit", "react_unsubscribed")
BROADCAST = "broadcast."


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """Money spent on a source over days; `purpose` is acquisition or retention."""

    id: int = 0
    source: str
    purpose: str
    from_day: date
    until_day: date
    amount: Decimal
    currency: str
    note: str = ""
    created_by: str = ""

    def within(self, first: date, last: date) -> Decimal:
        """The part that falls into some days, by the day."""
        days = (self.until_day - self.from_day).days + 1
        common = (min(self.until_day, last) - max(self.from_day, first)).days + 1
        return self.amount * max(0, common) / days


class Month(msgspec.Struct, kw_only=True):
    """One month. Money by currency; orders are those of the month that stand."""

    first: date
    last: date
    revenue: dict[str, Decimal]
    """After refunds, whenever they were given."""
    given_back: dict[str, Decimal]
    orders: int
    first_orders: int
    again_orders: int
    granted: int
    left: int
    sent: int
    by_hand: int
    """Messages of broadcasts."""
    visits: int
    spent: dict[tuple[str, str], Decimal]
    """By (purpose, currency)."""

    @property
    def automated(self) -> float | None:
        """The share of messages that journeys sent by themselves; None of none."""
        return (self.sent - self.by_hand) / self.sent if self.sent else None

    def cost(self, purpose: str, currency: str) -> Decimal | None:
        """What a first order (acquisition) or a later one (retention) cost; None where it is not known."""
        orders = self.first_orders if purpose == "acquisition" else self.again_orders
        spent = self.spent.get((purpose, currency))
        return None if spent is None or not orders else spent / orders


def bounds(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month(rows: Iterable[Sum], spends: Sequence[Spend], first: date, last: date) -> Month:
    """The month between two days, both included."""
    found = Month(
        first=first, last=last, revenue={}, given_back={}, orders=0, first_orders=0, again_orders=0,
        granted=0, left=0, sent=0, by_hand=0, visits=0, spent={},
    )  # fmt: skip
    for one in rows:
        if one.what in ("order", "refund"):
            sign = 1 if one.what == "order" else -1
            found.orders += sign * one.count
            found.again_orders += sign * one.count if one.part == "again" else 0
            found.first_orders += sign * one.count if one.part != "again" else 0
            found.revenue[one.other] = found.revenue.get(one.other, Decimal(0)) + sign * one.value
            if one.what == "refund":
                found.given_back[one.other] = found.given_back.get(one.other, Decimal(0)) + one.value
        elif one.what == "consent" and one.key.startswith(("email:", "sms:", "push:")):
            # `confirmed` follows a grant, and would count it twice.
            found.granted += one.count if one.part == "granted" else 0
            found.left += one.count if one.part in ("withdrawn", "expired") else 0
        elif one.what == "send_accepted":
            found.sent += one.count
            found.by_hand += one.count if one.key.startswith(BROADCAST) else 0
        elif one.what == "visit":
            found.visits += one.count
    for each in spends:
        part = each.within(first, last)
        if part:
            key = (each.purpose, each.currency)
            found.spent[key] = found.spent.get(key, Decimal(0)) + part
    return found
