"""Drafts: saved, told apart, reviewed, published and taken back, over a real database."""

import pytest

from slinga.access import jobs as access
from slinga.drafts import jobs
from slinga.engine.jobs import in_force
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.runtime.db import Db

VIP = {"key": "vip", "name": "VIP", "condition": {"op": "tag", "name": "vip"}}
BIG = VIP | {"condition": {"op": "tag", "name": "big"}}


def test_a_save_makes_a_revision_and_the_same_again_makes_none(db: Db) -> None:
    first = jobs.save(db, "segment", "vip", VIP, by="member:1", revision=0)
    assert (first.revision, first.based_on, first.name) == (1, 0, "VIP")
    assert jobs.save(db, "segment", "vip", VIP, by="member:2", revision=1) == first
    second = jobs.save(db, "segment", "vip", BIG, by="member:2", revision=1)
    assert (second.revision, second.edited_by) == (2, "member:2")
    assert [one.version for one in jobs.revisions(db, "segment", "vip")] == [2, 1]


def test_whoever_saw_an_older_revision_is_told_and_overwrites_nothing(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1", revision=0)
    with pytest.raises(Conflict, match="member:1 has saved it"):
        jobs.save(db, "segment", "vip", BIG, by="member:2", revision=0)
    found = jobs.find(db, "segment", "vip")
    assert found is not None and found.document == VIP


def test_undo_is_an_earlier_revision_saved_again(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1")
    jobs.save(db, "segment", "vip", BIG, by="member:1")
    back = jobs.back_to(db, "segment", "vip", 1, by="member:1")
    assert (back.revision, back.document) == (3, VIP)
    with pytest.raises(Missing):
        jobs.back_to(db, "segment", "vip", 99, by="member:1")


def test_publishing_puts_drafts_in_force_together_and_they_are_gone(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1")
    jobs.save(db, "segment", "big", BIG | {"key": "big"}, by="member:1")
    assert not jobs.review(db, [("segment", "vip"), ("segment", "big")]).stops
    number = jobs.publish(db, [("segment", "vip"), ("segment", "big")], by="member:1")
    assert number == 1 and jobs.listed(db) == []
    assert set(in_force(db).documents) == {("segment", "vip"), ("segment", "big")}
    entry = access.audited(db)[0]
    assert (entry.actor, entry.action) == ("member:1", "publish")


def test_one_that_does_not_compile_keeps_all_as_drafts(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1")
    jobs.save(db, "segment", "bad", {"key": "bad", "condition": {"op": "nothing"}}, by="member:1")
    assert jobs.review(db, [("segment", "vip"), ("segment", "bad")]).stops
    with pytest.raises(Invalid):
        jobs.publish(db, [("segment", "vip"), ("segment", "bad")], by="member:1")
    assert len(jobs.listed(db, "segment")) == 2 and in_force(db).number == 0


def test_a_review_tells_where_a_draft_differs_and_what_moved_on_meanwhile(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1")
    jobs.publish(db, [("segment", "vip")], by="member:1")
    jobs.save(db, "segment", "vip", BIG, by="member:1")
    found = jobs.review(db, [("segment", "vip")])
    assert [one.path for one in found.changed["segment", "vip"]] == ["condition.name"]
    assert found.moved_on == []
    draft = jobs.restore(db, "segment", "vip", 1, by="member:2")
    assert draft.document == VIP and draft.based_on == 1


def test_retiring_is_audited_and_an_unknown_one_is_missing(db: Db) -> None:
    jobs.save(db, "segment", "vip", VIP, by="member:1")
    jobs.publish(db, [("segment", "vip")], by="member:1")
    jobs.retire(db, "segment", "vip", by="member:1")
    assert in_force(db).documents == {}
    with pytest.raises(Missing):
        jobs.retire(db, "segment", "vip", by="member:1")


@pytest.mark.parametrize(("kind", "key"), [("nothing", "vip"), ("segment", "V I P"), ("segment", "")])
def test_what_can_be_no_definition_is_refused(db: Db, kind: str, key: str) -> None:
    with pytest.raises(Invalid):
        jobs.save(db, kind, key, VIP, by="member:1")
