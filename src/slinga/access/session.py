"""The session cookie: a member's number and epoch and an end, signed.

In: a 32-byte key and a cookie's value. Out: a `Session`, or None for whatever does not verify.
Always true: a changed, old or foreign cookie is nobody's; one of another epoch than the member's, or one that
was ended by itself, opens nothing, which only who reads the database can tell.
"""

import base64
import hmac

import msgspec

COOKIE = "slinga_session"
HALF = "slinga_half"
"""The cookie between password and second factor; signed with a key of its own, it opens nothing else."""
LASTS_S = 7 * 24 * 3600
HALF_LASTS_S = 10 * 60


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Who is signed in, in which epoch of theirs, until when (Unix seconds, real time), and a random id."""

    member: int
    epoch: int
    until: int
    id: str
    by_link: bool = False
    """Whether a one-time address opened it, so that a forgotten password may be replaced for an hour."""

    def may_replace_password(self, now_s: float) -> bool:
        """Whether a new password may be set without the old one."""
        return self.by_link and now_s < self.until - LASTS_S + 3600


def cookie_name(https: bool, name: str = COOKIE) -> str:
    """The cookie's name; under https browsers then refuse one that another host of the domain has set."""
    return f"__Host-{name}" if https else name


def cookie_value(key: bytes, session: Session) -> str:
    """The signed text of a session."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(session)).rstrip(b"=")
    return f"{body.decode()}.{_sign(key, body)}"


def read_cookie(key: bytes, value: str, now_s: float) -> Session | None:
    """The session of a cookie's value at a real instant in Unix seconds, or None."""
    text, _, signature = value.partition(".")
    body = text.encode("ascii", "replace")
    if not hmac.compare_digest(_sign(key, body).encode(), signature.encode("ascii", "replace")):
        return None
    try:
        session = msgspec.json.decode(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)), type=Session)
    except (ValueError, msgspec.DecodeError):
        return None
    return session if now_s < session.until else None


def form_token(key: bytes, session: Session) -> str:
    """What a page's forms carry in the field `csrf`: bound to the session, useless elsewhere."""
    return _sign(key, b"form " + session.id.encode())[:32]


def _sign(key: bytes, body: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, body, "sha256")).rstrip(b"=").decode()
