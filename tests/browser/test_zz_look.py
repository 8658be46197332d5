from typing import Any

import pytest
from tests.browser.conftest import Desk

from slinga.engine.jobs import Definition
from slinga.insight.jobs import tally
from slinga.testing.world import World

LETTER = {
    "key": "hi",
    "name": "You left something in your cart",
    "class": "marketing",
    "channel": "email",
    "topic": "news",
    "subject": "Hi",
    "body": {"html": "<html lang='en'><head><title>Hi</title></head><body><p>Hi</p></body></html>"},
}


def ev(name, **k):
    return {"op": "event", "name": name, "cmp": "ge", "value": 1, "window": {"since_entry": True}, **k}


N: dict[str, Any] = {
    "w1": {"type": "wait", "for": "2h", "next": "b1"},
    "b1": {
        "type": "branch",
        "arms": [
            {
                "name": "Has bought before",
                "when": {"op": "event", "name": "Order Completed", "cmp": "ge", "value": 1},
                "next": "s1",
            },
            {"name": "Known by address", "when": {"op": "identified"}, "next": "s2"},
        ],
        "otherwise": "t0",
    },
    "t0": {"type": "tag", "name": "cart_without_address", "next": "x0"},
    "x0": {"type": "exit", "outcome": "cannot be reached"},
    "s1": {"type": "send", "template": "hi", "title": "Reminder to a customer we know", "next": "w2"},
    "s2": {"type": "send", "template": "hi", "next": "w3"},
    "w2": {
        "type": "wait",
        "until_event": {"name": "Order Completed"},
        "timeout": "1d",
        "next": "x1",
        "on_timeout": "sp",
    },
    "x1": {"type": "exit", "outcome": "bought"},
    "sp": {
        "type": "split",
        "arms": [{"key": "coupon", "weight": 50, "next": "s3"}, {"key": "plain", "weight": 50, "next": "s4"}],
    },
    "s3": {"type": "send", "template": "hi", "next": "w4"},
    "s4": {"type": "send", "template": "hi", "next": "w4"},
    "w4": {"type": "wait", "for": "2d", "until_time": "09:00", "next": "b2"},
    "b2": {"type": "branch", "arms": [{"when": ev("Product Viewed"), "next": "s5"}], "otherwise": "sc"},
    "s5": {"type": "send", "template": "hi", "next": "h1"},
    "h1": {"type": "hand_over", "task": "Call about the cart", "next": "x2"},
    "x2": {"type": "exit", "outcome": "given to a colleague"},
    "sc": {"type": "score", "name": "heat", "points": -5, "next": "st"},
    "st": {"type": "set_trait", "name": "last_cart", "value": "lost", "next": None},
    "w3": {"type": "wait", "for": "1d", "next": "s6"},
    "s6": {"type": "send", "template": "hi", "on_drop": "wh", "next": "w5"},
    "wh": {"type": "webhook", "url": "https://crm.example/lost", "next": None},
    "w5": {"type": "wait", "for": "3d", "next": "s7"},
    "s7": {"type": "send", "template": "hi", "next": "go"},
    "go": {"type": "start_journey", "journey": "long", "next": None},
}
LONG = {
    "key": "long",
    "name": "Cart rescue, the long one",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "event", "name": "Product Added"},
    "goal": {"condition": ev("Order Completed")},
    "start": "w1",
    "nodes": N,
}


def begin(world: World):
    world.publish(
        Definition("template", "hi", LETTER),
        Definition(
            "score",
            "heat",
            {"key": "heat", "name": "Warmth", "low": 0, "high": 100, "start": 50, "rules": []},
        ),
        Definition("journey", "long", LONG),
    )
    for n in range(40):
        who = f"p{n}"
        world.known(who)
        if n % 3 == 0:
            world.track(who, "Order Completed", order_id=f"o{n}", total=10)
    world.forward("1d")
    for n in range(30):
        world.track(f"p{n}", "Product Added")
    world.forward("3h")
    for n in range(30, 40):
        world.track(f"p{n}", "Product Added")
    world.forward("2d")
    tally(world.db)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000), (390, 844)])
def test_look(desk: Desk, world: World, size, theme):
    desk.aside(begin, world)
    page = desk.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(f"localStorage.setItem('slinga-theme','{theme}')")
    desk.open("/admin/journeys/long/canvas", look=False)
    page.locator(".react-flow__node-step").first.wait_for()
    name = f"{size[0]}-{theme}"
    import os

    d = os.environ["SLINGA_SHOTS"]
    page.wait_for_timeout(400)
    page.screenshot(path=f"{d}/{name}-begin.png")
    page.locator('[data-id="n:b1"]').click()
    page.wait_for_timeout(300)
    page.screenshot(path=f"{d}/{name}-chosen.png")
    page.locator(".react-flow__controls-fitview").click()
    page.wait_for_timeout(300)
    page.screenshot(path=f"{d}/{name}-fit.png")
    page.evaluate("document.activeElement.blur()")
    page.locator('[data-id="n:s7"]').click()
    page.locator(".react-flow__controls-zoomin").click()
    page.locator(".react-flow__controls-zoomin").click()
    page.wait_for_timeout(300)
    page.screenshot(path=f"{d}/{name}-end.png")
    page.screenshot(path=f"{d}/{name}-whole.png", full_page=True)
