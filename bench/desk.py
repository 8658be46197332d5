"""Pages of the desk with a million people behind them: how long the server takes for each.

In: a scale; the full form has 1,000,000 people, two years of sums, 2,000,000 events.
Out: milliseconds for the slowest page by its median, and for the median page; the first page's weight in kB.
Always true: the pages are those that a signed-in owner gets, asked of the whole web application; each is
asked once before it is timed, as a page is that somebody looks at all day.
"""

import gzip
import statistics
import time
from pathlib import Path

from litestar.testing import TestClient

from bench.model import Figure, bounded
from bench.preview import EVENTS, PROFILES
from bench.scratch import database, directory, say
from slinga.access.jobs import add_member, sign_in_link
from slinga.admin.doors import DOORS
from slinga.admin.shell import assets
from slinga.app import web
from slinga.demo.definitions import documents
from slinga.engine.jobs import Definition, publish
from slinga.runtime.db import Db, connect
from slinga.runtime.settings import load

PEOPLE = 1_000_000
ROUNDS = 5
SLOW = (
    "/admin/people/{key}/why",
    "/admin/people/{key}/messages/{id}",
    "/admin/people/{key}/messages/{id}/html",
)
"""Pages that replay a life; they say so by a bar of their own."""

ROWS = Path(__file__).with_name("desk.sql")


def run(scale: float = 1.0) -> list[Figure]:
    """The slowest page and the median page, each by the median of its rounds; the first page's weight."""
    people = max(2_560, int(PEOPLE * scale))
    with database() as url, directory() as path, connect(url) as db:
        _fill(db, people)
        add_member(db, "owner@shop.example", "Owner", "owner")
        settings = load({"SLINGA_DATABASE_URL": url, "SLINGA_DATA_DIR": str(path)})
        key = str((db.execute("SELECT person FROM message LIMIT 1").fetchone() or ("",))[0]).replace("-", "")
        with TestClient(web(settings), base_url=settings.base_url) as client:
            client.headers.update({"accept": "text/html", "origin": settings.base_url})
            client.post(sign_in_link(db, ""), follow_redirects=False)
            took = {place: _page(client, place) for place in _places(key)}
            weight = _weight(client)
    slowest = sorted(took.items(), key=lambda pair: -pair[1])
    told = ", ".join(f"{place} {ms:.0f}" for place, ms in slowest[:8])
    note = f"{people:,} people, {len(took)} pages; the slowest in ms: {told}"
    return [
        bounded("slowest page", slowest[0][1], "ms", at_most=100, note=note),
        bounded("median page", statistics.median(took.values()), "ms", at_most=100),
        bounded(
            "the first page, gzipped", weight, "kB", at_most=150, note="HTML, stylesheet, scripts, icons"
        ),
    ]


def _places(key: str) -> list[str]:
    """Every page of the desk that a bare address opens, and somebody's own."""
    bare = [path for method, path in DOORS if method == "GET" and "{" not in path]
    return [*bare, *(f"/admin/people/{key}?tab={tab}" for tab in ("life", "orders", "journeys", "consents"))]


def _page(client: TestClient, place: str) -> float:
    """The median of some rounds, in milliseconds; a page that answers with a fault ends the benchmark."""
    waits = []
    for number in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = client.get(place, follow_redirects=False)
        if number:
            waits.append((time.perf_counter() - began) * 1000)
        assert answer.status_code < 400, (place, answer.status_code, answer.text[:300])
    say(f"  {place} {statistics.median(waits):.0f} ms")
    return statistics.median(waits)


def _weight(client: TestClient) -> float:
    """The first page with all that it loads, in kB."""
    size = len(gzip.compress(client.get("/admin").content))
    for name in ("desk.css", "desk.js", "theme.js", "icons.svg"):
        address = assets.address(name)
        found = assets.asset(Path(address).name) if address else None
        size += len(found.squeezed or gzip.compress(found.content)) if found else 0
    return size / 1000


def _fill(db: Db, people: int) -> None:
    """Rows as the stages would have written them, by statements over whole tables."""
    began = time.monotonic()
    db.execute("SET synchronous_commit = off")
    db.execute("SELECT setseed(0.5)")
    given = [Definition(kind, key, each) for kind, key, each in documents("https://shop.example")]  # type: ignore[arg-type]
    publish(db, given, zone="Europe/Stockholm", by="bench")
    db.execute(PROFILES, {"people": people})
    for statement in filter(str.strip, ROWS.read_text("utf-8").split(";\n")):
        db.execute(statement)
    events = people * 2
    for first in range(1, events + 1, 500_000):
        values = {"people": people, "events": events, "first": first, "last": min(events, first + 499_999)}
        db.execute(EVENTS, values)
    for table in (
        "input",
        "profile",
        "person",
        "position",
        "membership",
        "message",
        "tally",
        "consent_state",
    ):
        db.execute(f"VACUUM ANALYZE {table}")
    say(f"  set up in {time.monotonic() - began:.0f} s")
