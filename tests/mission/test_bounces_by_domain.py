"""The report tells by domain who refused a letter at once, and who took it and sent it back later."""

from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words
from tests.mission.returned import path_of, post, report

from slinga.broadcasts import jobs as broadcasts
from slinga.insight.jobs import tally
from slinga.testing.crowd import known
from slinga.testing.desk import html
from slinga.testing.drafts import letter
from slinga.testing.smtp_sink import Script
from slinga.testing.world import World

BACK = report("failed", "5.1.1", "550 5.1.1 no such user")


def test_both_ways_of_bouncing_are_told_by_domain(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(letter("news"))
    people = ["anna", "bert", "cleo", "dora"]
    known(world, people)
    world.identify("dora", email="dora@other.example")
    world.sink.scripts["bert@example.org"] = Script(rcpt="550 5.1.1 no such user")
    document = {"key": "may", "name": "May", "audience": {"op": "identified"}, "template": "news"}
    broadcasts.create(world.db, document | {"topic": "news"})
    broadcasts.start(world.db, "may")
    world.settle()
    with post(world) as other:
        other.send(path_of(world, "anna"), BACK)
        other.send(path_of(world, "anna"), BACK)
    tally(world.db)
    page = LexborHTMLParser(html(world, "/admin/reports/broadcast/may"))
    (card,) = [each for each in page.css("section") if words(each).startswith("Bounced, by domain")]
    assert [words(row) for row in card.css("tbody tr")] == ["example.org 1 1"]
    figures = {
        words(each.css_first(".subheader")): words(each.css_first(".figure")) for each in page.css(".card-sm")
    }
    assert (figures["Sent"], figures["Delivered"], figures["Bounced"]) == ("3", "2", "2")
