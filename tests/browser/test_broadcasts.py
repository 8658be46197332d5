"""A broadcast written, scheduled, started and read about in a real browser; the calendar that shows it."""

from tests.browser.conftest import Desk, phone

from slinga.broadcasts import jobs as broadcasts
from slinga.broadcasts.model import State
from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.testing.crowd import known
from slinga.testing.world import World

HTML = (
    "<html lang='en'><head><title>N</title></head><body><p><a href='https://shop.example/new'>New</a></p>"
    "<p><a href='{{ unsubscribe_url }}'>Leave</a> {{ brand.address }}</p></body></html>"
)
LETTER = {"key": "news", "name": "News", "subject": "News", "class": "marketing", "topic": "news"}


def town(world: World) -> None:
    world.publish_shipped("welcome", "birthday", policy={"quiet_hours": "none", "caps": []})
    world.publish(Definition("template", "news", LETTER | {"body": {"html": HTML}}))
    known(world, [f"p{n}" for n in range(6)])


def sent(world: World) -> None:
    world.settle()
    tally(world.db)


def test_a_broadcast_is_written_scheduled_started_and_read_about(desk: Desk) -> None:
    desk.aside(town, desk.world)
    page = desk.open("/admin/broadcasts/new")
    page.get_by_label("Name", exact=True).fill("May news")
    page.get_by_label("Template", exact=True).select_option("news")
    page.get_by_text("Add a condition").first.click()
    page.get_by_role("button", name="known by name").click()
    page.locator(".total .figure", has_text="6").wait_for()
    desk.look("broadcast-form")
    page.get_by_role("button", name="Save and review").first.click()
    page.wait_for_url("**/broadcasts/may-news")
    page.get_by_text("get it at once").wait_for()
    desk.look("broadcast-review")
    page.get_by_role("button", name="Schedule").click()
    page.get_by_text("scheduled").first.wait_for()
    assert broadcasts.progress(desk.world.db, "may-news").state is State.SCHEDULED
    desk.open("/admin/calendar")
    page.goto(desk.address + "/admin/broadcasts/may-news")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("button", name="Pause").wait_for()
    desk.aside(sent, desk.world)
    desk.open("/admin/broadcasts/may-news")
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_text("Not enough yet").wait_for()
    desk.look("broadcast-report")
    phone(desk)
    for path in ("broadcasts", "broadcasts/new", "reports?kind=broadcast", "reports/broadcast/may-news",
                 "reports/month", "calendar"):  # fmt: skip
        desk.open(f"/admin/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide}"
