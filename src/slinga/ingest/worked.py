"""Requests turned into rows: what waits, what was worked out, and what became of it.

In: checked items, the instant of receipt, the merges that are stored for certain. Out: rows and refused
items, and an outcome item by item.
Always true: nothing here reaches the database; an item's own row comes before its merges, and rows of one
request keep the order of its items.
"""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import Future

import msgspec

from slinga.ingest.body import open_batch
from slinga.ingest.model import Drop, DropReason, Refused, Source
from slinga.ingest.ready import ALWAYS, NEVER, Ready
from slinga.ingest.rows import ERASED, Row, row
from slinga.ingest.steps import Envelope, Refer, enter, examine
from slinga.ingest.straight import Bundle, Checked, check
from slinga.kernel.clock import MINUTE, Instant

GONE = Drop(
    DropReason.ERASED, "", "this person's data were erased; stop sending about them, or readmit them first"
)
"""Answered without keeping anything of the item, not even in the quarantine."""


class Job(msgspec.Struct):
    """One request on its way to the log. `waiter` gets the outcome, or what made it fail."""

    source: Source
    items: list[Checked]
    """Empty while there is a bundle."""
    call: str = ""
    sent_at: Instant | None = None
    envelope: Envelope = Envelope()
    """What was known of the items; where their rows do not hold at the receipt they are read again."""
    body: bytes = b""
    """As it came: the items of a bundle are found in it again where they are needed."""
    waiter: "asyncio.Future[Outcome] | Future[Outcome]" = msgspec.field(default_factory=Future)
    bundle: Bundle | None = None

    @property
    def count(self) -> int:
        """How many items it has."""
        return len(self.items) if self.bundle is None else len(self.bundle.rows)

    def unbundle(self, refer: Refer) -> None:
        """Make it items one by one: its rows do not hold at the receipt, or some cannot be stored."""
        if self.bundle is not None:
            raws = [self.body] if self.call else open_batch(self.body).items
            self.items = check(raws, self.envelope, self.source, refer)
            self.bundle = None


class Outcome(msgspec.Struct):
    """What became of a request, item by item; `drops` and `warnings` carry the item's index."""

    accepted: int = 0
    duplicates: int = 0
    drops: list[tuple[int, Drop]] = []
    warnings: list[tuple[int, str, str]] = []


class Worked(msgspec.Struct):
    """A job turned into rows: where each accepted item's rows begin, and what is refused."""

    job: Job
    rows: list[Row]
    starts: list[int]
    refused: list[Refused]
    outcome: Outcome
    merges: list[str]
    """What its merges are de-duplicated on."""
    low: Instant = ALWAYS
    high: Instant = NEVER
    """The instants of receipt for which the rows hold."""


class Memory:
    """The merges that were stored within the last minute, so that a visitor who names two ids with every call
    asks the store once a minute whether they are one. May be used by several threads."""

    def __init__(self, room: int = 20_000) -> None:
        self._at: dict[str, Instant] = {}
        self._room = room

    def has(self, dedupe: str, now: Instant) -> bool:
        """Whether the store has this merge for certain."""
        at = self._at.get(dedupe)
        return at is not None and abs(now - at) < MINUTE

    def add(self, stored: Iterable[str], now: Instant) -> None:
        """Remember merges that were committed just now."""
        self._at.update(dict.fromkeys(stored, now))
        if len(self._at) > self._room:
            self._at = {dedupe: at for dedupe, at in list(self._at.items()) if abs(now - at) < MINUTE}
            if len(self._at) > self._room:
                self.clear()

    def clear(self) -> None:
        """Forget all: the database may be another one now."""
        self._at = {}


class Work:
    """Turns the jobs of one group into rows."""

    def __init__(self, received: Instant, joined: Memory, refer: Refer) -> None:
        self._received = received
        self._joined = joined
        self._refer = refer
        self._asked: set[str] = set()

    def of(self, job: Job) -> Worked:
        """One job's rows, as of the receipt."""
        received = self._received
        if job.bundle is not None:
            if job.bundle.low <= received < job.bundle.high:
                return self._bundled(job, job.bundle)
            job.unbundle(self._refer)
        worked = Worked(job, [], [], [], Outcome(drops=[], warnings=[]), [])
        for index, item in enumerate(job.items):
            found = item.found
            if type(found) is Ready and found.low <= received < found.high:
                worked.low, worked.high = max(worked.low, found.low), min(worked.high, found.high)
                worked.starts.append(len(worked.rows))
                worked.rows.append(found.row)
                if found.merges:
                    self._join(worked, found.merges)
            else:
                self._enter(worked, index, item)
        return worked

    def _bundled(self, job: Job, bundle: Bundle) -> Worked:
        """The rows of a bundle with the merges that are not stored yet, each behind its item."""
        worked = Worked(job, [], [], [], Outcome(drops=[], warnings=[]), [], bundle.low, bundle.high)
        merges = dict(bundle.merges)
        if not bundle.odd and not any(self._new(dedupe) for each in merges.values() for dedupe, _ in each):
            worked.rows, worked.starts = bundle.rows, list(range(len(bundle.rows)))  # type: ignore[assignment]
            return worked
        for place, made in enumerate(bundle.rows):
            if made is None:
                self._enter(worked, place, bundle.odd[place])
                continue
            worked.starts.append(len(worked.rows))
            worked.rows.append(made)
            if place in merges:
                self._join(worked, merges[place])
        return worked

    def _new(self, dedupe: str) -> bool:
        return dedupe not in self._asked and not self._joined.has(dedupe, self._received)

    def _join(self, worked: Worked, merges: Iterable[tuple[str, Row]]) -> None:
        """Add the merges that are not stored for certain, nor asked for in this group."""
        for dedupe, merge in merges:
            if self._new(dedupe):
                self._asked.add(dedupe)
                worked.rows.append(merge)
                worked.merges.append(dedupe)

    def _enter(self, worked: Worked, index: int, item: Checked) -> None:
        """An item whose rows depend on the instant of receipt, or which is refused."""
        job, found = worked.job, item.found
        call = examine(item.raw, job.envelope) if isinstance(found, Ready) else found
        entry = call if isinstance(call, Drop) else enter(call, job.source, self._received, self._refer)
        if isinstance(entry, Drop):
            worked.outcome.drops.append((index, entry))
            worked.refused.append(Refused(job.source, job.call, entry, item.raw, job.sent_at))
            return
        worked.starts.append(len(worked.rows))
        worked.rows.append(row(entry.news[0]))
        self._join(worked, [(new.dedupe, row(new)) for new in entry.news[1:]])
        worked.outcome.warnings.extend((index, field, message) for field, message in entry.warnings)


def usual(job: Job, now: Instant) -> bool:
    """Whether a job's rows are made and hold now."""
    if job.bundle is not None:
        return not job.bundle.odd and job.bundle.low <= now < job.bundle.high
    return all(type(item.found) is Ready and item.found.low <= now < item.found.high for item in job.items)


def judge(one: Worked, fates: Sequence[int]) -> None:
    """Tell an outcome what became of its rows."""
    taken = [fates[start] for start in one.starts]
    if ERASED in taken:
        gone = [n for n, fate in zip(good(one), taken, strict=True) if fate == ERASED]
        one.outcome.drops += [(n, GONE) for n in gone]
    one.outcome.accepted = sum(fate != ERASED for fate in taken)
    one.outcome.duplicates = taken.count(0)


def good(worked: Worked) -> list[int]:
    """The places of the items that make rows, in the order of `starts`."""
    dropped = {index for index, _ in worked.outcome.drops}
    return [n for n in range(worked.job.count) if n not in dropped]
