"""Run a rehearsal: fix the end of the log, play it bucket by bucket on all cores, add up.

In: a database, a request. Out: a report. Always true: nothing is written; each bucket is a short read of its
own, so live work is not held up; the report is the same in however many processes it is made.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from slinga.engine.jobs import InForce, extensions, in_force
from slinga.engine.program import Part
from slinga.kernel.calendar import is_zone
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import BUCKETS
from slinga.rehearsal import compare, reactions, store
from slinga.rehearsal.fold import live, live_on
from slinga.rehearsal.hearing import Heard
from slinga.rehearsal.model import Change, Request, Script, Span, buckets, check, moment
from slinga.rehearsal.plan import Plan, compile_script
from slinga.rehearsal.replay import Past, past_of
from slinga.rehearsal.report import Report, build
from slinga.rehearsal.tally import Tally, blank, came_in, count_life, count_past
from slinga.runtime.db import Db

Progress = Callable[[int, int], None]
"""Called with (buckets played, buckets in all)."""


def _quiet(done: int, of: int) -> None:
    return None


def rehearse(
    url: str, request: Request, progress: Progress = _quiet, *, processes: int = 0, zone: str = ""
) -> Report:
    """Play the recorded past of a database with a request's drafts; the report.

    `processes` 0 uses a process per core, 1 none but this one. `zone` is the drafts' workspace zone, "" the
    one in force. Raises Invalid for a request or for drafts that would not publish, and where nothing was
    recorded.
    """
    check(request)
    chosen = buckets(request.sample)
    with store.reading(url) as db:
        script = script_of(db, request, chosen, zone)
    plan = compile_script(script, extensions())
    tally = blank()
    count = min(processes or os.cpu_count() or 1, len(chosen))
    parts = _here(url, plan, chosen) if count <= 1 else _spread(url, script, chosen, count)
    done: dict[int, Tally] = {}
    for bucket, part in parts:
        done[bucket] = part
        progress(len(done), len(chosen))
    for bucket in chosen:
        tally.join(done[bucket])
    return build(plan, tally, request.sample)


def script_of(db: Db, request: Request, chosen: Sequence[int], zone: str) -> Script:
    present, last = in_force(db), store.end(db)
    name = zone or present.zone or "UTC"
    if not is_zone(name):
        raise Invalid("'%(zone)s' is not a time zone of the IANA database", field="zone", zone=name)
    since = _moment(request.since, "from", name)
    first, latest = store.bounds(db, chosen, last)
    until = _moment(request.until, "until", name) or latest
    if until is None or first is None:
        raise Invalid("nothing was recorded here yet, so there is nothing to rehearse", field="until")
    if since is not None and since >= until:
        raise Invalid("the rehearsal ends before it begins", field="from")
    base, drafted, changes = _definitions(present, request, since or 0)
    live_keys = {part.key for part, _ in drafted if part.kind == "journey"}
    strangers = sorted(set(request.journeys) - live_keys)
    if strangers:
        raise Invalid(
            "there is no journey '%(journey)s' among %(known)s",
            field="journeys",
            journey=strangers[0],
            known=", ".join(sorted(live_keys)) or "none",
        )
    told = request.journeys or tuple(
        draft.key for draft in request.drafts if draft.kind == "journey" and draft.document is not None
    )
    return Script(
        zone=name,
        base=base,
        drafted=drafted,
        changes=changes,
        told=frozenset(told or live_keys),
        span=Span(since, until, since or first),
        last=last,
        reactions=_reactions(db, request, last),
        seed=request.seed,
        entries=request.entries,
    )


def _moment(text: str, field: str, zone: str) -> Instant | None:
    return moment(text, field, ZoneInfo(zone))


Definitions = tuple[tuple[Part, dict[str, Any]], ...]


def _definitions(
    present: InForce, request: Request, since: Instant
) -> tuple[Definitions, Definitions, tuple[Change, ...]]:
    """What is in force, the same with the drafts, and what the drafts change."""
    base = {
        name: (Part(*name, present.versions[name], live_from=since), document)
        for name, document in present.documents.items()
    }
    drafted, changes = dict(base), []
    for place, draft in enumerate(request.drafts):
        name = (draft.kind, draft.key)
        before = base.get(name)
        if draft.document is None:
            if before is None:
                raise Invalid(
                    "there is no %(kind)s '%(key)s' to retire",
                    field=f"drafts.{place}.key",
                    kind=draft.kind,
                    key=draft.key,
                )
            del drafted[name]
            changes.append(Change(*name, "retired"))
            continue
        if before is not None and before[1] == draft.document and not draft.enter_existing:
            continue
        version = before[0].version + 1 if before else 1
        part = Part(*name, version, enter_existing=draft.enter_existing, live_from=since)
        drafted[name] = (part, draft.document)
        changes.append(Change(*name, "changed" if before else "new"))
    return tuple(base.values()), tuple(drafted.values()), tuple(changes)


def _reactions(db: Db, request: Request, last: int) -> reactions.Reactions:
    match request.reactions:
        case "none":
            return reactions.NONE
        case "typical":
            return reactions.TYPICAL
        case "learned":
            return reactions.learned(store.reactions(db, range(BUCKETS), last))
        case str() as name:
            raise Invalid(
                "'%(name)s' is not one of %(known)s; a model of your own is a document",
                field="reactions",
                name=name,
                known=", ".join(reactions.NAMES),
            )
        case given:
            return reactions.parse(given)


# --- playing -----------------------------------------------------------------------------------------


def play(db: Db, plan: Plan, bucket: int) -> Tally:
    """Play one bucket."""
    tally = blank()
    if plan.scout is None:
        for key, past in _pasts(db, plan, bucket, plan.heard):
            count_past(tally, past)
            _live(tally, plan, key, past)
        return tally
    script, inside = plan.script, {}
    for key, past in _pasts(db, plan, bucket, plan.scout.heard):
        count_past(tally, past)
        alone = live(key, past, plan.scout)
        at = came_in(alone, plan.drafted)
        if at is None:
            count_life(tally, key, alone, script.told, plan.program.zone, entries=script.entries)
        else:
            inside[key] = at
    if inside:
        for key, past in _pasts(db, plan, bucket, plan.heard, list(inside)):
            _live(tally, plan, key, past, inside[key])
    return tally


def _pasts(
    db: Db, plan: Plan, bucket: int, heard: Heard, people: Sequence[str] | None = None
) -> Iterator[tuple[str, Past]]:
    span = plan.script.span
    names = None if heard.visits else heard.names
    rows = store.histories(db, bucket, plan.script.last, span.until, heard.bodies, people)
    for key, theirs in rows:
        past = past_of(theirs, span.since, span.begin, names)
        if past.inputs:
            yield key, past


def _live(tally: Tally, plan: Plan, key: str, past: Past, inside: Instant | None = None) -> None:
    """Live a life with the drafts, and where they touched it without them too, for the comparison.

    `inside`: when the person comes into a draft; until then both lives are one.
    """
    script, alone, since = plan.script, plan.alone, plan.script.span.since
    fork_at = inside if inside is not None and (since is None or inside > since) else None
    together = live(key, past, plan.stage, fork_at)
    count_life(tally, key, together, script.told, plan.program.zone, entries=script.entries)
    if alone is None or not (plan.everybody or came_in(together, plan.drafted) is not None):
        return
    fork = together.fork
    before = live(key, past, alone) if fork is None else live_on(key, past, alone, fork)
    compare.count_losses(tally, key, before, together, plan.drafted)
    compare.count_alone(tally, before, plan.drafted)


def _here(url: str, plan: Plan, chosen: Sequence[int]) -> Iterator[tuple[int, Tally]]:
    with store.reading(url) as db:
        for bucket in chosen:
            yield bucket, _calmly(partial(play, db, plan, bucket))


def _spread(url: str, script: Script, chosen: Sequence[int], count: int) -> Iterator[tuple[int, Tally]]:
    """Play in processes of their own, started afresh: nothing of this one's threads or sockets is shared."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(url, script)) as pool:
        waiting: set[Future[tuple[int, Tally]]] = set()
        coming = iter(chosen)
        try:
            for bucket in coming:
                waiting.add(pool.submit(_part, bucket))
                if len(waiting) >= 2 * count:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for one in done:
                        yield one.result()
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Player:
    """What a process plays with, made once."""

    def __init__(self, url: str, script: Script) -> None:
        self.plan = compile_script(script, extensions())
        self._reading = store.reading(url)
        self.db = self._reading.__enter__()


_player: _Player | None = None


def _begin(url: str, script: Script) -> None:
    global _player
    _player = _Player(url, script)
    gc.freeze()


def _part(bucket: int) -> tuple[int, Tally]:
    assert _player is not None
    player = _player
    return bucket, _calmly(lambda: play(player.db, player.plan, bucket))


def _calmly(work: Callable[[], Tally]) -> Tally:
    """Without the cycle collector, which would look at every event again and again and find nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if was:
            gc.enable()
            gc.collect(0)
