"""Why a message did not arrive, from what the other side said.

In: an SMTP code, an enhanced status (RFC 3463), the words. Out: a `Type`. Always true: a status that is
unambiguous decides; else the words of receivers; else what the status or the code says in general.
"""

import re

from slinga.channels.email.bounces.model import Type
from slinga.channels.email.bounces.phrases import WORDS

T = Type

CERTAIN: dict[str, Type] = {
    "1.2": T.HOST_UNKNOWN,
    "1.6": T.HAS_MOVED,
    "1.7": T.REJECTED,
    "1.8": T.REJECTED,
    "1.10": T.NOT_ACCEPT,
    "2.2": T.MAILBOX_FULL,
    "2.3": T.EXCEED_LIMIT,
    "3.1": T.SYSTEM_FULL,
    "3.4": T.EXCEED_LIMIT,
    "7.20": T.AUTH_FAILURE,
    "7.21": T.AUTH_FAILURE,
    "7.22": T.AUTH_FAILURE,
    "7.23": T.AUTH_FAILURE,
    "7.24": T.AUTH_FAILURE,
    "7.25": T.REQUIRE_PTR,
    "7.26": T.AUTH_FAILURE,
    "7.27": T.NOT_ACCEPT,
    "7.28": T.SPEEDING,
    "7.509": T.AUTH_FAILURE,
    "7.515": T.AUTH_FAILURE,
}
"""By the part of a status after the class: those that mean one thing (RFC 3463, 7372, 7504, 7505)."""

USUAL: dict[str, Type] = {
    "1.0": T.USER_UNKNOWN,
    "1.1": T.USER_UNKNOWN,
    "1.3": T.USER_UNKNOWN,
    "1.4": T.USER_UNKNOWN,
    "2.0": T.FILTERED,
    "2.1": T.SUSPEND,
    "2.4": T.FILTERED,
    "3.0": T.SYSTEM_ERROR,
    "3.2": T.NOT_ACCEPT,
    "3.3": T.SYSTEM_ERROR,
    "3.5": T.SYSTEM_ERROR,
    "4.0": T.NETWORK_ERROR,
    "4.1": T.EXPIRED,
    "4.2": T.EXPIRED,
    "4.3": T.SYSTEM_ERROR,
    "4.4": T.NETWORK_ERROR,
    "4.5": T.EXPIRED,
    "4.6": T.NETWORK_ERROR,
    "4.7": T.EXPIRED,
    "5.0": T.SYNTAX_ERROR,
    "6.0": T.CONTENT_ERROR,
    "7.0": T.SECURITY_ERROR,
    "7.1": T.POLICY_VIOLATION,
    "7.13": T.SUSPEND,
    "7.17": T.HAS_MOVED,
}
"""What a status says in general, where the words said nothing."""


_DESPITE = re.compile(
    r"recipient preferences|quota|mailbox (is )?full|over ?size|spam|reputation|blocked", re.I
)
"""What some receivers say under 5.1.1 though it means something else."""


def classify(code: int, status: str, text: str) -> Type:
    """The type of a failure."""
    if status.startswith("2") or (200 <= code < 300 and not status):
        return T.DELIVERED
    tail = status[2:]
    if tail in CERTAIN:
        return CERTAIN[tail]
    said = " ".join(text[:8000].split())[:4000]
    if tail == "1.1" and not _DESPITE.search(said):
        return T.USER_UNKNOWN
    for kind, pattern in WORDS:
        if pattern.search(said):
            return kind
    if tail in USUAL:
        return USUAL[tail]
    if tail.startswith("7."):
        return T.SECURITY_ERROR
    if tail.startswith("6."):
        return T.CONTENT_ERROR
    if tail.startswith("5."):
        return T.SYNTAX_ERROR
    return {
        450: T.FILTERED,
        542: T.USER_UNKNOWN,  # no code of RFC 5321; one large filter service says so of addresses it has not
        550: T.REJECTED,
        552: T.MAILBOX_FULL,
        553: T.REJECTED,
    }.get(code, T.UNDEFINED)
