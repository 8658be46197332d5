"""A generator of HTTP load: keep-alive connections over one epoll loop, requests made beforehand.

In: a port, how many connections, how long, a file of requests. Out: one JSON line on stdout with what
happened: requests and items answered with 200, seconds, the share of its own time the generator was busy.
Always true: a request is sent on a connection only after the answer to the one before; nothing is made or
parsed while the clock runs but the status line and the length of an answer. Run: python -m bench.load
"""

import json
import resource
import selectors
import socket
import sys
import time
from pathlib import Path

import msgspec


class Plan(msgspec.Struct):
    """One round of load. `requests` are whole HTTP requests; they are sent once each, in order."""

    port: int
    connections: int
    seconds: float
    requests: list[bytes]
    per_second: float = 0
    """Open load at this rate; 0 is as fast as answers come."""


class Result(msgspec.Struct):
    """What came of it."""

    answered: int
    failed: int
    seconds: float
    busy: float
    """Processor seconds of the generator per second: near 1, it would be the bottleneck itself."""
    p50_ms: float
    p99_ms: float


def drive(plan: Plan) -> Result:
    """Send until the time is over or the requests are used up; then take the answers under way."""
    selector = selectors.DefaultSelector()
    free: list[socket.socket] = []
    for _ in range(plan.connections):
        one = socket.create_connection(("127.0.0.1", plan.port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one, selectors.EVENT_READ)
        free.append(one)
    sockets = list(free)
    waiting: dict[socket.socket, float] = {}
    sent = answered = failed = 0
    times: list[float] = []
    began, cpu = time.perf_counter(), _cpu()
    until, pause = began + plan.seconds, 1 / plan.per_second if plan.per_second else 0.0
    last = now = began
    while True:
        more = now < until and sent < len(plan.requests)
        while more and free and now >= began + sent * pause:
            one = free.pop()
            one.sendall(plan.requests[sent])
            waiting[one] = now
            sent += 1
            more = sent < len(plan.requests)
        if not waiting and not more:
            break
        due = max(0.0, began + sent * pause - now) if more and free else 5.0
        for key, _ in selector.select(due):
            one = key.fileobj  # type: ignore[assignment]
            data = one.recv(65536)
            last = time.perf_counter()
            since = waiting.pop(one, None)
            if not data or since is None:
                selector.unregister(one)
                failed += 1
                continue
            if data.startswith(b"HTTP/1.1 200"):
                answered += 1
                times.append(last - since)
            else:
                failed += 1
            free.append(one)
        now = time.perf_counter()
    seconds = last - began
    busy = (_cpu() - cpu) / max(seconds, 1e-9)
    for one in sockets:
        one.close()
    times.sort()
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0  # noqa: E731
    return Result(answered, failed, seconds, busy, at(0.5), at(0.99))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """The plan's file is the argument."""
    plan = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    print(json.dumps(msgspec.to_builtins(drive(plan))))


if __name__ == "__main__":
    main()
