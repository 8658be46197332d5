"""Months hold what their days hold, and a period read by months is the period read day by day."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from slinga.insight import store
from slinga.insight.counting import store as counting
from slinga.insight.tally import Sums
from slinga.runtime.db import Db

FIRST = date(2025, 1, 10)
WHATS = ("order", "step", "stock")


def fill(db: Db, chance: Random) -> None:
    for _ in range(3):  # the later ones add to rows that are there
        sums = Sums(ZoneInfo("UTC"))
        for _ in range(400):
            day = FIRST + timedelta(days=chance.randrange(500))
            what, key, part = chance.choice(WHATS), chance.choice("ab"), chance.choice("xy")
            other = chance.choice(["failed", "done"])
            sums.add(
                what,
                key,
                day,
                part,
                other,
                count=chance.randrange(-3, 9),
                value=Decimal(chance.randrange(1000)) / 4,
            )
        with db.transaction():
            counting.add(db, 0, sums)


def test_a_period_by_months_is_the_period_by_days(db: Db) -> None:
    chance = Random(5)
    fill(db, chance)
    spans = [(FIRST, FIRST), (date(2025, 2, 1), date(2025, 2, 28)), (date(2025, 1, 31), date(2025, 3, 1))]
    for _ in range(60):
        since = FIRST + timedelta(days=chance.randrange(-40, 500))
        spans.append((since, since + timedelta(days=chance.choice([0, 3, 27, 30, 31, 60, 400]))))
    for since, until in spans:
        for key in ("", "a"):
            told = store.sums(db, WHATS, since, until, key)
            found: dict[tuple[str, ...], tuple[int, Decimal]] = {}
            for one in store.daily(db, WHATS, since, until, key):
                place = (one.what, one.key, one.part, one.other)
                count, value = found.get(place, (0, Decimal(0)))
                found[place] = (count + one.count, value + one.value)
            assert {(one.what, one.key, one.part, one.other): (one.count, one.value) for one in told} == found
        failed = sum(one.count for one in told if one.what == "step" and one.other == "failed")
        assert store.totals(db, ("step",), since, until).get(("step", "a"), 0) == failed
        running: dict[tuple[str, str], int] = {}
        for one in store.daily(db, ("stock",), FIRST, until, "a"):
            running[one.part, one.other] = running.get((one.part, one.other), 0) + one.count
        assert store.stock(db, "a", until) == {place: n for place, n in running.items() if n > 0}


def test_months_follow_days_however_they_are_written(db: Db) -> None:
    fill(db, Random(7))
    db.execute("INSERT INTO tally VALUES ('order', 'a', '2025-03-05', 0, 'x', 'done', '', 'by hand', 4, 2)")
    db.execute("UPDATE tally SET count = count + 1 WHERE key = 'a'")
    apart = """SELECT what, key, date_trunc('month', day)::date, version, part, other, detail, extra,
               sum(count)::int8, sum(value) FROM tally GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
    assert db.execute(f"({apart}) EXCEPT SELECT * FROM tally_month").fetchall() == []
    assert db.execute(f"SELECT * FROM tally_month EXCEPT ({apart})").fetchall() == []
