"""Reports at the desk: figures from sums, honest gaps, money by month; what comes from outside stays text."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.reports.money.month import Spend, bounds
from slinga.admin.reports.money.rows import imported
from slinga.insight.counting import store as counting
from slinga.kernel.errors import Invalid

CANARY = "\"'><script>alert(1)</script>{{987654*3}}"
DAY = date(2026, 2, 20)


def tally(
    world: Any,
    what: str,
    key: str = "winback",
    count: int = 1,
    *parts: str,
    value: float = 0,
    day: date = DAY,
) -> None:
    part, other, detail, extra = (*parts, "", "", "", "")[:4]
    world.db.execute(
        "INSERT INTO tally VALUES (%s, %s, %s, 0, %s, %s, %s, %s, %s, %s)",
        (what, key, day, part, other, detail, extra, count, value),
    )


def filled(world: Any, name: str = "Win back", key: str = "winback", template: str = "miss-you") -> None:
    world.publish("journey", key, {"key": key, "name": name, "nodes": {}})
    tally(world, "send_accepted", key, 1000, "send", template, "email", "")
    tally(world, "send_returned", key, 20, "send", template, "email", "hard")
    tally(world, "react_opened", key, 300, "send", template, "email", "human")
    tally(world, "react_opened", key, 400, "send", template, "email", "machine")
    tally(world, "react_clicked", key, 98, "send", template, "email", "human")
    tally(world, "attributed", key, 7, "send", template, "SEK", value=700)
    tally(world, "link", key, 98, "send", CANARY, template)
    tally(world, "entry_refused", key, 5, "", "holiday")
    tally(world, "hour", key, 1000, "09", "accepted")


def text(page: str) -> str:
    return " ".join((LexborHTMLParser(page).text() or "").split())


def test_an_empty_report_teaches(world: Any) -> None:
    assert "empty-place" in world.get("/admin/reports")


def test_a_counting_again_is_told_and_shows_the_figures_of_before(world: Any) -> None:
    filled(world)
    with world.db.transaction():
        counting.begin(world.db, None)
    for path in ("/admin/reports", "/admin/reports/journey/winback", "/admin/reports/month", "/admin"):
        assert "Figures are being counted again, " in text(world.get(path)), path
    page = text(world.get("/admin/reports/journey/winback"))
    assert "980" in page and "machines: 400" in page
    counting.give_up(world.db)
    assert "being counted again" not in world.get("/admin/reports")


def test_figures_add_up_and_machines_are_apart(world: Any) -> None:
    filled(world)
    page = text(world.get("/admin/reports/journey/winback"))
    assert "980" in page and "machines: 400" in page and "10.0 %" in page
    assert (
        "7 orders" in page
        and "attributed" in page
        and "Not enough yet" in page
        and "Nobody was held out" in page
    )
    for kind in ("journey", "template", "broadcast"):
        world.get(f"/admin/reports?kind={kind}")
    assert "1,000" in text(world.get("/admin/reports/template/miss-you"))
    rows = list(csv.DictReader(io.StringIO(world.get("/admin/reports/journey/winback/csv/variants"))))
    assert rows[0]["sent"] == "1000" and rows[0]["opened by machines"] == "400"
    assert world.get("/admin/reports/csv").splitlines()[1].startswith("journey,Win back,1000,980,300")


def test_a_lift_is_shown_with_its_interval_once_there_is_enough(world: Any) -> None:
    filled(world)
    for arm, people, bought in (("treated", 9000, 1080), ("held", 1000, 60)):
        tally(world, "arm", "winback", people, arm)
        tally(world, "arm_bought", "winback", bought, arm)
    page = text(world.get("/admin/reports/journey/winback"))
    assert "+6.00 %" in page and "sure to be an effect" in page and "540 buyers more" in page


@pytest.mark.parametrize("path", ["journey/winback", "template/miss-you"])
def test_what_comes_from_outside_is_text(world: Any, path: str) -> None:
    filled(world, name=CANARY)
    tally(world, "send_blocked", "winback", 3, "send", "miss-you", "email", CANARY)
    for address in (f"/admin/reports/{path}", "/admin/reports"):
        page = world.get(address)
        assert not LexborHTMLParser(page).css("script:not([src^='/assets/'])") and "2962962" not in page


def test_what_is_not_there_is_missing(world: Any) -> None:
    for path in ("journey/none", "broadcast/none", "other/x", "journey/winback/csv/none"):
        world.get(f"/admin/reports/{path}", 404)


def test_a_cell_is_no_formula(world: Any) -> None:
    filled(world, name="=cmd()")
    assert "'=cmd()" in world.get("/admin/reports/csv")


def test_the_month_in_money(world: Any) -> None:
    for part, count, value in (("first", 10, 1000), ("again", 40, 4000)):
        tally(world, "order", "", count, part, "SEK", value=value, day=date(2026, 3, 1))
    sent = {"source": "Search", "purpose": "acquisition", "from": "2026-03-01", "until": "2026-03-31",
            "amount": "500", "currency": "sek", "csrf": world.csrf()}  # fmt: skip
    assert world.web.post("/admin/reports/month/spend", data=sent).status_code == 303
    file = b"source;purpose;from;until;amount;currency\nLetters;retention;2026-02-15;2026-03-14;280;SEK\n"
    for _ in range(2):  # imported twice counts once
        answer = world.web.post(
            "/admin/reports/month/import",
            data={"csrf": world.csrf()},
            files={"file": ("s.csv", file, "text/csv")},
        )
        assert answer.status_code == 303, answer.text[:500]
    page = text(world.get("/admin/reports/month?month=2026-03"))
    assert "SEK 50.00" in page and "SEK 3.50" in page
    assert "14.3 times" in page
    assert "Letters,retention,2026-02-15" in world.get("/admin/reports/month/csv?month=2026-03")
    refused = world.web.post("/admin/reports/month/spend", data=sent | {"amount": "x", "source": CANARY})
    assert refused.status_code == 400 and not LexborHTMLParser(refused.text).css(
        "script:not([src^='/assets/'])"
    )
    forged = world.web.post(
        "/admin/reports/month/import", data={"csrf": "no"}, files={"file": ("s.csv", file)}
    )
    assert forged.status_code == 403


def test_spend_counts_by_the_day_and_months_end_where_they_end() -> None:
    one = Spend(source="x", purpose="retention", from_day=date(2024, 2, 15), until_day=date(2024, 3, 15),
                amount=Decimal(30), currency="SEK")  # fmt: skip
    assert [one.within(*bounds(date(2024, m, 9))) for m in (1, 2, 3, 4)] == [0, 15, 15, 0]
    assert bounds(date(2024, 2, 9)) == (date(2024, 2, 1), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"source,purpose\n", "lacks"),
        (b"source,purpose,from,until,amount,currency\na,fun,2026-01-01,,1,SEK\n", "Line 2, purpose"),
        (
            b"source,purpose,from,until,amount,currency\na,retention,2026-01-01,2025-01-01,1,SEK\n",
            "Line 2, until",
        ),
        (b"source,purpose,from,until,amount,currency\na,retention,2026-01-01,,NaN,SEK\n", "Line 2, amount"),
    ],
)
def test_a_faulty_file_names_its_line(content: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        imported(content)


def test_steps_are_named_as_everywhere_and_reasons_are_sentences(world: Any) -> None:
    nodes = {
        "s_1": {"type": "send", "template": "miss-you"},
        "w_1": {"type": "wait", "for": "2h", "next": "s_1"},
    }
    world.publish("template", "miss-you", {"key": "miss-you", "name": "We miss you"})
    world.publish(
        "journey", "winback", {"key": "winback", "name": "Win back", "start": "w_1", "nodes": nodes}
    )
    tally(world, "send_accepted", "winback", 10, "s_1", "miss-you", "email", "")
    tally(world, "entry_refused", "winback", 5, "", "reentry")
    tally(world, "send_blocked", "winback", 5, "s_1", "miss-you", "email", "no_consent")
    page = text(world.get("/admin/reports/journey/winback"))
    assert "E-mail: We miss you" in page and "s_1" not in page and "s 1" not in page
    assert "may not come in again yet" in page and "has not given permission" in page
    assert "Win back" in text(world.get("/admin/reports/template/miss-you"))
    rows = list(csv.reader(io.StringIO(world.get("/admin/reports/journey/winback/csv/variants"))))
    assert rows[1][0] == "E-mail: We miss you"
