"""Nobody's data in the logs: a world full of canaries, faults on every path, and then a search."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog

from slinga.kernel.clock import instant
from slinga.runtime.postgres import Server
from slinga.runtime.telemetry import configure
from slinga.testing.drafts import letter, on, sending, unlimited
from slinga.testing.smtp_sink import Script
from slinga.testing.world import World, open_world

CANARIES = {
    "mail": "kanarie.zorajda@example.org",
    "name": "Zorajda",
    "family": "Kanariová",
    "phone": "+420 601 234 567",
    "street": "Kanariegatan 17",
    "user": "canary-user-4711",
    "device": "canary-device-4712",
    "agent_ip": "203.0.113.77",
}


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything this process logs, down to debug."""
    stream = io.StringIO()
    handlers, level = logging.root.handlers, logging.root.level
    configure("debug", part="test", stream=stream)
    logging.root.setLevel(logging.DEBUG)
    client = logging.getLogger("httpx")  # the test's own browser, which logs what it asks for
    before, client.level = client.level, logging.WARNING
    yield stream
    client.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers = handlers
    logging.root.setLevel(level)


@pytest.fixture
def world(database_url: str, tmp_path: Path, logs: io.StringIO) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        yield found


def found_in(text: str) -> list[str]:
    return [value for value in CANARIES.values() if value.lower() in text.lower()]


def test_a_life_full_of_faults_leaves_no_trace_in_the_logs(
    world: World, logs: io.StringIO, server: Server
) -> None:
    traits = {
        "email": CANARIES["mail"],
        "firstName": CANARIES["name"],
        "lastName": CANARIES["family"],
        "phone": CANARIES["phone"],
        "address": {"street": CANARIES["street"]},
    }
    world.publish(
        unlimited(),
        letter("good", "Hello {{ person.first_name }}"),
        letter("broken", "{{ person.first_name | plus: person.last_name | divided_by: 0 }}"),
        sending("good", ["good"], on("Wants")),
        sending("broken", ["broken"], on("Wants")),
    )
    user = CANARIES["user"]
    world.identify(user, device=CANARIES["device"], **traits)
    world.consent(user)
    reply = f"550 5.1.1 {CANARIES['mail']} ({CANARIES['name']}) is unknown"
    world.sink.scripts[CANARIES["mail"]] = Script(rcpt=reply, times=1)
    world.track(user, "Wants", note=CANARIES["street"])
    for body in (
        f'{{"userId": "{user}", "event": ',
        f'{{"event": 7, "userId": "{user}", "x": "{CANARIES["mail"]}"}}',
    ):
        answer = world.client.post("/v1/track", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500
    for path in (f"/u/{CANARIES['user']}", f"/c/{CANARIES['mail']}", f"/api/v1/people/{CANARIES['mail']}"):
        world.client.get(path)
    states = dict(world.db.execute("SELECT template, state FROM message").fetchall())
    assert states["good"] in ("rejected", "accepted") and len(states) == 2

    _fail_in_a_handler(world)
    _fail_in_the_database(world)
    _fail_in_a_batch(world)
    text = logs.getvalue()
    assert text.count("\n") >= 3
    for kind in ("unexpected fault", "UniqueViolation", "KeyError"):
        assert kind in text
    assert found_in(text) == []
    assert found_in(server.log.read_text()) == []
    assert world.now() >= instant("2026-03-02T09:00:00Z")


def _fail_in_a_handler(world: World) -> None:
    """The page of a person whose state cannot be read answers 500 and logs."""
    log = structlog.get_logger("http")
    try:
        {}[f"{CANARIES['name']} {CANARIES['family']}"]
    except KeyError as fault:
        log.error("unexpected fault", reference="1", exc_info=fault)


def _fail_in_the_database(world: World) -> None:
    log = logging.getLogger("slinga.delivery")
    text = "INSERT INTO quarantine (received_at, source, trust, call, reason, field, remedy, size, payload) "
    try:
        world.db.execute(text + "VALUES (now(), %s, 0, 'x', 'x', 'x', 'x', 1, NULL)", (CANARIES["name"],))
    except psycopg.errors.NotNullViolation as fault:
        assert CANARIES["name"] in str(fault)  # the row that failed, in full
        log.warning("cannot settle %d results yet: %s", 3, fault)
        log.error("a batch failed", exc_info=fault)
    world.db.execute("CREATE TABLE scratch (name text PRIMARY KEY)")
    world.db.execute("INSERT INTO scratch VALUES (%s)", (CANARIES["family"],))
    try:
        world.db.execute("INSERT INTO scratch VALUES (%s)", (CANARIES["family"],))
    except psycopg.errors.UniqueViolation:
        log.exception("twice")


def _fail_in_a_batch(world: World) -> None:
    log = structlog.get_logger("loop")
    try:
        try:
            int(CANARIES["street"])
        except ValueError as fault:
            raise RuntimeError(f"no number for {CANARIES['mail']} at {CANARIES['agent_ip']}") from fault
    except RuntimeError:
        log.exception("failed", fault=ValueError(f"'{CANARIES['name']}'"), subject=CANARIES["name"])
