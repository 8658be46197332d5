"""A bounce mailbox as somebody describes it in a form, and its one-line address.

In: fields of a form. Out: a `BounceBox`; its address as `channels.email.mailbox` reads it.
Always true: pure; a stored password goes to the server it was given for and to no other.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import msgspec

from slinga.delivery.relay.model import HOST
from slinga.kernel.errors import Invalid

PORT = 993
_FOLDER = re.compile(r"[^\x00-\x1f\"\\\x7f-\uffff]{0,200}")


class BounceBox(msgspec.Struct, frozen=True):
    """Where bounces are read, always encrypted. `done` "": what was read stays. `every` is in seconds."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    done: str = ""
    every: int = 60

    def __repr__(self) -> str:
        return f"BounceBox({self.host}:{self.port})"

    def url(self, *, encrypted: bool = True) -> str:
        """The address of the mailbox, with its password."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        options = {"every": str(self.every)} | ({"done": self.done} if self.done else {})
        scheme = "imaps" if encrypted else "imap"
        return (
            f"{scheme}://{login}@{self.host}:{self.port}/{quote(self.folder, safe='')}?{urlencode(options)}"
        )


def described(given: Mapping[str, str], before: BounceBox | None, *, private: bool) -> BounceBox:
    """The mailbox of a form; an empty password keeps the one of `before` at the same place.

    `private`: the operator permits servers of the own network, so also other ports. Raises Invalid naming
    the field.
    """
    host = given.get("host", "").strip().rstrip(".").lower()
    if not HOST.fullmatch(host):
        raise Invalid("Give the name of the server, such as imap.provider.example.", field="host")
    text = given.get("port", "").strip() or str(PORT)
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65536:
        raise Invalid("A port is a whole number up to 65535.", field="port")
    if not private and int(text) != PORT:
        raise Invalid(
            "Mailboxes are read encrypted, on port 993. Whoever runs this installation can permit others "
            "with SLINGA_SMTP_PRIVATE.",
            field="port",
        )
    user, password = given.get("user", "").strip(), given.get("password", "")
    if not user:
        raise Invalid("Give the user name of the mailbox.", field="user")
    folders = {name: given.get(name, "").strip() for name in ("folder", "done")}
    for name, folder in folders.items():
        if not _FOLDER.fullmatch(folder):
            raise Invalid("A folder's name has plain letters, digits and blanks.", field=name)
    every = given.get("every", "").strip() or "60"
    if not every.isascii() or not every.isdigit() or not 5 <= int(every[:6]) <= 86_400:
        raise Invalid("Give a number of seconds from 5 to 86400.", field="every")
    found = BounceBox(
        host, int(text), user, password, folders["folder"] or "INBOX", folders["done"], int(every)
    )
    if not password:
        if before is None or (before.host, before.port, before.user) != (found.host, found.port, found.user):
            raise Invalid("Give the password anew: it was for another server or user.", field="password")
        found = msgspec.structs.replace(found, password=before.password)
    return found
