"""From daily sums to the figures of a report.

In: sums of a period and of the one before. Out: `Figures`, tables, a curve.
Always true: pure; opens and clicks by machines are apart; the figures of parts add up to those of the whole.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from slinga.insight.lift import Arm, Lift, Spent, Worth, lift, worth
from slinga.insight.sums.model import Daily, Sum

WHATS = (
    *("send_planned", "send_accepted", "send_rejected", "send_returned", "send_expired", "send_cancelled"),
    *("send_render_failed", "send_blocked", "send_unknown", "react_opened", "react_clicked"),
    *("react_unsubscribed", "react_complained", "react_bounced", "entry_refused", "holdout", "run_entered"),
    *("goal_reached", "attributed", "link", "hour"),
    *("arm", "arm_bought", "arm_spent", "arm_squares"),
)
"""The sums that a report is made of."""
FIGURES = (
    *("run_entered", "send_accepted", "send_returned", "react_opened", "react_clicked", "goal_reached"),
    *("attributed", "react_unsubscribed", "react_complained", "react_bounced"),
)
"""Those that `Figures` are made of."""
CURVE = ("send_accepted", "react_opened", "react_clicked")
"""Those that are shown day by day."""
LOST = (
    "send_rejected",
    "send_returned",
    "send_expired",
    "send_cancelled",
    "send_render_failed",
    "send_unknown",
)


class Figures(msgspec.Struct, kw_only=True):
    """What came of messages."""

    entered: int = 0
    sent: int = 0
    """Given to the receiver, who took it."""
    returned: int = 0
    opened: int = 0
    machine_opened: int = 0
    clicked: int = 0
    machine_clicked: int = 0
    goals: int = 0
    orders: int = 0
    """That stand, within days of a click; attributed, not caused."""
    revenue: dict[str, Decimal] = {}
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0

    @property
    def delivered(self) -> int:
        """Taken, and not sent back later."""
        return max(0, self.sent - self.returned)

    def rate(self, name: str) -> float | None:
        """A figure as a share of what was delivered; None of nothing."""
        return getattr(self, name) / self.delivered if self.delivered else None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one journey, broadcast or template."""

    total: Figures
    before: Figures
    variants: tuple[tuple[str, Figures], ...]
    """By node or template."""
    lost: tuple[tuple[str, str, int], ...]
    """(what became of it, why, how many) of messages that did not arrive."""
    excluded: tuple[tuple[str, int], ...]
    """(why, how many) of people and messages that policy kept back."""
    links: tuple[tuple[str, int], ...]
    days: tuple[tuple[date, int, int, int], ...]
    """(day, sent, opened by people, clicked by people)."""
    hours: tuple[tuple[str, int, int, int], ...]
    held_out: int
    lift: Lift | None
    worth: tuple[Worth, ...]
    """The lift in money, by currency; empty while there is not enough, or it was not counted."""
    treated: Arm
    held: Arm


def add(figures: Figures, one: Sum) -> None:
    """Count one sum in."""
    by_people = one.extra == "human"
    match one.what:
        case "run_entered":
            figures.entered += one.count
        case "send_accepted":
            figures.sent += one.count
        case "send_returned":
            figures.returned += one.count
        case "react_opened" if by_people:
            figures.opened += one.count
        case "react_opened":
            figures.machine_opened += one.count
        case "react_clicked" if by_people:
            figures.clicked += one.count
        case "react_clicked":
            figures.machine_clicked += one.count
        case "goal_reached":
            figures.goals += one.count
        case "attributed":
            figures.orders += one.count
            money = dict(figures.revenue)
            money[one.detail] = money.get(one.detail, Decimal(0)) + one.value
            figures.revenue = money
        case "react_unsubscribed":
            figures.unsubscribed += one.count
        case "react_complained":
            figures.complained += one.count
        case "react_bounced":
            figures.bounced += one.count


def grouped(rows: Iterable[Sum], key: Callable[[Sum], str]) -> dict[str, Figures]:
    """Figures by a key; rows whose key is empty are left out."""
    out: dict[str, Figures] = {}
    for one in rows:
        if name := key(one):
            add(out.setdefault(name, Figures()), one)
    return out


def template_of(one: Sum) -> str:
    """The template that a sum is about, where it is about one."""
    if one.what in ("link",):
        return one.detail
    about = one.what.startswith(("send_", "react_")) or one.what == "attributed"
    return one.other if about else ""


def node_of(one: Sum) -> str:
    """The node that a sum is about."""
    about = one.what.startswith(("send_", "react_")) or one.what == "attributed"
    return one.part if about else ""


def report(
    rows: Sequence[Sum],
    by_day: Iterable[Daily],
    before: Iterable[Sum],
    key: Callable[[Sum], str],
    variant: Callable[[Sum], str],
) -> Report:
    """The report on the rows for which `key` is true, in parts by `variant`; `by_day` are those of CURVE."""
    mine = [one for one in rows if key(one)]
    total, earlier = Figures(), Figures()
    for one in mine:
        add(total, one)
    for other in before:
        if key(other):
            add(earlier, other)
    lost: dict[tuple[str, str], int] = {}
    excluded: dict[str, int] = {}
    links: dict[str, int] = {}
    days: dict[date, list[int]] = {}
    hours: dict[str, list[int]] = {}
    held_out = 0
    for one in mine:
        if one.what in LOST:
            _more(lost, (one.what.removeprefix("send_"), one.extra), one.count)
        elif one.what == "send_blocked":
            _more(excluded, one.extra, one.count)
        elif one.what == "entry_refused":
            _more(excluded, one.other, one.count)
        elif one.what == "link":
            _more(links, one.other, one.count)
        elif one.what == "holdout":
            held_out += one.count
        elif one.what == "hour":
            at = {"accepted": 0, "opened": 1, "clicked": 2}.get(one.other)
            if at is not None:
                hours.setdefault(one.part, [0, 0, 0])[at] += one.count
    for daily in by_day:
        place = CURVE.index(daily.what)
        if key(daily) and (place == 0 or daily.extra == "human"):
            days.setdefault(daily.day, [0, 0, 0])[place] += daily.count
    (treated, by_treated), (held, by_held) = _side(mine, "treated"), _side(mine, "held")
    parts = grouped(mine, variant)
    return Report(
        total=total,
        before=earlier,
        variants=tuple(sorted(parts.items())),
        lost=tuple((what, why, n) for (what, why), n in _ranked(lost)),
        excluded=tuple(_ranked(excluded)),
        links=tuple(_ranked(links)[:50]),
        days=tuple((day, a, b, c) for day, (a, b, c) in sorted(days.items())),
        hours=tuple((hour, a, b, c) for hour, (a, b, c) in sorted(hours.items())),
        held_out=held_out,
        lift=lift(treated, held),
        worth=_worth(treated, held, by_treated, by_held),
        treated=treated,
        held=held,
    )


def _side(rows: Iterable[Sum], side: str) -> tuple[Arm, dict[str, tuple[int, Spent]]]:
    """One side of the comparison, and by currency its orders and what they come to."""
    counts = {"arm": 0, "arm_bought": 0}
    spent: dict[str, tuple[int, Spent]] = {}
    for one in rows:
        if one.part != side:
            continue
        if one.what in counts:
            counts[one.what] += one.count
        elif one.what in ("arm_spent", "arm_squares"):
            orders, so_far = spent.get(one.other, (0, Spent()))
            value = float(one.value)
            spent[one.other] = (
                (orders + one.count, Spent(so_far.total + value, so_far.squares))
                if one.what == "arm_spent"
                else (orders, Spent(so_far.total, so_far.squares + value))
            )
    return Arm(counts["arm"], counts["arm_bought"]), spent


def _worth(
    treated: Arm, held: Arm, by_treated: dict[str, tuple[int, Spent]], by_held: dict[str, tuple[int, Spent]]
) -> tuple[Worth, ...]:
    for arm, spent in ((treated, by_treated), (held, by_held)):
        if sum(orders for orders, _ in spent.values()) < arm.bought:
            return ()  # buyers of a time when money was not counted: half of it would be taken for all
    nothing = (0, Spent())
    found = (
        worth(each, treated, held, by_treated.get(each, nothing)[1], by_held.get(each, nothing)[1])
        for each in sorted({*by_treated, *by_held})
    )
    return tuple(one for one in found if one is not None)


def _more(counts: dict[Any, int], key: Any, count: int) -> None:
    counts[key] = counts.get(key, 0) + count


def _ranked(counts: dict[Any, int]) -> list[tuple[Any, int]]:
    return sorted(((key, n) for key, n in counts.items() if n), key=lambda one: (-one[1], str(one[0])))
