"""A site is connected by its snippet in a real browser: nothing before the visitor's yes, events after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.browser.conftest import Desk, phone

from slinga.access import jobs as access

BANNER = (
    "<button id='yes'>Allow</button><button id='no'>Refuse</button><script>"
    "document.getElementById('yes').onclick=function(){slinga.consent(true)};"
    "document.getElementById('no').onclick=function(){slinga.consent(false)};"
    "slinga.page('Home');slinga.track('Product Viewed',{product_id:'K01'});</script>"
)


@contextmanager
def site(head: str) -> Iterator[str]:
    """A shop of one page on another origin than Slinga's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = f"<!doctype html><title>Shop</title><link rel=icon href=data:,>{head}{BANNER}".encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_site_asks_first_and_is_heard_then(desk: Desk) -> None:
    page, db = desk.page, desk.world.db
    desk.open("/admin/sources")
    page.get_by_label("Name", exact=True).fill("website")
    page.get_by_role("button", name="Connect").click()
    page.wait_for_url("**/admin/sources/*")
    desk.look("source")
    snippet = page.locator("#copy-site").inner_text()
    key = access.keys(db)[-1]

    visitor = page.context.browser.new_context()
    seen = visitor.new_page()
    asked: list[str] = []
    seen.on("request", lambda one: asked.append(one.url))
    stored = "() => [localStorage.length, document.cookie, sessionStorage.length].join()"
    with site(snippet) as address:
        seen.goto(address)
        seen.wait_for_function("() => window.slinga && window.slinga.version === 1")
        assert seen.evaluate(stored) == "0,,0"
        seen.locator("#no").click()
        assert seen.evaluate(stored) == "0,,0"
        assert not any("/v1/" in one for one in asked)

        seen.goto(address + "/?utm_source=letter")
        seen.wait_for_function("() => window.slinga && window.slinga.version === 1")
        with seen.expect_response("**/v1/batch") as answer:
            seen.locator("#yes").click()
        assert answer.value.status == 200
        assert seen.evaluate(stored).startswith("1,")
        with seen.expect_response("**/v1/batch"):
            seen.evaluate("() => slinga.identify('anna', {email: 'anna@shop.example'})")
        # What is still under way when the page goes arrives by a beacon.
        seen.evaluate("() => slinga.track('Product Added', {product_id: 'K01'})")
        seen.goto("about:blank")
    visitor.close()

    desk.aside(desk.world.settle)
    found = page.locator("#live")
    page.goto(f"{desk.address}/admin/sources/{key.id}")
    for name in ("Product Viewed", "Product Added"):
        found.get_by_role("cell", name=name).first.wait_for()
    desk.look("source-live")
    people = db.execute("SELECT traits ->> 'email' FROM profile").fetchall()
    assert people == [("anna@shop.example",)]
    phone(desk)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    desk.look("source-phone")
    desk.open("/admin/quarantine")
