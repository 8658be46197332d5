"""T35: fifty devices of one person merge at once, in random order, at several workers: one person."""

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from slinga.engine.jobs import Definition
from slinga.ingest import log
from slinga.testing.swarm import Swarm
from slinga.testing.world import World

DEVICES = 50
CLIENTS = 8
PATIENCE_S = 90
NEVER_S = 1e6
SEEN = {
    "key": "saw-them-all",
    "name": "Looked at two different things on each device",
    "condition": {
        "op": "event",
        "name": "Product Viewed",
        "agg": "distinct",
        "prop": "product_id",
        "cmp": "ge",
        "value": 2 * DEVICES,
    },
}
RESTING = """
SELECT NOT EXISTS (SELECT 1 FROM lane l JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor)
   AND NOT EXISTS (SELECT 1 FROM parked)
   AND NOT EXISTS (SELECT 1 FROM person WHERE wake_at <= slinga_now())
"""


def _viewed(device: str, when: str) -> tuple[str, dict[str, Any]]:
    properties = {"product_id": f"{device}-{when}"}
    return "track", {"anonymousId": device, "event": "Product Viewed", "properties": properties}


def _joins(device: str, n: int) -> tuple[str, dict[str, Any]]:
    """The ways in which a device turns out to be Anna's."""
    if n % 3 == 0:
        return "identify", {"anonymousId": device, "userId": "anna", "traits": {}}
    if n % 3 == 1:  # known by the address alone; that the address is Anna's is told by another call
        return "identify", {"anonymousId": device, "traits": {"email": "anna@example.org"}}
    return "alias", {"userId": "anna", "previousId": device}


def test_they_end_as_one_person_with_every_event_once(world: World) -> None:
    world.publish(Definition("segment", "saw-them-all", SEEN))
    random = Random(35)
    devices = [f"device-{n}" for n in range(DEVICES)]
    calls = [_viewed(device, "before") for device in devices]
    calls += [_viewed(device, "after") for device in devices]
    calls += [_joins(device, n) for n, device in enumerate(devices)]
    calls += [("identify", {"userId": "anna", "traits": {"email": "anna@example.org"}})]
    random.shuffle(calls)

    def send(numbered: tuple[int, tuple[str, dict[str, Any]]]) -> int:
        n, (path, body) = numbered
        key = world.browser_key if path == "track" else world.server_key
        answer = world.client.post(f"/v1/{path}", json={**body, "messageId": f"t35-{n}"}, auth=(key, ""))
        return int(answer.status_code)

    with Swarm(world.settings.database_url, 4, kill_from=NEVER_S, kill_to=NEVER_S) as swarm:
        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = set(clients.map(send, enumerate(calls)))
        deadline = time.monotonic() + PATIENCE_S
        while world.db.execute(RESTING).fetchone() != (True,):
            assert time.monotonic() < deadline, "the log did not run dry"
            time.sleep(0.02)
    assert swarm.fault == ""
    assert answers == {200}, "no client was ever told of a deadlock"

    keys = {world.person(device, "anonymous").key for device in devices}
    anna = world.person("anna")
    assert keys == {anna.key} == {world.person("anna@example.org", "email").key}
    (people,) = world.db.execute("SELECT count(*) FROM person WHERE forward IS NULL").fetchone() or (0,)
    assert people == 1
    (errors,) = world.db.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone() or (0,)
    assert errors == 0
    seen = [
        item.body["properties"]["product_id"]
        for item in log.history(world.db, anna.key)
        if item.name == "Product Viewed"
    ]
    assert len(seen) == len(set(seen)) == 2 * DEVICES, "each event reached the survivor's log exactly once"
    assert set(anna.members) == {"saw-them-all"} and world.counted("saw-them-all") == 1
    assert {p: v.views for p, v in anna.visits.viewed.items()} == dict.fromkeys(seen, 1)
    assert anna.owed == 0 and anna.taken == []
