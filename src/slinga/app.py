"""The assembly: which parts run in this process and what they are given.

In: settings. Out: the web application, and the loops of the engine and of delivery.
Always true: stages meet only here; nothing is decided here.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.concurrency import set_asyncio_executor
from psycopg import OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from slinga.access import api as access_api
from slinga.access import jobs as access_jobs
from slinga.access.pages import Dress
from slinga.access.scopes import WRITES, covers
from slinga.admin import Desk, Hold, Late, LateAnswer
from slinga.admin import api as admin_api
from slinga.admin.doors import DOORS
from slinga.admin.refusals.api import EDGE
from slinga.admin.shell.assets import address as asset
from slinga.api import api
from slinga.api.suppression import Book
from slinga.broadcasts import jobs as broadcasts
from slinga.channels.email import mailbox
from slinga.channels.email.asking import dialled
from slinga.channels.email.config import parse
from slinga.delivery import store as outbox
from slinga.delivery.book import store as book
from slinga.delivery.book.store import key_maker
from slinga.delivery.holds import store as holds
from slinga.demo import jobs as demo
from slinga.demo import store as demo_store
from slinga.demo.storefront import api as shop_api
from slinga.demo.storefront.api import Shop
from slinga.engine.jobs import Programs
from slinga.engine.store import next_due, program_number, program_parts
from slinga.filing import stages
from slinga.identity.identifiers import refer
from slinga.ingest import api as ingest_api
from slinga.ingest.api import Door
from slinga.ingest.jobs import Committer
from slinga.ingest.model import CLAIMED, Source
from slinga.loops import address, judge, make_courier, make_worker, run_delivery, run_worker
from slinga.onsite import api as onsite_api
from slinga.onsite import jobs as onsite_jobs
from slinga.onsite.links import Tracking, is_web
from slinga.onsite.model import Choice, FindFace
from slinga.outgoing import to_mailbox
from slinga.runtime import clock, secrets, telemetry
from slinga.runtime.database import reach
from slinga.runtime.db import Db, connect, open_pool
from slinga.runtime.garbage import collect_rarely
from slinga.runtime.http import assemble
from slinga.runtime.migrations import require_current
from slinga.runtime.process import die_with_parent
from slinga.runtime.settings import Settings, load
from slinga.segments.store import count_matching, preview
from slinga.tidying import due
from slinga.trial import Trial

KEPT_FREE = 2
"""Of a web process's connections, those that pages and the admin API never take."""
_FACE_S = 2.0
"""A public page waits no longer than this to learn its brand."""


def _source_of(pool: ConnectionPool[Db], text: str) -> Source | None:
    """Whose write key this is; a secret key that may write about people counts as a server's."""
    with pool.connection() as db:
        found = access_jobs.find_key(db, text, "write") or access_jobs.find_key(db, text, "secret")
        if found is None or (found.kind == "secret" and not covers(found.scopes, WRITES)):
            return None
        proofs = access_jobs.identity_keys(db, found.source) if found.trust == CLAIMED else ()
    return Source(found.source, found.trust, tuple(found.origins), proofs)


def create_app() -> Litestar:
    """The web application of one process; the factory that Granian calls."""
    die_with_parent()
    settings = load(os.environ)
    telemetry.configure(settings.log_level, text=settings.log_text, part="web")
    with reach(settings.database_url) as db:
        require_current(db)
    # Pages and calls have threads of their own, and leave some connections to those who look up write keys.
    set_asyncio_executor(ThreadPoolExecutor(max(1, settings.pool_size - KEPT_FREE), "pages"))
    application = web(settings)
    application.on_startup += [admin_api.read_ahead, collect_rarely]
    return application


def _sent_by(settings: Settings) -> str:
    return parseaddr(settings.mail_from)[0] or "Slinga"


def _face(programs: Programs, pool: ConnectionPool[Db], settings: Settings) -> FindFace:
    """Whose public pages these are: the brand in force, the last one known while the database is down."""
    known = unnamed = (_sent_by(settings), settings.base_url)

    def found() -> tuple[str, str]:
        nonlocal known
        with suppress(OperationalError, PoolTimeout), pool.connection(timeout=_FACE_S) as db:
            brand = programs.current(db).brand
            known = (brand.name or unnamed[0], brand.url if is_web(brand.url) else unnamed[1])
        return known

    return found


def _choices(programs: Programs, db: Db) -> list[Choice]:
    """The topics that the policy in force offers."""
    topics = programs.current(db).policy.topics
    return [Choice(t.key, t.name, t.description, t.channels) for t in topics if t.public]


def _wording(db: Db) -> str:
    """Which version of the policy says the topics at present."""
    _, parts = program_parts(db, program_number(db))
    found = next((part for part in parts if part["kind"] == "policy"), None)
    return f"policy/{found['key']}/{found['version']}" if found else ""


def _hold(db: Db) -> Hold | None:
    found = holds.held(db, holds.MARKETING)
    return None if found is None else Hold(found[0], member=found[2], reason=found[1])


def _late(db: Db) -> list[Late]:
    return [Late(*row) for row in holds.late(db)]


def _stop_marketing(db: Db, member: str, reason: str) -> None:
    holds.hold(db, holds.MARKETING, reason or "stopped", member)


def _resume_marketing(db: Db, member: str, answer: LateAnswer) -> None:
    holds.resume(db, answer)


def web(settings: Settings) -> Litestar:
    """The web application over the database that `settings` names."""
    pool = open_pool(settings.database_url, size=settings.pool_size, application="slinga web")
    committer = Committer(lambda: connect(settings.database_url, application="slinga ingest"), refer)
    door = Door(committer, lambda text: _source_of(pool, text), proxies=settings.trusted_proxies)
    keys = secrets.load(settings.data, settings.secret)
    programs = Programs()
    key_of = key_maker(keys.key("addresses"))
    site = onsite_jobs.site(
        keys.key("links"),
        find_face=_face(programs, pool, settings),
        find_choices=lambda db: _choices(programs, db),
        find_wording=_wording,
        find_tracking=lambda db: Tracking(programs.current(db).policy.tracking),
        hash_of=lambda address: key_of(address).hex() if address else "",
    )
    trial = Trial(settings, pool)
    desk = Desk(
        mailbox=lambda db: to_mailbox(db, settings),
        hold=_hold,
        stop=_stop_marketing,
        resume=_resume_marketing,
        late=_late,
        test=trial.send,
        hello=trial.hello,
        stages=stages,
        dial=lambda url, desk: dialled(parse(url, private=not desk or settings.smtp_private)),
        look=lambda url: mailbox.looked(mailbox.parse(url, private=settings.smtp_private)),
        due=lambda db: due(db, settings, clock.now(db)),
    )

    def report(calls: list[dict[str, Any]], asked: str) -> None:
        with pool.connection() as db:
            demo.report(db, calls, bool(asked))

    state: dict[str, Any] = {"pool": pool, "secrets": keys, "door": door, "site": site, "desk": desk}
    remembered = Book(book.suppress, book.unsuppress, book.suppressions)
    state |= {"doors": DOORS, "dress": Dress(asset("desk.css"), asset("theme.js"))}
    state["program"] = programs.current
    state |= api.state(key_of, desk, count_matching, preview, remembered)
    routes: list[Any] = [
        *access_api.routes,
        *ingest_api.routes,
        *api.routes,
        *onsite_api.routes,
        *admin_api.routes,
    ]
    with pool.connection() as db:
        kept = demo_store.find(db)
    if kept is not None:
        state["shop"] = Shop(kept.write_key, report, kept.site)
        routes += shop_api.routes

    def end() -> None:
        committer.stop()
        pool.close()

    return assemble(
        routes,
        settings=settings,
        state=state,
        on_startup=[committer.start],
        on_shutdown=[end],
        direct={"v1": partial(ingest_api.answer, door)},
        edge=EDGE,
    )


@contextmanager
def machinery(settings: Settings, db: Db) -> Iterator[demo.Machinery]:
    """Everything the demo lives with, in this process: engine, delivery, judging, the web application."""
    worker = make_worker(db)
    app = web(settings)
    with open_pool(settings.database_url, size=8, application="slinga demo") as pool:
        courier = make_courier(settings, pool)

        def drain() -> None:
            worker.drain()
            while address(db):
                worker.drain()

        def deliver() -> None:
            courier.run_until_idle()

        def judge_all() -> None:
            while judge(db):
                pass

        yield demo.Machinery(
            drain=drain,
            deliver=deliver,
            judge=judge_all,
            next_wake=lambda: min(filter(None, (next_due(db), broadcasts.next_due(db))), default=None),
            next_send=lambda: outbox.waiting(db)[1],
            next_hit=lambda: onsite_jobs.next_due(db),
            app=app,  # type: ignore[arg-type]
        )


__all__ = ["create_app", "machinery", "run_delivery", "run_worker", "web"]
