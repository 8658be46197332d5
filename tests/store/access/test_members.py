"""Members, invitations and tries against the real database, also at one instant."""

import threading
from collections.abc import Callable

import pytest

from slinga.access import jobs
from slinga.access.members import jobs as team
from slinga.kernel.errors import Conflict, Forbidden, Invalid, Missing, SlingaError
from slinga.runtime.db import Db, connect


def at_once(url: str, *works: Callable[[Db], object]) -> list[object]:
    """What each of the works answered, or the fault it met, all begun together."""
    start, found = threading.Barrier(len(works)), list[object]()

    def run(work: Callable[[Db], object]) -> None:
        with connect(url) as db:
            start.wait()
            try:
                found.append(work(db))
            except SlingaError as fault:
                found.append(type(fault))

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_parallel_tries_do_not_pass_together(db: Db, database_url: str) -> None:
    account, network = b"a" * 32, b"n" * 32
    waits = at_once(database_url, *[lambda db: jobs.charge_try(db, account, network)] * 16)
    assert sum(wait == 0 for wait in waits) == jobs.ACCOUNT_TRIES
    assert all(0 <= float(str(wait)) <= jobs.WINDOW_S for wait in waits)


def test_a_network_is_counted_over_all_accounts(db: Db) -> None:
    waits = [jobs.charge_try(db, number.to_bytes(32), b"n" * 32) for number in range(jobs.NETWORK_TRIES + 1)]
    assert [wait > 0 for wait in waits] == [False] * jobs.NETWORK_TRIES + [True]


def test_a_right_password_forgets_the_tries(db: Db) -> None:
    member = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    for _ in range(3 * jobs.ACCOUNT_TRIES):
        assert jobs.charge_try(db, b"a" * 32, b"n" * 32) == 0
        jobs.right_password(db, member, b"a" * 32, b"n" * 32, audited_as="")


def test_an_invitation_is_accepted_once_at_one_instant(db: Db, database_url: str) -> None:
    owner = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    token = team.invite(db, owner, "anna@shop.test", "viewer", "").rpartition("/")[2]
    found = at_once(
        database_url, *[lambda db: team.accept(db, token, name="Anna", hashed="x", locale="en").role] * 5
    )
    assert sorted(map(str, found)) == sorted(map(str, ["viewer", *[Forbidden] * 4]))


def test_an_invitation_ends(db: Db) -> None:
    owner = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    other = jobs.add_member(db, "otto@shop.test", "Otto", "owner")

    def token(by: object = other) -> str:
        return team.invite(db, by, "anna@shop.test", "owner", "").rpartition("/")[2]  # type: ignore[arg-type]

    first, second = token(), token()
    assert team.invitation(db, first) is None and team.invitation(db, second) is not None, "the newer counts"
    (open_,) = team.invitations(db)
    team.withdraw_invitation(db, owner, open_.id)
    assert team.invitation(db, second) is None
    third = token()
    team.change_role(db, owner, other.id, "marketer")
    assert team.invitation(db, third) is None, "whoever invited is no owner any more"
    fourth = token(owner)
    db.execute("UPDATE invitation SET expires_at = clock_timestamp()")
    with pytest.raises(Forbidden):
        team.accept(db, fourth, name="Anna", hashed="x", locale="en")
    with pytest.raises(Conflict):
        team.invite(db, owner, "OTTO@shop.test", "viewer", "")


def test_two_owners_do_not_demote_each_other(db: Db, database_url: str) -> None:
    one = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    two = jobs.add_member(db, "otto@shop.test", "Otto", "owner")
    found = at_once(
        database_url,
        lambda db: team.change_role(db, one, two.id, "viewer"),
        lambda db: team.disable(db, two, one.id),
    )
    assert sorted(map(str, found)) == sorted(map(str, [None, Conflict]))
    assert len(team.owners(db)) == 1


def test_each_change_that_ends_sessions_begins_an_epoch(db: Db) -> None:
    owner = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    anna = jobs.add_member(db, "anna@shop.test", "Anna", "viewer")
    epochs = [anna.epoch]
    for change in (
        lambda: jobs.set_password(db, anna, "x"),
        lambda: jobs.end_sessions(db, anna),
        lambda: team.change_role(db, owner, anna.id, "analyst"),
        lambda: team.disable(db, owner, anna.id),
        lambda: team.enable(db, owner, anna.id),
    ):
        change()
        epochs.append(jobs.member(db, anna.id).epoch)
    assert epochs == [0, 1, 2, 3, 4, 5]
    jobs.rename(db, anna, "Anna N.", "sv")
    jobs.rehash(db, anna.id, "x", "y")
    assert jobs.member(db, anna.id).epoch == 5


def test_only_one_first_owner_is_made_at_one_instant(db: Db, database_url: str) -> None:
    token = jobs.setup_link(db, "").rpartition("/")[2]

    def make(number: int) -> Callable[[Db], object]:
        return lambda db: (
            jobs.create_owner(db, token, email=f"o{number}@shop.test", name="O", hashed="x", locale="en").role
        )

    found = at_once(database_url, *map(make, range(5)))
    assert sorted(map(str, found)) == sorted(map(str, ["owner", *[Forbidden] * 4]))
    with pytest.raises(Conflict):
        jobs.setup_link(db, "")


def test_the_audit_log_tells_of_the_team_without_names(db: Db) -> None:
    owner = jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    team.invite(db, owner, "anna@shop.test", "viewer", "")
    told = [(each.actor, each.action, each.object) for each in jobs.audited(db)]
    assert told == [("member:1", "invite", "invitation/1"), ("command", "add_member", "member/1")]
    assert jobs.audit_broken(db) == 0 and "shop.test" not in str(jobs.audited(db))


def test_faults_are_told_by_field(db: Db) -> None:
    with pytest.raises(Invalid) as fault:
        jobs.add_member(db, "no address", "X", "viewer")
    assert fault.value.field == "email"
    with pytest.raises(Missing):
        jobs.member(db, 7)
    jobs.add_member(db, "olga@shop.test", "Olga", "owner")
    with pytest.raises(Missing):
        jobs.sign_in_link(db, "", "who@shop.test")
