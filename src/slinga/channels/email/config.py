"""How the SMTP channel is set up, from one address such as
`smtp://user:password@mail.example.com:587?starttls=required&bounce=bounce.example.com`.

In: the address. Out: `Config`. Always true: no setting sends a password unencrypted to another machine.
"""

import ipaddress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from slinga.kernel.errors import Invalid

PORTS = {"smtp": 587, "smtps": 465}
_WORDS = {"required", "auto", "never"}


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds to wait, after RFC 5321 4.5.3.2. A shorter `dot` manufactures duplicates."""

    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600


class Config(msgspec.Struct, frozen=True):
    """Where and how to connect. `starttls`: "required", "auto" or "never"; ignored with `implicit_tls`."""

    host: str
    port: int = 587
    implicit_tls: bool = False
    starttls: str = "auto"
    verify: bool = True
    user: str = ""
    password: str = ""
    helo: str = "localhost"
    bounce: str = "localhost"
    connections: int = 16
    urgent_connections: int = 4
    per_batch: int = 4
    per_connection: int = 100
    idle_s: float = 30
    timeouts: Timeouts = Timeouts()
    private: bool = True
    """Whether the server's address may be one that is not public."""

    @property
    def local(self) -> bool:
        """Whether the server is on this machine, so that nobody can listen in."""
        return is_local(self.host)


def is_local(host: str) -> bool:
    """Whether a host is the loopback, by name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse(url: str, *, bounce: str = "", private: bool = True) -> Config:
    """The configuration in an address; `bounce` is the return domain where it names none.

    `private`: whether the server may have an address that is not public.

    Raises Invalid(field="smtp_url").
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise Invalid("an SMTP address looks like smtp://user:password@host:587", field="smtp_url")
    options = dict(parse_qsl(parts.query))
    options.setdefault("bounce", bounce or "localhost")
    local = is_local(parts.hostname)
    known: dict[str, Any] = {
        "starttls": options.pop("starttls", "auto" if local else "required"),
        "verify": options.pop("verify", "yes") != "no",
        "helo": options.pop("helo", "") or options["bounce"],
        "bounce": options.pop("bounce"),
    }
    if known["starttls"] not in _WORDS:
        raise Invalid("starttls is one of required, auto, never", field="smtp_url")
    if parts.username and not local and parts.scheme == "smtp":
        if known["starttls"] == "never":
            raise Invalid(
                "a password travels encrypted or not at all; leave starttls=never out", field="smtp_url"
            )
        known["starttls"] = "required"
    for name in ("connections", "urgent_connections", "per_batch", "per_connection"):
        if name in options:
            value = options.pop(name)
            if not value.isdigit() or int(value) < 1:
                raise Invalid("%(name)s is a whole number from 1", field="smtp_url", name=name)
            known[name] = int(value)
    if options:
        raise Invalid("unknown options: %(known)s", field="smtp_url", known=", ".join(sorted(options)))
    return Config(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        implicit_tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        private=private,
        **known,
    )
