"""The projection rows and the set query on a real database."""

from datetime import UTC, datetime

import pytest

from slinga.ingest.log import append
from slinga.ingest.model import New
from slinga.kernel.calendar import zone
from slinga.kernel.clock import DAY, from_datetime
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import bucket_of, person_key
from slinga.runtime.db import Db
from slinga.segments import parse
from slinga.segments.projection import OwnedThing, Position, Projection
from slinga.segments.store import count_matching, drop_projection, matching, save_projection

UTC_ZONE = zone("UTC")
ANNA, BO, CARL = (person_key("user", name) for name in ("anna", "bo", "carl"))
START = from_datetime(datetime(2026, 1, 1, tzinfo=UTC))


def who(db: Db, document: object, now: int | None = None) -> set[str]:
    return matching(db, parse(document), UTC_ZONE, now)


def test_saving_replaces_what_was_there(db: Db) -> None:
    anna = Projection(
        ANNA, "Europe/Stockholm", {"country": "SE"}, ["vip"], True, ["email"],
        {"loyal": START, "new": START}, [Position("bow-tie", "loyalty", None, START)],
        {"responsiveness": 29.95}, {("email", "news"): "granted"},
        [OwnedThing("car", "1", {"tyres": "summer"}, START)],
    )  # fmt: skip
    with db.transaction():
        save_projection(db, [anna, Projection(BO)])
    yes = [
        {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"}, {"op": "tag", "name": "vip"},
        {"op": "identified"}, {"op": "reachable", "channel": "email"}, {"op": "segment", "key": "new"},
        {"op": "stage", "model": "bow-tie", "is": ["loyalty"]}, {"op": "thing", "type": "car"},
        {"op": "score", "name": "responsiveness", "cmp": "eq", "value": 29.95},
        {"op": "consent", "channel": "email", "topic": "news"},
        {"op": "in_stage_for", "model": "bow-tie", "for": "30d"},
    ]  # fmt: skip
    for leaf in yes:
        assert who(db, leaf, START + 30 * DAY) == {ANNA}, leaf
        assert who(db, {"op": "not", "of": leaf}, START + 30 * DAY) == {BO}, leaf
    save_projection(
        db, [Projection(ANNA, segments={"loyal": START}, positions=[], scores={}, consents={}, things=[])]
    )
    for leaf in yes:
        assert who(db, leaf, START + 30 * DAY) == set(), leaf
    assert who(db, {"op": "segment", "key": "loyal"}, START) == {ANNA}
    save_projection(db, [Projection(ANNA, tags=["back"])])  # what is not given stays
    assert who(db, {"op": "segment", "key": "loyal"}, START) == {ANNA}
    drop_projection(db, [ANNA])
    assert who(db, {"op": "everyone"}) == {BO}
    for table in ("membership", "position", "score_value", "consent_state", "thing"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_the_query_reads_the_log(db: Db) -> None:
    save_projection(db, [Projection(ANNA), Projection(BO), Projection(CARL)])
    with db.transaction():
        append(
            db,
            [
                New(ANNA, "event", "Order Completed", {"properties": {"total": 60.5}}, occurred_at=START),
                New(ANNA, "history", "Order Completed", {"properties": {"total": 39.5}}, occurred_at=START),
                New(BO, "event", "Order Completed", {"properties": {"total": "100"}}, occurred_at=START),
                New(CARL, "receipt", "Order Completed", {"properties": {"total": 500}}, occurred_at=START),
            ],
        )
    hundred = {"op": "event", "name": "Order Completed", "agg": "sum", "prop": "total", "value": 100}
    assert who(db, hundred) == {ANNA}
    assert who(db, {"op": "event", "name": "Order Completed"}) == {ANNA, BO}
    assert (
        count_matching(
            db, parse({"op": "event", "name": "Order Completed", "cmp": "eq", "value": 0}), UTC_ZONE
        )
        == 1
    )
    assert matching(db, parse(hundred), UTC_ZONE, buckets=[bucket_of(BO)]) == set()
    assert matching(db, parse(hundred), UTC_ZONE, buckets=[bucket_of(ANNA)]) == {ANNA}


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE profile; --", 'a" ? (true) || "', "\\", "%(x)s %s", "$$", "a\nb", "ö'"]
)
def test_text_is_never_read_as_a_query(db: Db, text: str) -> None:
    save_projection(db, [Projection(ANNA, traits={text: text}, tags=[text]), Projection(BO)])
    name = text.replace(".", "")
    for document in (
        {"op": "trait", "name": name, "cmp": "eq", "value": text},
        {"op": "trait", "name": name, "cmp": "contains", "value": text},
        {"op": "trait", "name": name, "cmp": "ends_with", "value": text},
        {"op": "trait", "name": name, "cmp": "in", "value": [text]},
        {"op": "tag", "name": text},
    ):
        assert who(db, document) == {ANNA}, document
    for document in (
        {"op": "event", "name": text, "where": [{"prop": name, "value": text}]},
        {"op": "segment", "key": text},
        {"op": "stage", "model": text, "is": [text]},
        {"op": "thing", "type": text, "where": [{"attr": name, "value": text}]},
    ):
        assert who(db, document) == set(), document


def test_a_run_has_no_set_reading(db: Db) -> None:
    with pytest.raises(Invalid, match="trigger or entry"):
        who(db, {"op": "event", "name": "A", "window": {"since_entry": True}})


@pytest.mark.parametrize(
    ("cmp", "before", "exactly", "after"),
    [
        ("ge", False, True, True),
        ("gt", False, False, True),
        ("le", True, True, False),
        ("lt", True, False, False),
    ],
)
def test_an_age_turns_at_the_microsecond(db: Db, cmp: str, before: bool, exactly: bool, after: bool) -> None:
    save_projection(db, [Projection(ANNA)])
    with db.transaction():
        append(db, [New(ANNA, "event", "A", occurred_at=START)], at=START)
    leaf = {"op": "event", "name": "A", "agg": "last", "cmp": cmp, "value": "30d"}
    due = START + 30 * DAY
    for now, expected in ((due - 1, before), (due, exactly), (due + 1, after)):
        assert (who(db, leaf, now) == {ANNA}) is expected, now - due
