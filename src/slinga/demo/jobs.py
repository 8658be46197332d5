"""Slinga as the twin's world: the real log, the real engine, the real delivery, on the virtual clock.

In: a database, and the machinery that the assembly hands over. Out: a demo that has lived and lives on.
Always true: calls pass the same steps as over HTTP and are appended by the same function; only the answer
over the network is left out. The clock stands still while a long time is lived at once, so nothing else
moves in between.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from slinga.access.jobs import add_key
from slinga.broadcasts import jobs as broadcasts
from slinga.channels import mailbox
from slinga.demo import store
from slinga.demo.browser import Asgi, fetch
from slinga.demo.definitions import ZONE, documents
from slinga.demo.letters import open_mail
from slinga.demo.model import Call, Hit, Mail
from slinga.demo.seasons import planned
from slinga.demo.speech import AGENTS, SITE
from slinga.demo.twin import Twin
from slinga.demo.world import Living, every, once_a_day, pace_for, take_up, twice_a_day
from slinga.engine.jobs import Definition, publish
from slinga.identity.identifiers import refer
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, PROVEN, Drop, New, Source
from slinga.ingest.steps import Envelope, enter, examine
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from slinga.kernel.errors import Conflict, Invalid
from slinga.kernel.ids import chance
from slinga.people.log import Consent, record
from slinga.people.wording import kept
from slinga.runtime import clock
from slinga.runtime.db import Db

SEED = 20
PAST = 548 * DAY
"""How long the shop has lived when the demo opens: eighteen months."""

BROWSER, SERVER = Source("shop browser", CLAIMED), Source("shop server", PROVEN)
TOGETHER = 15 * MINUTE
"""Calls within this much virtual time are accepted together while much time is lived: mostly a visit."""

_MACHINE = "Mozilla/5.0"
_SCANNER = "Mozilla/5.0 (compatible; MailScanner/5.4; link check)"
_ALLOWS_TRACKING = 0.75


class Machinery(msgspec.Struct, frozen=True):
    """What the assembly hands over. Each call does all that is due at the virtual present, and returns."""

    drain: Callable[[], None]
    """Let the engine apply the log and every wake-up that is due."""
    deliver: Callable[[], None]
    """Send what is due."""
    judge: Callable[[], None]
    """Turn hits that have waited long enough into events."""
    next_wake: Callable[[], Instant | None]
    next_send: Callable[[], Instant | None]
    next_hit: Callable[[], Instant | None]
    app: Asgi


class Slinga:
    """The world, over one connection. Not shared between threads.

    While the clock stands `still` it is moved from here only, from call to call, so each is accepted at its
    own instant; a running clock is left alone, and calls are accepted at the present.
    """

    def __init__(self, db: Db, machinery: Machinery, site: str, *, seen: int = 0, still: bool = True) -> None:
        self._db = db
        self._machinery = machinery
        self._site = site
        self._seen = seen
        self._now = clock.now(db) if still else None
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """Let go of the event loop."""
        self._loop.close()

    def now(self) -> Instant:
        """The virtual present."""
        return clock.now(self._db) if self._now is None else self._now

    def move_to(self, at: Instant) -> Instant:
        """Let virtual time pass; an instant already passed moves nothing."""
        if self._now is None:
            return self.now()
        if at > self._now:
            self._now = clock.move(self._db, at - self._now)
        return self._now

    def append(self, calls: Sequence[Call]) -> None:
        """Report calls, each group in one transaction and accepted at its last call's instant."""
        for together in _groups(calls):
            at = self.move_to(together[-1].at)
            allowed: list[Consent] = []
            news: list[New] = []
            for call in together:
                entered = _entered(call, at, self._site)
                news += entered
                if call.body.get("event") == "Signed Up":
                    allowed += permissions(entered[0].person, call.body["messageId"], call.at)
                elif call.body.get("properties", {}).get("type") == "push_subscription":
                    allowed.append(_push(entered[0].person, call.at))
            with self._db.transaction():
                if allowed:
                    record(self._db, allowed, news)
                else:
                    log.append(self._db, news)

    def hit(self, hit: Hit) -> None:
        """Fetch what the hit is about, through the web application."""
        method = "POST" if hit.kind == "unsubscribe" else "GET"
        agent = {"machine_open": _MACHINE, "scanner_click": _SCANNER}.get(hit.kind, AGENTS[len(hit.mail) % 4])
        self._loop.run_until_complete(fetch(self._machinery.app, method, hit.url, agent=agent))

    def settle(self) -> None:
        """Judge, advance, send, once each: what comes of the sending is taken in at the next step."""
        now, machinery = self.now(), self._machinery
        if _due(machinery.next_hit(), now):
            machinery.judge()
        machinery.drain()
        if _due(machinery.next_send(), now):
            machinery.deliver()

    def rest(self) -> None:
        """Round and round until nothing is due."""
        now, machinery = self.now(), self._machinery
        left: Instant | None = None
        machinery.drain()
        while True:
            sending, judging = machinery.next_send(), _due(machinery.next_hit(), now)
            if not judging and (not _due(sending, now) or sending == left):
                return  # what is due and does not go is held by somebody
            if judging:
                machinery.judge()
            if _due(sending, now):
                machinery.deliver()
                left = sending
            machinery.drain()

    def new_mails(self) -> list[Mail]:
        """What arrived in the development mailbox since the last time."""
        mails: list[Mail] = []
        while page := mailbox.since(self._db, self._seen):
            mails += [_mail(kept) for kept in page]
            self._seen = page[-1].id
        return mails

    def next_due(self) -> Instant | None:
        """The next wake-up, send or judgement."""
        ahead = (self._machinery.next_wake(), self._machinery.next_send(), self._machinery.next_hit())
        return min((at for at in ahead if at is not None), default=None)

    def keep(self, twin: bytes, hits: bytes) -> None:
        """Write the twin down."""
        store.keep(self._db, twin, hits, self._seen)


def _mail(kept: mailbox.Kept) -> Mail:
    return open_mail(kept.raw, id=kept.message, to=kept.recipient, at=kept.received_at, channel=kept.channel)


def _due(at: Instant | None, now: Instant) -> bool:
    return at is not None and at <= now


def _groups(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Calls in order, those of a visit together."""
    group: list[Call] = []
    for call in calls:
        if group and call.at - group[0].at > TOGETHER:
            yield group
            group = []
        group.append(call)
    if group:
        yield group


def _entered(call: Call, at: Instant, site: str) -> list[New]:
    source = BROWSER if call.key == "browser" else SERVER
    raw = msgspec.json.encode(call.body).replace(SITE.encode(), site.encode())
    checked = examine(raw, Envelope(call.body["type"]))
    entry = checked if isinstance(checked, Drop) else enter(checked, source, at, refer)
    if isinstance(entry, Drop):
        raise Invalid(
            f"the demo made a call that is refused: {entry.field} {entry.remedy}", field=entry.field
        )
    return list(entry.news)


def permissions(person: str, form: str, at: Instant) -> list[Consent]:
    """What someone allows who asks for letters: the letters, and mostly that we see whether they are read."""
    proof = {"form": form} | kept("Write to me now and then: what is new, and what fits me.", f"{form}/1")
    given = [
        Consent(person, "email", topic, "granted", source="form", evidence=proof, occurred_at=at)
        for topic in ("news", "service")
    ]
    if chance("tracking", person) < _ALLOWS_TRACKING:
        given.append(
            Consent(person, "tracking", "", "granted", source="form", evidence=proof, occurred_at=at)
        )
    return given


def _push(person: str, at: Instant) -> Consent:
    return Consent(person, "push", "news", "granted", source="browser", occurred_at=at)


def report(db: Db, calls: Sequence[dict[str, Any]], asked_for_letters: bool) -> None:
    """Take calls of the storefront's server, at the present. Raises Invalid where one is refused."""
    at, kept = clock.now(db), store.find(db)
    site = kept.site if kept else SITE
    news = [new for body in calls for new in _entered(Call(at, "server", body), at, site)]
    form = str(calls[-1].get("messageId", ""))
    with db.transaction():
        if asked_for_letters:
            record(db, permissions(news[0].person, form, at), news)
        else:
            log.append(db, news)


def begin(db: Db, site: str, *, seed: int = SEED, past: int = PAST, per_month: float = 24.0) -> Instant:
    """Begin a demo in an installation that has no past: set the clock back, make the twin and its key.

    `site` is the storefront's address.
    Returns the instant at which the demo opens: now. Raises Conflict where anything was recorded before.
    """
    opens_at = clock.now(db) // MINUTE * MINUTE
    with db.transaction():
        if store.find(db) is not None or store.lived(db):
            raise Conflict(
                "There is data here already. The demo needs a data directory of its own: set SLINGA_DATA_DIR."
            )
        store.set_back(db, opens_at - past)
        key = add_key(db, "write", BROWSER.name)
        twin = Twin(seed, opens_at - past, per_month=per_month)
        store.begin(db, store.Kept(twin.save(), msgspec.msgpack.encode([]), 0, opens_at, site, key))
    return opens_at


def resume(db: Db, machinery: Machinery, *, still: bool = True) -> tuple[Living, Slinga, store.Kept]:
    """The demo as it was written down. Raises Conflict where there is none."""
    kept = store.find(db)
    if kept is None:
        raise Conflict("There is no demo here. `slinga demo` begins one.")
    world = Slinga(db, machinery, kept.site, seen=kept.mail, still=still)
    return take_up(kept.twin, kept.hits, world), world, kept


def live_past(db: Db, machinery: Machinery, tell: Callable[[Instant], None]) -> None:
    """Live what is left of the past, the last days in finer steps, then let the clock run."""
    living, world, kept = resume(db, machinery)
    try:
        living.live(kept.opens_at - 60 * DAY, pace=once_a_day, tell=tell)
        living.live(kept.opens_at - 7 * DAY, pace=twice_a_day, tell=tell)
        living.live(kept.opens_at - DAY, pace=every(4 * HOUR), tell=tell)
        living.live(kept.opens_at, pace=every(HOUR), tell=tell)
    finally:
        world.close()
    clock.thaw(db)


def live_forward(db: Db, machinery: Machinery, until: Instant, tell: Callable[[Instant], None]) -> None:
    """Live to `until` at once, every timer in order; the clock then runs on. Past instants do nothing."""
    now = clock.freeze(db)
    living, world, _ = resume(db, machinery)
    try:
        living.live(until, pace=pace_for(until - now), tell=tell)
    finally:
        clock.thaw(db)
        world.close()


def go_forward(
    db: Db,
    machinery: Callable[[], Machinery],
    by: int,
    tell: Callable[[Instant], None],
    wait: Callable[[float], bool],
) -> Instant:
    """Move the demo's time forward by `by`; the instant reached.

    Where a running `slinga demo` lives it, that one is asked and waited for; `wait` sleeps so many seconds
    and says whether to give up.
    """
    if store.find(db) is None:
        raise Conflict("There is no demo here. `slinga demo` begins one.")
    until = clock.now(db) + by
    if store.take_life(db):
        live_forward(db, machinery(), until, tell)
        return until
    store.want(db, until)
    while store.wanted(db) is not None and not wait(0.5):
        tell(min(until, clock.now(db)))
    return until


def bystander(machinery: Machinery) -> Machinery:
    """The machinery for one who only watches: other processes run the engine and the sending."""

    def nothing() -> None:
        return None

    return msgspec.structs.replace(
        machinery, drain=nothing, deliver=nothing, judge=nothing,
        next_wake=nothing, next_send=nothing, next_hit=nothing,
    )  # fmt: skip


def live_on(db: Db, machinery: Machinery, speed: float, wait: Callable[[float], bool]) -> None:
    """Go on living while others run the engine: virtual time passes `speed` times as fast as real time.

    Moves time forward when `go_forward` asks for it. `wait` sleeps so many real seconds and says whether to
    stop. Returns at once where another one lives the demo already.
    """
    if not store.take_life(db):
        return
    watching = bystander(machinery)
    living, world, _ = resume(db, watching, still=False)
    kept_at = world.now()
    while not wait(1.0):
        if (until := store.wanted(db)) is not None:
            living.keep()
            world.close()
            live_forward(db, machinery, until, lambda _: None)
            store.want(db, None)
            living, world, _ = resume(db, watching, still=False)
            continue
        if speed > 1:
            clock.move(db, int((speed - 1) * SECOND))
        now = world.now()
        living.pass_by(now)
        if now - kept_at >= MINUTE * max(1.0, speed):
            living.keep()
            kept_at = now
    living.keep()
    world.close()


def plan_letters(db: Db) -> int:
    """Have the letters of the shop's year go out by themselves; how many are planned that were not before.

    The definitions must be in force. Raises Conflict where no demo was begun.
    """
    kept, now = store.find(db), clock.now(db)
    if kept is None:
        raise Conflict("There is no demo here. `slinga demo` begins one.")
    news = 0
    for at, letter in planned(now, kept.opens_at):
        with suppress(Conflict), db.transaction():  # one that is there already
            broadcasts.create(db, letter, by="demo")
            broadcasts.schedule(db, letter["key"], at)
            news += 1
    return news


def publish_all(db: Db) -> int:
    """Publish the demo's definitions; the program's number. Raises Conflict where no demo was begun."""
    kept = store.find(db)
    if kept is None:
        raise Conflict("There is no demo here. `slinga demo` begins one.")
    found = [Definition(kind, key, document) for kind, key, document in documents(kept.site)]  # type: ignore[arg-type]
    return publish(db, found, zone=ZONE, by="demo")
