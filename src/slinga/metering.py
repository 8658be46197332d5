"""The gauges of `/metrics`: what stands in the database at the moment of a scrape.

In: a connection. Out: (name, help, labels, value), cheap enough for every fifteen seconds.
Always true: no statement reads a whole large table; a database that is down yields
`slinga_up 0`, not silence.
"""

from collections.abc import Iterator

from slinga.delivery import store as outbox
from slinga.delivery.holds import store as holds
from slinga.engine import store as engine
from slinga.kernel.clock import SECOND
from slinga.privacy import journal
from slinga.runtime import clock, health, instance, obligations
from slinga.runtime.database import reach
from slinga.runtime.db import FAULTS, Db
from slinga.runtime.meters import Gauges
from slinga.runtime.settings import Settings

_MANY = 1_000_000
Gauge = tuple[str, str, dict[str, str], float]


def gauges(settings: Settings, url: str) -> Gauges:
    """The function that `runtime.meters` asks at each scrape."""

    def ask() -> list[Gauge]:
        try:
            with reach(url) as db:
                return [("slinga_up", "Whether the database answers.", {}, 1.0), *_read(db, settings)]
        except FAULTS:
            return [("slinga_up", "Whether the database answers.", {}, 0.0)]

    return ask


def _read(db: Db, settings: Settings) -> Iterator[Gauge]:
    now = clock.now(db)
    yield "slinga_engine_lag", "Accepted inputs not applied yet.", {}, engine.behind(db, _MANY)
    due = engine.next_due(db)
    late = max(0, now - due) / SECOND if due is not None else 0.0
    yield "slinga_timer_overdue_seconds", "How long the first timer has been due.", {}, late
    waiting, first = outbox.waiting(db)
    yield "slinga_messages_waiting", "Messages planned or deferred.", {}, waiting
    late = max(0, now - first) / SECOND if first is not None else 0.0
    yield "slinga_message_overdue_seconds", "How long the first message has been due.", {}, late
    held = holds.listed(db)
    yield "slinga_lanes_held", "Receivers and switches that hold messages back.", {}, len(held)
    sending = not instance.holds(db) and instance.name_of(db, settings) in instance.confirmed(db)
    yield "slinga_sending", "Whether this installation may send.", {}, float(sending)
    for part, seconds in health.parts(db).items():
        text = "Seconds since a part was last heard of."
        yield "slinga_part_silent_seconds", text, {"part": part}, seconds
    size, connections, allowed = db.execute(health.S.size).fetchone() or (0, 0, 1)
    yield "slinga_database_bytes", "Size of the database.", {}, size
    yield (
        "slinga_database_connections_ratio",
        "Connections in use, of those allowed.",
        {},
        connections / allowed,
    )
    lag = obligations.lag(db)
    yield "slinga_journal_lag", "Obligations that the journal's file lacks.", {}, lag
    yield (
        "slinga_journal_lines",
        "Lines of the obligations journal.",
        {},
        journal.tail(settings.journal_path).n,
    )
