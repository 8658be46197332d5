"""The chart of messages: by day, week or month, and every message in it."""

from datetime import date, timedelta

from slinga.rehearsal.telling import MOST_LINES, chart


def days(count: int, step: int = 1) -> dict[str, int]:
    return {(date(2026, 1, 5) + timedelta(n * step)).isoformat(): 1 + n % 7 for n in range(count)}


def totals(lines: list[str]) -> int:
    return sum(int(line.rpartition(" ")[2].replace(",", "")) for line in lines)


def test_days_weeks_and_months_fit_a_screen_and_lose_nothing() -> None:
    for count, unit in ((5, "day"), (100, "week from"), (700, "month from")):
        per_day = days(count)
        head, *lines = chart(per_day)
        assert head == f"messages by {unit} (the fullest day {min(count, 7)})"
        assert len(lines) <= MOST_LINES
        assert totals(lines) == sum(per_day.values())


def test_days_without_a_message_are_shown() -> None:
    _, *lines = chart(days(3, step=5))
    assert len(lines) == 11
    assert lines[1] == "2026-01-06   0"


def test_the_longest_bar_fills_the_width() -> None:
    _, *lines = chart({"2026-01-05": 200, "2026-01-06": 1}, width=20)
    assert lines[0].count("█") == 20
    assert lines[1].split() == ["2026-01-06", "▏", "1"]


def test_nothing_sent_is_no_chart() -> None:
    assert list(chart({})) == []
