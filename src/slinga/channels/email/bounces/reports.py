"""Delivery reports: RFC 3464, with the statuses of RFC 3463 and the addresses of RFC 6533 (before it 5337).

In: the groups of fields of a report, and its text for people. Out: what became of each recipient.
Always true: only `Action: failed` is a failure; an address beyond ASCII is read in all three spellings.
"""

import re
from collections.abc import Sequence

import msgspec

from slinga.channels.email.bounces.mail import Fields

_CODE = re.compile(r"(?<![\w.:/-])([245]\d\d)(?=[ \-#,(:;]|$)")
_STATUS = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?![\w.]*\d*\.\d)(?!\w)")
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:]+@[^\s<>()\[\]\",;:]+")
_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


class Said(msgspec.Struct, frozen=True):
    """What a report says of one recipient; `action` in lower case, `code` 0 and `status` "" where absent."""

    address: str
    action: str
    status: str
    code: int
    text: str


def address_of(value: str) -> str:
    """The address in a field such as `rfc822; <a@b>` or `utf-8; \\x{...}@b`."""
    kind, _, rest = value.rpartition(";")
    rest = rest.strip()
    if kind.strip().lower() == "utf-8":
        rest = _POINT.sub(lambda m: chr(min(int(m[1], 16), 0x10FFFF)), rest)
    match = _ADDRESS.search(rest)
    return (match[0] if match else rest.strip("<> ")).rstrip(".")


def code_of(text: str) -> int:
    """The first SMTP reply code of trouble in a text, else the first of any, or 0."""
    codes = [int(match[1]) for match in _CODE.finditer(text)]
    return next((code for code in codes if code >= 400), codes[0] if codes else 0)


def status_of(text: str) -> str:
    """The most telling enhanced status in a text: the first that says more than that it failed, or ""."""
    found = [f"{m[1]}.{m[2]}.{m[3]}" for m in _STATUS.finditer(text)]
    return next((one for one in found if one[1:] != ".0.0"), found[0] if found else "")


def about(groups: Sequence[Fields]) -> list[Said]:
    """What the groups of a report say of recipients; groups without one speak of the whole message."""
    out: list[Said] = []
    for group in groups:
        named = group.get("final-recipient") or group.get("original-recipient") or ""
        if not named and "action" not in group and "diagnostic-code" not in group:
            continue
        address = address_of(group.get("final-recipient", ""))
        if "@" not in address:
            address = address_of(group.get("original-recipient", "")) or address
        text = group.get("diagnostic-code", "")
        kind, mark, words = text.partition(";")
        if mark and " " not in kind.strip():
            text = words.strip()
        status = status_of(group.get("status", ""))
        inside = status_of(text)
        if inside and (not status or status.endswith(".0.0") or inside[:1] == status[:1]):
            status = inside  # the receiver's own word is nearer than the reporter's
        action = group.get("action", "").split("(")[0].strip().lower()
        out.append(Said(address, action, status, code_of(text), text))
    return out
