"""The set reading: a condition as one query for everybody it is true of.

In: a condition, an instant, the workspace's zone. Out: an Ibis expression of (bucket, person).
Always true: it answers as the live reading would for each person at that instant (`values` has the rule
of comparison); values of the user's enter only as literals; every table is passed over once, in groups by
person, but for sequences and ignored messages, which take an ordered pass of their own.
"""

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from slinga.kernel.calendar import period, window
from slinga.kernel.clock import Instant, instant
from slinga.kernel.errors import Invalid
from slinga.segments import moves
from slinga.segments import terms as g
from slinga.segments.dates import moment
from slinga.segments.datesets import date_holds
from slinga.segments.features import HUMAN, as_event, reaction_filters
from slinga.segments.paths import NUMBER, SCALAR, TEXT, path
from slinga.segments.query import MONEY, Column, Measure, Query, Truth, at, compare, fits, inside, no, within
from slinga.segments.tables import (
    CONSENT,
    KEY,
    LOGGED,
    MEMBERSHIP,
    POSITION,
    SCORE,
    THING,
    as_text_at,
    build_object,
    path_array,
    path_exists,
    path_first,
)
from slinga.segments.values import order


def matching(
    condition: g.Condition, now: Instant, tz: ZoneInfo, *, buckets: Sequence[int] | None = None
) -> ir.Table:
    """The people a condition is true of at `now`, as (bucket, person); `buckets` narrows the question.

    Raises Invalid for a condition that binds the triggering event or the entry of a run.
    """
    if g.references(condition).run:
        raise Invalid(
            "this condition binds a journey's trigger or entry: it has no meaning for a set of people"
        )
    query = Query(now, tz, buckets)
    return query.people(_truth(condition, query))


def sql(expression: ir.Table) -> str:
    """The query's text for PostgreSQL."""
    return str(ibis.to_sql(expression, dialect="postgres", pretty=False))


def _truth(c: g.Condition, q: Query) -> Truth:
    match c:
        case g.All() | g.Any_():
            parts = [_truth(each, q) for each in c.of]
            every = isinstance(c, g.All)
            if not parts:
                return lambda j: no(every)
            return lambda j: (ibis.and_ if every else ibis.or_)(*(part(j) for part in parts))
        case g.Not():
            part = _truth(c.of, q)
            return lambda j: ~part(j)
        case g.Everyone():
            return lambda j: no(True)
        case g.Trait():
            return lambda j: compare(j.traits, c.name.split("."), c.cmp, c.value)
        case g.Date():
            return lambda j: date_holds(_text(j.traits, c.name.split(".")), c.cmp, c.value, q.now, q.tz)
        case g.Event():
            return _event(c, q)
        case g.Reaction(kind="ignored"):
            return _ignored(c, q)
        case g.Reaction():
            return _event(as_event(c), q)
        case g.Sequence():
            return _sequence(c, q)
        case g.Thing():
            return _thing(c, q)
        case g.Identified():
            return lambda j: j.identified
        case g.Tag():
            return lambda j: j.tags.contains(c.name)
        case g.Reachable():
            return lambda j: j.reachable.contains(c.channel)
    return _projected(c, q)


def _projected(c: g.Condition, q: Query) -> Truth:
    """Leaves over the projection rows that are one per person and name."""
    match c:
        case g.Stage():
            return _one_of(q.measure(POSITION, lambda t: t.stage.max(where=t.model == c.model)), c.is_)
        case g.Status():
            return _one_of(q.measure(POSITION, lambda t: t.status.max(where=t.model == c.model)), c.is_)
        case g.InStageFor():
            since = q.measure(POSITION, lambda t: t.entered_at.max(where=t.model == c.model))
            return lambda j: (~inside(j[since], c.for_, q.now, q.tz)).fill_null(False)
        case g.Moved():
            return _moved(c, q)
        case g.Score():
            score = q.measure(SCORE, lambda t: t.value.max(where=t.score == c.name))
            return lambda j: order(c.cmp)(j[score], _decimal(c.value)).fill_null(c.cmp == "ne")
        case g.InSegment():
            member = q.measure(MEMBERSHIP, lambda t: (t.segment == c.key).sum())
            return lambda j: (j[member].fill_null(0) > 0) == no(c.is_)
        case g.Consent():
            chosen = q.measure(
                CONSENT, lambda t: t.state.max(where=(t.channel == c.channel) & (t.topic == c.topic))
            )
            return lambda j: j[chosen].fill_null("unknown") == c.is_
    raise TypeError(f"{type(c).__name__} has no set reading")


def _moved(c: g.Moved, q: Query) -> Truth:
    text = moves.path(c, _spans(c.window, q))
    n = q.measure(POSITION, lambda t: ((t.model == c.model) & path_exists(t.moves, text)).sum())
    return lambda j: j[n].fill_null(0) > 0


def _spans(window_: g.Window | None, q: Query) -> Sequence[tuple[Instant, Instant | None]] | None:
    """The spans of time that a window lets in now; None where it lets in all."""
    if window_ is not None and window_.last is not None:
        return window(q.now, period(window_.last), q.tz)
    if window_ is not None and window_.since is not None:
        return ((instant(window_.since), None),)
    return None


def _one_of(column: str, chosen: Sequence[str]) -> Truth:
    return lambda j: j[column].isin(list(chosen)).fill_null(False) if chosen else no()


def _decimal(value: int | float) -> Column:
    return ibis.literal(Decimal(str(value)), type=MONEY)


def _text(target: Column, keys: Sequence[str]) -> Column:
    """The first text at a path."""
    return as_text_at(path_array(target, path(keys, TEXT)), 0)


def _event(c: g.Event, q: Query) -> Truth:
    spans = _spans(c.window, q)
    q.count(c.name, None if spans is None else min(low for low, _ in spans))

    def counted(t: ir.Table) -> Column:
        # Names and times first: they are cheap to test and leave little for the values.
        of_name = t.name == c.name
        if spans is not None:
            of_name = of_name & within(t.occurred_at, spans)
        return fits(t, c.name, c.where, also=of_name)

    keys = ("properties", *(c.prop or "").split("."))

    def number(t: ir.Table) -> Column:
        return as_text_at(path_array(t.body, path(keys, NUMBER)), 0).cast(MONEY)

    test, absent = order(c.cmp), c.cmp == "ne"
    if c.agg == "count":
        n = q.measure(LOGGED, lambda t: counted(t).sum())
        return lambda j: test(j[n].fill_null(0), c.value)
    if c.agg == "distinct":
        n = q.measure(LOGGED, lambda t: path_first(t.body, path(keys, SCALAR)).nunique(where=counted(t)))
        return lambda j: test(j[n].fill_null(0), c.value)
    if c.agg in ("first", "last"):
        return _moment(c, q, counted)
    value = _decimal(c.value)  # type: ignore[arg-type]
    if c.agg == "avg":
        total = q.measure(LOGGED, lambda t: number(t).sum(where=counted(t)))
        n = q.measure(LOGGED, lambda t: number(t).count(where=counted(t)))
        return lambda j: test(j[total], value * j[n]).fill_null(absent)
    if c.agg == "sum":
        total = q.measure(LOGGED, lambda t: number(t).sum(where=counted(t)))
        return lambda j: test(j[total].fill_null(_decimal(0)), value)
    best = q.measure(LOGGED, lambda t: getattr(number(t), c.agg)(where=counted(t)))
    return lambda j: test(j[best], value).fill_null(absent)


def _moment(c: g.Event, q: Query, counted: Measure) -> Truth:
    """first and last: see `Event`. An age of at least P means outside the trailing window of P."""
    seen = "min" if c.agg == "first" else "max"
    found = q.measure(LOGGED, lambda t: getattr(t.occurred_at, seen)(where=counted(t)))
    text = str(c.value)
    if moment(text) is not None:
        return lambda j: order(c.cmp)(j[found], at(instant(text))).fill_null(c.cmp == "ne")
    now = q.now - 1 if c.cmp in ("gt", "le") else q.now

    def aged(j: ir.Table) -> Column:
        young = inside(j[found], text, now, q.tz)
        return (~young if c.cmp in ("ge", "gt") else young).fill_null(False)

    return aged


def _joined_flag(q: Query, per_person: ir.Table) -> str:
    q.passes.append(per_person)
    return str(per_person.columns[-1])


def _sequence(c: g.Sequence, q: Query) -> Truth:
    t = q.events({step.name: None for step in c.steps})
    before = ibis.window(group_by=list(KEY), order_by=["occurred_at", "seq"], preceding=(None, 1))
    first = c.steps[0]
    t = t.mutate(first=ibis.cases((fits(t, first.name, first.where), t.occurred_at)))
    for step in c.steps[1:-1]:
        so_far = t["first"].max().over(before)
        t = t.mutate(first=ibis.cases((fits(t, step.name, step.where), so_far)))
    t = t.mutate(start=t["first"].max().over(before))
    last = c.steps[-1]
    done = fits(t, last.name, last.where) & t.start.notnull()
    if c.within is not None:
        done = done & (t.occurred_at < t.start + ibis.interval(seconds=period(c.within).micros // 1_000_000))
    if c.window is not None and c.window.last is not None:
        done = done & inside(t.occurred_at, c.window.last, q.now, q.tz)
    if c.window is not None and c.window.since is not None:
        done = done & (t.occurred_at >= at(instant(c.window.since)))
    name = f"sequence_{len(q.passes)}"
    flag = _joined_flag(q, t.group_by(list(KEY)).agg(**{name: done.fill_null(False).sum()}))
    return lambda j: j[flag].fill_null(0) > 0


def _ignored(c: g.Reaction, q: Query) -> Truth:
    t = q.events(dict.fromkeys(("Message Sent", "Message Opened", "Message Clicked", *g.ENGAGED)))
    key = as_text_at(path_array(t.body, path(("properties", "send_key"), f'{TEXT} && @ != ""')), 0)
    human = ibis.and_(*(compare(t.body, ("properties", f.prop), f.cmp, f.value) for f in HUMAN))
    hit = t.name.isin(["Message Opened", "Message Clicked"]) & human
    t = t.mutate(
        key=key,
        later=ibis.cases((t.name == "Message Sent", 0), else_=1),
        hit=ibis.cases((hit, t.occurred_at)),
        shown=ibis.cases((t.name.isin(list(g.ENGAGED)), t.occurred_at)),
    )
    by = ["occurred_at", "later", "seq"]
    to_come = {"preceding": 0, "following": None, "order_by": by}
    t = t.mutate(
        next_hit=t.hit.min().over(ibis.window(group_by=[*KEY, "key"], **to_come)),
        next_shown=t.shown.min().over(ibis.window(group_by=list(KEY), **to_come)),
    )
    after = period(c.after).micros
    deadline = t.occurred_at + ibis.interval(seconds=after // 1_000_000)
    quiet = (t.next_shown.isnull() | (t.next_shown >= deadline)) & (
        t.key.isnull() | t.next_hit.isnull() | (t.next_hit >= deadline)
    )
    counted = fits(t, "Message Sent", reaction_filters(c)) & quiet & (t.occurred_at <= at(q.now - after))
    if c.window is not None and c.window.last is not None:
        counted = counted & inside(t.occurred_at, c.window.last, q.now, q.tz)
    if c.window is not None and c.window.since is not None:
        counted = counted & (t.occurred_at >= at(instant(c.window.since)))
    name = f"ignored_{len(q.passes)}"
    flag = _joined_flag(q, t.group_by(list(KEY)).agg(**{name: counted.sum()}))
    return lambda j: order(c.cmp)(j[flag].fill_null(0), c.value)


def _thing(c: g.Thing, q: Query) -> Truth:
    def match(t: ir.Table) -> Column:
        return ibis.and_(t.type == c.type, *(_attribute(t, each, q) for each in c.where))

    if c.quantifier == "latest":
        n = q.measure(THING, lambda t: (match(t) & t.newest).sum())
    else:
        n = q.measure(THING, lambda t: match(t).sum())
    if c.quantifier == "none":
        return lambda j: j[n].fill_null(0) == 0
    if c.quantifier == "count":
        return lambda j: order(c.cmp)(j[n].fill_null(0), c.value)
    if c.quantifier == "all":
        owned = q.measure(THING, lambda t: (t.type == c.type).sum())
        return lambda j: (j[n].fill_null(0) > 0) & (j[n].fill_null(0) == j[owned].fill_null(0))
    return lambda j: j[n].fill_null(0) > 0


def _attribute(t: ir.Table, each: g.Attr, q: Query) -> Column:
    own_id = each.attr == "id"
    target = build_object("id", t.id) if own_id else t.attributes
    keys = ["id"] if own_id else each.attr.split(".")
    if each.cmp in g.DATE_CMPS:
        return date_holds(_text(target, keys), each.cmp, each.value, q.now, q.tz)
    return compare(target, keys, each.cmp, each.value)
