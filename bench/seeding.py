"""Many people with few pasts: states and what questions see of them, put there quickly.

In: people built by the engine, and keys with the place of the one whose past each gets. Out: rows.
Always true: the rows are those that the engine would write, in the order of the keys given, which is no order
of lanes; the indexes are made anew after them, so that a table is not thrashed while it fills.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.workload import at_key, batched
from slinga.engine.model import FORMAT, Person, Program, encode
from slinga.engine.projecting import project
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Key, Keys, Shorts
from slinga.segments.store import save_projection

TABLES = ("profile", "membership", "position", "score_value", "consent_state", "thing")
"""Projections whose rows name nobody but their person; a run's row has a name of its own."""


def give(
    db: Db, program: Program, models: Sequence[Person], keys: Sequence[str], chosen: Sequence[int]
) -> None:
    """Store people: the n-th key gets the past of `models[chosen[n]]`. Nobody is stored before."""
    with db.transaction(), unindexed(db, "person"):
        _copy_states(db, models, keys, chosen)
    with db.transaction():
        save_projection(db, [project(person, program) for person in models])
        db.execute(
            "CREATE TEMPORARY TABLE given ON COMMIT DROP AS SELECT * FROM unnest(%(buckets)s::int2[], "
            "%(keys)s::uuid[], %(old)s::int2[], %(models)s::uuid[]) AS t (bucket, key, model_bucket, model)",
            {
                "buckets": Shorts(map(bucket_of, keys)),
                "keys": Keys(keys),
                "old": Shorts([bucket_of(models[n].key) for n in chosen]),
                "models": Keys([models[n].key for n in chosen]),
            },
        )
        db.execute("ANALYZE given")
        for table in TABLES:
            _spread(db, table)
        db.execute("DELETE FROM run")
    for several in batched(zip(keys, chosen, strict=True), 4000):
        people = [at_key(models[n], key) for key, n in several if models[n].runs]
        with db.transaction():
            save_projection(db, [project(person, program, {"runs"}) for person in people])


def _copy_states(db: Db, models: Sequence[Person], keys: Sequence[str], chosen: Sequence[int]) -> None:
    with db.cursor() as cursor, cursor.copy(
        "COPY person (bucket, key, state, format, program, seq, wake_at, created_at)"
        " FROM STDIN (FORMAT binary)"
    ) as copy:  # fmt: skip
        copy.set_types(["int2", "uuid", "bytea", "int2", "int4", "int8", "timestamptz", "timestamptz"])
        for key, n in zip(keys, chosen, strict=True):
            p = at_key(models[n], key)
            wake = None if p.wake_at is None else At(p.wake_at)
            copy.write_row(
                (bucket_of(key), Key(key), encode(p), FORMAT, p.program, p.seq, wake, At(p.created_at))
            )


def _spread(db: Db, table: str) -> None:
    """The rows of the models for everybody who was given their past, and no longer for the models."""
    columns = [
        name
        for (name,) in db.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 2 "
            "AND NOT attisdropped ORDER BY attnum",
            {"table": table},
        )
    ]
    named = ", ".join(columns)
    with unindexed(db, table):
        db.execute(f"CREATE TEMPORARY TABLE kept_{table} ON COMMIT DROP AS SELECT * FROM {table}")
        db.execute(f"ANALYZE kept_{table}")
        db.execute(f"TRUNCATE {table}")
        db.execute(
            f"INSERT INTO {table} (bucket, person, {named}) "
            f"SELECT g.bucket, g.key, {', '.join(f'k.{name}' for name in columns)} FROM given g "
            f"JOIN kept_{table} k ON k.bucket = g.model_bucket AND k.person = g.model"
        )


@contextmanager
def unindexed(db: Db, table: str) -> Iterator[None]:
    """Without the table's indexes while the block runs."""
    made = db.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %(table)s::regclass AND contype = 'p'",
        {"table": table},
    ).fetchall()
    others = db.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %(table)s::regclass AND NOT indisprimary",
        {"table": table},
    ).fetchall()
    for name, _ in made:
        db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in others:
        db.execute(f"DROP INDEX {name}")
    yield
    for name, text in made:
        db.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}")
    for _, text in others:
        db.execute(text)
