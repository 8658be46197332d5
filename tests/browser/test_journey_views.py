"""The canvas and the outline are two views of one document: the same work gives the same."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page
from tests.browser.conftest import Desk

from slinga.drafts import jobs as drafts
from slinga.journeys import shipped
from slinga.testing.world import World

NAMES = {
    "wait_2h": "wait", "known": "branch", "first": "send", "wait_24h": "wait_2", "second": "send_2",
    "wait_48h": "wait_3", "third": "send_3", "done": "exit", "unknown": "exit_2",
}  # fmt: skip
STEPS = (
    ("|start", "Wait"),
    ("wait|next", "Branch"),
    ("branch|arms.0.next", "Send"),
    ("send|next", "Wait"),
    ("wait_2|next", "Send"),
    ("send_2|next", "Wait"),
    ("wait_3|next", "Send"),
    ("send_3|next", "Exit"),
    ("branch|otherwise", "Exit"),
)
POLICY = {"topics": [{"key": "news", "name": "News"}]}


def expected() -> dict[str, Any]:
    """The shipped journey with the keys that steps get when they are drawn in this order."""
    document = shipped.document("cart-rescue")
    del document["exit"]["where"][0]["cmp"]  # what equals its default is left out
    nodes = {NAMES[key]: node for key, node in document.pop("nodes").items()}
    for node in nodes.values():
        for place in (node, *node.get("arms", ())):
            for slot in ("next", "otherwise"):
                if slot in place:
                    place[slot] = NAMES[place[slot]]
    return document | {"start": NAMES[document["start"]], "nodes": nodes}


class View(ABC):
    """What a marketer does, in either view."""

    panel = ".journey-panel"

    def __init__(self, page: Page, key: str) -> None:
        self.page, self.key = page, key

    def work(self) -> None:
        for way, kind in STEPS:
            self.add(way, kind)
        self.header()
        for key, node in expected()["nodes"].items():
            self.open(key)
            form = self.page.locator(self.panel)
            if "title" in node:
                form.get_by_label("A name of your own for it").fill(node["title"])
            if "for" in node:
                form.get_by_label("For", exact=True).fill(node["for"])
            if "template" in node:
                form.get_by_label(re.compile("^Message")).select_option(node["template"])
            if "outcome" in node:
                form.get_by_label("Name of the ending").fill(node["outcome"])
            if "arms" in node:
                form.get_by_label("Name of the way").fill("identified")
                self.condition("Who takes it", "known by name")
            self.keep()

    def header(self) -> None:
        self.open("")
        form = self.page.locator(self.panel)
        form.get_by_label("What it is for").fill("Three reminders of a cart left behind.")
        form.get_by_label("Topic people can leave").select_option("news")
        form.get_by_label("Priority").fill("80")
        form.get_by_label("Stages it serves").select_option("bow-tie/interest")
        form.get_by_label(re.compile("^Event")).first.fill("Product Added")
        form.get_by_label("Events that count the same").fill(
            "Product Removed, Cart Updated, Checkout Started"
        )
        form.get_by_label(re.compile("Start over")).check()
        self.choose(form.get_by_label("Cap per person"), "own")
        form.get_by_label(re.compile("At most this many")).fill("1")
        form.get_by_label(re.compile("In any")).fill("3d")
        self.choose(form.get_by_label("Goal", exact=True), "own")
        form.get_by_label("Name of the goal").fill("order")
        goal = self.condition("What counts as reached", "what they did, or did not do")
        goal.get_by_label("Event", exact=True).fill("Order Completed")
        self.build(lambda: goal.get_by_label("When", exact=True).select_option("since_entry"))
        self.keep()
        self.open("")
        leaves = self.condition("Who leaves at once", "what they own: orders, carts, subscriptions")
        leaves.get_by_label("Kind of thing").fill("cart")
        self.build(lambda: leaves.get_by_label("How many").select_option("none"))
        self.build(leaves.get_by_role("button", name="only where it ...").click)
        leaves.get_by_label("Property").fill("status")
        leaves.get_by_label("Value").fill("open")
        self.build(leaves.get_by_label("Value").blur)
        self.keep()

    def condition(self, title: str, about: str) -> Locator:
        """Add a condition with the builder of a setting."""
        label = self.page.get_by_text(re.compile(rf"^{re.escape(title)}$"))
        here = self.page.locator(f"{self.panel} fieldset").filter(has=label).last
        here.get_by_text("Add a condition").click()
        self.build(here.get_by_role("button", name=about, exact=True).click)
        return here

    def build(self, what: Callable[[], Any]) -> None:
        """Do something that the builder follows by drawing anew."""
        with self.page.expect_response("**/admin/conditions/builder"):
            what()
        self.page.locator("[data-builder][aria-busy]").wait_for(state="detached")

    @abstractmethod
    def add(self, way: str, kind: str) -> None: ...

    @abstractmethod
    def open(self, node: str) -> None: ...

    @abstractmethod
    def choose(self, field: Locator, value: str) -> None: ...

    @abstractmethod
    def press(self, button: Locator) -> None: ...

    @abstractmethod
    def keep(self) -> None: ...


class Canvas(View):
    def start(self, desk: Desk) -> None:
        desk.open(f"/admin/journeys/{self.key}/canvas", look=False)
        self.page.locator(".react-flow__node").first.wait_for()

    def add(self, way: str, kind: str) -> None:
        self.page.locator(f'[data-way="{way}"]').evaluate("button => button.click()")
        self.page.locator(".palette").get_by_role("button", name=kind, exact=True).click()

    def open(self, node: str) -> None:
        step = self.page.locator(f'[data-id="{f"n:{node}" if node else "start"}"]')
        step.evaluate("node => node.click()")

    def choose(self, field: Locator, value: str) -> None:
        field.select_option(value)

    def press(self, button: Locator) -> None:
        button.click()

    def keep(self) -> None:
        self.page.locator('[data-saving="saved"]').wait_for()


class Outline(View):
    def start(self, desk: Desk) -> None:
        self.where = f"{desk.address}/admin/journeys/{self.key}/outline"
        self.page.goto(self.where)

    def add(self, way: str, kind: str) -> None:
        node, _, slot = way.partition("|")
        self.page.goto(f"{self.where}?node={node}&slot={slot}")
        self.page.locator(".palette").get_by_role("button", name=kind, exact=True).click()

    def open(self, node: str) -> None:
        self.page.goto(f"{self.where}?node={node}")

    def choose(self, field: Locator, value: str) -> None:
        with self.page.expect_navigation():
            field.select_option(value)

    def press(self, button: Locator) -> None:
        with self.page.expect_navigation():
            button.click()

    def keep(self) -> None:
        self.press(self.page.locator(".sticky-foot").get_by_role("button", name="Save"))


def test_both_views_make_the_same_document(desk: Desk, world: World) -> None:
    world.publish_shipped(policy=POLICY)
    blank = {"name": "Cart rescue", "class": "marketing", "trigger": {"on": "event", "name": ""}, "nodes": {}}
    for key in ("drawn", "written"):
        drafts.save(world.db, "journey", key, {"key": key, **blank}, by="test")
    for view in (Canvas(desk.page, "drawn"), Outline(desk.page, "written")):
        view.start(desk)
        view.work()
        desk.look(f"views-{view.key}")
    drawn, written = (drafts.find(world.db, "journey", key) for key in ("drawn", "written"))
    assert drawn is not None and written is not None
    assert drawn.document | {"key": ""} == written.document | {"key": ""}
    assert drawn.document | {"key": "cart-rescue"} == expected()
