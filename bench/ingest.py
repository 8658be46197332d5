"""Durable ingest over HTTP: single events and batches of 100, beside a handler that only COPYs.

In: a scale for how long each round takes. Out: events per second, answered after they were on disk.
Always true: both run on the same server with the same settings, get the same requests from the same generator
in a process of its own, and share commits among requests; rounds alternate and medians are compared.
"""

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.bare import TABLE
from bench.load import Plan, Result
from bench.memory_of import processor_s
from bench.model import Figure, compared
from bench.scratch import database, directory, outside, say
from slinga.access.jobs import add_key
from slinga.runtime.db import connect

SECONDS = 5.0
ROUNDS = 3
PEOPLE = 20_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


def event(random: random.Random, number: int) -> dict[str, object]:
    """A call as a shop's browser sends it through its server: about 700 bytes; one in five names both ids."""
    person = int(PEOPLE * random.paretovariate(1.2) / 50) % PEOPLE
    named = number % 5 == 0
    return {
        "type": "track",
        "messageId": str(uuid.UUID(int=random.getrandbits(128), version=4)),
        "anonymousId": str(uuid.UUID(int=person * 2**64 + 7, version=4)),
        **({"userId": f"user-{person}"} if named else {}),
        "event": random.choice(["Product Viewed", "Product Added", "Product List Viewed", "Cart Viewed"]),
        "properties": {
            "product_id": f"p{random.randrange(4000)}",
            "category": random.choice(["tea", "coffee", "cups"]),
            "name": "Fine mountain tea, first flush",
            "price": random.randrange(100, 9900) / 100,
            "currency": "EUR",
            "quantity": 1,
            "position": random.randrange(40),
        },
        "context": {
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "page": {"path": "/products/tea", "title": "Tea", "url": "https://shop.example/products/tea"},
            "userAgent": AGENT,
            "locale": "en-GB",
            "ip": "203.0.113.9",
        },
        "timestamp": "2026-01-01T12:00:00.000Z",
    }


def requests(key: str, count: int, size: int, seed: int) -> list[bytes]:
    """Whole HTTP requests, each of `size` events."""
    chance = random.Random(seed)
    path = "batch" if size > 1 else "track"
    out = []
    for number in range(count):
        events = [event(chance, number * size + n) for n in range(size)]
        body = msgspec.json.encode({"batch": events} if size > 1 else events[0])
        head = (
            f"POST /v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Write-Key: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        out.append(head.encode() + body)
    return out


@contextmanager
def serving(url: str, path: Path, target: str) -> Iterator[tuple[int, int]]:
    """A web application on Slinga's own server settings; its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "SLINGA_DATABASE_URL": url,
        "SLINGA_DATA_DIR": str(path),
        "SLINGA_PORT": str(port),
        "SLINGA_LOG_LEVEL": "warning",
    }
    code = (
        "import os; from slinga.runtime import serving, settings; "
        f"serving.run_web(settings.load(os.environ), print, {target!r})"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        _until_it_answers(port, child)
        yield port, child.pid
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait()


def _until_it_answers(port: int, child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if child.poll() is not None:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")


def load(path: Path, plan: Plan) -> Result:
    """One round, driven from a process of its own."""
    file = path / "plan.msgpack"
    file.write_bytes(msgspec.msgpack.encode(plan))
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(file)], env=outside(), capture_output=True, check=True
    )
    return msgspec.json.decode(done.stdout, type=Result)


def run(scale: float = 1.0) -> list[Figure]:
    """Events per second: single and in batches of 100."""
    with database() as url, directory() as path:
        with connect(url) as db:
            db.execute(TABLE)
            key = add_key(db, "write", "bench", trust=2)
        with (
            serving(url, path, "slinga.app:create_app") as real,
            serving(url, path, "bench.bare:create_app") as bare,
        ):
            return [_measure(path, key, {"slinga": real, "bare": bare}, size, scale) for size in (1, 100)]


def _measure(path: Path, key: str, served: dict[str, tuple[int, int]], size: int, scale: float) -> Figure:
    seconds = max(0.3, SECONDS * min(scale, 1))
    connections = 64 if size == 1 else 16
    count = int(seconds * (15_000 if size == 1 else 600))
    found: dict[str, list[Result]] = {"bare": [], "slinga": []}
    costs: dict[str, list[tuple[float, float]]] = {"bare": [], "slinga": []}
    for number in range(ROUNDS + 1 if scale >= 0.1 else 1):
        warm = number == 0 and scale >= 0.1
        made = requests(key, count // 5 if warm else count, size, seed=number * 1000 + size)
        for name, results in found.items():
            port, server = served[name]
            before = processor_s(server), processor_s(os.getpid())
            result = load(path, Plan(port, connections, seconds, made))
            after = processor_s(server), processor_s(os.getpid())
            if not warm:
                results.append(result)
                web, everything = (b - a for a, b in zip(before, after, strict=True))
                events = max(1, result.answered * size)
                costs[name].append((web / events * 1e6, (everything - web) / events * 1e6))
            say(f"  {name} x{size}: {result.answered / result.seconds * size:,.0f}/s {costs[name][-1:]}")
    rates = {
        name: statistics.median(r.answered / r.seconds for r in results) * size
        for name, results in found.items()
    }
    middle = found["slinga"][len(found["slinga"]) // 2]
    said = "; ".join(
        f"{name} {statistics.median(c[0] for c in each):.0f} in the web process and "
        f"{statistics.median(c[1] for c in each):.0f} in PostgreSQL"
        for name, each in costs.items()
    )
    return compared(
        "single events" if size == 1 else f"batches of {size}",
        rates["slinga"],
        "events/s",
        reference="the bare COPY",
        reference_value=rates["bare"],
        ratio_at_least=0.7,
        note=(
            f"{connections} connections; answers p50 {middle.p50_ms:.1f} ms, p99 {middle.p99_ms:.1f} ms; the "
            f"generator used {middle.busy:.2f} of a core; {sum(r.failed for r in found['slinga'])} failed; "
            f"microseconds of processor per event: {said}"
        ),
    )
