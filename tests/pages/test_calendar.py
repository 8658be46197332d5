"""The calendar at the desk: days, what stands on them, plan items; what comes from outside stays text."""

from datetime import date, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.calendar.plan import Item, beside, by_dates, on_schedule, span, spread, weeks
from slinga.journeys.triggers import Every
from slinga.kernel.calendar import zone

CANARY = "\"'><script>alert(1)</script>{{987654*3}}"
DAYS = st.dates(date(1999, 1, 1), date(2100, 1, 1))


def post(world: Any, path: str, code: int = 303, **more: str) -> Any:
    answer = world.web.post(path, data={"csrf": world.csrf(), **more})
    assert answer.status_code == code, answer.text[:900]
    return answer


def text(page: str) -> str:
    return " ".join((LexborHTMLParser(page).text() or "").split())


def test_an_empty_calendar_teaches(world: Any) -> None:
    assert "empty-place" in world.get("/admin/calendar") and "empty-place" in world.get(
        "/admin/calendar?view=week"
    )


def test_birthdays_and_schedules_are_expected_and_the_past_is_counted(world: Any) -> None:
    for n in range(3):
        world.person(f"p{n}@shop.test", birth_date="1990-03-05")
    trigger = {"on": "date", "trait": "birth_date", "at": "09:00", "yearly": True, "offset": "-2d"}
    world.publish(
        "journey", "birthday", {"key": "birthday", "name": "Birthday", "trigger": trigger, "nodes": {}}
    )
    world.db.execute(
        "INSERT INTO tally VALUES ('send_accepted', 'birthday', '2026-02-27', 1, 'a', 't', 'email', '',"
        " 42, 0)"
    )
    found = LexborHTMLParser(world.get("/admin/calendar?day=2026-03-01"))
    days = {cell.css_first(".narrow").text(): " ".join(cell.text().split()) for cell in found.css("td")}
    assert "Birthday 3" in days["Tue 3 Mar 2026"] and "Birthday 42" in days["Fri 27 Feb 2026"]


def test_what_is_planned_by_hand_stands_on_its_days(world: Any) -> None:
    sent = {
        "name": CANARY,
        "from_day": "2026-03-10",
        "until_day": "2026-03-12",
        "note": CANARY,
        "owner": CANARY,
    }
    post(world, "/admin/calendar/items", **sent)
    page = world.get("/admin/calendar?day=2026-03-01&item=1")
    tree = LexborHTMLParser(page)
    assert not tree.css("script:not([src^='/assets/'])") and "2962962" not in page
    assert len(tree.css("td .entry.item")) == 3
    post(world, "/admin/calendar/items", id="1", name="Fair", from_day="2026-03-10")
    assert (
        len(LexborHTMLParser(world.get("/admin/calendar?view=week&day=2026-03-10")).css("td .entry.item"))
        == 1
    )
    refused = post(world, "/admin/calendar/items", 400, name="", from_day="soon", note=CANARY).text
    assert 'role="alert"' in refused and not LexborHTMLParser(refused).css("script:not([src^='/assets/'])")
    post(world, "/admin/calendar/items/1/remove")
    assert "Fair" not in world.get("/admin/calendar?day=2026-03-10")


def test_odd_days_are_today(world: Any) -> None:
    for day in ("9999-99-99", "0001-01-01", CANARY):
        assert world.web.get("/admin/calendar", params={"day": day, "item": "x"}).status_code == 200


@given(DAYS, st.sampled_from(["month", "week"]))
def test_the_days_shown_are_whole_weeks_and_steps_meet(day: date, view: str) -> None:
    first, last = span(view, day)
    rows = weeks(first, last)
    assert first <= day <= last and all(len(row) == 7 and row[0].weekday() == 0 for row in rows)
    before, after = beside(view, day)
    assert span(view, before)[1] >= first - timedelta(days=1) and span(view, after)[0] <= last + timedelta(
        days=1
    )


def test_schedules_and_dates_fall_on_their_days() -> None:
    first, last = date(2024, 2, 1), date(2024, 2, 29)
    assert on_schedule(Every(monthdays=(31,)), first, last) == [date(2024, 2, 29)]
    assert on_schedule(Every(weekdays=(1,)), first, last)[0] == date(2024, 2, 5)
    assert on_schedule(Every(dates=("02-14",)), first, last) == [date(2024, 2, 14)]

    def expected(counts: dict[str, int], offset: str, yearly: bool) -> list[tuple[date, int]]:
        return by_dates(counts, offset, time(9), yearly, first, last, zone("Europe/Stockholm"))

    assert expected({"02-20": 3}, "-1w", True) == [(date(2024, 2, 13), 3)]
    assert expected({"2024-02-20": 3}, "1d", False) == [(date(2024, 2, 21), 3)]
    # Months are those of the calendar: a day that a shorter one does not have falls on its last.
    lapsed = {"2023-08-29": 1, "2023-08-31": 2, "2023-08-30": 4, "2023-08-28": 8, "soon": 16}
    assert expected(lapsed, "6mo", False) == [(date(2024, 2, 28), 8), (date(2024, 2, 29), 7)]
    assert expected({"03-15": 1, "03-14": 2}, "-1mo", True) == [
        (date(2024, 2, 14), 2),
        (date(2024, 2, 15), 1),
    ]
    assert expected({"02-29": 5}, "0d", True) == [(date(2024, 2, 29), 5)]
    item = Item(name="x", from_day=date(2024, 1, 30), until_day=date(2024, 2, 2))
    assert [on for on, _ in spread([item], first, last)] == [date(2024, 2, 1), date(2024, 2, 2)]
