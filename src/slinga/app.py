"""The assembly: which parts run in this process and what they are given.

In: settings. Out: the web application, and the loops of the engine and of delivery.
Always true: stages meet only here; nothing is decided here.
"""

import os

from litestar import Litestar
from psycopg_pool import ConnectionPool

from slinga.access import api as access_api
from slinga.access import jobs as access_jobs
from slinga.identity.identifiers import refer
from slinga.ingest import api as ingest_api
from slinga.ingest.api import Door
from slinga.ingest.jobs import Committer
from slinga.ingest.model import Source
from slinga.runtime import secrets, telemetry
from slinga.runtime.database import reach
from slinga.runtime.db import Db, connect, open_pool
from slinga.runtime.http import assemble
from slinga.runtime.migrations import require_current
from slinga.runtime.process import die_with_parent
from slinga.runtime.settings import Settings, load


def _source_of(pool: ConnectionPool[Db], text: str) -> Source | None:
    """Whose write key this is; a secret key counts as a server's write key."""
    with pool.connection() as db:
        found = access_jobs.find_key(db, text, "write") or access_jobs.find_key(db, text, "secret")
    return Source(found.source, found.trust, tuple(found.origins)) if found else None


def create_app() -> Litestar:
    """The web application of one process; the factory that Granian calls."""
    die_with_parent()
    settings = load(os.environ)
    telemetry.configure(settings.log_level, text=settings.log_text, part="web")
    with reach(settings.database_url) as db:
        require_current(db)
    return web(settings)


def web(settings: Settings) -> Litestar:
    """The web application over the database that `settings` names."""
    pool = open_pool(settings.database_url, size=settings.pool_size, application="slinga web")
    committer = Committer(lambda: connect(settings.database_url, application="slinga ingest"), refer)
    door = Door(committer, lambda text: _source_of(pool, text))

    def start() -> None:
        committer.start()

    def end() -> None:
        committer.stop()
        pool.close()

    return assemble(
        [*access_api.routes, *ingest_api.routes],
        settings=settings,
        state={"pool": pool, "secrets": secrets.load(settings.data, settings.secret), "door": door},
        on_startup=[start],
        on_shutdown=[end],
    )
