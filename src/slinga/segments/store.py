"""The segments' rows: people as questions see them, and the questions.

In: `Projection`s, conditions. Out: rows, sets of people. Always true: `save_projection` runs inside the
caller's transaction and leaves exactly what it was given; a set query reads one snapshot.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Unavailable
from slinga.kernel.ids import BUCKETS, bucket_of
from slinga.runtime.db import Ats, Db, Documents, Ints, Keys, Shorts, Texts, statements
from slinga.segments.grammar import Condition
from slinga.segments.moves import rows as move_rows
from slinga.segments.preview import SLICES, Estimate, estimate, portion
from slinga.segments.projection import Projection, RunAt

S = statements(__file__)

TABLES = (
    *("logged", "happened", "profile", "membership", "position", "score_value", "consent_state", "thing"),
)
"""Every table that a set query may read."""

LONGEST_MS = 10_000
SORTING_MS = 60_000
"""The longest that the first slice of a preview may take."""


def _who(people: Iterable[str]) -> dict[str, Any]:
    keys = list(people)
    return {"buckets": Shorts([bucket_of(key) for key in keys]), "people": Keys(keys)}


def save_projection(db: Db, people: Sequence[Projection]) -> None:
    """Write whole people, in a constant number of statements. Give each person once."""
    if not people:
        return
    whole = [p for p in people if p.traits is not None]
    if whole:
        db.execute(
            S.save_profile,
            {
                **_who(p.person for p in whole),
                "zones": Texts([p.zone for p in whole]),
                "traits": Documents([p.traits for p in whole]),
                "tags": Documents([p.tags for p in whole]),
                "identified": [p.identified for p in whole],
                "reachable": Documents([p.reachable for p in whole]),
            },
        )
    _move_membership(db, people)
    _save_membership(db, [(p.person, p.segments) for p in people if p.segments is not None])
    _save_positions(db, people)
    _save_scores(db, people)
    _save_consents(db, people)
    _save_things(db, people)
    _save_runs(db, [(p.person, p.runs) for p in people if p.runs is not None])


def _move_membership(db: Db, people: Sequence[Projection]) -> None:
    moves = [(p.person, key, at) for p in people if p.moves for key, at in p.moves.items()]
    left = [(person, key) for person, key, at in moves if at is None]
    if left:
        db.execute(S.leave, {**_who(person for person, _ in left), "keys": Texts([key for _, key in left])})
    entered = [(person, key, at) for person, key, at in moves if at is not None]
    if entered:
        keys, at = Texts([row[1] for row in entered]), Ats([row[2] for row in entered])
        db.execute(S.enter, {**_who(row[0] for row in entered), "keys": keys, "at": at})


def _save_membership(db: Db, people: Sequence[tuple[str, dict[str, Instant]]]) -> None:
    if people:
        db.execute(S.drop_membership, _who(person for person, _ in people))
    rows = [(person, key, at) for person, inside in people for key, at in inside.items()]
    if rows:
        keys, at = Texts([r[1] for r in rows]), Ats([r[2] for r in rows])
        db.execute(S.save_membership, {**_who(r[0] for r in rows), "keys": keys, "at": at})


def _save_positions(db: Db, people: Sequence[Projection]) -> None:
    given = [(p.person, p.positions) for p in people if p.positions is not None]
    if given:
        db.execute(S.drop_position, _who(person for person, _ in given))
    rows = [(person, each) for person, positions in given for each in positions]
    if rows:
        db.execute(
            S.save_position,
            {
                **_who(r[0] for r in rows),
                "models": Texts([r[1].model for r in rows]),
                "stages": Texts([r[1].stage for r in rows]),
                "statuses": Texts([r[1].status for r in rows]),
                "at": Ats([r[1].entered_at for r in rows]),
                "moves": Documents([move_rows(r[1].moves) for r in rows]),
            },
        )


def _save_scores(db: Db, people: Sequence[Projection]) -> None:
    given = [(p.person, p.scores) for p in people if p.scores is not None]
    if given:
        db.execute(S.drop_score, _who(person for person, _ in given))
    rows = [(person, name, str(value)) for person, scores in given for name, value in scores.items()]
    if rows:
        names, values = Texts([r[1] for r in rows]), Texts([r[2] for r in rows])
        db.execute(S.save_score, {**_who(r[0] for r in rows), "names": names, "values": values})


def _save_consents(db: Db, people: Sequence[Projection]) -> None:
    given = [(p.person, p.consents) for p in people if p.consents is not None]
    if given:
        db.execute(S.drop_consent, _who(person for person, _ in given))
    rows = [(person, *place, state) for person, consents in given for place, state in consents.items()]
    if rows:
        db.execute(
            S.save_consent,
            {
                **_who(r[0] for r in rows),
                "channels": Texts([r[1] for r in rows]),
                "topics": Texts([r[2] for r in rows]),
                "states": Texts([r[3] for r in rows]),
            },
        )


def _save_things(db: Db, people: Sequence[Projection]) -> None:
    given = [(p.person, p.things) for p in people if p.things is not None]
    if given:
        db.execute(S.drop_thing, _who(person for person, _ in given))
    lost = [(p.person, kind, id) for p in people for kind, id in p.lost]
    if lost:
        types, ids = Texts([row[1] for row in lost]), Texts([row[2] for row in lost])
        db.execute(S.lose_thing, {**_who(row[0] for row in lost), "types": types, "ids": ids})
    rows = [(person, each) for person, things in given for each in things]
    rows += [(p.person, each) for p in people for each in p.changed]
    if rows:
        db.execute(
            S.save_thing,
            {
                **_who(r[0] for r in rows),
                "types": Texts([r[1].type for r in rows]),
                "ids": Texts([r[1].id for r in rows]),
                "attributes": Documents([r[1].attributes for r in rows]),
                "at": Ats([r[1].updated_at for r in rows]),
            },
        )


def _save_runs(db: Db, people: Sequence[tuple[str, list[RunAt]]]) -> None:
    if people:
        db.execute(S.drop_run, _who(person for person, _ in people))
    rows = [(person, each) for person, runs in people for each in runs]
    if rows:
        db.execute(
            S.save_run,
            {
                **_who(r[0] for r in rows),
                "ids": Texts([r[1].id for r in rows]),
                "journeys": Texts([r[1].journey for r in rows]),
                "versions": Ints([r[1].version for r in rows]),
                "nodes": Texts([r[1].node for r in rows]),
                "abouts": Texts([r[1].about for r in rows]),
                "entered": Ats([r[1].entered_at for r in rows]),
                "since": Ats([r[1].since for r in rows]),
                "due": Ats([r[1].due_at for r in rows]),
            },
        )


def drop_projection(db: Db, people: Iterable[str]) -> None:
    """Remove people who merged into another or were erased."""
    who = _who(people)
    if who["people"]:
        for text in (
            S.drop_profile, S.drop_membership, S.drop_position, S.drop_score, S.drop_consent, S.drop_thing,
            S.drop_run,
        ):  # fmt: skip
            db.execute(text, who)


def _now(db: Db) -> Instant:
    (now,) = db.execute(S.now).fetchone() or (0,)
    return int(now)


def matching(
    db: Db,
    condition: Condition,
    zone: ZoneInfo,
    now: Instant | None = None,
    buckets: Sequence[int] | None = None,
) -> set[str]:
    """The keys of the people a condition is true of, as known at `now` (default: the virtual clock).

    Raises Invalid for a condition that binds a run's trigger or entry.
    """
    if now is not None and isinstance(buckets, range) and buckets:
        among, _ = portion(buckets.start * SLICES, buckets.stop * SLICES)
        text = _only(_kept_text(db, condition, zone, now), among)
    else:
        text = _text(db, condition, zone, now, buckets)
    return {person for _, person in db.execute(text).fetchall()}


def count_matching(
    db: Db,
    condition: Condition,
    zone: ZoneInfo,
    now: Instant | None = None,
    *,
    buckets: Sequence[int] | None = None,
) -> int:
    """How many people a condition is true of, exactly; whole processors are used for it."""
    text = _text(db, condition, zone, now, buckets)
    with db.transaction():
        db.execute(S.roomy)
        return _count(db, text)


def sorted_into(
    db: Db, rules: Sequence[tuple[Condition, Sequence[Condition]]], zone: ZoneInfo, now: Instant
) -> list[int]:
    """How many people come under each rule, exactly: under the first whose condition is true of them and none
    of whose exceptions is. Raises Unavailable where that takes too long, else as `matching` does.
    """
    tiers = []
    for n, (wanted, exceptions) in enumerate(rules):
        text = f"SELECT bucket, person FROM ({_kept_text(db, wanted, zone, now)}) AS t{n}"
        for m, one in enumerate(exceptions):
            text += f" EXCEPT SELECT bucket, person FROM ({_kept_text(db, one, zone, now)}) AS t{n}x{m}"
        tiers.append(f"SELECT bucket, person, {n} AS tier FROM ({text}) AS tier{n}")
    if not tiers:
        return []
    first = f"SELECT min(tier) AS tier FROM ({' UNION ALL '.join(tiers)}) AS every GROUP BY bucket, person"
    try:
        with db.transaction():
            db.execute(S.roomy)
            db.execute(S.patient, {"patience": f"{SORTING_MS}ms"})
            rows = db.execute(f"SELECT tier, count(*) FROM ({first}) AS firsts GROUP BY 1").fetchall()
    except psycopg.errors.QueryCanceled:
        raise Unavailable("the database is too busy to sort everybody now; try again later") from None
    found: dict[int, int] = dict(rows)
    return [int(found.get(n, 0)) for n in range(len(rules))]


def preview(
    db: Db, condition: Condition, zone: ZoneInfo, now: Instant | None = None, *, within_ms: int = 250
) -> Estimate:
    """About how many people a condition is true of, from as many slices of buckets as fit the time.

    `count_matching` gives the exact number afterwards. Raises as `matching` does.
    """
    until = time.monotonic() + within_ms / 1000
    text = _text(db, condition, zone, now, None)
    found = done = 0
    end = 1
    while done < BUCKETS * SLICES:
        began = time.monotonic()
        among, end = portion(done, end)
        try:
            with db.transaction():
                # The first slice is waited for, up to a limit; after it nothing is begun that is late.
                patience = max(1, int((until - began) * 1000)) if done else LONGEST_MS
                db.execute(S.in_portions, {"patience": f"{patience}ms"})
                found += _count(db, _only(text, among))
        except psycopg.errors.QueryCanceled:
            if not done:
                raise Unavailable("the database is too slow for a preview now; try again later") from None
            break
        each = (time.monotonic() - began) / (end - done)
        done, fit = end, int((until - time.monotonic()) / each * 0.8)
        if fit < 1:
            break
        end = min(
            done + min(fit, done), BUCKETS * SLICES
        )  # what was asked before is at hand; the rest is slower
    return estimate(found, done / SLICES)


_texts: dict[tuple[str, str, Instant], str] = {}
TEXTS = 64
"""Compiled questions that are kept: as many as a lifecycle model has rules, and some more."""


def _kept_text(db: Db, condition: Condition, zone: ZoneInfo, now: Instant) -> str:
    """The text for all buckets: whoever asks about an instant asks about one bucket after another, and to
    compile takes longer than to ask.
    """
    key = (repr(condition), str(zone), now)
    text = _texts.get(key)
    if text is None:
        text = _text(db, condition, zone, now, None)
        while len(_texts) >= TEXTS:
            _texts.pop(next(iter(_texts)), None)
        _texts[key] = text
    return text


def _text(
    db: Db, condition: Condition, zone: ZoneInfo, now: Instant | None, buckets: Sequence[int] | None
) -> str:
    from slinga.segments import sets  # not above: Ibis takes 25 MB, and most processes never ask a question

    return sets.sql(sets.matching(condition, _now(db) if now is None else now, zone, buckets=buckets))


def _count(db: Db, text: str) -> int:
    (number,) = db.execute(f"SELECT count(*) FROM ({text}) AS matching").fetchone() or (0,)
    return int(number)


def _only(text: str, among: str) -> str:
    """A query over these people alone: names that shadow the tables, so one text serves all portions."""
    shadows = ", ".join(
        f'"{name}" AS NOT MATERIALIZED (SELECT * FROM "{name}" WHERE {among})'
        for name in TABLES
        if f'"{name}"' in text
    )
    return f"WITH {shadows} SELECT * FROM ({text}) AS narrowed"
