"""A mail server as somebody describes it in a form, and its one-line address.

In: fields of a form. Out: a `Relay`; its address as the SMTP channel reads it.
Always true: pure; a stored password goes to the server it was given for and to no other.
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args
from urllib.parse import quote, urlencode

import msgspec

from slinga.kernel.errors import Invalid

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
MAIL_PORTS = (25, 465, 587, 2525)
"""The ports of mail servers; others are only for whoever may name servers of the own network."""

HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class Relay(msgspec.Struct, frozen=True):
    """Where mail is handed over. `bounce` "" stands for the sender's own domain."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    bounce: str = ""

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port})"

    @property
    def same_place(self) -> tuple[str, int, str, str]:
        """What has to stay as it was for a stored password to be used on."""
        return self.host, self.port, self.security, self.user

    def url(self) -> str:
        """The address of the server, with its password."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        scheme = "smtps" if self.security == "tls" else "smtp"
        options = {"starttls": "never" if self.security == "none" else "required"}
        if self.bounce:
            options["bounce"] = self.bounce
        return f"{scheme}://{login}{self.host}:{self.port}?{urlencode(options)}"


def described(given: Mapping[str, str], before: Relay | None, *, private: bool) -> Relay:
    """The relay of a form; an empty password keeps the one of `before` at the same place.

    `private`: the operator permits servers of the own network, so also other ports and no encryption for a
    password. Raises Invalid naming the field.
    """
    host = given.get("host", "").strip().rstrip(".").lower()
    if not HOST.fullmatch(host):
        raise Invalid("Give the name of the server, such as smtp.provider.example.", field="host")
    security = next((one for one in get_args(Security) if one == given.get("security")), None)
    if security is None:
        raise Invalid("Choose how the connection is encrypted.", field="security")
    text = given.get("port", "").strip() or str(PORTS[security])
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65536:
        raise Invalid("A port is a whole number up to 65535.", field="port")
    port = int(text)
    if not private and port not in MAIL_PORTS:
        raise Invalid(
            "Mail servers listen on port 25, 465, 587 or 2525. Whoever runs this installation can permit "
            "others with SLINGA_SMTP_PRIVATE.",
            field="port",
        )
    bounce = given.get("bounce", "").strip().lower()
    if bounce and not HOST.fullmatch(bounce):
        raise Invalid("Give a domain, such as shop.example, or leave it empty.", field="bounce")
    found = Relay(host, port, security, given.get("user", "").strip(), given.get("password", ""), bounce)
    if not found.user and found.password:
        raise Invalid("Give the user name that belongs to the password.", field="user")
    if found.user and not found.password:
        if before is None or before.same_place != found.same_place:
            raise Invalid("Give the password anew: it was for another server or user.", field="password")
        found = msgspec.structs.replace(found, password=before.password)
    if found.user and security == "none" and not private:
        raise Invalid("A password travels encrypted or not at all. Choose an encryption.", field="security")
    return found
