"""A small SMTP server for mail that comes back (RFC 5321, 1870, 2920, 6152, 6531).

In: an address to listen on, which recipients are ours, and what keeps a mail. Out: mails, kept.
Always true: 250 after the dot is said when the mail is kept for good, and 451 when it could not be; nobody
else's mail is taken, nothing is relayed, nothing is sent; sizes, lines, sessions and waits are bounded.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from slinga.kernel.errors import Invalid, Unavailable

Keep = Callable[[bytes, Sequence[str]], Awaitable[None]]
"""Keeps a mail with its envelope recipients; raises when it could not."""

MOST_BYTES = 5_000_000
MOST_RECIPIENTS = 20
MOST_SESSIONS = 50
PATIENCE_S = 300.0
_LINE = 2_000
say = logging.getLogger("slinga.returns")


def place(text: str) -> tuple[str, int]:
    """Host and port of a setting such as 0.0.0.0:2525. Raises Invalid(field="bounce_listen")."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise Invalid("SLINGA_BOUNCE_LISTEN is like 0.0.0.0:25 or 127.0.0.1:2525", field="bounce_listen")
    return host.strip("[]"), int(port)


class Receiver:
    """The server. Use it as `async with Receiver(...) as receiver`; `receiver.port` is where it listens."""

    def __init__(self, listen: str, name: str, ours: Callable[[str], bool], keep: Keep) -> None:
        self.host, self.port = place(listen)
        self.name = name or "localhost"
        self.ours = ours
        self.keep = keep
        self._server: asyncio.Server
        self._sessions: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Receiver":
        try:
            self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MOST_BYTES)
        except OSError as fault:
            raise Unavailable(
                "cannot listen for returned mail on %(host)s:%(port)s: %(why)s",
                host=self.host,
                port=self.port,
                why=fault.strerror,
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        with contextlib.suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            if len(self._sessions) > MOST_SESSIONS:
                writer.write(b"421 4.3.2 too many sessions, try again later\r\n")
            else:
                await _Session(self, reader, writer).run()
            await writer.drain()
        with contextlib.suppress(Exception):
            writer.close()


class _Session:
    def __init__(
        self, receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._receiver = receiver
        self._reader = reader
        self._writer = writer
        self._started = False
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Talk until the other side leaves."""
        self._say(f"220 {self._receiver.name} takes returned mail")
        while True:
            async with asyncio.timeout(PATIENCE_S):
                await self._writer.drain()
                line = await self._reader.readuntil(b"\n")
            if len(line) > _LINE:
                self._say("500 5.5.2 the line is too long")
                continue
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if not await self._command(verb.upper(), rest):
                return

    async def _command(self, verb: str, rest: str) -> bool:
        if verb == "EHLO":
            for word in (self._receiver.name, "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"):
                self._say(f"250-{word}")
            self._say(f"250 SIZE {MOST_BYTES}")
        elif verb in ("HELO", "NOOP"):
            self._say(f"250 {self._receiver.name}")
        elif verb == "RSET":
            self._reset()
            self._say("250 2.0.0 forgotten")
        elif verb == "MAIL":
            self._reset()
            self._started = True
            self._say("250 2.1.0 ok")
        elif verb == "RCPT":
            self._rcpt(_path(rest))
        elif verb == "DATA":
            return await self._data()
        elif verb == "QUIT":
            self._say("221 2.0.0 bye")
            return False
        else:
            self._say("502 5.5.1 not here")
        return True

    def _reset(self) -> None:
        self._started = False
        self._recipients = []

    def _rcpt(self, address: str) -> None:
        if not self._started:
            self._say("503 5.5.1 MAIL first")
        elif len(self._recipients) >= MOST_RECIPIENTS:
            self._say("452 4.5.3 too many recipients")
        elif not self._receiver.ours(address):
            self._say("550 5.1.1 no such return address")
        else:
            self._recipients.append(address)
            self._say("250 2.1.5 ok")

    async def _data(self) -> bool:
        if not self._recipients:
            self._say("503 5.5.1 no valid recipients")
            return True
        self._say("354 go on, end with a dot")
        await self._writer.drain()
        data = await self._content()
        if data is None:
            self._say("552 5.3.4 the mail is too large")
            return False  # what is left of it would be taken for commands
        recipients = tuple(self._recipients)
        self._reset()
        try:
            await self._receiver.keep(data, recipients)
        except Exception as fault:  # whatever it was, the other side must keep the mail
            say.warning("a returned mail could not be kept: %s", type(fault).__name__)
            self._say("451 4.3.0 cannot keep it now, try again later")
        else:
            self._say("250 2.0.0 kept")
        return True

    async def _content(self) -> bytes | None:
        """The mail with its dots unstuffed; only CR LF dot CR LF ends it. None when it is too large."""
        lines: list[bytes] = []
        size = 0
        whole = True  # whether the line before ended in CR LF
        while True:
            async with asyncio.timeout(PATIENCE_S):
                line = await self._reader.readuntil(b"\n")
            if whole and line == b".\r\n":
                return b"".join(lines)
            size += len(line)
            if size > MOST_BYTES:
                return None
            lines.append(line[1:] if whole and line.startswith(b".") else line)
            whole = line.endswith(b"\r\n")

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")


def _path(rest: str) -> str:
    start, end = rest.find("<"), rest.find(">")
    return rest[start + 1 : end].strip() if 0 <= start < end else ""
