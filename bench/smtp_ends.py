"""The two ends of a mail benchmark: a lean SMTP sink that counts, and a raw sender of constant bytes.

In: for the sink a file to write its count to; for the sender a port, a number of mails and their bytes.
Out: the sink's tally by Message-ID; the sender's mails per second.
Always true: the sink counts a message before it answers 250, so its tally is the truth; both ends speak the
pipelining of RFC 2920, the sender as tightly as that allows: the next MAIL, RCPT and DATA ride with the dot.
Run the sink alone with `python -m bench.smtp_ends --out FILE`; it ends on SIGTERM and then writes the tally.
"""

import argparse
import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import msgspec

from bench.scratch import outside

END = b"\r\n.\r\n"
_NAME = b"\r\nMessage-ID: <"


class Session(asyncio.Protocol):
    """One connection. Commands are answered as they come; a mail is counted and forgotten."""

    def __init__(self, counts: Counter[bytes], sizes: list[int]) -> None:
        self.counts = counts
        self.sizes = sizes
        self.buffer = bytearray()
        self.seen = 0
        self.content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all that is complete, in one write."""
        buffer = self.buffer
        buffer += data
        answers: list[bytes] = []
        while True:
            if self.content:
                end = buffer.find(END, max(0, self.seen - 4))
                if end < 0:
                    self.seen = len(buffer)
                    break
                self._count(buffer)
                self.sizes[0] += end + 2
                del buffer[: end + 5]
                self.content = False
                answers.append(b"250 2.0.0 taken\r\n")
            else:
                end = buffer.find(b"\r\n")
                if end < 0:
                    break
                answers.append(self._command(bytes(buffer[:4]).upper()))
                del buffer[: end + 2]
            self.seen = 0
        if answers:
            self.transport.write(b"".join(answers))

    def _count(self, buffer: bytearray) -> None:
        start = buffer.find(_NAME, 0, 8192)
        name = bytes(buffer[start + len(_NAME) : buffer.find(b">", start)]) if start >= 0 else b""
        self.counts[name] += 1

    def _command(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            self.content = True
            return b"354 go ahead\r\n"
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
        if verb == b"XSIZ":
            return b"250 %d\r\n" % (self.sizes[0] // max(1, self.counts.total()))
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.1.0 ok\r\n"


async def serve(out: Path) -> None:
    """Take mail until SIGTERM, then write {Message-ID: times} to `out`. The first line is the port."""
    counts: Counter[bytes] = Counter()
    sizes = [0]
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Session(counts, sizes), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()
    out.write_bytes(msgspec.json.encode({name.decode(): count for name, count in counts.items()}))


class Sink:
    """A sink in a process of its own; `tally` stops it and tells what it took."""

    def __init__(self, process: subprocess.Popen[str], port: int, out: Path) -> None:
        self.port = port
        self._process = process
        self._out = out

    def size(self) -> int:
        """The mean size of the mails taken so far, in bytes."""
        with _hello(self.port) as line:
            line.sendall(b"XSIZE\r\n")
            return int(line.recv(1000).split()[1])

    def tally(self) -> dict[str, int]:
        """How often each Message-ID was taken."""
        self._process.terminate()
        self._process.wait(30)
        found: dict[str, int] = msgspec.json.decode(self._out.read_bytes())
        return found

    def stop(self) -> None:
        """End the process if it still runs."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(30)


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """A running sink; its memory is not counted, for it is no part of Slinga."""
    out = folder / f"tally-{time.monotonic_ns()}.json"
    command = [sys.executable, "-m", "bench.smtp_ends", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=outside()) as process:
        assert process.stdout is not None
        found = Sink(process, int(process.stdout.readline()), out)
        try:
            yield found
        finally:
            found.stop()


def raw(port: int, mails: int, mail: bytes, *, connections: int = 4) -> float:
    """Send the same bytes so many times over pipelined connections; mails per second until the last 250."""
    opening = b"MAIL FROM:<b@bench.test>\r\nRCPT TO:<somebody@receiver.test>\r\nDATA\r\n"
    ends = mail.rstrip(b"\r\n") + END
    lines = [_hello(port) for _ in range(min(connections, mails))]
    left, answered, done = mails, dict.fromkeys(lines, b""), 0
    with DefaultSelector() as selector:
        began = time.perf_counter()
        for line in lines:
            selector.register(line, EVENT_READ)
            line.sendall(opening)
            left -= 1
        while done < mails:
            for key, _mask in selector.select():
                line = key.fileobj  # type: ignore[assignment]
                said = answered[line] + line.recv(65536)
                whole, _, rest = said.rpartition(b"\n")
                answered[line] = rest
                # Sent at once: this mail, its dot, and the opening of the next one.
                done += whole.count(b"taken")
                if b"354" in whole:
                    more = left > 0
                    left -= more
                    line.sendall(ends + opening if more else ends)
        took = time.perf_counter() - began
    for line in lines:
        line.close()
    return mails / took


def _hello(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.recv(1000)
    line.sendall(b"EHLO bench\r\n")
    line.recv(1000)
    return line


def main() -> None:
    """The sink alone."""
    parser = argparse.ArgumentParser(description="A lean SMTP sink that counts.")
    parser.add_argument("--out", type=Path, required=True)
    asyncio.run(serve(parser.parse_args().out))


if __name__ == "__main__":
    main()
