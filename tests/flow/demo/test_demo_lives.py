"""The twin lives in the real log and engine, and what Slinga then knows is the twin's truth."""

from collections.abc import Callable, Sequence

import pytest

from slinga.delivery.store import plan
from slinga.demo import jobs, store
from slinga.demo.speech import device
from slinga.demo.twin import Twin
from slinga.engine.jobs import load, person_of
from slinga.engine.worker import Sinks, Worker
from slinga.identity.identifiers import key_of
from slinga.kernel.clock import DAY, HOUR
from slinga.kernel.errors import Conflict
from slinga.people.consent import permitted
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.segments.projection import Projection
from slinga.segments.store import drop_projection, save_projection

SITE = "https://shop.example/shop"


async def nobody(scope: object, receive: object, send: object) -> None:
    raise AssertionError("no message was sent, so nothing is fetched")


def machinery(db: Db) -> jobs.Machinery:
    """The real engine; messages are planned and stay in the outbox."""

    def project(conn: Db, people: Sequence[Projection], gone: Sequence[str]) -> None:
        save_projection(conn, people)
        drop_projection(conn, gone)

    worker = Worker(db, load, Sinks(plan, project))

    def drain() -> None:
        worker.drain()

    def none() -> None:
        return None

    return jobs.Machinery(
        drain=drain,
        deliver=none, judge=none, next_wake=none, next_send=none, next_hit=none, app=nobody,
    )  # fmt: skip


@pytest.mark.long
def test_slinga_knows_the_twins_truth_and_the_shop_lives_on(db: Db) -> None:
    jobs.begin(db, SITE, seed=4, past=24 * DAY, per_month=40.0)
    assert jobs.publish_all(db) == 1
    jobs.live_past(db, machinery(db), lambda at: None)
    kept = store.find(db)
    assert kept is not None
    lived = Twin.load(kept.twin)
    assert not clock.frozen(db) and 0 <= clock.now(db) - kept.opens_at < HOUR
    knows_the_truth(db, lived)

    with pytest.raises(Conflict, match="SLINGA_DATA_DIR"):
        jobs.begin(db, SITE)

    before, told = clock.now(db), []
    tell: Callable[[int], None] = told.append
    reached = jobs.go_forward(db, lambda: machinery(db), DAY, tell, lambda seconds: True)
    assert before + DAY <= reached <= clock.now(db)
    assert told == sorted(told) and told[-1] == reached
    kept = store.find(db)
    assert kept is not None
    after = Twin.load(kept.twin)
    assert after.lived_to > lived.lived_to
    knows_the_truth(db, after)


def knows_the_truth(db: Db, twin: Twin) -> None:
    """Everyone who told who they are is known, with their orders, permissions and the visits before."""
    truth = twin.truth()
    assert truth.buyers > 2 and truth.signed_up > 2
    for someone in (person for person in twin.people if person.known):
        person = person_of(db, key_of("user", f"kv-{someone.number:06d}"))
        assert person is not None
        assert person.profile.traits["email"].value == someone.email
        assert len(person.profile.things.get("order", {})) == someone.orders
        granted = permitted(person.consents, "email", "news", twin.lived_to) == "granted"
        assert granted == bool(someone.signed_up_at)
        cookie = person_of(db, key_of("anonymous", device(twin.seed, someone)))
        assert cookie is not None and cookie.key == person.key, "the visits before the name are theirs"


def test_there_is_no_way_forward_without_a_demo(db: Db) -> None:
    with pytest.raises(Conflict, match="slinga demo"):
        jobs.go_forward(db, lambda: machinery(db), DAY, lambda at: None, lambda seconds: True)
