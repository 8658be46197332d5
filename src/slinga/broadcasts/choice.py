"""Who gets which content, who is in a sample, which content won, and whose turn comes on which day.

In: keys of people, contents, what came of a sample. Out: decisions.
Always true: pure; the same person gets the same content at every asking, in any process, so asking again
after a death changes nothing; a winner is ahead by more than chance, or there is none.
"""

from collections.abc import Mapping, Sequence
from math import inf, sqrt

import msgspec

from slinga.journeys.broadcast import Broadcast, Content, WarmUp
from slinga.kernel.ids import chance

AHEAD = 1.2816
"""Standard errors by which a winner is ahead of the second: nine in ten that it is better."""
LEAST = 10
"""Recipients that each content needs before it is judged."""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one content: recipients, and those of them who did something; money, and its squares."""

    recipients: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    revenue: float = 0.0
    squares: float = 0.0


def in_sample(broadcast: Broadcast, person: str) -> bool:
    """Whether a person is among those on whom the contents are tried."""
    test = broadcast.test
    return test is not None and chance("sample", broadcast.key, person) < test.sample


def drawn(broadcast: Broadcast, person: str) -> str:
    """The content that chance gives a person, by the shares."""
    return _by_share(broadcast.contents, chance("content", broadcast.key, person))


def best(broadcast: Broadcast, person: str, fits: Mapping[str, frozenset[str]]) -> str:
    """The first content that fits a person; `fits` holds by content of whom its condition is true."""
    for content in broadcast.contents[:-1]:
        if person in fits.get(content.key, ()):
            return content.key
    return broadcast.contents[-1].key


def _by_share(contents: Sequence[Content], at: float) -> str:
    left = at * sum(each.share for each in contents)
    for each in contents:
        if left < each.share:
            return each.key
        left -= each.share
    return contents[-1].key


def winner(came: Mapping[str, Came], by: str) -> str:
    """The content that is ahead per recipient by more than chance; "" where none is."""
    if len(came) < 2 or any(each.recipients < LEAST for each in came.values()):
        return ""
    ranked = sorted(
        ((*_rate(each, by), key) for key, each in came.items()), key=lambda one: (-one[0], one[2])
    )
    (first, error, key), (second, other, _) = ranked[0], ranked[1]
    return key if first - second > AHEAD * sqrt(error + other) else ""


def _rate(came: Came, by: str) -> tuple[float, float]:
    """The mean per recipient and its squared standard error."""
    n = came.recipients
    if by == "revenue":
        mean = came.revenue / n
        return mean, max(0.0, came.squares / n - mean * mean) / n
    share = {"clicks": came.clicked, "opens": came.opened, "conversions": came.converted}[by] / n
    # As if one recipient more had done otherwise: none of ten is not known to be none of all.
    near = min(max(share, 1 / (n + 1)), n / (n + 1))
    return share, near * (1 - near) / n


def day_of(plan: WarmUp, rank: int) -> int:
    """On which day, from 0, the message of rank 0, 1, 2 ... of one receiver goes."""
    return _day(plan, rank + 1)


def days_for(plan: WarmUp, messages: int) -> int:
    """How many days so many messages to one receiver take."""
    return _day(plan, messages) + 1 if messages else 0


def cap(plan: WarmUp, day: int) -> int:
    """How many messages a receiver is given on a day, from 0."""
    grown = plan.start * plan.growth**day if plan.growth == 1 or day < 400 else inf
    return int(min(plan.most, grown))


def _day(plan: WarmUp, place: int) -> int:
    day = 0
    while place > (size := cap(plan, day)):
        if size == plan.most or plan.growth == 1:
            return day + -(-(place - size) // size)
        place -= size
        day += 1
    return day
