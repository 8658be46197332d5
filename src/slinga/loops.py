"""The engine's and delivery's parts, put together: what a worker applies, what a courier sends.

In: connections, settings. Out: a worker, a courier, and the same as loops that run until asked to stop.
Always true: stages meet only here and in `app`; nothing is decided here.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool, PoolTimeout

from slinga.broadcasts import jobs as broadcasts
from slinga.channels import registry
from slinga.channels.model import Channel
from slinga.delivery import store as outbox
from slinga.delivery.book.store import KeyOf, key_maker
from slinga.delivery.jobs import Courier, Setup
from slinga.delivery.model import Message, Render
from slinga.engine import store as engine
from slinga.engine.jobs import Heard, Programs, load, make_gate
from slinga.engine.model import Program
from slinga.engine.worker import Sinks, Worker
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant, from_datetime
from slinga.letters import Sender, Writer
from slinga.messages.dkim import Signer
from slinga.onsite import jobs as onsite
from slinga.people import log
from slinga.privacy.keeping import Keeper
from slinga.privacy.replay import missing
from slinga.runtime import clock, instance, loop, meters, secrets
from slinga.runtime.database import FAULTS
from slinga.runtime.db import Db, open_pool
from slinga.runtime.health import EVERY_S, Heart
from slinga.runtime.process import Stop
from slinga.runtime.settings import Settings
from slinga.segments.grammar import Condition
from slinga.segments.projection import Projection
from slinga.segments.store import drop_projection, matching, save_projection
from slinga.tidying import Tidier


def _project(db: Db, people: Sequence[Projection], gone: Sequence[str]) -> None:
    save_projection(db, people)
    drop_projection(db, gone)


SINKS = Sinks(plan=outbox.plan, project=_project)


def make_worker(db: Db) -> Worker:
    """A worker on its own connection."""
    return Worker(db, load, SINKS)


def judge(db: Db) -> int:
    """Turn hits that have waited long enough into events; how many."""
    return onsite.settle(db, clock.now(db))


def address(db: Db, worker: Worker) -> bool:
    """Address one portion of a broadcast's audience; whether there was one."""

    def audience(
        db: Db, condition: Condition, zone: ZoneInfo, now: Instant, buckets: Sequence[int]
    ) -> set[str]:
        return matching(db, condition, zone, now, buckets=buckets)

    return broadcasts.turn(db, audience, engine.behind, worker.program().zone)


class _Rounds:
    """What a worker does between its ticks, each now and then."""

    def __init__(self, db: Db, worker: Worker) -> None:
        self._db = db
        self._worker = worker
        self._next_look = self._next_end = 0.0

    def turn(self) -> bool:
        """Go round; whether there was anything to do."""
        now = time.monotonic()
        if now >= self._next_end:
            self._next_end = now + 10.0
            broadcasts.finish(self._db)
        if now < self._next_look:
            return False
        busy = address(self._db, self._worker)
        self._next_look = 0.0 if busy else now + 0.2
        return busy


def run_worker(settings: Settings, stop: Stop) -> None:
    """Apply the log until asked to stop."""
    keys = secrets.load(settings.data, settings.secret)

    def begin(db: Db) -> loop.Turn:
        worker, tidier = make_worker(db), Tidier()
        rounds = _Rounds(db, worker)
        keeper = Keeper(settings.journal_path, key_maker(keys.key("addresses")))

        def turn() -> bool:
            keeper.turn(db)
            began = time.monotonic()
            done = worker.tick()
            if not done.idle:
                spent = time.monotonic() - began
                meters.applied(
                    spent, inputs=done.inputs, wakes=done.wakes, facts=done.facts, intents=done.intents
                )
            busy = bool(judge(db)) or rounds.turn() or not done.idle
            return busy or tidier.turn(db)

        return turn

    loop.run(settings.database_url, stop, begin, name="worker")


def _domain(settings: Settings) -> str:
    _, address = parseaddr(settings.mail_from)
    return settings.bounce_domain or address.rpartition("@")[2] or "localhost"


def _channels(settings: Settings, keys: secrets.Secrets, pool: ConnectionPool[Db]) -> dict[str, Channel]:
    """Every channel that is set up; without an SMTP server everything goes to the development mailbox."""
    found = {
        "push": registry.make("webpush", pool=pool),
        "webhook": registry.make("webhook", allow_private=settings.webhook_private),
        "sms": registry.make("sms.log", pool=pool),
        **{name: registry.make(name) for name in registry.plugged()},
    }
    if not settings.smtp_url:
        return {"email": registry.make("email.devbox", pool=pool), **found}
    signer = None
    if settings.dkim:
        selector, _, path = settings.dkim.partition(":")
        signer = _header_of(Signer(_domain(settings), selector, Path(path).read_bytes()))
    secret = keys.key("return-path")
    smtp = registry.make("email.smtp", url=settings.smtp_url, secret=secret, sign=signer)
    return {"email": smtp, **found}


def _header_of(signer: Signer) -> Callable[[bytes], bytes]:
    """The signature alone, as the wire wants it; dated by the machine's clock, as receivers check it."""

    def header(mail: bytes) -> bytes:
        signed = signer.sign(mail, from_datetime(datetime.now(UTC)))
        return signed[: len(signed) - len(mail)]

    return header


def make_courier(
    settings: Settings, pool: ConnectionPool[Db], *, channels: dict[str, Channel] | None = None
) -> Courier:
    """A courier with the gate of the engine and the letters of the program in force."""
    keys = secrets.load(settings.data, settings.secret)
    sender = Sender(settings.base_url, keys.key("links"), settings.mail_from, _domain(settings))
    office = _Office(keys.key("addresses"))
    writer = Writer(sender)

    def writing(db: Db) -> Render:
        program, now = office.current(db), clock.now(db)
        return lambda message: writer.write(message, program, now)

    return Courier(
        pool,
        Setup(
            channels=channels or _channels(settings, keys, pool),
            writer=writing,
            gate=office.gate,
            pepper=keys.key("addresses"),
            domain=_domain(settings),
            admitted=lambda db: instance.admitted(db, settings) and not missing(db, settings.journal_path),
        ),
    )


def _heard(key_of: KeyOf) -> Heard:
    """What was forbidden at the addresses of messages, whoever of those who share them it was."""

    def heard(db: Db, messages: Sequence[Message]) -> dict[str, list[Input]]:
        hashes = {message.id: key_of(message.address).hex() for message in messages}
        stops = log.stops(db, set(hashes.values()))
        return {message: stops[found] for message, found in hashes.items() if found in stops}

    return heard


class _Office:
    """The program in force, for the gate and for letters; compiled once for both."""

    def __init__(self, pepper: bytes) -> None:
        self._lock = threading.Lock()
        self._programs = Programs()
        self.gate = make_gate(self.current, _heard(key_maker(pepper)))

    def current(self, db: Db) -> Program:
        """The program in force."""
        with self._lock:
            return self._programs.current(db)


def run_delivery(settings: Settings, stop: Stop) -> None:
    """Send until asked to stop; what is in flight then is finished."""

    async def main() -> None:
        asked = asyncio.Event()
        with open_pool(settings.database_url, size=settings.pool_size, application="slinga delivery") as pool:
            courier = make_courier(settings, pool)
            watcher = asyncio.create_task(_watch(stop, asked.set))
            heart = asyncio.create_task(_beat(pool))
            try:
                await courier.run(asked)
            finally:
                watcher.cancel()
                heart.cancel()

    asyncio.run(main())


async def _beat(pool: ConnectionPool[Db]) -> None:
    """Tell that this event loop turns."""
    heart = Heart("delivery")

    def beat() -> None:
        with pool.connection(timeout=2) as db:
            heart.beat(db)

    while True:
        with suppress(*FAULTS, PoolTimeout):
            await asyncio.to_thread(beat)
        await asyncio.sleep(EVERY_S)


async def _watch(stop: Stop, tell: Callable[[], None]) -> None:
    """Carry a signal into the event loop."""
    await asyncio.to_thread(_until, stop)
    tell()


def _until(stop: Stop) -> None:
    while not stop.wait(0.5):
        pass
