"""The demo shop speaks through the site snippet: nothing before a yes, one id for site and server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.conftest import Desk

from slinga.demo import store
from slinga.kernel.ids import person_key
from slinga.runtime.db import Key
from slinga.testing.world import World, open_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        kept = store.Kept(b"", b"", 0, found.now(), "https://kvallsro.example", found.browser_key)
        store.begin(found.db, kept)
        yield found


def test_the_shop_asks_first_and_its_server_names_the_same_visitor(desk: Desk) -> None:
    visitor = desk.page.context.browser.new_context()
    page = visitor.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{desk.address}/shop/product/K01")
    page.wait_for_function("() => window.slinga && window.slinga.version === 1")
    assert page.evaluate("() => localStorage.length") == 0 and not any("/v1/" in one for one in asked)
    page.get_by_role("button", name="No, thanks").click()
    page.wait_for_function("() => window.slinga && window.slinga.version === 1")
    assert page.evaluate("() => localStorage.length") == 0 and not any("/v1/" in one for one in asked)
    visitor.clear_cookies()
    page.goto(f"{desk.address}/shop/product/K01")
    with page.expect_response("**/v1/batch") as answer:
        page.get_by_role("button", name="Yes, remember").click()
    assert answer.value.status == 200
    id = next(one["value"] for one in visitor.cookies() if one["name"] == "kv_id")
    assert page.evaluate("() => JSON.parse(localStorage.getItem('slinga')).id") == id
    page.goto("about:blank")
    visitor.close()
    desk.aside(desk.world.settle)
    assert {"Page Viewed", "Product Viewed"} <= seen(desk.world, id)


def seen(world: World, device: str) -> set[str]:
    """The events of a device."""
    key = person_key("anonymous", device)
    rows = world.db.execute("SELECT name FROM input WHERE person = %s AND kind = 'event'", (Key(key),))
    return {name for (name,) in rows.fetchall()}
