"""One SMTP connection: RFC 5321, with STARTTLS (3207), AUTH (4954), PIPELINING (2920), SMTPUTF8 (6531).

In: a `Config`. Out: replies. Always true: when a method raises `Lost`, its `sent` says whether the final
dot of a message may have reached the server; nothing else can be uncertain.
"""

import asyncio
import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from functools import lru_cache

import msgspec

from slinga.channels.addresses import public
from slinga.channels.email.config import Config

Probe = Callable[[str], None]
_MAX_LINES = 128
_MAX_LINE = 65_536
_GOODBYE_S = 2.0
"""How long a closing connection may take; over TLS the other side has a word in it."""


class Reply(msgspec.Struct, frozen=True):
    """A server's reply: code, enhanced status or "", and its words on one line."""

    code: int
    enhanced: str
    text: str

    @property
    def good(self) -> bool:
        """Whether it is 2xx or 3xx."""
        return 200 <= self.code < 400


class Lost(Exception):
    """The connection is gone. `sent`: the final dot had left, so the message may have been taken.

    `step` says at what a dial failed: "address", "connect", "greeting", "tls" or "login".
    """

    def __init__(self, text: str, *, sent: bool = False, step: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.sent = sent
        self.step = step


def _enhanced(text: str) -> str:
    head = text.split(" ", 1)[0]
    parts = head.split(".")
    ok = len(parts) == 3 and parts[0] in ("2", "4", "5") and all(part.isdigit() for part in parts[1:])
    return head if ok else ""


class _Ear(asyncio.Protocol):
    """What has come in and not been read, and who waits for more, or for room to write.

    A timer is set only by who really waits: of the answers to pipelined commands, most are here already.
    """

    def __init__(self) -> None:
        self.heard = bytearray()
        self.over: BaseException | None = None
        """Why nothing more will come."""
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self._wake(self._waiter)

    def eof_received(self) -> bool:
        self._end(ConnectionResetError("the server closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionResetError("the connection is closed"))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        if self._room is None:
            self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        self._wake(self._room)
        self._room = None

    async def more(self, seconds: float) -> None:
        """Wait for bytes. Raises TimeoutError, or what ended the connection."""
        if self.over is not None:
            raise self.over
        self._waiter = waiter = self._loop.create_future()
        self._until = self._loop.time() + seconds
        if self._timer is None or self._until < self._timer.when():
            self._set_timer()
        try:
            await waiter
        finally:
            self._waiter = None

    def _set_timer(self) -> None:
        """One timer for many waits: it looks whether somebody waits too long, and when to look again."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._until, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() >= self._until:
            self._expire(self._waiter)
        else:
            self._set_timer()

    async def room(self, seconds: float) -> None:
        """Wait until all that was written has left. Raises TimeoutError, or what ended the connection."""
        if self.over is not None:
            raise self.over
        if self._room is not None:
            room = self._room
            timer = self._loop.call_later(seconds, self._expire, room)
            try:
                await room
            finally:
                timer.cancel()
            if self.over is not None:
                raise self.over

    def _end(self, reason: BaseException) -> None:
        self.over = self.over or reason
        self._wake(self._room)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self.over)

    @staticmethod
    def _wake(waiter: "asyncio.Future[None] | None") -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    @staticmethod
    def _expire(waiter: "asyncio.Future[None]") -> None:
        if not waiter.done():
            waiter.set_exception(TimeoutError())


@lru_cache(maxsize=256)
def _read(line: bytes) -> Reply:
    """A reply of one line; servers say the same thing over and over. Raises ValueError."""
    text = line.decode("utf-8", "replace")[4:]
    return Reply(int(line[:3]), _enhanced(text), text)


class Wire:
    """A connection that has said hello; made by `dial`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.extensions: dict[str, str] = {}
        self.secure = False
        self.used = 0
        self.idle_since = 0.0
        self._ear: _Ear
        self._transport: asyncio.Transport

    async def dial(self) -> None:
        """Connect, secure, log in. Raises Lost with the reason."""
        config = self.config
        try:
            async with asyncio.timeout(config.timeouts.greeting):
                self._transport, self._ear = await asyncio.get_running_loop().create_connection(
                    _Ear,
                    await self._address(),
                    config.port,
                    ssl=self._tls() if config.implicit_tls else None,
                    server_hostname=config.host if config.implicit_tls else None,
                )
                self._tighten(tls=config.implicit_tls)
        except (OSError, TimeoutError, UnicodeError) as error:  # the last: a name that no host can have
            raise Lost(
                f"cannot connect to {config.host}:{config.port}: {error or 'timed out'}",
                step="tls" if isinstance(error, ssl.SSLError) else "connect",
            ) from None
        try:
            await self._greet()
        except Lost:
            self.abort()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._ear.closed
            raise
        except BaseException:  # given up half way: whoever dialled has no more use for it
            self.abort()
            raise

    async def _address(self) -> str:
        """Where to connect: the name, or where only public servers are permitted an address looked at first.

        Connecting to what was looked at, a name cannot mean another machine a moment later.
        """
        config = self.config
        if config.private:
            return config.host
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        if not addresses or not all(public(one) for one in addresses):
            raise Lost(f"{config.host} is not a public address", step="address")
        return addresses[0]

    async def _greet(self) -> None:
        config = self.config
        self._must(await self.reply(config.timeouts.greeting), "greeting")
        await self._hello()
        self.secure = config.implicit_tls
        if not self.secure and config.starttls != "never":
            if "STARTTLS" in self.extensions:
                await self._secure()
            elif config.starttls == "required":
                raise Lost("the server offers no STARTTLS and the settings require it", step="tls")
        if config.user:
            if not self.secure and not config.local:
                raise Lost("the connection is not encrypted, so no password is sent", step="tls")
            await self._login()

    async def _secure(self) -> None:
        config = self.config
        self._must(await self.ask("STARTTLS"), "STARTTLS", "tls")
        if self._ear.heard:
            # Whatever came in clear after the go-ahead was put there by somebody on the way (RFC 3207, 6).
            raise Lost("the server spoke before the connection was secure", step="tls")
        try:
            async with asyncio.timeout(config.timeouts.command):
                transport = await asyncio.get_running_loop().start_tls(
                    self._transport, self._ear, self._tls(), server_hostname=config.host
                )
            if transport is None:
                raise ConnectionResetError("the connection is closed")
            self._transport = transport
        except (OSError, TimeoutError) as error:
            raise Lost(f"TLS failed: {error or 'timed out'}", step="tls") from None
        self._tighten(tls=True)
        self.secure = True
        await self._hello()

    def _tighten(self, *, tls: bool) -> None:
        """Let `write` return only when nothing is left to hand over.

        Not 0 over TLS: asyncio's TLS pauses at >= high, so at 0 it would pause an empty buffer for ever.
        """
        self._transport.set_write_buffer_limits(high=1 if tls else 0, low=0)

    async def _hello(self) -> None:
        reply = await self.ask(f"EHLO {self.config.helo}")
        self.extensions = {}
        if reply.good:
            for line in reply.text.split("\n")[1:]:
                word, _, rest = line.partition(" ")
                self.extensions[word.upper()] = rest
        else:
            self._must(await self.ask(f"HELO {self.config.helo}"), "HELO")

    async def _login(self) -> None:
        ways = self.extensions.get("AUTH", "").upper().split()
        user, password = self.config.user.encode(), self.config.password.encode()
        if "PLAIN" in ways or not ways:
            token = base64.b64encode(b"\0" + user + b"\0" + password).decode()
            self._must(await self.ask(f"AUTH PLAIN {token}"), "AUTH", "login")
        elif "LOGIN" in ways:
            for line in ("AUTH LOGIN", base64.b64encode(user).decode(), base64.b64encode(password).decode()):
                self._must(await self.ask(line), "AUTH", "login")
        else:
            text = f"the server wants {' or '.join(ways)}; PLAIN and LOGIN are what we speak"
            raise Lost(text, step="login")

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self.config.verify or (self.config.starttls == "auto" and not self.config.implicit_tls):
            context.check_hostname = False  # opportunistic TLS hides from listeners, it proves nothing
            context.verify_mode = ssl.CERT_NONE
        return context

    def _must(self, reply: Reply, what: str, step: str = "greeting") -> None:
        if not reply.good:
            raise Lost(f"{what}: {reply.code} {reply.text}", step=step)

    async def ask(self, line: str) -> Reply:
        """One command, one reply."""
        await self.write(line.encode() + b"\r\n")
        return await self.reply(self.config.timeouts.command)

    async def write(self, data: bytes) -> None:
        """Hand bytes to the system; returns when all have left this process."""
        transport = self._transport
        try:
            if self._ear.over is not None:
                raise self._ear.over
            transport.write(data)
            if not transport.get_write_buffer_size() and not transport.is_closing():
                return  # the system took all of it at once, as it nearly always does
            await self._ear.room(self.config.timeouts.block)
        except (OSError, TimeoutError, RuntimeError) as error:
            raise Lost(f"lost while writing: {error or 'timed out'}") from None

    async def reply(self, timeout: float, *, sent: bool = False) -> Reply:
        """Read one reply, of one line or several; enhanced status from the last."""
        lines: list[str] = []
        until = 0.0
        try:
            for _ in range(_MAX_LINES):
                line = self._line()
                while line is None:
                    now = time.monotonic()
                    until = until or now + timeout
                    await self._ear.more(until - now)
                    line = self._line()
                last = line[3:4] != b"-"
                if last and not lines:
                    return _read(line)
                lines.append(line.decode("utf-8", "replace")[4:])
                if last:
                    return Reply(int(line[:3]), _enhanced(lines[-1]), "\n".join(lines))
        except TimeoutError:
            raise Lost("timed out waiting for the reply", sent=sent) from None
        except (OSError, ValueError) as error:
            raise Lost(f"lost while waiting for the reply: {error}", sent=sent) from None
        raise Lost("the reply does not end", sent=sent)

    def _line(self) -> bytes | None:
        """The next whole line without its end, or None. Raises ValueError for one that is too long."""
        heard = self._ear.heard
        end = heard.find(b"\n")
        if end < 0:
            if len(heard) > _MAX_LINE:
                raise ValueError("a line of the reply does not end")
            return None
        line = bytes(heard[:end])
        del heard[: end + 1]
        return line.rstrip(b"\r")

    async def quit(self) -> None:
        """Say goodbye without waiting for the answer."""
        with contextlib.suppress(Lost):
            await self.write(b"QUIT\r\n")
        with contextlib.suppress(Exception):
            self._transport.close()
            async with asyncio.timeout(_GOODBYE_S):
                await self._ear.closed

    def abort(self) -> None:
        """Cut the connection now."""
        with contextlib.suppress(Exception):
            self._transport.abort()
