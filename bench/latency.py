"""From an accepted event to its mail at the receiver: at half load, during a broadcast and during a publish.

In: a scale for the population and for how long each part lasts. Out: percentiles in milliseconds.
Always true: everything runs as `slinga serve` runs it; the clock starts when the HTTP answer to the event
arrives and stops when the receiver has the whole mail; a mail that never comes counts as the slowest.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import msgspec

from bench import smtp_ends, workload
from bench.ingest import requests
from bench.load import Plan, Result
from bench.model import Figure, bounded
from bench.scratch import database, directory, outside, say
from slinga.access.jobs import add_key
from slinga.broadcasts import jobs as broadcasts
from slinga.engine.jobs import Definition, publish
from slinga.engine.model import decode, encode
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.ids import bucket_of, person_key
from slinga.loops import make_worker
from slinga.people.log import Consent, record
from slinga.runtime.db import At, Db, Key, connect
from slinga.runtime.place import Place
from slinga.runtime.postgres import url as socket_of

PEOPLE = 1_000_000
SECONDS = 25.0
PROBES = 20.0
"""Events that lead to a mail, per second."""

GIVEN_UP_S = 60.0
STAGES = """
SELECT m.address, extract(epoch FROM pg_xact_commit_timestamp(f.xmin))::float8,
       extract(epoch FROM a.started_at)::float8
FROM message m
JOIN attempt a ON a.bucket = m.bucket AND a.message = m.id AND a.no = 1
JOIN LATERAL (
    SELECT xmin FROM fact WHERE bucket = m.bucket AND person = m.person AND kind = 'send_planned' LIMIT 1
) f ON true
WHERE m.journey = 'refund'
"""
"""When what led to a mail was committed, and when it was dialled."""

BROADCAST = {
    "key": "news",
    "name": "News",
    "class": "marketing",
    "topic": "news",
    "audience": {"op": "reachable", "channel": "email"},
    "channel": "email",
    "template": "news-1",
    "quiet_hours": "none",
}


def run(scale: float = 1.0) -> list[Figure]:
    """p99 at half load, during a broadcast, during a publish."""
    people, seconds = max(50, int(PEOPLE * scale)), max(1.0, SECONDS * min(1.0, scale) ** 0.5)
    with database({"track_commit_timestamp": "on"}) as url, directory() as path, connect(url) as db:
        key = _seed(db, people)
        with _sink(path) as (smtp, arrivals), serving(path, url, smtp) as (web, _, _):
            bench = _Bench(db, path, key, web, arrivals, seconds)
            bench.know()
            most = bench.most()
            half = bench.probe("half load", load=most / 2)
            broadcasts.create(db, BROADCAST)
            broadcasts.start(db, "news")
            crowd = bench.probe("during a broadcast")
            sent = db.execute("SELECT count(*) FROM message WHERE journey = 'broadcast.news'").fetchone()
            broadcasts.cancel(db, "news")
            bench.drain()
            changed = workload.segment("vip", workload.did(workload.BOUGHT, value=2))
            publish(db, [changed], by="bench")
            new = bench.probe("during a publish")
    note = f"{people:,} people; {(sent or (0,))[0]:,} messages of the broadcast were planned meanwhile"
    return [
        half.figure("at half load", 500, f"the most it took was {most:,.0f} events/s"),
        crowd.figure("during a broadcast", 2000, note),
        new.figure("during a publish", 2000, f"{people:,} people, a changed segment"),
    ]


class _Waits(msgspec.Struct):
    """Milliseconds of each probe, ascending, and how many never arrived; where the slowest spent theirs."""

    waits: list[float]
    lost: int
    stages: str

    def at(self, share: float) -> float:
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))]

    def figure(self, name: str, at_most: float, note: str) -> Figure:
        said = (
            f"{note}; {len(self.waits)} mails, p50 {self.at(0.5):.0f} ms, slowest {self.waits[-1]:.0f} ms, "
            f"{self.lost} never came; {self.stages}"
        )
        return bounded(f"p99 {name}", self.at(0.99), "ms", at_most=at_most, note=said)


class _Bench:
    """One installation under test."""

    def __init__(self, db: Db, path: Path, key: str, port: int, arrivals: Path, seconds: float) -> None:
        self.db, self.path, self.key, self.port = db, path, key, port
        self.arrivals, self.seconds = arrivals, seconds
        self.number = 0
        self.line = HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, calls: list[dict[str, object]]) -> None:
        """Send calls and wait until they are accepted."""
        body = msgspec.json.encode({"batch": calls})
        self.line.request("POST", "/v1/batch", body, {"X-Write-Key": self.key})
        answer = self.line.getresponse()
        said = answer.read()
        assert answer.status == 200 and b'"errors":[]' in said, said[:500]

    def know(self) -> None:
        """Make the people known whose mails are waited for."""
        many = int(PROBES * self.seconds * 3) + 10
        calls: list[dict[str, object]] = [
            {"type": "identify", "userId": f"probe{n}", "traits": {"email": f"probe{n}@receiver.test"}}
            for n in range(many)
        ]
        for start in range(0, many, 200):
            self.post(calls[start : start + 200])
        self.drain()

    def drain(self) -> None:
        """Until everything accepted is applied. The line is opened anew: the server closes idle ones."""
        drained(self.db)
        self.line.close()

    def most(self) -> float:
        """Events per second that are accepted and applied when as many come as are taken."""
        count = int(self.seconds / 2 * 150)
        plan = Plan(self.port, 8, self.seconds / 2, requests(self.key, count, 100, seed=11))
        began = time.monotonic()
        with _driving(self.path, plan) as driven:
            pass
        self.drain()
        return driven[0].answered * 100 / (time.monotonic() - began)

    def probe(self, name: str, load: float = 0.0) -> _Waits:
        """Send events that lead to mails, beside `load` other events per second."""
        per_second = max(load / 10, 0.1)
        made = requests(self.key, int(per_second * self.seconds) + 1 if load else 0, 10, seed=self.number)
        accepted: dict[str, float] = {}
        with _driving(self.path, Plan(self.port, 8, self.seconds, made, per_second)):
            began = time.monotonic()
            for n in range(max(5, int(PROBES * self.seconds))):
                time.sleep(max(0.0, began + n / PROBES - time.monotonic()))
                who, self.number = f"probe{self.number}", self.number + 1
                self.post([{"type": "track", "userId": who, "event": "Order Refunded", "properties": {}}])
                accepted[f"{who}@receiver.test"] = time.time()
        until = time.monotonic() + GIVEN_UP_S
        while True:
            lines = self.arrivals.read_text().splitlines()
            arrived = {to: float(at) for to, _, at in (line.partition(" ") for line in lines)}
            missing = accepted.keys() - arrived.keys()
            if not missing or time.monotonic() > until:
                break
            time.sleep(0.1)
        waits = [(arrived.get(to, at + GIVEN_UP_S) - at) * 1000 for to, at in accepted.items()]
        stages = self._stages(accepted, arrived)
        found = _Waits(sorted(max(0.1, wait) for wait in waits), len(missing), stages)
        say(f"  {name}: p50 {found.at(0.5):.0f} ms, p99 {found.at(0.99):.0f} ms, lost {found.lost}; {stages}")
        return found

    def _stages(self, accepted: dict[str, float], arrived: dict[str, float]) -> str:
        """Where the slowest twentieth spent their time: until applied, until dialled, until arrived."""
        if (self.db.execute("SHOW track_commit_timestamp").fetchone() or ("off",))[0] != "on":
            return "where they spent it is not known on a database of one's own"
        known = {address: (applied, dialled) for address, applied, dialled in self.db.execute(STAGES)}
        lives = []
        for address, at in accepted.items():
            if address in known and address in arrived:
                applied, dialled = known[address]
                lives.append(
                    (arrived[address] - at, applied - at, dialled - applied, arrived[address] - dialled)
                )
        if not lives:
            return "none is known"
        slowest = sorted(lives)[-max(1, len(lives) // 20) :]
        parts = [sum(life[n] for life in slowest) / len(slowest) * 1000 for n in (1, 2, 3)]
        worst = [max(life[n] for life in lives) * 1000 for n in (1, 2, 3)]
        return (
            "the slowest twentieth took {:.0f} ms until applied, {:.0f} until dialled, {:.0f} on the wire "
            "(at most {:.0f}, {:.0f}, {:.0f})".format(*parts, *worst)
        )


@contextmanager
def _driving(path: Path, plan: Plan) -> Iterator[list[Result]]:
    """A load in a process of its own while the block runs; its result when the block is over."""
    if not plan.requests:
        yield []
        return
    file = path / "plan.msgpack"
    results: list[Result] = []
    file.write_bytes(msgspec.msgpack.encode(plan))
    command = [sys.executable, "-m", "bench.load", str(file)]
    with subprocess.Popen(command, env=outside(), stdout=subprocess.PIPE) as process:
        yield results
        said, _ = process.communicate()
        results.append(msgspec.json.decode(said, type=Result))


class _Clocked(smtp_ends.Session):
    """A receiver that writes down when the mails that are waited for were whole."""

    out = Path()

    def _count(self, buffer: bytearray) -> None:
        start = buffer.find(b"probe", buffer.find(b"\r\nTo:"))
        end = buffer.find(b"@receiver.test", start)
        if 0 <= start < end < start + 20:
            with self.out.open("ab") as file:
                file.write(b"%s@receiver.test %.6f\n" % (bytes(buffer[start:end]), time.time()))


async def _receive(out: Path) -> None:
    _Clocked.out = out
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Clocked({}, [0]), "127.0.0.1", 0)  # type: ignore[arg-type]
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


@contextmanager
def _sink(path: Path) -> Iterator[tuple[int, Path]]:
    out = path / "arrivals"
    out.touch()
    command = [sys.executable, "-m", "bench.latency", str(out)]
    with subprocess.Popen(command, env=outside(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), out
        finally:
            process.kill()


def drained(db: Db) -> None:
    """Wait until everything accepted is applied."""
    question = (
        "SELECT EXISTS (SELECT FROM lane l CROSS JOIN LATERAL "
        "(SELECT FROM input i WHERE i.bucket = l.bucket AND i.seq > l.cursor LIMIT 1) AS more)"
    )
    until = time.monotonic() + 1200
    while (db.execute(question).fetchone() or (False,))[0]:
        assert time.monotonic() < until, "the log does not run dry"
        time.sleep(0.1)


@contextmanager
def serving(path: Path, url: str = "", smtp: int = 0) -> Iterator[tuple[int, int, str]]:
    """`slinga serve`, on its embedded database where no other is named: its port, process and database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "SLINGA_DATABASE_URL": url,
        "SLINGA_DATA_DIR": str(path / "data"),
        "SLINGA_PORT": str(port),
        "SLINGA_SMTP_URL": f"smtp://127.0.0.1:{smtp}?starttls=never&bounce=bounce.shop.example"
        if smtp
        else "",
        "SLINGA_MAIL_FROM": "The Shop <hello@shop.example>",
        "SLINGA_PUBLIC_URL": "https://mail.shop.example",
        "SLINGA_INSTANCE": "bench",
        "SLINGA_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "slinga.cli", "serve"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "runs at" in line, f"slinga serve said: {line}"
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield port, process.pid, url or socket_of(Place(path / "data", say).sockets)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _seed(db: Db, people: int) -> str:
    """A program, and people who may be written to; the write key."""
    publish(db, [*workload.definitions(), Definition("brand", "brand", BRAND)], zone=workload.ZONE)
    first = person_key("user", "0")
    with db.transaction():
        record(db, [Consent(first, channel, "", "granted") for channel in ("email", "tracking")])
    with db.transaction():
        traits = {"email": "p0@example.org", "first_name": "Eva", "country": "SE"}
        log.append(db, [New(first, "identify", "", {"traits": traits}, source="bench")])
    make_worker(db).drain()
    row = db.execute("SELECT state, format, program, seq, created_at FROM person").fetchone()
    assert row is not None
    person = decode(bytes(row[0]))
    email = person.profile.traits["email"]
    with db.transaction(), db.cursor() as cursor:
        table = "person (bucket, key, state, format, program, seq, created_at)"
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int2", "uuid", "bytea", "int2", "int4", "int8", "timestamptz"])
            for n in range(1, people):
                person.key = key = person_key("user", str(n))
                person.profile.traits["email"] = msgspec.structs.replace(email, value=f"p{n}@example.org")
                state = encode(person)
                copy.write_row((bucket_of(key), Key(key), state, row[1], row[2], row[3], At(row[4])))
    db.execute(
        "INSERT INTO profile (bucket, person, zone, traits, identified, reachable) SELECT p.bucket, p.key,"
        " o.zone, o.traits, o.identified, o.reachable FROM person p, profile o WHERE o.person <> p.key"
    )
    db.execute("VACUUM (ANALYZE) person, profile")
    return add_key(db, "write", "bench", trust=2)


BRAND = {
    "name": "The Shop",
    "address": "Storgatan 1, 222 22 Lund, Sweden",
    "url": "https://shop.example",
    "sender": "The Shop <hello@shop.example>",
}


if __name__ == "__main__":
    asyncio.run(_receive(Path(sys.argv[1])))
