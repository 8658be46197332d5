"""Read a mail that came back.

In: its bytes. Out: `Reading`. Always true: a delivery report is believed before prose, prose of a mail system
before the marks of an automatic reply; what is none of these is `OTHER`.
"""

import re

from slinga.channels.email.bounces import loose, mail, replies, reports, vendors
from slinga.channels.email.bounces.classify import classify
from slinga.channels.email.bounces.model import HARD, Failure, Reading, Sort, Type
from slinga.channels.email.bounces.reports import Said

_FAILED = ("failed", "expired", "")
_AFTER_DATA = re.compile(
    r"in reply to (the )?(end of )?DATA|^>>> DATA[^\n]*\n<<< 5\d\d|after end of data", re.I | re.M
)
_AT_RCPT = re.compile(r"^>>> RCPT TO:[^\n]*\n<<< 5\d\d|RCPT TO:?[^\n]{0,80}\n[^\n]{0,20}5\d\d", re.I | re.M)
_SURE = re.compile(r"\b000C05A6\b|invalid final delivery userid", re.I)
"""How Exchange 2003 and IMail say of their own list of users that somebody is not on it."""
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")


def read(data: bytes) -> Reading:
    """What a mail says of an earlier message. Never raises."""
    parts = mail.take_apart(data)
    to = tuple(dict.fromkeys(found for value in parts.to for found in _ADDRESS.findall(value)))
    if parts.feedback is not None:
        return _complaint(parts, to)
    said = reports.about(parts.blocks)
    if any(one.action or one.status for one in said):
        return _report(parts, said, to)
    notice = vendors.read(parts.texts, to)
    if notice is not None:
        return notice
    if loose.is_bounce(parts.head, parts.texts):
        return _prose(parts, to)
    if replies.is_reply(parts.head):
        return Reading(Sort.REPLY, (Failure("", Type.VACATION),), "", to, parts.original)
    return Reading(Sort.OTHER, (), "", to, parts.original)


def _complaint(parts: mail.Parts, to: tuple[str, ...]) -> Reading:
    said = parts.feedback or {}
    original = parts.original
    if not original:
        for text in parts.texts:
            original = original or loose.split(text)[1]
    address = reports.address_of(said.get("original-rcpt-to", "")) or reports.address_of(
        original.get("to", "")
    )
    kind = said.get("feedback-type", "").strip().lower() or "abuse"
    return Reading(Sort.COMPLAINT, (Failure(address, Type.FEEDBACK),), kind, to, original)


def _report(parts: mail.Parts, said: list[Said], to: tuple[str, ...]) -> Reading:
    """A report's failures; where it names none but delays or deliveries, that."""
    words, quoted = _prose_of(parts)
    failed = [one for one in said if one.action in _FAILED and not one.status.startswith("2")]
    original = parts.original or quoted
    if not failed:
        late = any(one.action == "delayed" for one in said)
        sort, kind = (Sort.DELAY, Type.EXPIRED) if late else (Sort.DELIVERED, Type.DELIVERED)
        found = tuple(Failure(one.address, kind, one.code, one.status, one.text[:1000]) for one in said)
        return Reading(sort, found, "", to, original)
    told = [one for one in said if one in failed or one.action == "delayed"]
    found = tuple(_failure(one, words, alone=len(told) == 1) for one in told)
    return Reading(Sort.BOUNCE, found, "", to, original)


def _prose(parts: mail.Parts, to: tuple[str, ...]) -> Reading:
    words, quoted = _prose_of(parts)
    original = parts.original or quoted
    if loose.is_delay(parts.head, words):
        return Reading(Sort.DELAY, (Failure("", Type.EXPIRED, 0, "", words[:1000]),), "", to, original)
    ours = _ADDRESS.findall(parts.head.get("to", ""))
    said = loose.about(parts.head, words, ours[0] if ours else "")
    found = tuple(_failure(one, words, alone=len(said) == 1) for one in said)
    return Reading(Sort.BOUNCE, found, "", to, original)


def _prose_of(parts: mail.Parts) -> tuple[str, dict[str, str]]:
    """What the mail system wrote for people, without the original below, whose header comes along."""
    quoted: dict[str, str] = {}
    words: list[str] = []
    for text in parts.texts:
        told, below = loose.split(text)
        words.append(told)
        quoted = quoted or below
    return "\n".join(words), quoted


def _failure(said: Said, words: str, *, alone: bool) -> Failure:
    """A failure classified by the diagnosis; by the words for people where that says too little.

    Only what the receiver answered condemns an address: prose without a status (RFC 3463) or a piece of
    the dialogue does not, nor a refusal that came when the recipient had been accepted already.
    """
    if said.action == "delayed":
        return Failure(said.address, Type.EXPIRED, said.code, said.status, said.text[:1000])
    code, status, text = said.code, said.status, said.text
    kind = classify(code, status, text)
    if alone and kind is Type.UNDEFINED:
        text = " ".join(words.split())
        code, status = code or reports.code_of(text), status or reports.status_of(text)
        kind = classify(code, status, text)
    if status.startswith("4") or (400 <= code < 500 and not status):
        kind = Type.NETWORK_ERROR if kind is Type.HOST_UNKNOWN else kind
        return Failure(said.address, kind, code, status, text[:1000])
    if status[1:].startswith(".7."):  # that is about us, whatever else is said
        kind = Type.FILTERED if kind is Type.USER_UNKNOWN else kind
        return Failure(said.address, kind, code, status, text[:1000])
    if kind is Type.USER_UNKNOWN and not _certain(said, status, words, alone=alone):
        kind = Type.FILTERED
    return Failure(said.address, kind, code, status, text[:1000], kind in HARD)


def _certain(said: Said, status: str, words: str, *, alone: bool) -> bool:
    """Whether the receiver itself, asked for this recipient, said that there is none."""
    if status[1:] == ".1.1":
        return True
    if alone and _AFTER_DATA.search(words) and "no valid recipients" not in words:
        return False
    telling = status and (said.code or not status.endswith(".0.0"))
    return bool(telling or said.code == 542 or _SURE.search(said.text) or _AT_RCPT.search(words))
