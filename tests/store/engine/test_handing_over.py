"""What a merged device does in the very batch of its merge reaches the survivor once, after its history."""

from slinga.engine.jobs import Definition, person_of, publish
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import instant
from slinga.kernel.ids import person_key
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db

ANNA, DEVICE = person_key("user", "anna"), person_key("anonymous", "d1")


def viewed(name: str) -> New:
    return New(DEVICE, "event", "Product Viewed", {"properties": {"product_id": name}}, trust=CLAIMED)


def test_history_comes_before_what_follows_the_merge_in_the_same_batch(db: Db) -> None:
    clock.freeze(db, instant("2026-03-02T10:00:00Z"))
    seen = {"op": "event", "name": "Product Viewed", "value": 3}
    publish(
        db, [Definition("segment", "seen", {"key": "seen", "name": "Seen", "condition": seen})], zone="UTC"
    )
    merge = New(DEVICE, "merge", body={"other": ANNA, "why": "identify"})
    with db.transaction():
        log.append(db, [viewed("tea"), viewed("cup"), merge, viewed("pot")])
    make_worker(db).drain()
    told = [(item.kind, item.body.get("properties", {}).get("product_id")) for item in log.history(db, ANNA)]
    assert told[0][0] == "handover" and told[-1] == ("event", "pot")
    assert sorted(each for each in told if each[1]) == [
        ("event", "pot"),
        ("history", "cup"),
        ("history", "tea"),
    ]
    person = person_of(db, DEVICE)
    assert person is not None and person.key == ANNA and "seen" in person.members and not person.owed
