"""Keys and one-time links against the real database."""

import threading

import pytest

from slinga.access import jobs
from slinga.access.keys import hash_of
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime import clock
from slinga.runtime.db import Db, connect


def link(db: Db) -> str:
    """The token of an address that signs Jana in."""
    jobs.add_member(db, "jana@shop.example", "jana", "owner")
    return jobs.sign_in_link(db, "http://x").rpartition("/")[2]


def test_a_key_is_found_by_its_text_and_kind(db: Db) -> None:
    text = jobs.add_key(db, "write", "website", origins=["https://shop.example"])
    found = jobs.find_key(db, text, "write")
    assert found is not None
    assert (found.source, found.trust, found.origins) == ("website", 0, ["https://shop.example"])
    assert jobs.find_key(db, text, "secret") is None
    assert jobs.find_key(db, text + "x", "write") is None


def test_the_text_is_stored_nowhere(db: Db) -> None:
    text = jobs.add_key(db, "secret", "backend", trust=2)
    (row,) = db.execute("SELECT row_to_json(k)::text FROM api_key k").fetchone() or ("",)
    assert text not in row
    assert text[3:20] not in row


def test_a_withdrawn_key_opens_nothing_but_is_listed(db: Db) -> None:
    text = jobs.add_key(db, "write", "website")
    (key,) = jobs.keys(db)
    jobs.withdraw_key(db, key.id)
    assert jobs.find_key(db, text, "write") is None
    assert [key.withdrawn for key in jobs.keys(db)] == [True]
    with pytest.raises(Missing):
        jobs.withdraw_key(db, key.id + 1)


@pytest.mark.parametrize(
    "origin", ["shop.example", "https://shop.example/", "ftp://shop.example", "https://"]
)
def test_an_origin_must_be_one(db: Db, origin: str) -> None:
    with pytest.raises(Invalid) as fault:
        jobs.add_key(db, "write", "website", origins=[origin])
    assert fault.value.field == "origins"


def test_a_link_works_once_even_at_the_same_instant(db: Db, database_url: str) -> None:
    token = link(db)
    found: list[str | None] = []

    def use() -> None:
        with connect(database_url) as other:
            member = jobs.use_link(other, token)
            found.append(member.name if member else None)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == [None] * 5 + ["jana"]


def test_an_old_link_does_not(db: Db) -> None:
    token = link(db)
    db.execute("UPDATE sign_in SET expires_at = clock_timestamp() WHERE hash = %s", (hash_of(token),))
    assert jobs.use_link(db, token) is None


def test_moving_the_workspaces_time_locks_nobody_out(db: Db) -> None:
    token = link(db)
    clock.move(db, 400 * 86_400_000_000)
    found = jobs.use_link(db, token)
    assert found is not None and found.name == "jana"


def test_a_key_is_found_by_its_text_while_others_are_made(db: Db, database_url: str) -> None:
    with connect(database_url) as other, db.transaction():
        mine = jobs.add_key(db, "write", "website")
        theirs = jobs.add_key(other, "write", "website")
        assert jobs.key_of(db, mine).shown == mine != theirs
        assert jobs.keys(db)[-1].id != jobs.key_of(db, mine).id
    with pytest.raises(Missing):
        jobs.key_of(db, "wk_nobodys")
