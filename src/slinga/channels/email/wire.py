"""One SMTP connection: RFC 5321, with STARTTLS (3207), AUTH (4954), PIPELINING (2920), SMTPUTF8 (6531).

In: a `Config`. Out: replies. Always true: when a method raises `Lost`, its `sent` says whether the final
dot of a message may have reached the server; nothing else can be uncertain.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Callable

import msgspec

from slinga.channels.email.config import Config

Probe = Callable[[str], None]
_MAX_LINES = 128
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

    `step` says at what a dial failed: "connect", "greeting", "tls" or "login".
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


class Wire:
    """A connection that has said hello; made by `dial`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.extensions: dict[str, str] = {}
        self.secure = False
        self.used = 0
        self.idle_since = 0.0
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def dial(self) -> None:
        """Connect, secure, log in. Raises Lost with the reason."""
        config = self.config
        try:
            async with asyncio.timeout(config.timeouts.greeting):
                self._reader, self._writer = await asyncio.open_connection(
                    config.host,
                    config.port,
                    ssl=self._tls() if config.implicit_tls else None,
                    server_hostname=config.host if config.implicit_tls else None,
                )
                self._tighten(tls=config.implicit_tls)
        except (OSError, TimeoutError) as error:
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
                    await self._writer.wait_closed()
            raise
        except BaseException:  # given up half way: whoever dialled has no more use for it
            self.abort()
            raise

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
        if getattr(self._reader, "_buffer", b""):
            # Whatever came in clear after the go-ahead was put there by somebody on the way (RFC 3207, 6).
            raise Lost("the server spoke before the connection was secure", step="tls")
        try:
            async with asyncio.timeout(config.timeouts.command):
                await self._writer.start_tls(self._tls(), server_hostname=config.host)
        except (OSError, TimeoutError) as error:
            raise Lost(f"TLS failed: {error or 'timed out'}", step="tls") from None
        self._tighten(tls=True)
        self.secure = True
        await self._hello()

    def _tighten(self, *, tls: bool) -> None:
        """Let `write` return only when nothing is left to hand over.

        Not 0 over TLS: asyncio's TLS pauses at >= high, so at 0 it would pause an empty buffer for ever.
        """
        self._writer.transport.set_write_buffer_limits(high=1 if tls else 0, low=0)

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
        transport = self._writer.transport
        try:
            self._writer.write(data)
            if not transport.get_write_buffer_size() and not transport.is_closing():
                return  # the system took all of it at once, as it nearly always does
            async with asyncio.timeout(self.config.timeouts.block):
                await self._writer.drain()
        except (OSError, TimeoutError, RuntimeError) as error:
            raise Lost(f"lost while writing: {error or 'timed out'}") from None

    async def reply(self, timeout: float, *, sent: bool = False) -> Reply:
        """Read one reply, of one line or several; enhanced status from the last."""
        lines: list[str] = []
        reader = self._reader
        until = 0.0
        try:
            for _ in range(_MAX_LINES):
                if b"\n" in getattr(
                    reader, "_buffer", b""
                ):  # of a pipelined group most answers come together
                    line = await reader.readuntil(b"\n")
                else:
                    until = until or asyncio.get_running_loop().time() + timeout
                    async with asyncio.timeout_at(until):
                        line = await reader.readuntil(b"\n")
                raw = line.decode("utf-8", "replace").rstrip("\r\n")
                lines.append(raw[4:])
                if raw[3:4] != "-":
                    code = int(raw[:3])
                    return Reply(code, _enhanced(lines[-1]), "\n".join(lines))
        except TimeoutError:
            raise Lost("timed out waiting for the reply", sent=sent) from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise Lost(f"lost while waiting for the reply: {error}", sent=sent) from None
        raise Lost("the reply does not end", sent=sent)

    async def quit(self) -> None:
        """Say goodbye without waiting for the answer."""
        with contextlib.suppress(Lost):
            await self.write(b"QUIT\r\n")
        with contextlib.suppress(Exception):
            self._writer.close()
            async with asyncio.timeout(_GOODBYE_S):
                await self._writer.wait_closed()

    def abort(self) -> None:
        """Cut the connection now."""
        with contextlib.suppress(Exception):
            self._writer.transport.abort()
