"""What a condition asks of each table, gathered, and joined into one query.

In: measures per table. Out: an Ibis expression of (bucket, person).
Always true: every table is passed over once, in groups by person; of the log only the events named, and of
these only what the windows reach, where that is certain to be enough.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from slinga.kernel.calendar import period, window
from slinga.kernel.clock import Instant, to_datetime
from slinga.segments import terms as g
from slinga.segments.features import KINDS
from slinga.segments.paths import SCALAR, path, test
from slinga.segments.repeats import ID, ONCE
from slinga.segments.tables import (
    CONSENT,
    HAPPENED,
    KEY,
    LOGGED,
    MEMBERSHIP,
    POSITION,
    PROFILE,
    SCORE,
    THING,
    VISITS,
    Table,
    as_bytes,
    path_exists,
    path_first,
)

Column = Any
Truth = Callable[[ir.Table], Column]
Measure = Callable[[ir.Table], Column]
MONEY = "decimal(38, 6)"


def at(value: Instant) -> Column:
    """An instant as a literal."""
    return ibis.literal(to_datetime(value), type="timestamp('UTC', 6)")


def inside(column: Column, length: str, now: Instant, tz: ZoneInfo) -> Column:
    """Whether an instant is inside a trailing window: the cut-offs are computed here, not by the database."""
    return within(column, window(now, period(length), tz))


def within(column: Column, spans: Iterable[tuple[Instant, Instant | None]]) -> Column:
    """Whether an instant is inside one of some spans."""
    return ibis.or_(
        *(
            (column >= at(low)) if high is None else (column >= at(low)) & (column < at(high))
            for low, high in spans
        )
    )


def no(value: bool = False) -> Column:
    """A constant truth."""
    return ibis.literal(value)


def compare(target: Column, keys: Sequence[str], cmp: str, value: Any) -> Column:
    """A comparison of the values at a path of a jsonb column."""
    text, negated = test(cmp, value)
    found = path_exists(target, path(keys, text))
    return ~found if negated else found


def fits(t: ir.Table, name: str, filters: Sequence[g.Filter], also: Column | None = None) -> Column:
    """Whether a row is an event of that name that passes the filters; `also` takes the place of the name."""
    tests = [compare(t.body, ("properties", *f.prop.split(".")), f.cmp, f.value) for f in filters]
    return ibis.and_(t.name == name if also is None else also, *tests)


class Query:
    """Collects what a condition measures per table, then builds the query. One per condition."""

    def __init__(self, now: Instant, tz: ZoneInfo, buckets: Sequence[int] | None) -> None:
        self.now, self.tz, self.buckets = now, tz, buckets
        self.measures: dict[str, dict[str, Measure]] = {}
        self.names: dict[str, Instant | None] = {}
        """Events that are counted, each with the instant before which none of them matters."""
        self.passes: list[ir.Table] = []

    def measure(self, table: Table, column: Measure) -> str:
        """Have a table's pass compute one more column; its name in the joined table."""
        columns = self.measures.setdefault(table.name, {})
        name = f"{table.name}_{len(columns)}"
        columns[name] = column
        return name

    def within_buckets(self, t: ir.Table) -> ir.Table:
        return t if self.buckets is None else t.filter(t.bucket.isin(list(self.buckets)))

    def count(self, name: str, since: Instant | None) -> None:
        """Have the pass over the log read these events, those before `since` not at all."""
        if name in self.names:
            before = self.names[name]
            since = None if since is None or before is None else min(since, before)
        self.names[name] = since

    def events(self, names: Mapping[str, Instant | None]) -> ir.Table:
        """The events of these names accepted up to now, an order that was reported twice only once.

        Reports of orders are a branch of their own, because finding the first of each wants them in order,
        and the rest is far too much to sort. There an old report may be the one that counts.
        """
        table = (HAPPENED if VISITS & set(names) else LOGGED).table
        t = self.accepted(table)
        wanted = [
            (t.name == name) if since is None else (t.name == name) & (t.occurred_at >= at(since))
            for name, since in sorted(names.items())
            if name != ONCE
        ]
        if ONCE not in names:
            return t.filter(ibis.or_(*wanted))
        rest = t.filter(ibis.or_(*wanted, (t.name == ONCE) & ~_named(t)))
        t = self.accepted(table.view())  # a second look: what is read twice by one name is first written down
        t = t.filter(_named(t))
        alike = ibis.window(group_by=[*KEY, _order(t)], order_by=["seq"])
        t = t.mutate(report=ibis.row_number().over(alike))
        return ibis.union(rest, t.filter(t.report == 0).drop("report"))

    def accepted(self, t: ir.Table) -> ir.Table:
        """What was accepted up to now."""
        t = self.within_buckets(t)
        return t.filter([t.kind.isin(sorted(KINDS)), t.accepted_at <= at(self.now)])

    def people(self, truth: Truth) -> ir.Table:
        """The query: profiles joined with each pass, filtered by the truth."""
        joined = self.within_buckets(PROFILE.table)
        for table in (LOGGED, POSITION, MEMBERSHIP, SCORE, CONSENT, THING):
            columns = self.measures.get(table.name)
            if not columns:
                continue
            t = self.events(self.names) if table is LOGGED else self.within_buckets(table.table)
            if table is THING:
                latest = ibis.window(
                    group_by=[*KEY, "type"], order_by=[t.updated_at.desc(), as_bytes(t.id, "UTF8").desc()]
                )
                t = t.mutate(newest=ibis.row_number().over(latest) == 0)
            self.passes.append(t.group_by(list(KEY)).agg(**{name: of(t) for name, of in columns.items()}))
        for n, each in enumerate(self.passes):
            right = each.rename(**{f"bucket{n}": "bucket", f"person{n}": "person"})
            joined = joined.left_join(
                right, [joined.bucket == right[f"bucket{n}"], joined.person == right[f"person{n}"]]
            )
        return joined.filter(truth(joined)).select("bucket", "person")


def _order(t: ir.Table) -> Column:
    """The id of the order that an event is about."""
    return path_first(t.body, path(ID, SCALAR))


def _named(t: ir.Table) -> Column:
    """Whether it reports an order that has an id."""
    return (t.name == ONCE) & path_exists(t.body, path(ID, SCALAR)) & (_order(t).cast(str) != '""')
