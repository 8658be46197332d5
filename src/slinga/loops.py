"""The engine's and delivery's parts, put together: what a worker applies, what a courier sends.

In: connections, settings. Out: a worker, a courier, and the same as loops that run until asked to stop.
Always true: stages meet only here and in `app`; nothing is decided here.
"""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from psycopg_pool import ConnectionPool, PoolTimeout

from slinga.broadcasts import jobs as broadcasts
from slinga.broadcasts.addressing.jobs import FIRST, Hand
from slinga.channels import registry
from slinga.channels.email import mailbox
from slinga.channels.email.intake import Intake, taking
from slinga.channels.model import Channel, Returned
from slinga.delivery import store as outbox
from slinga.delivery.book.store import KeyOf, key_maker
from slinga.delivery.jobs import Courier
from slinga.delivery.model import Message, Render
from slinga.delivery.returns import store as returns
from slinga.delivery.returns.jobs import Turn
from slinga.delivery.setup import Setup
from slinga.engine import store as engine
from slinga.engine.jobs import Heard, Programs, load, make_gate
from slinga.engine.worker import Sinks, Worker
from slinga.filing import Filer
from slinga.ingest.model import Input
from slinga.insight.jobs import Counter
from slinga.insight.products import jobs as products
from slinga.kernel.errors import Unavailable
from slinga.letters import Sender, Writer
from slinga.messages.model import Intent
from slinga.onsite import jobs as onsite
from slinga.onsite.tokens import Purpose, unseal
from slinga.outgoing import OTHERS, bounce_box, domain, email_channel, other_channel, return_domain
from slinga.people import log
from slinga.privacy import notices
from slinga.privacy.keeping import Keeper
from slinga.privacy.replay import missing
from slinga.rehearsal.asked import jobs as rehearsals
from slinga.runtime import clock, instance, loop, meters, secrets
from slinga.runtime.db import FAULTS, LOST, Db, connect, open_pool
from slinga.runtime.garbage import collect_rarely
from slinga.runtime.heart import EVERY_S, Heart
from slinga.runtime.process import Stop
from slinga.runtime.settings import Settings
from slinga.segments.projection import Projection
from slinga.segments.store import drop_projection, matching, save_projection
from slinga.tidying import Tidier


def _project(db: Db, people: Sequence[Projection], gone: Sequence[str]) -> None:
    save_projection(db, people)
    drop_projection(db, gone)


def _plan(db: Db, intents: Sequence[Intent]) -> None:
    outbox.plan(db, products.filled(db, intents))
    if intents:
        db.execute(f'NOTIFY "{PLANNED}"')


PLANNED = "slinga_planned"
"""The hint to couriers that there is something to send; they look anyway."""

SINKS = Sinks(plan=_plan, project=_project)


def make_worker(db: Db) -> Worker:
    """A worker on its own connection."""
    return Worker(db, load, SINKS)


def judge(db: Db) -> int:
    """Turn hits that have waited long enough into events; how many."""
    return onsite.settle(db, clock.now(db))


def address(db: Db, hand: Hand | None = None) -> bool:
    """Address one portion of a broadcast's audience; whether there was one."""
    zone, _ = engine.program_parts(db, engine.program_number(db))
    return broadcasts.turn(db, ASKED, ZoneInfo(zone or "UTC"), hand or Hand())


ASKED = broadcasts.Asked(matching, engine.behind, engine.applied)

LOOK_AGAIN_S = 0.02
"""How soon to ask whether a portion of a broadcast has been applied."""


RESTS_S = 60.0
"""How long a part of the rounds that failed is left alone."""


def resting(name: str, work: loop.Turn) -> loop.Turn:
    """The same turn, but a fault of it is told and ends nothing: the part rests, and the others go on.

    A lost connection is raised, for the loop to open another.
    """
    until = 0.0

    def turn() -> bool:
        nonlocal until
        if time.monotonic() < until:
            return False
        try:
            return work()
        except (*LOST, Unavailable):
            raise
        except Exception:
            until = time.monotonic() + RESTS_S
            _say.exception("a part of the rounds failed and rests", part_of=name, seconds=RESTS_S)
            return False

    return turn


def rounds(settings: Settings, stop: Stop, db: Db) -> loop.Turn:
    """What goes on beside applying inputs: broadcasts are addressed, facts summed, old rows forgotten."""
    tidier, counter = Tidier(settings), Counter(save_projection)
    hook = registry.make("webhook", allow_private=settings.webhook_private)
    hand = Hand(FIRST)
    next_end = 0.0
    finish = resting("broadcasts' ends", lambda: broadcasts.finish(db) > 0)
    tell = resting("notices of erasures", lambda: notices.tell(db, settings.erased_url, hook) > 0)
    parts = (
        resting("broadcasts", lambda: address(db, hand)),
        resting("sums", lambda: counter.turn(db)),
        resting("tidying", lambda: tidier.turn(db)),
    )

    def turn() -> bool:
        nonlocal next_end
        now = time.monotonic()
        if now >= next_end:
            next_end = now + 10.0
            finish()
            if settings.erased_url:
                tell()
        if any(part() for part in parts):
            return True
        return bool(hand.waiting) and not stop.wait(LOOK_AGAIN_S)

    return turn


def _run_rounds(settings: Settings, stop: Stop) -> None:
    """Go round on a connection and a thread of their own: a long question must not hold up live inputs."""
    try:
        loop.run(
            settings.database_url, stop, partial(rounds, settings, stop), name="rounds", hint="slinga_rounds"
        )
    except BaseException:
        _say.exception("the rounds ended")
        stop.ask()  # the supervisor starts the process anew


def _run_files(settings: Settings, stop: Stop) -> None:
    """Take in and take back what was asked for at the desk, on a connection and a thread of their own."""

    def begin(db: Db) -> loop.Turn:
        return partial(Filer(settings, lambda: stop.asked).turn, db)

    try:
        loop.run(settings.database_url, stop, begin, name="files", hint="slinga_files")
    except BaseException:
        _say.exception("the work on files ended")
        stop.ask()


_say = structlog.get_logger("loops")


HAND_OVER_S = 0.001
"""How long a thread beside the one that applies the log goes on once that has its answer."""


def run_worker(settings: Settings, stop: Stop) -> None:
    """Apply the log until asked to stop."""
    sys.setswitchinterval(HAND_OVER_S)
    keys = secrets.load(settings.data, settings.secret)

    def begin(db: Db) -> loop.Turn:
        worker = make_worker(db)
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
            return bool(judge(db)) or not done.idle

        return turn

    beside = threading.Thread(target=_run_rounds, args=(settings, stop), name="rounds", daemon=True)
    files = threading.Thread(target=_run_files, args=(settings, stop), name="files", daemon=True)
    beside.start()
    files.start()
    asked = (settings.database_url, stop)
    threading.Thread(target=rehearsals.run, args=asked, name="rehearsals", daemon=True).start()
    loop.run(settings.database_url, stop, begin, name="worker")
    beside.join(settings.stop_within_s)
    files.join(settings.stop_within_s)


def _channels(settings: Settings, keys: secrets.Secrets, pool: ConnectionPool[Db]) -> dict[str, Channel]:
    """Every channel that is set up; without an SMTP server everything goes to the development mailbox."""
    found = {
        "webhook": registry.make("webhook", allow_private=settings.webhook_private),
        **{kind: other_channel(kind, pool) for kind in OTHERS},
        **{name: registry.make(name) for name in registry.plugged() if name not in OTHERS},
    }
    return {"email": email_channel(settings, keys, pool), **found}


def sender_of(settings: Settings, key: bytes) -> Sender:
    """What all letters of this installation have in common; `key` is that of links."""
    return Sender(settings.base_url, key, settings.mail_from, domain(settings))


def make_courier(
    settings: Settings, pool: ConnectionPool[Db], *, channels: dict[str, Channel] | None = None
) -> Courier:
    """A courier with the gate of the engine and the letters of the program in force."""
    keys = secrets.load(settings.data, settings.secret)
    sender = sender_of(settings, keys.key("links"))
    programs = Programs()  # compiled once for the gate and for letters
    writer = Writer(sender)

    def writing(db: Db) -> Render:
        program, now = programs.current(db), clock.now(db)
        return lambda message: writer.write(message, program, now)

    return Courier(
        pool,
        Setup(
            channels=channels or _channels(settings, keys, pool),
            writer=writing,
            gate=make_gate(programs.current, _heard(key_maker(keys.key("addresses")))),
            pepper=keys.key("addresses"),
            domain=domain(settings),
            begun=settings.data / "couriers",
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


def run_delivery(settings: Settings, stop: Stop) -> None:
    """Send until asked to stop; what is in flight then is finished."""

    collect_rarely()

    async def main() -> None:
        asked = asyncio.Event()
        with open_pool(settings.database_url, size=settings.pool_size, application="slinga delivery") as pool:
            courier = make_courier(settings, pool)
            watcher = asyncio.create_task(_watch(stop, asked.set))
            kick = partial(asyncio.get_running_loop().call_soon_threadsafe, courier.kick)
            listener = threading.Thread(target=_listen, args=(settings, stop, kick), daemon=True)
            listener.start()
            heart = asyncio.create_task(_beat(pool))
            try:
                async with _returning(settings, pool):
                    await courier.run(asked)
            finally:
                stop.ask()  # the threads wait for it, and the process for them, also where the courier fell
                watcher.cancel()
                heart.cancel()

    asyncio.run(main())


@asynccontextmanager
async def _returning(settings: Settings, pool: ConnectionPool[Db]) -> AsyncIterator[None]:
    """Take back what comes back while the block runs, as the settings and the desk say at the time."""
    if settings.bounce_url:
        mailbox.parse(settings.bounce_url)  # one that can never work stops the start
    keys = secrets.load(settings.data, settings.secret)

    def find() -> mailbox.Mailbox | None:
        with pool.connection() as db:
            return bounce_box(db, settings, keys)

    turn = Turn(settings.database_url)
    intake = make_intake(settings, pool)
    try:
        async with taking(intake, settings.bounce_listen, find, turn.mine):
            yield
    finally:
        turn.end()


def make_intake(settings: Settings, pool: ConnectionPool[Db]) -> Intake:
    """What acts on bounces and complaints, with the keys of this installation."""
    keys = secrets.load(settings.data, settings.secret)
    links, key_of = keys.key("links"), key_maker(keys.key("addresses"))
    known, until = "", 0.0

    def bounce() -> str:
        """The domain of return addresses now; asked anew after two seconds, as sending does."""
        nonlocal known, until
        if time.monotonic() >= until:
            with pool.connection() as db:
                known, until = return_domain(db, settings, keys).lower(), time.monotonic() + 2.0
        return known

    def token_of(text: str) -> str | None:
        token = unseal(links, Purpose.UNSUBSCRIBE, text)
        return token.message if token is not None and token.message else None

    def act(word: Returned) -> str:
        with pool.connection() as db:
            return returns.take(db, word, key_of).value

    return Intake(keys.key("return-path"), bounce, token_of, act)


def _listen(settings: Settings, stop: Stop, kick: Callable[[], object]) -> None:
    """Wake the courier when something was planned; without this it looks a few times a second."""
    while not stop.asked:
        with suppress(*FAULTS), connect(settings.database_url, application="slinga hint") as db:
            db.execute(f'LISTEN "{PLANNED}"')
            while not stop.asked:
                for _ in db.notifies(timeout=0.5, stop_after=1):
                    with suppress(RuntimeError):  # the event loop is closed
                        kick()
        stop.wait(1.0)


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
