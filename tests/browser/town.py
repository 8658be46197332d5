"""A small world in which every page of the desk has something to show, and the address of each page.

In: a world, a folder, the doors of the desk. Out: addresses with real ids in their places.
"""

from pathlib import Path

from slinga.admin.doors import DOORS
from slinga.admin.imports.columns import explicit
from slinga.admin.map.model import Persona
from slinga.admin.map.store import save_persona
from slinga.broadcasts import jobs as broadcasts
from slinga.drafts import jobs as drafts
from slinga.imports import mappings
from slinga.imports.uploads import jobs as uploads
from slinga.ingest import store as ingest
from slinga.ingest.model import CLAIMED, Drop, DropReason, Refused, Source
from slinga.insight.jobs import tally
from slinga.kernel.ids import person_key
from slinga.lifecycle import models
from slinga.testing.desk import press
from slinga.testing.importing import take_in
from slinga.testing.world import World

PEOPLE = "user_id,email,Colour\nu1,anna@shop.example,red\nu2,broken,blue\n"


def build(world: World, folder: Path) -> None:
    """Somebody's life, drafts, a broadcast, files, a persona, a refused call, a mail in the mailbox."""
    world.publish_shipped("welcome", "cart-rescue")
    world.identify("anna", email="anna@shop.test", first_name="Anna", last_name="Ek", city="Lund")
    world.consent("anna", topic="news")
    world.track("anna", "Subscription Confirmed", topic="news")
    world.browse("d1", url="https://shop.example/?utm_source=google&utm_medium=cpc")
    world.order("anna", "o1")
    drafts.save(world.db, "model", "bow-tie", models.document("bow-tie"), by="test")
    press(world, "/admin/marketing", "/admin/templates/new", **{"from": "empty", "name": "News"})
    audience = {"op": "segment", "key": "silent-regulars", "is": True}
    document = {"key": "may", "name": "May news", "template": "welcome", "audience": audience}
    broadcasts.create(world.db, document, by="test")
    save_persona(world.db, Persona("Gift giver", "Buys for others", ("A safe choice",), (), ()), by="test")
    drop = Drop(DropReason.MISSING, "event", "name the event")
    with world.db.transaction():
        refused = Refused(Source("shop browser", CLAIMED), "track", drop, b'{"properties": {}}')
        ingest.quarantine(world.db, [refused], world.now())
    _rows(world)
    _files(world, folder)
    tally(world.db)


def _rows(world: World) -> None:
    """What only pages of others would make: a touchpoint, a mail in the development mailbox."""
    world.db.execute(
        "INSERT INTO touchpoint (name, model, stage, channel, from_day, until_day, created_at)"
        " VALUES ('Fair', 'bow-tie', 'attention', 'fair', '2026-02-01', '2026-02-03', slinga_now())"
    )
    world.db.execute(
        "INSERT INTO dev_mail (channel, message, message_id, sender, recipient, subject, raw, received_at)"
        " SELECT 'email', id, '<1@shop.example>', 'shop@shop.example', 'anna@shop.test', 'Welcome', %s,"
        " slinga_now() FROM message LIMIT 1",
        (b"Subject: Welcome\r\nContent-Type: text/html\r\n\r\n<p>Welcome, Anna",),
    )


def _files(world: World, folder: Path) -> None:
    """One file that was taken in, and one whose columns are still asked about."""
    taken, waiting = folder / "taken.csv", folder / "waiting.csv"
    for file in (taken, waiting):
        file.write_text(PEOPLE)
    take_in(world.db, world.settings, [taken], mappings.document("people"))
    _, document = uploads.begin(waiting)
    document = explicit(document, ("user_id", "email", "Colour"))
    uploads.add(world.db, "waiting.csv", str(waiting), waiting.stat().st_size, "member:1", document)


def addresses(world: World) -> list[str]:
    """The address of each page of the desk, with something of `build` in each place of its path."""
    anna = person_key("user", "anna")
    (message,) = world.db.execute("SELECT replace(id::text, '-', '') FROM message LIMIT 1").fetchone() or (
        "",
    )
    (source,) = world.db.execute("SELECT max(id) FROM api_key").fetchone() or (0,)
    places = {
        "/admin/lifecycle/edit/{key}": "/admin/lifecycle/edit/bow-tie",
        "/stages/{stage}": "/stages/interest",
        "/bow-tie/rule": "/bow-tie/rule?path=interest/enter",
        "/admin/people/{key}": f"/admin/people/{anna}",
        "/messages/{id}": f"/messages/{message}",
        "/admin/segments/{key}": "/admin/segments/silent-regulars",
        "/admin/journeys/{key}": "/admin/journeys/cart-rescue",
        "/admin/templates/{key}": "/admin/templates/news",
        "/blocks/{name}": "/blocks/heading-1",
        "/admin/broadcasts/{key}": "/admin/broadcasts/may",
        "/admin/reports/{kind}/{key}": "/admin/reports/journey/welcome",
        "/csv/{table}": "/csv/days",
        "/admin/sources/{number}": f"/admin/sources/{source}",
        "{number}": "1",
    }
    found = []
    for _, path in sorted(door for door in DOORS if door[0] == "GET"):
        for place, real in places.items():
            path = path.replace(place, real)
        assert "{" not in path, f"give {path} something real in its place"
        found.append(path)
    tabs = ("orders", "segments", "journeys", "consents", "identities", "raw")
    return found + [f"/admin/people/{anna}?tab={tab}" for tab in tabs] + [
        f"/admin/people/{anna}/why?journey=welcome", "/admin/people?q=nobody-here",
        "/admin/lifecycle/people?stage=interest", "/admin/team/audit?check", "/admin/reports?kind=template",
    ]  # fmt: skip
