"""The lift in money: it covers the truth at every look, says nothing too early, and finds what is there."""

import random
from decimal import Decimal

from slinga.admin.reports.figures import node_of, report
from slinga.insight.lift import Arm, Spent, Worth, worth
from slinga.insight.sums.model import Sum


def side(amounts: list[float]) -> tuple[Arm, Spent]:
    buyers = sum(each > 0 for each in amounts)
    return Arm(len(amounts), buyers), Spent(sum(amounts), sum(each * each for each in amounts))


def compared(treated: list[float], held: list[float]) -> Worth | None:
    (a, spent), (b, by_held) = side(treated), side(held)
    return worth("SEK", a, b, spent, by_held)


def basket(chance: random.Random, share: float) -> float:
    """What a person spends: mostly nothing, else much or little, as baskets are."""
    return chance.lognormvariate(5.5, 0.8) if chance.random() < share else 0.0


def test_at_no_look_does_it_miss_the_truth_more_often_than_it_says() -> None:
    wrong = 0
    for seed in range(100):
        chance = random.Random(seed)
        sides: tuple[list[float], list[float]] = ([], [])
        held = True
        for _ in range(30):
            for _ in range(60):
                sides[chance.random() < 0.3].append(basket(chance, 0.15))
            found = compared(*sides)
            held = held and (found is None or found.low <= 0 <= found.high)
        wrong += not held
    assert wrong <= 8, f"{wrong} of 100 histories had a look that was wrong; 5 are allowed for"


def test_an_effect_is_found_and_too_few_say_nothing() -> None:
    chance = random.Random(1)
    treated, held = [basket(chance, 0.3) for _ in range(4000)], [basket(chance, 0.15) for _ in range(2000)]
    found = compared(treated, held)
    assert found is not None and found.sure and found.low < 0.15 * 336 < found.high
    assert found.more[0] == found.difference * 4000
    assert compared(treated[:90], held) is None
    assert compared(treated, [0.0] * 1991 + [100.0] * 9) is None, "nine buyers do not tell a spread"


def row(what: str, arm: str, count: int, value: int = 0) -> Sum:
    other = "SEK" if what in ("arm_spent", "arm_squares") else ""
    return Sum(what, "j", 0, arm, other, "", "", count, Decimal(value))


def test_buyers_of_a_time_when_money_was_not_counted_are_not_taken_for_misers() -> None:
    rows = [row("arm", "treated", 500), row("arm", "held", 500)]
    rows += [row("arm_bought", "treated", 50), row("arm_bought", "held", 40)]
    rows += [row("arm_spent", "treated", 50, 5000), row("arm_squares", "treated", 0, 600_000)]
    assert report(rows, [], [], lambda one: "x", node_of).worth == ()
    rows += [row("arm_spent", "held", 44, 4000), row("arm_squares", "held", 0, 500_000)]
    (found,) = report(rows, [], [], lambda one: "x", node_of).worth
    assert found.currency == "SEK" and found.difference == 2.0
