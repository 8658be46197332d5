"""The demo's shop lived for some days, with the desk before it and the twin's truth beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from slinga.app import machinery, web
from slinga.demo import jobs, store
from slinga.demo.model import Truth
from slinga.demo.twin import Twin
from slinga.insight.jobs import tally
from slinga.kernel.clock import DAY
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings, load
from slinga.testing import desk

SITE = "https://shop.example/shop"


class Lived(msgspec.Struct):
    """The database, the desk and the twin; as much of a world as a member's browser needs."""

    db: Db
    settings: Settings
    client: TestClient[Any]
    twin: Twin

    @property
    def truth(self) -> Truth:
        """What is true of the invented people."""
        return self.twin.truth()

    def get(self, url: str, *, method: str = "GET") -> Any:
        """Fetch an address; redirects are not followed."""
        return self.client.request(method, url, follow_redirects=False)

    def page(self, path: str) -> LexborHTMLParser:
        """A page as the owner sees it."""
        return LexborHTMLParser(desk.html(self, path))


@contextmanager
def lived(url: str, db: Db, data: Path, *, days: int = 12, per_month: float = 60.0) -> Iterator[Lived]:
    """A shop that has lived `days`, with `per_month` new visitors in the first month, its sums up to date."""
    settings = load({"SLINGA_DATA_DIR": str(data)})
    settings = msgspec.structs.replace(settings, database_url=store.hurried(url))
    jobs.begin(db, SITE, seed=4, past=days * DAY, per_month=per_month)
    jobs.publish_all(db)
    with machinery(settings, db) as parts:
        jobs.live_past(db, parts, lambda at: None)
    tally(db)
    kept = store.find(db)
    assert kept is not None
    with TestClient(web(settings), base_url=settings.base_url) as client:
        yield Lived(db, settings, client, Twin.load(kept.twin))


def words(node: LexborNode | None) -> str:
    """The words of a part of a page, white space folded."""
    assert node is not None
    return " ".join(node.text(separator=" ").split())


def figures(node: LexborNode) -> list[int]:
    """The numbers of a table's row, thousands joined."""
    found = [words(cell).replace(",", "").split(" ")[0] for cell in node.css("td")]
    return [int(text) if text.isdigit() else 0 for text in found]
