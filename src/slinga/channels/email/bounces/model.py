"""What a returned mail says.

In: nothing. Out: frozen structs. Always true: `hard` means that the address or its host does not exist or
takes no mail at all; whatever may pass, or is about the sender, is not hard.
"""

from enum import StrEnum

import msgspec


class Sort(StrEnum):
    """What sort of mail came back (closed)."""

    BOUNCE = "bounce"
    DELAY = "delay"
    """It is still being tried."""
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    REPLY = "reply"
    """A machine answered for a person: vacation and the like (RFC 3834)."""
    OTHER = "other"


class Type(StrEnum):
    """Why a message did not arrive (closed)."""

    USER_UNKNOWN = "user_unknown"
    HOST_UNKNOWN = "host_unknown"
    HAS_MOVED = "has_moved"
    NOT_ACCEPT = "not_accept"
    """The host takes no mail at all."""
    FILTERED = "filtered"
    """Refused for this recipient after the content was seen, or by the recipient's own rules."""
    SUSPEND = "suspend"
    """The mailbox exists and is switched off."""
    MAILBOX_FULL = "mailbox_full"
    EXCEED_LIMIT = "exceed_limit"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    """The sender is not wanted."""
    BLOCKED = "blocked"
    """The sending host is not wanted."""
    REQUIRE_PTR = "require_ptr"
    BAD_REPUTATION = "bad_reputation"
    AUTH_FAILURE = "auth_failure"
    SPAM_DETECTED = "spam_detected"
    VIRUS_DETECTED = "virus_detected"
    POLICY_VIOLATION = "policy_violation"
    SECURITY_ERROR = "security_error"
    NOT_COMPLIANT_RFC = "not_compliant_rfc"
    CONTENT_ERROR = "content_error"
    NO_RELAYING = "no_relaying"
    SYNTAX_ERROR = "syntax_error"
    TOO_MANY_CONN = "too_many_conn"
    SPEEDING = "speeding"
    EXPIRED = "expired"
    NETWORK_ERROR = "network_error"
    SYSTEM_ERROR = "system_error"
    SYSTEM_FULL = "system_full"
    MAILER_ERROR = "mailer_error"
    DELIVERED = "delivered"
    FEEDBACK = "feedback"
    VACATION = "vacation"
    UNDEFINED = "undefined"


HARD = frozenset({Type.USER_UNKNOWN, Type.HOST_UNKNOWN, Type.HAS_MOVED, Type.NOT_ACCEPT})


class Failure(msgspec.Struct, frozen=True):
    """What became of one recipient. `code` is the SMTP reply or 0, `status` as in RFC 3463 or ""."""

    address: str
    type: Type
    code: int = 0
    status: str = ""
    text: str = ""
    hard: bool = False


class Reading(msgspec.Struct, frozen=True):
    """A mail that came back, understood as far as it can be.

    `to` are the addresses it was delivered to, among which is our return path; `original` the header fields
    of the message it is about, names in lower case; `feedback` the type a complaint gives itself.
    """

    sort: Sort = Sort.OTHER
    failures: tuple[Failure, ...] = ()
    feedback: str = ""
    to: tuple[str, ...] = ()
    original: dict[str, str] = {}
