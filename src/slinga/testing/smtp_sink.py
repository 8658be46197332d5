"""A scriptable SMTP server that keeps the truth about what it was sent.

In: a script per recipient (`Script`), by exact address, by domain, or for all. Out: `mails`, every message
taken, with its envelope; `counts`, how often each Message-ID was taken; the same as JSON lines in a file.
Always true: a message is written down before its 250 is sent, and never when it is not taken. Run it alone
with `python -m slinga.testing.smtp_sink --port 2525 --log FILE`.
"""

import argparse
import asyncio
import base64
import contextlib
import re
import socket
import ssl
import struct
import sys
from collections import Counter
from pathlib import Path

import msgspec

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.I | re.M)


class Script(msgspec.Struct, frozen=True):
    """How the sink treats a recipient. Replies are full lines such as "550 5.1.1 no such user"."""

    rcpt: str = "250 2.1.5 ok"
    data: str = "250 2.0.0 taken"
    delay_s: float = 0
    dot_delay_s: float = 0
    """Take the message, and answer so much later."""
    hang_after_dot: bool = False
    """Take the message, then never answer."""
    drop_after_dot: bool = False
    """Take the message, then cut the connection instead of answering."""
    reset_mid_data: bool = False
    """Cut the connection after the first bytes of content; the message is not taken."""
    times: int = 0
    """After so many uses the recipient is treated as everybody else; 0 is for ever."""


class Mail(msgspec.Struct, frozen=True):
    """One message taken."""

    sender: str
    recipient: str
    message_id: str
    size: int
    data: bytes = b""


class Sink:
    """The server. Start it with `async with Sink(...) as sink:` and connect to `sink.port`."""

    def __init__(
        self,
        scripts: dict[str, Script] | None = None,
        *,
        default: Script | None = None,
        greeting: str = "220 sink ready",
        first_greetings: tuple[str, ...] = (),
        extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"),
        login: tuple[str, str] | None = None,
        log: Path | None = None,
        keep: bool = True,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        ways: str = "PLAIN LOGIN",
    ) -> None:
        self.scripts = scripts or {}
        self.default = default or Script()
        self.greeting = greeting
        self.first_greetings = list(first_greetings)
        """What the first connections hear; "" is nothing at all, for as long as they wait."""
        self.extensions = extensions
        self.login = login
        self.port = port
        self.mails: list[Mail] = []
        self.logins: list[tuple[str, bool]] = []
        """How clients signed in, and whether that was encrypted."""
        self.counts: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.connections = 0
        self._uses: Counter[str] = Counter()
        self._keep = keep
        self._log = log.open("ab", buffering=0) if log else None
        self._tls = tls
        self._implicit = implicit_tls
        self.ways = ways
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Sink":
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, backlog=1024, ssl=self._tls if self._implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._log:
            self._log.close()

    @property
    def url(self) -> str:
        """Its address for a client."""
        return f"smtp://127.0.0.1:{self.port}?starttls=never&bounce=bounce.test"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _Session(self, reader, writer).run()
        with contextlib.suppress(Exception):
            writer.close()
            if self._tls:  # the goodbye of TLS takes a round trip
                async with asyncio.timeout(0.2):
                    await writer.wait_closed()

    def script_for(self, recipient: str) -> Script:
        """The script that applies to a recipient now; counts the use."""
        for name in (recipient, recipient.rpartition("@")[2]):
            script = self.scripts.get(name)
            if script is not None:
                self._uses[name] += 1
                if not script.times or self._uses[name] <= script.times:
                    return script
        return self.default

    def take(self, sender: str, recipient: str, data: bytes) -> None:
        """Write a message down."""
        match = _MESSAGE_ID.search(data[:8192])
        message_id = match[1].decode("ascii", "replace") if match else ""
        self.counts[message_id] += 1
        self.recipients[recipient] += 1
        if self._keep:
            self.mails.append(Mail(sender, recipient, message_id, len(data), data))
        if self._log:
            self._log.write(msgspec.json.encode([message_id, recipient, sender, len(data)]) + b"\n")


class _Session:
    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink = sink
        self.reader = reader
        self.writer = writer
        self.sender = ""
        self.recipient = ""
        self.script = sink.default
        self.secure = sink._implicit
        self.buffer = bytearray()

    async def run(self) -> None:
        greeting = self.sink.first_greetings.pop(0) if self.sink.first_greetings else self.sink.greeting
        if not greeting:
            await self.reader.read()
            return
        self._say(greeting)
        if not greeting.startswith("220"):
            await self.writer.drain()
            return
        while True:
            text = (await self._line()).decode("utf-8", "replace").rstrip("\r\n")
            verb, _, rest = text.partition(" ")
            verb = verb.upper()
            self.sink.commands[verb] += 1
            if verb == "QUIT":
                self._say("221 bye")
                return
            if not await self._command(verb, rest):
                return

    async def _command(self, verb: str, rest: str) -> bool:
        if verb == "EHLO":
            words = list(self.sink.extensions)
            words += [f"AUTH {self.sink.ways}"] if self.sink.login else []
            words += ["STARTTLS"] if self.sink._tls and not self.secure else []
            lines = ["sink", *words]
            for position, word in enumerate(lines):
                self._say(f"250{' ' if position == len(lines) - 1 else '-'}{word}")
        elif verb == "STARTTLS" and self.sink._tls:
            self._say("220 go ahead")
            await self.writer.start_tls(self.sink._tls)
            self.secure = True
        elif verb == "AUTH":
            await self._auth(rest)
        elif verb == "MAIL":
            self.sender, self.recipient = _path(rest), ""
            self._say("250 2.1.0 ok")
        elif verb == "RCPT":
            return await self._rcpt(rest)
        elif verb == "DATA":
            if not self.recipient:
                self._say("503 5.5.1 no recipient")
            else:
                self._say("354 go ahead")
                return await self._data()
        elif verb in ("RSET", "NOOP", "HELO"):
            self.sender = self.recipient = ""
            self._say("250 2.0.0 ok")
        else:
            self._say("500 5.5.2 what?")
        return True

    async def _auth(self, rest: str) -> None:
        way, _, token = rest.partition(" ")
        if way.upper() == "PLAIN":
            user, password = base64.b64decode(token).split(b"\0")[1:]
        else:
            self._say("334 VXNlcm5hbWU6")
            user = base64.b64decode(await self._line())
            self._say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self._line())
        self.sink.logins.append((way.upper(), self.secure))
        good = (user.decode(), password.decode()) == self.sink.login
        self._say("235 2.7.0 welcome" if good else "535 5.7.8 wrong password")

    async def _rcpt(self, rest: str) -> bool:
        recipient = _path(rest)
        self.script = self.sink.script_for(recipient)
        if self.script.delay_s:
            await asyncio.sleep(self.script.delay_s)
        self._say(self.script.rcpt)
        if self.script.rcpt.startswith("2"):
            self.recipient = recipient
        return not self.script.rcpt.startswith("421")

    async def _data(self) -> bool:
        script = self.script
        if script.reset_mid_data:
            await self._more()
            return self._reset()
        data = await self._content()
        if not script.data.startswith("2"):
            self._say(script.data)
            self.sender = self.recipient = ""
            return not script.data.startswith("421")
        self.sink.take(self.sender, self.recipient, data)
        self.sender = self.recipient = ""
        if script.dot_delay_s:
            await asyncio.sleep(script.dot_delay_s)
        if script.hang_after_dot:
            await asyncio.Event().wait()
        if script.drop_after_dot:
            return self._reset()
        self._say(script.data)
        return True

    async def _content(self) -> bytes:
        while len(self.buffer) < 3:
            await self._more()
        if self.buffer.startswith(b".\r\n"):
            del self.buffer[:3]
            return b""
        at = 0
        while (end := self.buffer.find(b"\r\n.\r\n", at)) < 0:
            at = max(0, len(self.buffer) - 4)
            await self._more()
        data = bytes(self.buffer[: end + 2])
        del self.buffer[: end + 5]
        data = data[1:] if data.startswith(b".") else data
        return data.replace(b"\r\n..", b"\r\n.")

    async def _more(self) -> None:
        chunk = await self.reader.read(2**17)
        if not chunk:
            raise EOFError
        self.buffer += chunk

    async def _line(self) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            await self._more()
        line = bytes(self.buffer[: end + 1])
        del self.buffer[: end + 1]
        return line

    def _reset(self) -> bool:
        sock = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        return False

    def _say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")


def _path(rest: str) -> str:
    start, end = rest.find("<"), rest.rfind(">")
    return rest[start + 1 : end] if 0 <= start < end else ""


async def _alone(port: int, log: Path, delay_s: float) -> None:
    async with Sink(port=port, log=log, keep=False, default=Script(delay_s=delay_s)) as sink:
        sys.stdout.write(f"{sink.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Run the sink until it is killed; the port is the first line it prints."""
    parser = argparse.ArgumentParser(description="A scriptable SMTP sink that writes down what it takes.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--log", type=Path, required=True, help="JSON lines: Message-ID, recipient, sender, size"
    )
    parser.add_argument("--delay", type=float, default=0, help="seconds before each RCPT is answered")
    options = parser.parse_args()
    asyncio.run(_alone(options.port, options.log, options.delay))


if __name__ == "__main__":
    main()
