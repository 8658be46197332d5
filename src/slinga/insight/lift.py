"""What a journey adds to those who were held out: differences whose intervals may be looked at every day.

In: people of both sides, the buyers among them, what they spent. Out: a `Lift` and a `Worth`, or None where
there is not enough yet.
Always true: pure; an interval holds at all looks at once: stopping at one that pleases does not spoil it;
money is never compared across currencies, and is what is left after refunds.

The interval is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 52, 2024;
arXiv 2103.06476), with Robbins' normal mixture: for a mean of n observations of variance s2,

    mean +- sqrt( s2 * 2 (n r2 + 1) / (n2 r2) * log( sqrt(n r2 + 1) / alpha ) ),

where n2 is n squared and r2 rho squared. Here the mean is the difference of two shares, or of what is spent
a person, whose variance per observation is n times the squared standard error of the difference. `rho` makes
the interval narrowest at TIGHTEST people; elsewhere it is valid and wider. It asks no shape of what people
spend but a finite variance; as it rests on many observations, money asks for buyers on either side.
"""

from math import log, sqrt

import msgspec

ALPHA = 0.05
TIGHTEST = 10_000
PEOPLE_AT_LEAST, BUYERS_AT_LEAST = 100, 20
"""Below so many people on either side, or buyers in all, a number would say more than is known."""
SPENDERS_AT_LEAST = 10
"""Buyers on either side, below which nothing is said of money: their spread is not known yet."""


class Arm(msgspec.Struct, frozen=True):
    """One side: people, and those of them who bought."""

    people: int
    bought: int

    @property
    def share(self) -> float:
        """Of those, how many bought; 0 of nobody."""
        return self.bought / self.people if self.people else 0.0


class Lift(msgspec.Struct, frozen=True):
    """The difference of the shares, treated less held out, and between what it lies at every look."""

    difference: float
    low: float
    high: float
    treated: Arm
    held: Arm

    @property
    def sure(self) -> bool:
        """Whether the interval leaves nothing out but an effect."""
        return self.low > 0 or self.high < 0

    @property
    def more(self) -> tuple[float, float, float]:
        """The same as buyers among those who were treated: (about, at least, at most)."""
        n = self.treated.people
        return self.difference * n, self.low * n, self.high * n


class Spent(msgspec.Struct, frozen=True):
    """What one side spent in one currency: in all, and the sum of the squares of what each person spent."""

    total: float = 0.0
    squares: float = 0.0


class Worth(msgspec.Struct, frozen=True):
    """The difference of what is spent a person in one currency, and between what it lies at every look."""

    currency: str
    difference: float
    low: float
    high: float
    people: int
    """Those who were treated."""

    @property
    def sure(self) -> bool:
        """Whether the interval leaves nothing out but an effect."""
        return self.low > 0 or self.high < 0

    @property
    def more(self) -> tuple[float, float, float]:
        """The same as money from all who were treated: (about, at least, at most)."""
        return self.difference * self.people, self.low * self.people, self.high * self.people


def enough(treated: Arm, held: Arm) -> bool:
    """Whether there is anything to say."""
    return (
        min(treated.people, held.people) >= PEOPLE_AT_LEAST
        and treated.bought + held.bought >= BUYERS_AT_LEAST
        and 0 < treated.bought + held.bought < treated.people + held.people
    )


def lift(treated: Arm, held: Arm, *, alpha: float = ALPHA) -> Lift | None:
    """The lift so far; None where there is not enough yet."""
    if not enough(treated, held):
        return None
    error = sqrt(_variance(treated) + _variance(held))
    width = error * wider(treated.people + held.people, alpha)
    difference = treated.share - held.share
    return Lift(difference, max(-1.0, difference - width), min(1.0, difference + width), treated, held)


def worth(
    currency: str, treated: Arm, held: Arm, by_treated: Spent, by_held: Spent, *, alpha: float = ALPHA
) -> Worth | None:
    """The lift in money so far; None where there is not enough yet."""
    if not enough(treated, held) or min(treated.bought, held.bought) < SPENDERS_AT_LEAST:
        return None
    mean, error = _mean(treated, by_treated)
    base, other = _mean(held, by_held)
    width = sqrt(error + other) * wider(treated.people + held.people, alpha)
    difference = mean - base
    return Worth(currency, difference, difference - width, difference + width, treated.people)


def wider(n: int, alpha: float = ALPHA) -> float:
    """How many standard errors make an interval that holds at every look."""
    told = -2 * log(alpha)
    rho2 = (told + log(told + 1)) / TIGHTEST
    return sqrt(2 * (n * rho2 + 1) / (n * rho2) * log(sqrt(n * rho2 + 1) / alpha))


def _variance(arm: Arm) -> float:
    """The squared standard error of a share; of one at its end as if one person more had done otherwise."""
    share = min(max(arm.share, 1 / (arm.people + 1)), arm.people / (arm.people + 1))
    return share * (1 - share) / arm.people


def _mean(arm: Arm, spent: Spent) -> tuple[float, float]:
    """What is spent a person, and its squared standard error."""
    mean = spent.total / arm.people
    return mean, max(0.0, spent.squares / arm.people - mean * mean) / arm.people
