"""What a journey adds to those who were held out: a difference whose interval may be looked at every day.

In: people and buyers of both sides. Out: a `Lift`, or None where there is not enough yet.
Always true: pure; the interval holds at all looks at once: stopping at one that pleases does not spoil it.

The interval is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 52, 2024;
arXiv 2103.06476), with Robbins' normal mixture: for a mean of n observations of variance s2,

    mean +- sqrt( s2 * 2 (n r2 + 1) / (n2 r2) * log( sqrt(n r2 + 1) / alpha ) ),

where n2 is n squared and r2 rho squared. Here the mean is the difference of two shares, whose variance per
observation is n times the squared standard error of the difference. `rho` makes the interval narrowest at
TIGHTEST people; elsewhere it is valid and wider.
"""

from math import log, sqrt

import msgspec

ALPHA = 0.05
TIGHTEST = 10_000
PEOPLE_AT_LEAST, BUYERS_AT_LEAST = 100, 20
"""Below so many people on either side, or buyers in all, a number would say more than is known."""


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


def wider(n: int, alpha: float = ALPHA) -> float:
    """How many standard errors make an interval that holds at every look."""
    told = -2 * log(alpha)
    rho2 = (told + log(told + 1)) / TIGHTEST
    return sqrt(2 * (n * rho2 + 1) / (n * rho2) * log(sqrt(n * rho2 + 1) / alpha))


def _variance(arm: Arm) -> float:
    """The squared standard error of a share; of one at its end as if one person more had done otherwise."""
    share = min(max(arm.share, 1 / (arm.people + 1)), arm.people / (arm.people + 1))
    return share * (1 - share) / arm.people
