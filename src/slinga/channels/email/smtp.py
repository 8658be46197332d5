"""E-mail over SMTP, through a pool of pipelined connections.

In: parcels whose data is a finished MIME message with CRLF line ends. Out: the receiver's answers.
Always true: a parcel whose final dot may have left and whose answer was not read is `Unknown`; one whose
dot has not left is `TryLater`; the group MAIL, RCPT, DATA of the next message travels with the final dot of
the present one where the server allows it (RFC 2920), and nothing of a message is sent before its turn.
"""

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from slinga.channels.email import config as configuration
from slinga.channels.email.ahead import Ahead
from slinga.channels.email.config import Config
from slinga.channels.email.verp import sender, wire_address
from slinga.channels.email.wire import Lost, Probe, Reply, Wire
from slinga.channels.model import Parcel, Ready, Receipt, Refused, Result, TryLater, Unknown, Untouched

Sign = Callable[[bytes], bytes]
"""Takes a finished message, gives the DKIM-Signature header field to put before it, with its CRLF."""

_BARE = re.compile(rb"\r\n|\r|\n")
_FORBIDDEN = re.compile(r"[\x00-\x20<>\x7f]")
Emit = Callable[[str, Result], None]
_Results = asyncio.Queue[tuple[str, Result | BaseException | None]]


class Smtp:
    """The channel `email.smtp`. `url` or `config` says where; `secret` keys the envelope senders.

    `bounce` is their domain where `url` names none.
    """

    kind = "email"
    tells = True

    def __init__(
        self,
        *,
        url: str = "",
        config: Config | None = None,
        bounce: str = "",
        secret: bytes,
        sign: Sign | None = None,
        probe: Probe | None = None,
    ) -> None:
        self.config = config or configuration.parse(url, bounce=bounce)
        self._secret = secret
        self._sign = sign
        self._probe = probe
        self._idle: list[Wire] = []
        self._live: set[Wire] = set()
        self._closing = False
        self._places: dict[bool, asyncio.Semaphore] = {}

    async def open(self) -> None:
        """Nothing is dialled until there is something to send."""
        self._closing = False
        sizes = {False: self.config.connections, True: self.config.urgent_connections}
        self._places = {urgent: asyncio.Semaphore(size) for urgent, size in sizes.items()}

    async def close(self, *, abort: bool = False) -> None:
        """Say goodbye on idle connections; with `abort`, cut those in use."""
        self._closing = True
        if abort:
            for wire in list(self._live):
                wire.abort()
        while self._idle:
            await self._idle.pop().quit()

    async def send(self, parcels: Sequence[Parcel]) -> AsyncIterator[tuple[str, Result]]:
        """Send over at most `per_batch` connections; each result as soon as it is known."""
        results: _Results = asyncio.Queue()
        todo = deque(await self._signed(parcels))
        urgent = any(parcel.transactional for parcel in parcels)
        lines = min(self.config.per_batch, len(todo))
        tasks: list[asyncio.Task] = []

        def ended(task: asyncio.Task) -> None:
            if not task.cancelled():
                results.put_nowait(("", task.exception()))

        def spawn() -> None:
            task = asyncio.create_task(self._line(todo, results, urgent, spawn))
            task.add_done_callback(ended)
            tasks.append(task)

        for _ in range(lines):
            spawn()
        try:
            for _ in range(len(parcels)):
                yield await _answer(results)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _signed(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        sign = self._sign
        if sign is None:
            return list(parcels)

        def signed(parcel: Parcel) -> Parcel:
            data = sign(parcel.data) + parcel.data
            return msgspec.structs.replace(parcel, data=type(parcel.data)(data))

        return await asyncio.to_thread(lambda: [signed(parcel) for parcel in parcels])

    async def _line(
        self, todo: deque[Parcel], results: _Results, urgent: bool, spawn: Callable[[], None]
    ) -> None:
        """Work parcels off over one connection after another until none is left."""

        emit: Emit = lambda name, result: results.put_nowait((name, result))  # noqa: E731
        async with self._places[urgent]:
            while todo:
                if self._closing:
                    _all(todo, emit, Untouched())
                    return
                try:
                    wire = await self._take()
                except Lost as lost:
                    _all(todo, emit, TryLater(0, "", lost.text))
                    return
                try:
                    await self._talk(wire, todo, emit, spawn)
                finally:
                    self._live.discard(wire)

    async def _take(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if time.monotonic() - wire.idle_since < self.config.idle_s:
                self._live.add(wire)
                return wire
            await wire.quit()
        wire = Wire(self.config)
        self._live.add(wire)
        try:
            await wire.dial()
        except BaseException:
            self._live.discard(wire)
            raise
        return wire

    async def _talk(self, wire: Wire, todo: deque[Parcel], emit: Emit, spawn: Callable[[], None]) -> None:
        """Send parcels over one connection until it ends, has had its share, or nothing is left."""
        fresh = wire.used == 0
        current = self._next(wire, todo, emit)
        if current is None:
            self._put_back(wire)
            return
        ahead = Ahead(todo, spawn)
        try:
            await self._open(wire, current)
            while current is not None:
                refusal = await self._opened(wire, current)
                fresh = True
                if refusal is None:
                    await self._content(wire, current)
                    if "PIPELINING" in wire.extensions:
                        ahead.take(self._next(wire, todo, emit))
                    await self._dot(wire, current, ahead.parcel)
                    reply = await wire.reply(wire.config.timeouts.dot, sent=True)
                    self._at("after_reply")
                else:
                    reply = refusal
                emit(current.id, _result(reply))
                current = ahead.started()
                if reply.code == 421 or ahead.given_back:
                    raise Lost(f"the connection is of no more use after {reply.code} {reply.text}")
                if current is None:
                    current = self._next(wire, todo, emit)
                    if current is not None:
                        await self._open(wire, current, reset=not reply.good)
            if wire.used < self.config.per_connection and not self._closing:
                self._put_back(wire)
            else:
                await wire.quit()
        except Lost as lost:
            wire.abort()
            ahead.give_back()
            if current is not None and not fresh:
                todo.appendleft(current)  # the idle connection was closed meanwhile; a new one will take it
            elif current is not None:
                emit(current.id, Unknown(lost.text) if lost.sent else TryLater(0, "", lost.text))
        except BaseException:
            ahead.started()
            wire.abort()
            raise

    def _put_back(self, wire: Wire) -> None:
        wire.idle_since = time.monotonic()
        if self._closing:
            wire.abort()
        else:
            self._idle.append(wire)

    def _next(self, wire: Wire, todo: deque[Parcel], emit: Emit) -> Parcel | None:
        """The next parcel this connection can take; answers those that it never can."""
        while todo and wire.used < self.config.per_connection and not self._closing:
            parcel = todo.popleft()
            verdict = _unfit(parcel, wire)
            if verdict is None:
                wire.used += 1
                return parcel
            emit(parcel.id, verdict)
        return None

    def _group(self, wire: Wire, parcel: Parcel) -> list[bytes]:
        address = wire_address(parcel.address)
        options = ""
        if not address.isascii():
            options += " SMTPUTF8"
        if not parcel.data.isascii() and "8BITMIME" in wire.extensions:
            options += " BODY=8BITMIME"
        envelope = sender(parcel.id, self.config.bounce, self._secret)
        return [
            f"MAIL FROM:<{envelope}>{options}\r\n".encode(),
            f"RCPT TO:<{address}>\r\n".encode(),
            b"DATA\r\n",
        ]

    async def _open(self, wire: Wire, parcel: Parcel, *, reset: bool = False) -> None:
        """Begin a transaction; with pipelining all three commands leave at once."""
        if reset:
            await wire.ask("RSET")
        group = self._group(wire, parcel)
        if "PIPELINING" not in wire.extensions:
            await wire.write(group[0])
        elif self._probe is None:
            await wire.write(b"".join(group))
        else:
            await wire.write(group[0])
            self._at("after_mail")
            await wire.write(group[1])
            self._at("after_rcpt")
            await wire.write(group[2])

    async def _opened(self, wire: Wire, parcel: Parcel) -> Reply | None:
        """Read the answers to MAIL, RCPT, DATA; None when the server waits for the content."""
        limits = wire.config.timeouts
        if "PIPELINING" in wire.extensions:
            mail = await wire.reply(limits.command)
            if mail.code == 421:
                return mail
            rcpt = await wire.reply(limits.command)
            data = await wire.reply(limits.data)
            if data.code == 354 and not (mail.good and rcpt.good):
                await wire.write(b".\r\n")  # nobody is to get it; an odd server waits all the same
                await wire.reply(limits.command)
            return next((reply for reply in (mail, rcpt, data) if not reply.good), None)
        _, rcpt_line, data_line = self._group(wire, parcel)
        reply = await wire.reply(limits.command)
        self._at("after_mail")
        for line in (rcpt_line, data_line):
            if not reply.good:
                return reply
            await wire.write(line)
            if line is rcpt_line:
                self._at("after_rcpt")
            reply = await wire.reply(limits.command)
        return None if reply.good else reply

    async def _content(self, wire: Wire, parcel: Parcel) -> None:
        """The message without its final dot: lost here, it was certainly not taken."""
        data = dot_stuffed(parcel.data)
        if self._probe is None:
            await wire.write(data)
        else:
            await wire.write(data[: len(data) // 2])
            self._at("mid_data")
            await wire.write(data[len(data) // 2 :])

    async def _dot(self, wire: Wire, parcel: Parcel, following: Parcel | None) -> None:
        """From here on the message may be taken. The next transaction's commands travel along."""
        group = b"".join(self._group(wire, following)) if following is not None else b""
        parcel.begun(parcel.id)
        try:
            await wire.write(b".\r\n" + group)
        except Lost as lost:
            raise Lost(lost.text, sent=True) from None
        self._at("after_dot")

    def _at(self, name: str) -> None:
        if self._probe is not None:
            self._probe(name)


async def _answer(results: _Results) -> tuple[str, Result]:
    """The next parcel's result; an exception of a line, which is a bug, is raised here."""
    while True:
        name, result = await results.get()
        if isinstance(result, BaseException):
            raise result
        if result is not None:
            return name, result


def _all(todo: deque[Parcel], emit: Emit, result: Result) -> None:
    while todo:
        emit(todo.popleft().id, result)


def _result(reply: Reply) -> Result:
    text = reply.text.replace("\n", " ")
    if reply.good:
        return Receipt(reply.code, text)
    if reply.code >= 500:
        return Refused(reply.code, reply.enhanced, text)
    return TryLater(reply.code, reply.enhanced, text)


def _unfit(parcel: Parcel, wire: Wire) -> Result | None:
    """Why a parcel cannot go over this connection, or None."""
    if time.monotonic() > parcel.deadline:
        return Untouched()
    local, at, domain = parcel.address.rpartition("@")
    if not (local and at and domain) or _FORBIDDEN.search(parcel.address) or parcel.address.startswith("-"):
        return Refused(501, "5.1.3", "the address is malformed")
    if not local.isascii() and "SMTPUTF8" not in wire.extensions:
        return Refused(553, "5.6.7", "the server takes no internationalised addresses")
    with contextlib.suppress(ValueError):
        limit = int(wire.extensions.get("SIZE") or 0)
        if 0 < limit < len(parcel.data):
            return Refused(552, "5.3.4", f"the message is larger than the server's limit of {limit} bytes")
    return None


def dot_stuffed(data: bytes) -> bytes:
    """CRLF line ends only, leading dots doubled, ending in CRLF (RFC 5321 4.5.2).

    A bare CR or LF becomes CRLF: left alone it is how messages are smuggled.
    """
    if type(data) is Ready:
        return data
    ends = data.count(b"\r\n")
    if data.count(b"\n") != ends or data.count(b"\r") != ends:
        data = _BARE.sub(b"\r\n", data)
    if data.startswith(b"."):
        data = b"." + data
    if b"\r\n." in data:
        data = data.replace(b"\r\n.", b"\r\n..")
    return data if data.endswith(b"\r\n") else data + b"\r\n"
