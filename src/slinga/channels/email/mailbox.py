"""A bounce mailbox at a provider, read over IMAP (RFC 3501, 6851, 8314).

In: an address such as `imaps://user:password@host/INBOX?every=60&done=Archive`. Out: each mail, in order.
Always true: a mail is marked or moved only when it has been kept for good, so that none is lost and one
that was read twice changes nothing; what people have opened is read all the same where the server lets mails
be marked; no password travels in clear.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from slinga.channels.addresses import public
from slinga.channels.email.config import is_local
from slinga.kernel.errors import Invalid, Unavailable

MARK = "SlingaRead"
"""The keyword on mails that have been read; `done` moves them as well."""
MOST_AT_ONCE = 200
_SIZE = 2_000_000
_PATIENCE_S = 30.0


class Mailbox(msgspec.Struct, frozen=True):
    """Where the mail is. `every` is in seconds."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    done: str = ""
    every: int = 60
    encrypted: bool = True
    private: bool = True
    """Whether the server's address need not be public."""


def parse(url: str, *, private: bool = True) -> Mailbox:
    """The mailbox in an address; `private`: its server may be one of the own network.

    Raises Invalid(field="bounce_url").
    """
    parts = urlsplit(url)
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise Invalid("SLINGA_BOUNCE_URL is like imaps://user:password@host/INBOX", field="bounce_url")
    if parts.scheme == "imap" and not is_local(parts.hostname):
        raise Invalid("a password travels encrypted or not at all; use imaps://", field="bounce_url")
    options = dict(parse_qsl(parts.query))
    every, done = options.pop("every", "60"), options.pop("done", "")
    if not every.isdigit() or not 5 <= int(every) <= 86_400:
        raise Invalid("every is a number of seconds from 5 to 86400", field="bounce_url")
    if options:
        raise Invalid("unknown options: %(known)s", field="bounce_url", known=", ".join(sorted(options)))
    return Mailbox(
        parts.hostname,
        parts.port or (993 if parts.scheme == "imaps" else 143),
        unquote(parts.username),
        unquote(parts.password or ""),
        unquote(parts.path.strip("/")) or "INBOX",
        done,
        int(every),
        parts.scheme == "imaps",
        private,
    )


def _address(box: Mailbox) -> str:
    """Where to connect: the name, or where only public servers are permitted an address looked at first.

    Connecting to what was looked at, a name cannot mean another machine a moment later.
    """
    if box.private:
        return box.host
    found = [str(one[4][0]) for one in socket.getaddrinfo(box.host, box.port, type=socket.SOCK_STREAM)]
    if not found or not all(public(one) for one in found):
        raise Invalid(
            "The address of this server is not public. Servers of the own network are permitted by whoever "
            "runs this installation, with SLINGA_SMTP_PRIVATE.",
            field="host",
        )
    return found[0]


class _Encrypted(imaplib.IMAP4_SSL):
    """TLS to an address that was looked at, under the name that was given."""

    def __init__(self, box: Mailbox, address: str) -> None:
        self._address = address
        super().__init__(box.host, box.port, ssl_context=ssl.create_default_context(), timeout=_PATIENCE_S)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        plain = socket.create_connection((self._address, self.port), timeout)
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)


@contextlib.contextmanager
def opened(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    """A connection with the folder selected. Raises Unavailable with what is wrong."""
    where = f"{box.host}:{box.port}"
    try:
        client = (
            _Encrypted(box, _address(box))
            if box.encrypted
            else imaplib.IMAP4(_address(box), box.port, timeout=_PATIENCE_S)
        )
    except (OSError, imaplib.IMAP4.error) as fault:
        raise Unavailable(
            "the bounce mailbox at %(where)s cannot be reached: %(why)s", where=where, why=fault
        ) from None
    try:
        try:
            client.login(box.user, box.password)
        except imaplib.IMAP4.error:
            raise Unavailable(
                "the bounce mailbox at %(where)s refuses user and password", where=where
            ) from None
        kind, _ = client.select(_quoted(box.folder))
        if kind != "OK":
            raise Unavailable(
                "there is no folder '%(folder)s' in the bounce mailbox at %(where)s",
                folder=box.folder,
                where=where,
            )
        yield client
    except (OSError, imaplib.IMAP4.error) as fault:
        raise Unavailable(
            "the bounce mailbox at %(where)s broke off: %(why)s", where=where, why=fault
        ) from None
    finally:
        with contextlib.suppress(Exception):
            client.logout()


def looked(box: Mailbox) -> None:
    """Open the mailbox and the folder for read mails, changing nothing. Raises Unavailable, Invalid."""
    with opened(box) as client:
        kind, _ = client.select(_quoted(box.done or box.folder), readonly=True)
        if kind != "OK":
            raise Unavailable("there is no folder '%(folder)s' to move read bounces to", folder=box.done)


def poll(box: Mailbox, keep: Callable[[bytes], None]) -> int:
    """Hand over what has not been read yet, oldest first; how many.

    `keep` must have kept a mail for good when it returns; what it raises ends the poll and leaves the mail.
    """
    with opened(box) as client:
        own = r"\*" in str(client.untagged_responses.get("PERMANENTFLAGS"))
        _, found = client.uid("SEARCH", *(("UNKEYWORD", MARK) if own else ("UNSEEN",)), "UNDELETED")
        names = (found[0] or b"").split()[:MOST_AT_ONCE]
        for name in names:
            uid = name.decode()
            _, parts = client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_SIZE}>)")
            data = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if data is None:
                continue  # somebody took it away meanwhile
            keep(data)
            _mark(client, uid, box.done, f"(\\Seen {MARK})" if own else "(\\Seen)")
    return len(names)


def _mark(client: imaplib.IMAP4, uid: str, done: str, flags: str) -> None:
    kind, _ = client.uid("STORE", uid, "+FLAGS", flags)
    if kind != "OK":
        raise Unavailable("the bounce mailbox does not let mails be marked")
    if done:
        kind, _ = client.uid("COPY", uid, _quoted(done))
        if kind != "OK":
            raise Unavailable("there is no folder '%(folder)s' to move read bounces to", folder=done)
        client.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
        client.expunge()


def _quoted(folder: str) -> str:
    if re.search(r'[\r\n\0"\\]', folder) or not folder.isascii():
        raise Invalid("the folder's name has ASCII letters, digits and blanks", field="bounce_url")
    return f'"{folder}"'
