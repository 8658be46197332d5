"""The reference for ingest: a handler on the same server that only COPYs what comes, durably.

In: POST of one JSON object, or of {"batch": [...]}. Out: 200 once the rows are on disk.
Always true: no check, no identity, no de-duplication, one index; requests share commits as those of the
tracking API do, and answers are handed back to the event loop once per group.
"""

import asyncio
import os
import queue
import struct
import threading
from typing import Any

import msgspec
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

from slinga.runtime.db import Db, connect
from slinga.runtime.process import die_with_parent

TABLE = "CREATE TABLE bare (seq bigint PRIMARY KEY, accepted_at timestamptz NOT NULL, body jsonb NOT NULL)"
COPY = "COPY bare (seq, accepted_at, body) FROM STDIN (FORMAT binary)"
GROUP = 4_000
HEAD = struct.Struct("!h i q i q i B")
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)


class Batch(msgspec.Struct):
    """A batch whose items stay as they came."""

    batch: list[msgspec.Raw]


_batch = msgspec.json.Decoder(Batch).decode
Waiting = tuple[list[Any], "asyncio.Future[None]"]


class Writer:
    """The thread that COPYs: one transaction for all requests that wait."""

    def __init__(self, url: str) -> None:
        self.queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._url = url
        self._seq = 0

    def start(self) -> None:
        """Begin."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        db = connect(self._url)
        db.execute("SET synchronous_commit = on")
        while True:
            group = [self.queue.get()]
            count = len(group[0][0])
            while count < GROUP:
                try:
                    group.append(self.queue.get_nowait())
                except queue.Empty:
                    break
                count += len(group[-1][0])
            self._write(db, [row for rows, _ in group for row in rows])
            self._loop.call_soon_threadsafe(_resolve, [future for _, future in group])

    def _write(self, db: Db, rows: list[Any]) -> None:
        out = [SIGNATURE]
        for row in rows:
            self._seq += 1
            out += (HEAD.pack(3, 8, self._seq, 8, 0, len(row) + 1, 1), row)
        out.append(b"\xff\xff")
        with db.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(b"".join(out))


def _resolve(futures: "list[asyncio.Future[None]]") -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


@asgi("/v1", is_mount=True, copy_scope=True)
async def take(scope: Scope, receive: Receive, send: Send) -> None:
    """Store the body's rows, then say so."""
    asked: dict[str, Any] = {**scope}
    parts = []
    while True:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    rows = _batch(body).batch if asked["path"].endswith("batch") else [body]
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asked["litestar_app"].state.writer.queue.put((rows, future))
    await future
    answer = b'{"success":true}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": False})


def create_app() -> Litestar:
    """The application, over the database that the environment names."""
    die_with_parent()
    writer = Writer(os.environ["SLINGA_DATABASE_URL"])
    app = Litestar([take], on_startup=[writer.start], openapi_config=None)
    app.state.writer = writer
    return app
