"""R60: trigger, then conditions, then actions: every kind of trigger, and only for whom it is meant."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import MINUTE, iso
from slinga.testing.world import World

LIGHT = {
    "key": "light",
    "name": "Light",
    "stages": [
        {"key": "cold", "name": "Cold", "side": "left"},
        {
            "key": "warm",
            "name": "Warm",
            "side": "left",
            "enter": {"op": "event", "name": "Warmed"},
            "statuses": [
                {"key": "hot", "name": "Hot", "enter": {"op": "event", "name": "Heated"}},
                {"key": "mild", "name": "Mild", "enter": {"op": "everyone"}},
            ],
        },
    ],
}
POINTS = {"key": "points", "name": "Points", "rules": [{"event": "Scored", "points": 10}]}
GOLD = {
    "key": "gold",
    "name": "Gold",
    "condition": {"op": "trait", "name": "level", "cmp": "eq", "value": "gold"},
}
TRIGGERS = {
    "event": {"on": "event", "name": "Pinged", "where": [{"prop": "loud", "value": True}]},
    "segment": {"on": "segment", "key": "gold"},
    "segment-left": {"on": "segment", "key": "gold", "change": "left"},
    "stage": {"on": "stage", "model": "light", "to": ["warm"]},
    "status": {"on": "status", "model": "light", "to": ["hot"]},
    "date": {"on": "date", "trait": "birth_date", "yearly": True, "at": "08:00"},
    "thing-date": {"on": "thing_date", "type": "lease", "attr": "ends_on", "offset": "-7d", "at": "10:00"},
    "schedule": {"on": "schedule", "at": "2026-03-20T12:00:00+01:00"},
    "repeated": {"on": "schedule", "every": {"weekdays": [2], "at": "07:30"}},
    "first-visit": {"on": "visit", "phase": "first"},
    "in-visit": {"on": "visit", "phase": "in_visit"},
    "left-with-cart": {"on": "visit", "phase": "left_with_cart"},
    "score-rose": {"on": "score", "name": "points", "change": "rose_above", "value": 15},
    "api": {"on": "api"},
    "manual": {"on": "manual"},
}


def _journey(key: str) -> Definition:
    document = {
        "key": key,
        "name": key,
        "class": "marketing",
        "topic": "news",
        "quiet_hours": "none",
        "trigger": TRIGGERS[key],
        "condition": {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
        "start": "mark",
        "nodes": {
            "mark": {"type": "tag", "name": f"was-{key}", "next": "send"},
            "send": {"type": "send", "template": "note"},
        },
    }
    return Definition("journey", key, document)


NOTE = {
    "key": "note",
    "name": "Note",
    "class": "marketing",
    "topic": "news",
    "subject": "note",
    "body": {
        "html": "<html><body><p>note <a href='{{ unsubscribe_url }}'>x</a> {{ brand.address }}</body></html>"
    },
}


def _publish(world: World, *keys: str) -> None:
    world.publish(
        Definition("template", "note", NOTE),
        Definition("segment", "gold", GOLD),
        Definition("model", "light", LIGHT),
        Definition("score", "points", POINTS),
        Definition("policy", "policy", {"quiet_hours": "none", "caps": []}),
        Definition(
            "brand", "brand", {"name": "S", "address": "Storgatan 1, Lund", "sender": "S <s@shop.example>"}
        ),
        *(_journey(key) for key in keys),
    )
    world.known("anna", country="SE", birth_date="1990-03-10")
    world.known("bo", country="NO", birth_date="1990-03-10")


def _came(world: World, who: str = "anna") -> list[str]:
    return [mail.journey for mail in world.mails(who)]


def test_what_happens_and_what_it_changes_starts_journeys(world: World) -> None:
    _publish(world, "event", "segment", "segment-left", "stage", "status", "score-rose")
    expected: list[str] = []
    for who in ("bo", "anna"):
        for act, starts in (
            (lambda who: world.track(who, "Pinged", loud=False), None),
            (lambda who: world.track(who, "Pinged", loud=True), "event"),
            (lambda who: world.identify(who, level="gold"), "segment"),
            (lambda who: world.identify(who, level="gold"), None),
            (lambda who: world.identify(who, level="none"), "segment-left"),
            (lambda who: world.track(who, "Warmed"), "stage"),
            (lambda who: world.track(who, "Heated"), "status"),
            (lambda who: world.track(who, "Scored"), None),
            (lambda who: world.track(who, "Scored"), "score-rose"),
            (lambda who: world.track(who, "Scored"), None),
        ):
            world.forward("1m")
            act(who)
            expected += [starts] if starts and who == "anna" else []
            assert _came(world) == expected
    assert _came(world, "bo") == [], "the condition keeps Bo out of all of them"
    assert set(world.person("anna").profile.tags) == {f"was-{key}" for key in expected}
    refused = {f.name for f in world.facts("bo", "entry_refused") if f.body["reason"] == "condition"}
    assert refused == set(expected), "and says so"


def test_time_alone_starts_journeys_at_its_instants(world: World) -> None:
    _publish(world, "date", "thing-date", "schedule", "repeated")
    world.track("anna", "Thing Updated", type="lease", id="car-1", ends_on="2026-03-25")
    world.track("anna", "Thing Updated", type="lease", id="car-2", ends_on="2026-03-31")
    world.until("2026-04-01T00:00:00Z")
    assert [(m.journey, iso(m.at)[:16]) for m in world.mails("anna")] == [
        ("repeated", "2026-03-03T06:30"),
        ("repeated", "2026-03-10T06:30"),
        ("date", "2026-03-10T07:00"),
        ("repeated", "2026-03-17T06:30"),
        ("thing-date", "2026-03-18T09:00"),
        ("schedule", "2026-03-20T11:00"),
        ("repeated", "2026-03-24T06:30"),
        ("thing-date", "2026-03-24T09:00"),
        ("repeated", "2026-03-31T05:30"),
    ], "07:30 in Stockholm is another instant once summer time began on the 29th"
    assert _came(world, "bo") == []


def test_visits_start_journeys_when_they_begin_and_when_they_end_with_a_cart(world: World) -> None:
    _publish(world, "first-visit", "in-visit", "left-with-cart")
    world.identify("anna", device="d1")
    start = world.now()
    world.browse("d1", url="https://shop.example/")
    assert sorted(_came(world)) == ["first-visit", "in-visit"]
    world.forward("2h")
    world.browse("d1", url="https://shop.example/")
    assert sorted(_came(world)) == ["first-visit", "in-visit", "in-visit"]
    world.browse("d1", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    assert "left-with-cart" not in _came(world)
    world.forward("2h")
    (left,) = [m for m in world.mails("anna") if m.journey == "left-with-cart"]
    assert left.at == start + 150 * MINUTE


def test_a_member_and_a_programme_can_put_somebody_in(world: World) -> None:
    _publish(world, "api", "manual")
    world.command("anna", "add_to_journey", journey="manual", by="manual")
    world.command("anna", "add_to_journey", journey="api", by="api", properties={"why": "crm"})
    world.command("bo", "add_to_journey", journey="manual", by="manual")
    assert _came(world) == ["manual", "api"]
    assert _came(world, "bo") == []
