"""Notices of mail services that are neither reports nor prose: the JSON that Amazon SES sends through SNS.

In: the texts of a mail. Out: a `Reading`, or None. Always true: nothing in it is fetched or trusted; it says
which message and what happened, and the return path or a token of ours must still vouch for it.
"""

import json
from collections.abc import Sequence
from typing import Any

from slinga.channels.email.bounces.classify import classify
from slinga.channels.email.bounces.model import HARD, Failure, Reading, Sort, Type
from slinga.channels.email.bounces.reports import code_of, status_of


def read(texts: Sequence[str], to: tuple[str, ...]) -> Reading | None:
    """What a notice says."""
    for text in texts:
        start = text.find("{")
        if start < 0 or "otificationType" not in text:
            continue
        try:
            found = json.JSONDecoder(strict=False).raw_decode(text[start:])[0]
            if isinstance(found, dict) and isinstance(found.get("Message"), str):
                found = json.loads(found["Message"], strict=False)
            if isinstance(found, dict):
                return _notice(found, to)
        except (ValueError, RecursionError, TypeError, AttributeError):
            continue
    return None


def _notice(notice: dict[str, Any], to: tuple[str, ...]) -> Reading | None:
    kind = str(notice.get("notificationType") or notice.get("eventType") or "")
    about = notice.get("mail")
    headers = about.get("headers") if isinstance(about, dict) else None
    original = {
        str(each["name"]).lower(): str(each.get("value", ""))
        for each in (headers if isinstance(headers, list) else ())
        if isinstance(each, dict) and "name" in each
    }
    if kind == "Bounce":
        return Reading(Sort.BOUNCE, _failures(notice.get("bounce")), "", to, original)
    if kind == "Complaint":
        said = notice.get("complaint")
        said = said if isinstance(said, dict) else {}
        people = [_address(each) for each in said.get("complainedRecipients") or ()]
        failures = tuple(Failure(one, Type.FEEDBACK) for one in people or [""])
        return Reading(
            Sort.COMPLAINT, failures, str(said.get("complaintFeedbackType") or "abuse"), to, original
        )
    if kind == "Delivery":
        said = notice.get("delivery")
        said = said if isinstance(said, dict) else {}
        text = str(said.get("smtpResponse", ""))[:1000]
        people = [str(each) for each in said.get("recipients") or ()]
        failures = tuple(
            Failure(one, Type.DELIVERED, code_of(text), status_of(text), text) for one in people or [""]
        )
        return Reading(Sort.DELIVERED, failures, "", to, original)
    return None


def _address(each: Any) -> str:
    return str(each.get("emailAddress", "")) if isinstance(each, dict) else str(each)


def _failures(said: Any) -> tuple[Failure, ...]:
    said = said if isinstance(said, dict) else {}
    found = []
    for each in said.get("bouncedRecipients") or ():
        if not isinstance(each, dict):
            continue
        text = str(each.get("diagnosticCode", ""))[:1000]
        status = status_of(text) or str(each.get("status", ""))[:12]
        code = code_of(text)
        kind = classify(code, status, text)
        found.append(Failure(_address(each), kind, code, status, text, kind in HARD and status[:1] != "4"))
    return tuple(found) or (Failure("", Type.UNDEFINED),)
