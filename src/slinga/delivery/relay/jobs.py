"""Keep and find the mail server and the signing keys.

In: a connection, the installation's secrets. Out: `Kept`, keys in PEM by domain.
Always true: passwords and private keys lie sealed in the database; only whoever has the secret reads them.
"""

from typing import cast

import msgspec

from slinga.delivery.relay import store
from slinga.delivery.relay.model import Relay, Security
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Conflict
from slinga.runtime.db import Db
from slinga.runtime.secrets import Secrets

PASSWORD, KEY = "relay password", "dkim key"


class Kept(msgspec.Struct, frozen=True):
    """The relay as it was saved: when and by whom. `lost`: its password cannot be read any more."""

    relay: Relay
    at: Instant
    by: str
    lost: bool = False


class SigningKey(msgspec.Struct, frozen=True):
    """A private key in PEM and the selector under which its public half stands in DNS."""

    domain: str
    selector: str
    pem: bytes


def find(db: Db, secrets: Secrets) -> Kept | None:
    """The mail server that was set at the desk."""
    row = store.relay(db)
    if row is None:
        return None
    host, port, security, user, sealed, bounce, at, by = row
    password, lost = "", False
    try:
        password = secrets.unseal(PASSWORD, bytes(sealed)).decode() if sealed else ""
    except Conflict:
        lost = True
    relay = Relay(host, port, cast("Security", security), user, password, bounce)
    return Kept(relay, at, by, lost)


def save(db: Db, secrets: Secrets, relay: Relay, by: str) -> None:
    """Have mail leave through this server from now on."""
    sealed = secrets.seal(PASSWORD, relay.password.encode()) if relay.password else b""
    store.save_relay(db, relay, sealed, by)


def forget(db: Db) -> bool:
    """Have no mail server any more; whether there was one."""
    return store.forget_relay(db)


def keys(db: Db, secrets: Secrets) -> list[SigningKey]:
    """The signing keys that can be read, by domain."""
    out = []
    for domain, selector, sealed in store.keys(db):
        try:
            out.append(SigningKey(domain, selector, secrets.unseal(KEY, bytes(sealed))))
        except Conflict:
            continue
    return out


def add_key(db: Db, secrets: Secrets, key: SigningKey, by: str) -> None:
    """Keep a key and sign with it. Raises Conflict where the domain has one."""
    if not store.add_key(db, key.domain, key.selector, secrets.seal(KEY, key.pem), by):
        raise Conflict("A key was made already.")


def chosen(db: Db) -> bool:
    """Whether a mail server is set at the desk."""
    return store.relay(db) is not None
