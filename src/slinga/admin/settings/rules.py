"""The rules of sending and the topics as plain forms: read off the policy, and put into it.

In: policy documents, fields of forms. Out: fields; documents.
Always true: pure; what a form does not say stays as it was.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from slinga.kernel.errors import Invalid
from slinga.messages.policy import Policy

CHANNELS = ("email", "push", "sms")
PLACES = (*CHANNELS, "all")
WEEK_H = 168
ATTRIBUTED_DAYS = Policy().attributed_days
MARK = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def fields_of(document: Mapping[str, Any], caps: Sequence[Mapping[str, Any]], quiet: str) -> dict[str, str]:
    """The fields of the form; `caps` and `quiet` are in force where the document says nothing."""
    start, _, end = str(document.get("quiet_hours", quiet)).partition("-")
    out = {"quiet_from": start.strip() if end else "", "quiet_to": end.strip()}
    out["tracking"] = str(document.get("tracking", "consented"))
    out["attributed_days"] = str(document.get("attributed_days", ATTRIBUTED_DAYS))
    for place in (*PLACES, "week"):
        out[f"count_{place}"] = out[f"hours_{place}"] = ""
    for cap in document.get("caps", caps):
        channels = list(cap.get("channels") or ())
        place = channels[0] if len(channels) == 1 else "all" if not channels else ""
        if place == "all" and cap["within_h"] == WEEK_H:
            place = "week"
        if place and not out.get(f"count_{place}"):
            out[f"count_{place}"], out[f"hours_{place}"] = str(cap["count"]), f"{cap['within_h']:g}"
    return out


def with_rules(
    document: Mapping[str, Any], given: Mapping[str, str], caps: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The document after the form. Raises Invalid naming the field."""
    out = dict(document)
    start, end = given.get("quiet_from", "").strip(), given.get("quiet_to", "").strip()
    if bool(start) != bool(end):
        raise Invalid("Give both times, or none.", field="quiet_from")
    out["quiet_hours"] = f"{start}-{end}" if start else ""
    if given.get("tracking"):
        out["tracking"] = given["tracking"]
    if days := given.get("attributed_days", "").strip():
        if not days.isascii() or not days.isdigit() or len(days) > 3:
            raise Invalid("Give a whole number of days.", field="attributed_days")
        out["attributed_days"] = int(days)
    several = [dict(cap) for cap in document.get("caps", caps) if len(cap.get("channels") or ()) > 1]
    made: list[dict[str, Any]] = []
    for place in (*PLACES, "week"):
        count, hours = given.get(f"count_{place}", "").strip(), given.get(f"hours_{place}", "").strip()
        if place == "week":
            hours = str(WEEK_H) if count else ""
        if not count and not hours:
            continue
        try:
            cap: dict[str, Any] = {"count": int(count), "within_h": float(hours.replace(",", "."))}
        except ValueError:
            raise Invalid(
                "Give a whole number of messages and a number of hours.", field=f"count_{place}"
            ) from None
        made.append(cap | ({"channels": [place]} if place in CHANNELS else {}))
    out["caps"] = [*made, *several]
    return out


def with_topic(
    document: Mapping[str, Any], given: Mapping[str, str], channels: Sequence[str]
) -> dict[str, Any]:
    """The document with a topic added or changed. Raises Invalid naming the field."""
    key, name = given.get("key", "").strip().lower(), given.get("name", "").strip()[:200]
    if not MARK.fullmatch(key):
        raise Invalid("A key is small letters, digits, - and _, such as news.", field="key")
    if not name:
        raise Invalid("Give the topic a name that people will read.", field="name")
    old: dict[str, Any] = next((topic for topic in document.get("topics", ()) if topic.get("key") == key), {})
    topic = {**old, "key": key, "name": name, "channels": [c for c in channels if c in CHANNELS] or ["email"]}
    topic["description"] = given.get("description", "").strip()[:1000]
    for flag in ("explicit", "double_opt_in", "public"):
        topic[flag] = flag in given
    topics = [topic if one.get("key") == key else one for one in document.get("topics", ())]
    return {**document, "topics": topics if old else [*topics, topic]}


def without_topic(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The document without a topic."""
    return {**document, "topics": [one for one in document.get("topics", ()) if one.get("key") != key]}
