"""The rows of the mail server and of the signing keys.

In: a connection. Out: rows. Always true: what is secret of them comes and goes sealed.
"""

from typing import Any

from slinga.delivery.relay.model import Relay
from slinga.runtime.db import Db, statements

S = statements(__file__)


def relay(db: Db) -> tuple[Any, ...] | None:
    """(host, port, security, user, sealed password, return domain, when, by whom) of the mail server."""
    return db.execute(S.relay).fetchone()


def save_relay(db: Db, relay: Relay, sealed: bytes, by: str) -> None:
    """Keep the mail server in place of the one before."""
    values: dict[str, Any] = {"host": relay.host, "port": relay.port, "security": relay.security}
    values |= {"user": relay.user, "password": sealed, "bounce": relay.bounce, "by": by}
    db.execute(S.save_relay, values)


def forget_relay(db: Db) -> bool:
    """Have no mail server any more; whether there was one."""
    return db.execute(S.forget_relay).rowcount > 0


def keys(db: Db) -> list[tuple[str, str, bytes]]:
    """(domain, selector, sealed key) of each signing key, by domain."""
    return list(db.execute(S.keys).fetchall())


def add_key(db: Db, domain: str, selector: str, sealed: bytes, by: str) -> bool:
    """Keep a key; False where the domain has one."""
    values = {"domain": domain, "selector": selector, "key": sealed, "by": by}
    return db.execute(S.add_key, values).fetchone() is not None
