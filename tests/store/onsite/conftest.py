"""The public pages as they are served, over a real database."""

from collections.abc import Iterator

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from slinga.kernel.ids import person_key
from slinga.messages.policy import Tracking as Carried
from slinga.onsite import Addressee, Choice, Site, Tracking, links_for, trap
from slinga.onsite.api import routes
from slinga.runtime.db import Db, open_pool
from slinga.runtime.settings import Settings

KEY = b"k" * 32
BASE = "http://testserver.local"
TARGETS = ("https://shop.test/one?x=1&y=2", "https://shop.test/two", "https://shop.test/three")
ANNA = person_key("email", "anna@shop.test")
BERT = person_key("email", "bert@shop.test")
CHOICES = (Choice("news", "News"), Choice("offers", "Offers", "Now and then", ("email", "sms")))


class Printed(msgspec.Struct):
    """The addresses that stand in one message."""

    clicks: dict[str, str]
    pixel: str
    trap: str
    unsubscribe: str
    preferences: str


class World(msgspec.Struct):
    """A browser before the pages, and the database behind them."""

    web: TestClient
    db: Db
    app: Litestar
    key: bytes = KEY
    anna: str = ANNA
    bert: str = BERT
    targets: tuple[str, ...] = TARGETS

    def be(self, **changes: object) -> None:
        self.app.state.site = msgspec.structs.replace(self.app.state.site, **changes)

    def links(
        self, person: str = ANNA, message: str = "m1", topic: str = "news", tracking: str = "person"
    ) -> Printed:
        to = Addressee(message, person, "email", topic, "marketing", "winback/n1")
        made = links_for(to, base=BASE, key=KEY, tracking=Carried(tracking, tracking))
        click = made.click or (lambda number, target: target)
        clicks = {target: click(number, target) for number, target in enumerate(TARGETS)}
        return Printed(clicks, made.pixel, trap(to, base=BASE, key=KEY), made.unsubscribe, made.preferences)

    def rows(self, text: str, *values: object) -> list[tuple]:
        return self.db.execute(text, values).fetchall()

    def inputs(self) -> list[tuple[str, str, dict]]:
        return self.rows("SELECT kind, name, body FROM input ORDER BY seq")

    def events(self) -> list[tuple[str, dict]]:
        return [(name, body["properties"]) for kind, name, body in self.inputs() if kind == "event"]


@pytest.fixture
def world(database_url: str, db: Db) -> Iterator[World]:
    pool = open_pool(database_url, size=4)
    app = Litestar(route_handlers=list(routes), openapi_config=None)
    app.state.pool = pool
    app.state.settings = Settings(trusted_proxies=1)
    app.state.site = Site(key=KEY, tracking=Tracking.ALL, find_choices=lambda db: CHOICES)
    with TestClient(app, base_url=BASE) as web:
        web.follow_redirects = False
        yield World(web, db, app)
    pool.close()
