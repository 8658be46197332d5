"""A small IMAP server over TCP or TLS, enough of RFC 3501 for a mailbox to be read, marked and moved."""

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Box:
    """Mails by uid with their flags, and the folder that read ones are copied to."""

    def __init__(
        self, mails: list[bytes], *, keywords: bool = True, tls: ssl.SSLContext | None = None
    ) -> None:
        self.mails = dict(enumerate(mails, 1))
        self.flags: dict[int, set[str]] = {uid: set() for uid in self.mails}
        self.moved: list[bytes] = []
        self.keywords = keywords
        self.tls = tls
        self.port = 0
        self.heard: list[str] = []
        """The commands that arrived."""

    @property
    def url(self) -> str:
        """The address to read it under."""
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://bounces:secret@127.0.0.1:{self.port}/INBOX"


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.say("* OK ready")
        for raw in self.rfile:
            tag, verb, *rest = raw.decode().strip().split(" ", 2)
            words = rest[0] if rest else ""
            if verb.upper() == "UID":
                verb, _, words = words.partition(" ")
            if not self.answer(tag, verb.upper(), words):
                return

    def answer(self, tag: str, verb: str, words: str) -> bool:
        box = self.server.box
        box.heard.append(verb)
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN" and words.replace('"', "") != "bounces secret":
            self.say(f"{tag} NO wrong password")
            return True
        elif verb == "SELECT":
            if "INBOX" not in words:
                self.say(f"{tag} NO no such folder")
                return True
            more = r" \*" if box.keywords else ""
            self.say(rf"* OK [PERMANENTFLAGS (\Seen \Deleted{more})] ok")
        elif verb == "SEARCH":
            unwanted = {"SlingaRead", r"\Deleted"} if "UNKEYWORD" in words else {r"\Seen", r"\Deleted"}
            found = [str(uid) for uid in box.mails if not box.flags[uid] & unwanted]
            self.say(f"* SEARCH {' '.join(found)}".rstrip())
        elif verb == "FETCH":
            uid = int(words.split(" ")[0])
            mail = box.mails[uid]
            self.wfile.write(
                f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
            )
        elif verb == "STORE":
            found = set(re.findall(r"[\\\w]+", words.partition("(")[2]))
            if "SlingaRead" in found and not box.keywords:
                self.say(f"{tag} NO no keywords here")
                return True
            box.flags[int(words.split(" ")[0])] |= found
        elif verb == "COPY":
            box.moved.append(box.mails[int(words.split(" ")[0])])
        elif verb == "EXPUNGE":
            box.mails = {uid: mail for uid, mail in box.mails.items() if r"\Deleted" not in box.flags[uid]}
        elif verb == "LOGOUT":
            self.say("* BYE")
            self.say(f"{tag} OK bye")
            return False
        self.say(f"{tag} OK done")
        return True

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    box: Box

    def get_request(self) -> tuple[socket.socket, object]:
        line, who = super().get_request()
        if self.box.tls:
            # Greetings in the session's own thread: whoever says nothing there holds up nobody else.
            line = self.box.tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
        return line, who

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle of a greeting is what some tests are about."""


@contextmanager
def imap(box: Box) -> Iterator[Box]:
    """The box behind a listening server."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.box = box
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join(10)
