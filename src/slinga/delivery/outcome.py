"""What a reply means: for the message, for its address, for its lane.

In: an SMTP reply (code, enhanced status, text). Out: a `Verdict`. Always true: the enhanced status
(RFC 3463) decides before the code, the code before the words; but words that speak of reputation, and
every 5.7.x or 4.7.x, are about the sender: they never suppress an address.
"""

import re
from enum import StrEnum

import msgspec

from slinga.kernel.clock import DAY, Instant


class Kind(StrEnum):
    """What sort of trouble a reply is."""

    ACCEPTED = "accepted"
    BAD_ADDRESS = "bad_address"
    MAILBOX = "mailbox"
    SYSTEM = "system"
    POLICY = "policy"
    THROTTLED = "throttled"
    CONTENT = "content"
    OUR_BUG = "our_bug"
    DROPPED = "dropped"
    REFUSED = "refused"


class Verdict(msgspec.Struct, frozen=True):
    """`retry`: try again later. `counts`: the attempt is spent. `suppress`: "" or a suppression scope."""

    kind: Kind
    retry: bool = False
    counts: bool = True
    suppress: str = ""


ACCEPTED = Verdict(Kind.ACCEPTED)
BAD_ADDRESS = Verdict(Kind.BAD_ADDRESS, suppress="global")
DROPPED = Verdict(Kind.DROPPED, retry=True, counts=False)
THROTTLED = Verdict(Kind.THROTTLED, retry=True, counts=False)

_NO_SUCH = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient)|does not exist|recipient (not found|unknown)"
    r"|unknown recipient|invalid (recipient|mailbox)|mailbox (not found|unavailable or not found|disabled)"
    r"|account (has been )?disabled|unknown or illegal alias|user not found|no mailbox here",
    re.I,
)
_REPUTATION = re.compile(
    r"spamhaus|\btss0\d|block(ed|list)|blacklist|\brbl\b|dnsbl|reputation|spf|dkim|dmarc|unauthenticated|spam",
    re.I,
)
_RATE = re.compile(
    r"\brate\b|too many|throttl|unusual rate|exceeded.{0,20}connections|try again later.*limit", re.I
)
_QUOTA = re.compile(r"quota|mailbox (is )?full|over ?quota|insufficient (system )?storage", re.I)
_CONTENT = re.compile(r"content|message size|too (large|big)|exceeds size|virus|attachment", re.I)

_BAD = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_CHANGED_HANDS = {"5.7.13", "5.7.17"}


def classify(code: int, enhanced: str, text: str) -> Verdict:
    """The verdict on an SMTP reply; `code` 0 means the connection was lost before the final dot."""
    if code == 0:
        return DROPPED
    if 200 <= code < 300:
        return ACCEPTED
    permanent = code >= 500
    status = enhanced if enhanced[:1] == str(code // 100) else ""
    if _about_us(status, text):
        if not permanent and (status == "4.7.28" or _RATE.search(text)):
            return THROTTLED
        if status in _CHANGED_HANDS:
            return Verdict(Kind.BAD_ADDRESS)  # for the message; a 5.7.x never reaches the address
        return Verdict(Kind.POLICY, retry=not permanent)
    return _by_status(status, permanent) or _by_code(code, text, permanent)


def _about_us(status: str, text: str) -> bool:
    return status[1:].startswith(".7.") or bool(_REPUTATION.search(text))


def _by_status(status: str, permanent: bool) -> Verdict | None:
    if status in _BAD:
        return BAD_ADDRESS
    rest = status[1:]
    if rest == ".2.2" or status == "4.2.1":
        return Verdict(Kind.MAILBOX, retry=True)
    if (
        rest == ".6.7"
    ):  # this receiver takes no internationalised addresses: nothing is wrong with the content
        return Verdict(Kind.REFUSED)
    if rest == ".3.4" or rest.startswith(".6."):
        return Verdict(Kind.CONTENT, retry=not permanent)
    if rest.startswith(".5."):
        return Verdict(Kind.OUR_BUG, retry=not permanent)
    if rest and rest[:3] in (".3.", ".4."):
        return Verdict(Kind.SYSTEM, retry=not permanent)
    return None


def _by_code(code: int, text: str, permanent: bool) -> Verdict:
    if code == 556 or (code in (550, 551, 553) and _NO_SUCH.search(text)):
        return BAD_ADDRESS
    if code == 452 or _QUOTA.search(text):
        return Verdict(Kind.MAILBOX, retry=True)
    if not permanent:
        return THROTTLED if _RATE.search(text) else Verdict(Kind.SYSTEM, retry=True)
    if code == 552 or (code == 554 and _CONTENT.search(text)):
        return Verdict(Kind.CONTENT)
    if code in (500, 501, 502, 503, 504, 555):
        return Verdict(Kind.OUR_BUG)
    return Verdict(Kind.REFUSED)


_SWITCHED_OFF = {"5.2.1"}
_OF_US = {
    "auth_failure",
    "bad_reputation",
    "blocked",
    "policy_violation",
    "rejected",
    "require_ptr",
    "security_error",
    "spam_detected",
}


def meaning(reason: str, enhanced: str, *, hard: bool) -> Verdict:
    """The verdict on a message that came back; `reason` is one of `channels.email.bounces.Type`.

    The standard's line for replies holds here too: any 5.7.x is about us and reaches no address.
    """
    if enhanced[1:].startswith(".7.") or (reason in _OF_US and not hard):
        return Verdict(Kind.POLICY)
    if hard or enhanced in _SWITCHED_OFF:
        return BAD_ADDRESS
    if reason == "mailbox_full":
        return Verdict(Kind.MAILBOX)
    return Verdict(Kind.REFUSED)


SOFT_FAILURES = 5
SOFT_FOR = 14 * DAY


def worn_out(failures: int, messages: int, first_at: Instant, now: Instant) -> bool:
    """Whether a mailbox has failed softly so often and so long that marketing to it stops.

    Five in a row over at least fourteen days, and never because of a single message.
    """
    return failures >= SOFT_FAILURES and messages > 1 and now - first_at >= SOFT_FOR
