"""The shop's letters go out on first Tuesdays, and the next one is always planned."""

from slinga.demo.definitions import documents
from slinga.demo.seasons import AHEAD, planned
from slinga.journeys.broadcast import parse, templates
from slinga.kernel.calendar import local, zone
from slinga.kernel.clock import DAY, instant

OPENS = instant("2026-12-01T12:00:00Z")
TOWN = zone("Europe/Stockholm")


def test_letters_go_out_on_the_first_tuesday_of_their_month_in_the_afternoon_of_the_town():
    found = list(planned(OPENS - 548 * DAY, OPENS))
    assert [letter["key"] for _, letter in found] == [
        "letter-2025-09", "letter-2025-12", "letter-2026-02", "letter-2026-04",
        "letter-2026-06", "letter-2026-09", "letter-2026-12", "letter-2027-02",
    ]  # fmt: skip
    for at, letter in found:
        here = local(at, TOWN)
        assert here.weekday() == 1 and here.day <= 7 and here.hour == 16, letter["key"]
        assert OPENS - 548 * DAY < at < OPENS + AHEAD


def test_the_next_letter_is_planned_whenever_the_shop_opens():
    for days in range(0, 366, 9):
        at = OPENS + days * DAY
        assert any(due > at for due, _ in planned(at - 90 * DAY, at)), days


def test_every_letter_is_a_broadcast_of_templates_that_the_demo_publishes():
    known = {key for kind, key, _ in documents("https://shop.example") if kind == "template"}
    for _, letter in planned(OPENS - 548 * DAY, OPENS):
        assert set(templates(parse(letter))) <= known
