"""R81: a discount on the birthday, in the morning where the person lives; 29 February is kept every year."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.kernel.clock import iso
from slinga.testing.world import World, open_world


@pytest.fixture
def winter(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in the winter before a leap year."""
    with open_world(database_url, tmp_path, at="2027-02-01T10:00:00Z") as found:
        yield found


def test_every_year_at_nine_where_the_person_lives(winter: World) -> None:
    world = winter
    world.publish_shipped("birthday")
    world.known("anna", birth_date="1992-02-29")
    world.known("nils", birth_date="1980-03-14", timezone="America/New_York")
    world.known("mars", birth_date="1980-03-14", timezone="Mars/Olympus_Mons")  # nowhere: the shop's zone
    world.known("olle", birth_date="last spring")
    world.until("2028-03-31T00:00:00Z")
    got = {user: [iso(mail.at) for mail in world.mails(user)] for user in ("anna", "nils", "mars", "olle")}
    assert got == {
        "anna": ["2027-02-28T08:00:00.000Z", "2028-02-29T08:00:00.000Z"],
        # New York is on summer time on the 14th in 2027 from that very morning on, Stockholm is not yet
        "nils": ["2027-03-14T13:00:00.000Z", "2028-03-14T13:00:00.000Z"],
        "mars": ["2027-03-14T08:00:00.000Z", "2028-03-14T08:00:00.000Z"],
        "olle": [],
    }
    assert {mail.template for mail in world.mails()} == {"birthday"}


def test_a_birthday_learnt_late_the_same_day_counts_and_one_of_last_week_does_not(winter: World) -> None:
    world = winter
    world.publish_shipped("birthday")
    world.known("anna")
    world.known("berta")
    world.until("2027-02-02T10:00:00Z")
    world.identify("anna", birth_date="1990-02-02")  # today; it is 11:00
    world.identify("berta", birth_date="1990-01-25")
    world.forward("1h")
    assert world.templates("anna") == ["birthday"]
    assert world.templates("berta") == []
    world.identify("anna", birth_date="1990-02-03")  # a slip of the pen, corrected
    world.forward("30d")
    assert world.templates("anna") == ["birthday"]
