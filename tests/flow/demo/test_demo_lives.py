"""The twin lives in the whole of Slinga, and what Slinga then knows is the twin's truth."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from slinga.admin.lifecycle.store import people_count, positions
from slinga.app import machinery
from slinga.channels import mailbox
from slinga.delivery import store as outbox
from slinga.demo import jobs, store
from slinga.demo.model import Truth
from slinga.demo.speech import device
from slinga.demo.twin import Twin
from slinga.engine.jobs import person_of
from slinga.engine.store import next_due
from slinga.identity.identifiers import key_of
from slinga.kernel.clock import DAY, HOUR, Instant
from slinga.kernel.errors import Conflict
from slinga.onsite import jobs as onsite
from slinga.people.consent import permitted
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.runtime.settings import load

SITE = "https://shop.example/shop"
BOUGHT = ("conversion", "adoption", "loyalty", "ambassador")


@pytest.fixture
def parts(database_url: str, db: Db, tmp_path: Path) -> Iterator[jobs.Machinery]:
    """Engine, delivery, judging and the web application: nothing is left out."""
    settings = load({"SLINGA_DATA_DIR": str(tmp_path)})
    there = msgspec.structs.replace(settings, database_url=store.hurried(database_url))
    with machinery(there, db) as found:
        yield found


@pytest.mark.long
def test_slinga_knows_the_twins_truth_and_the_shop_lives_on(db: Db, parts: jobs.Machinery) -> None:
    jobs.begin(db, SITE, seed=4, past=22 * DAY, per_month=60.0)
    assert jobs.publish_all(db) == 1
    jobs.live_past(db, parts, lambda at: None)
    lived = twin_of(db)
    kept = store.find(db)
    assert kept is not None and not clock.frozen(db) and 0 <= clock.now(db) - kept.opens_at < HOUR
    knows_everyone(db, lived)
    shows_the_truth(db, lived.truth())

    with pytest.raises(Conflict, match="SLINGA_DATA_DIR"):
        jobs.begin(db, SITE)

    before, letters, told = clock.now(db), len(mailbox.since(db, 0, limit=10_000)), list[Instant]()
    reached = jobs.go_forward(db, lambda: parts, DAY, told.append, lambda seconds: True)
    assert before + DAY <= reached <= clock.now(db)
    assert told == sorted(told) and told[-1] == reached
    for left in (next_due(db), outbox.waiting(db)[1], onsite.next_due(db)):
        assert left is None or left > reached, "nothing that fell due on the way is left"
    assert len(mailbox.since(db, 0, limit=10_000)) > letters
    after = twin_of(db)
    assert after.lived_to > lived.lived_to and after.truth().visits > lived.truth().visits
    knows_everyone(db, after)
    shows_the_truth(db, after.truth())


def twin_of(db: Db) -> Twin:
    kept = store.find(db)
    assert kept is not None
    return Twin.load(kept.twin)


def knows_everyone(db: Db, twin: Twin) -> None:
    """Everyone who told who they are is known, with their orders, permissions and the visits before."""
    for someone in (person for person in twin.people if person.known):
        person = person_of(db, key_of("user", f"kv-{someone.number:06d}"))
        assert person is not None
        assert person.profile.traits["email"].value == someone.email
        assert len(person.profile.things.get("order", {})) == someone.orders
        granted = permitted(person.consents, "email", "news", twin.lived_to) == "granted"
        assert granted == bool(someone.signed_up_at and not someone.unsubscribed_at)
        cookie = person_of(db, key_of("anonymous", device(twin.seed, someone)))
        assert cookie is not None and cookie.key == person.key, "the visits before the name are theirs"


def shows_the_truth(db: Db, truth: Truth) -> None:
    """The desk's stages hold everybody once, and those who bought stand right of the knot."""
    assert truth.buyers > 5 and truth.signed_up > 5 and truth.visitors > 50
    everybody, known = people_count(db)
    standing = positions(db, "bow-tie")
    assert sum(count for _, _, count in standing) == everybody >= truth.visitors
    assert known == truth.known
    assert sum(count for stage, _, count in standing if stage in BOUGHT) == truth.buyers
    (orders,) = db.execute("SELECT count(*) FROM thing WHERE type = 'order'").fetchone() or (0,)
    assert orders == truth.orders
    reactions = dict(db.execute("SELECT name, count(*) FROM input WHERE name ^@ 'Message ' GROUP BY 1"))
    assert reactions["Message Sent"] > reactions["Message Opened"] > reactions["Message Clicked"] > 0


def test_there_is_no_way_forward_without_a_demo(db: Db, parts: jobs.Machinery) -> None:
    with pytest.raises(Conflict, match="slinga demo"):
        jobs.go_forward(db, lambda: parts, DAY, lambda at: None, lambda seconds: True)
