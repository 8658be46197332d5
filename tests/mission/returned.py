"""What other people's mail systems send back: reports, complaints, automatic replies, over real SMTP."""

import asyncio
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from slinga.channels.email.receiver import Receiver
from slinga.loops import make_intake
from slinga.testing.smtp_sink import Mail as Taken
from slinga.testing.world import World


def report(action: str, status: str, diagnosis: str, *, to: str = "somebody@example.org") -> str:
    """A delivery report of RFC 3464."""
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: <returned>\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnosis}\r\n\r\n--x--\r\n"
    )


def complaint(original: bytes) -> str:
    """A complaint of RFC 5965 about a mail, its recipient redacted as large receivers do."""
    head = original.split(b"\r\n\r\n", 1)[0].decode()
    kept = "\r\n".join("To: redacted" if line.startswith("To:") else line for line in head.split("\r\n"))
    return (
        "From: feedback@isp.example\r\nTo: fbl@bounce.test\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
        "User-Agent: isp/1\r\nOriginal-Rcpt-To: redacted@isp.example\r\n\r\n"
        f"--x\r\nContent-Type: message/rfc822\r\n\r\n{kept}\r\n\r\nHello\r\n--x--\r\n"
    )


class Post:
    """Another mail system that talks to ours."""

    def __init__(self, world: World, port: int) -> None:
        self._world = world
        self._port = port

    def send(self, recipient: str, mail: str, sender: str = "") -> None:
        """Deliver a mail, as a server of others does; smtplib.SMTPException when it is refused."""
        with smtplib.SMTP("127.0.0.1", self._port, timeout=20) as client:
            client.sendmail(sender, [recipient], mail)
        self._world.settle()


def path_of(world: World, user: str) -> str:
    """The return path of the last mail that a person was sent."""
    return last(world, user).sender


def last(world: World, user: str) -> Taken:
    """The last mail that a person was sent, as the other side has it."""
    return [mail for mail in world.sink.mails if mail.recipient == f"{user}@example.org"][-1]


@contextmanager
def post(world: World) -> Iterator[Post]:
    """A receiver of ours, and somebody who delivers to it."""
    intake = make_intake(world.settings, world.pool)
    ports: list[int] = []
    ready, over = Event(), Event()

    async def serve() -> None:
        async with Receiver("127.0.0.1:0", intake.domain, intake.ours, intake.keep) as receiver:
            ports.append(receiver.port)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield Post(world, ports[0])
    finally:
        over.set()
        thread.join(20)
