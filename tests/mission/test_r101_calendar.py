"""R101: the calendar says when what goes out, and what it said of birthdays is what happens."""

from selectolax.lexbor import LexborHTMLParser

from slinga.broadcasts import jobs as broadcasts
from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.kernel.clock import DAY
from slinga.testing.desk import html
from slinga.testing.world import World

LETTER = {"key": "news", "name": "News", "subject": "News", "class": "marketing", "topic": "news"}
HTML = (
    "<html lang='en'><head><title>N</title></head><body><p>{{ unsubscribe_url }}</p>"
    "<p>{{ brand.address }}</p></body></html>"
)


def test_the_plan_and_what_came_of_it(world: World) -> None:
    world.publish_shipped("birthday", policy={"quiet_hours": "none", "caps": []})
    world.publish(Definition("template", "news", LETTER | {"body": {"html": HTML}}))
    for n, born in enumerate(("1990-03-05", "1985-03-05", "1970-03-06")):
        world.known(f"p{n}", birth_date=born)
    document = {"key": "may", "name": "May news", "audience": {"op": "identified"}, "template": "news"}
    broadcasts.create(world.db, document)
    broadcasts.schedule(world.db, "may", world.now() + DAY)

    def days() -> dict[str, str]:
        cells = LexborHTMLParser(html(world, "/admin/calendar?day=2026-03-01")).css("td:not(.blank)")
        return {cell.css_first(".narrow").text(): " ".join(cell.text().split()) for cell in cells}

    planned = days()
    assert "10:00 May news" in planned["Tue 3 Mar 2026"]
    assert "Birthday 2" in planned["Thu 5 Mar 2026"] and "Birthday 1" in planned["Fri 6 Mar 2026"]
    world.until("2026-03-07T12:00:00Z")
    tally(world.db)
    sent = days()
    assert "May news 3" in sent["Tue 3 Mar 2026"]
    assert "Birthday 2" in sent["Thu 5 Mar 2026"] and "Birthday 1" in sent["Fri 6 Mar 2026"]
    assert world.templates().count("birthday") == 3
