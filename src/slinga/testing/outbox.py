"""What tests of delivery need: intents, a courier over a sink, a courier process that can be killed.

In: a database, a sink. Out: a `Verdict` over what was planned and what the sink took. Always true: the
process is the shipped courier with a renderer of constant bytes; only its environment arms a fault.
Run it with `FAULT=point:n python -m slinga.testing.outbox --database URL --smtp URL`.
"""

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from psycopg import errors

from slinga.channels.email import config
from slinga.channels.email.smtp import Smtp
from slinga.delivery import faults
from slinga.delivery.jobs import Courier
from slinga.delivery.model import Message
from slinga.delivery.setup import Setup
from slinga.kernel.clock import Instant
from slinga.kernel.ids import person_key
from slinga.messages.model import Intent
from slinga.messages.policy import Permit
from slinga.runtime.db import At, Db, open_pool

PEPPER = b"pepper of the tests"
DOMAIN = "mail.test"


def intent(name: str, *, at: Instant, to: str = "", person: str = "", **over: Any) -> Intent:
    """An intent to mail `to`; `name` is its send key and, unless given, its person."""
    address = to or f"{name}@example.com"
    values: dict[str, Any] = {
        "message_class": "marketing",
        "channel": "email",
        "topic": "news",
        "journey": "test",
        "run": name,
        "node": "send",
        "template": "hello",
        "variables": {"person": {"email": address}},
    }
    return Intent(send_key=name, person=person or person_key("user", name), planned_at=at, **(values | over))


def render(message: Message) -> bytes:
    """A small finished mail."""
    return mail(message, 300)


def mail(message: Message, size: int) -> bytes:
    """A finished mail of about so many bytes; some lines begin with a dot."""
    head = (
        f"From: Shop <shop@{DOMAIN}>\r\nTo: {message.address}\r\nSubject: Hello\r\n"
        f"Message-ID: {message.message_id}\r\nMIME-Version: 1.0\r\n\r\n"
    )
    line = b".a line that begins with a dot, sixty-four characters long ...\t\r\n"
    return head.encode() + line * max(1, (size - len(head)) // len(line))


def permit(db: Db, messages: Sequence[Message]) -> list[Permit]:
    """A gate that is open."""
    return [Permit()] * len(messages)


def freeze(db: Db, at: Instant) -> None:
    """Stop virtual time at an instant."""
    db.execute("UPDATE clock SET frozen_at = %s", (At(at),))


def lose_leases(db: Db) -> None:
    """Let the time pass after which a dead worker's leases end."""
    while True:
        try:
            db.execute("UPDATE message SET leased_until = '-infinity' WHERE leased_until IS NOT NULL")
            return
        except errors.DeadlockDetected:  # a living courier holds some of them, in another order
            continue


def setup(smtp_url: str, **over: Any) -> Setup:
    """A courier's set-up over one SMTP server."""
    timeouts = over.pop("timeouts", None)
    settings = config.parse(smtp_url)
    if timeouts:
        settings = msgspec.structs.replace(settings, timeouts=timeouts)
    write = over.pop("render", render)
    probe = faults.point if faults.armed() else None
    values: dict[str, Any] = {
        "channels": {"email": Smtp(config=settings, secret=PEPPER, probe=probe)},
        "writer": lambda _: write,
        "gate": permit,
        "pepper": PEPPER,
        "domain": DOMAIN,
    }
    return Setup(**(values | over))


async def deliver(database_url: str, smtp_url: str, **over: Any) -> None:
    """One courier sends all that is due."""
    with open_pool(database_url, size=6) as pool:
        await Courier(pool, setup(smtp_url, **over)).drain()


class Verdict(msgspec.Struct, frozen=True):
    """The queue's books against the sink's: names of messages.

    `lost`: neither taken by the sink nor `unknown` nor refused; `unexpected`: taken but not planned;
    `duplicated`: taken more than once; `unmarked`: duplicated without `resends` saying so.
    """

    lost: list[str]
    unexpected: list[str]
    duplicated: list[str]
    unmarked: list[str]
    unknown: list[str]


def verdict(db: Db, taken: dict[str, int]) -> Verdict:
    """Compare the messages with what the sink took, by Message-ID."""
    rows = db.execute("SELECT id, state, resends FROM message").fetchall()
    names = {f"<{name}@{DOMAIN}>": (state, resends) for name, state, resends in rows}
    twice = [name for name, count in taken.items() if count > 1]
    sure = ("unknown", "rejected", "cancelled", "expired", "render_failed")
    return Verdict(
        lost=[name for name, (state, _) in names.items() if name not in taken and state not in sure],
        unexpected=[name for name in taken if name not in names],
        duplicated=twice,
        unmarked=[name for name in twice if not names.get(name, ("", 0))[1]],
        unknown=[name for name, (state, _) in names.items() if state == "unknown"],
    )


async def _process(
    database: str, smtp: str, in_flight: int, lease_s: float, begun: Path | None, *, forever: bool
) -> None:
    sizes = {"in_flight": in_flight, "reserved": in_flight, "per_lane": in_flight, "batch": in_flight}
    with open_pool(database, size=6) as pool:
        courier = Courier(pool, setup(smtp, **sizes, lease_s=lease_s, recover_s=lease_s / 2, begun=begun))
        if not forever:
            await courier.drain()
            return
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await courier.run(stop)


def main() -> None:
    """Send what is due and exit; with `--forever` go on until SIGTERM."""
    parser = argparse.ArgumentParser(description="A courier that a test may kill.")
    parser.add_argument("--database", required=True)
    parser.add_argument("--smtp", required=True)
    parser.add_argument("--in-flight", type=int, default=50)
    parser.add_argument("--lease", type=float, default=60)
    parser.add_argument("--begun", type=Path, help="the folder of couriers' notes")
    parser.add_argument("--forever", action="store_true")
    options = parser.parse_args()
    faults.arm(os.environ.get("FAULT", ""))
    work = _process(
        options.database,
        options.smtp,
        options.in_flight,
        options.lease,
        options.begun,
        forever=options.forever,
    )
    asyncio.run(work)


if __name__ == "__main__":
    main()
