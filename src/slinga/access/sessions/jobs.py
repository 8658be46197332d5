"""Begin, list and end sessions.

In: a session's random id, a member. Out: devices.
Always true: a session that was ended opens nothing from that moment on, whatever its cookie says.
"""

from slinga.access.jobs import audit
from slinga.access.keys import hash_of
from slinga.access.model import Member
from slinga.access.session import LASTS_S, Session
from slinga.access.sessions import store
from slinga.access.sessions.agents import agent
from slinga.access.sessions.store import Device, Here
from slinga.kernel.errors import Missing
from slinga.runtime.db import Db


def begin(db: Db, session: Session, header: str) -> None:
    """Note a session that begins; `header` is the browser's User-Agent."""
    store.begin(db, hash_of(session.id), session.member, session.epoch, agent(header), LASTS_S)


def here(db: Db, session: Session) -> Here | None:
    """Who asks with this session; None where it opens nothing."""
    hashed = hash_of(session.id)
    found = store.here(db, session.member, hashed)
    if found is None or found.ended or found.member.epoch != session.epoch:
        return None
    if found.stale:
        store.seen(db, hashed)
    return found if found.member.disabled_at is None else None


def devices(db: Db, found: Member, present: Session | None) -> list[tuple[Device, bool]]:
    """The member's sessions, each with whether it is the present one."""
    own = hash_of(present.id) if present else b""
    return [(one, one.hash == own) for one in store.of_member(db, found.id)]


def finish(db: Db, found: Member, number: int) -> None:
    """End one session of one's own. Raises Missing."""
    with db.transaction():
        if not store.finish(db, found.id, number):
            raise Missing("This session has ended already.")
        audit(db, found.actor, "end_session", f"member/{found.id}")


def leave(db: Db, session: Session) -> None:
    """End the present session, on signing out."""
    store.finish_hash(db, hash_of(session.id))
