"""The door's pipeline: raw bytes to a checked call, and a call to rows of the log.

In: the raw bytes of one item, what its envelope said, and later the instant of receipt. Out: a `Call` and
then the `New` inputs it makes, or a `Drop` with its reason, its field and a remedy.
Always true: pure; every item is either accepted or dropped for one of the closed `DropReason`s; no input
raises, recurses without bound, or reaches the database as text it cannot store.

Rules of time: occurred = received - (sent - happened), used only where sent and received differ by more
than five minutes; a result more than 24 hours ahead of receipt counts as the receipt, one before 1970 as
1970. Whatever was changed keeps its original in body["times"].
"""

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from slinga.ingest.body import ITEM_LIMIT
from slinga.ingest.model import Call, Drop, DropReason, New, Reference, Source
from slinga.ingest.quick import CALLS, KEYS, MESSAGE_ID, NAME_LENGTH, PAGE, SCREEN, page, quick
from slinga.ingest.vouching import TOKEN, vouch
from slinga.kernel.clock import DAY, MINUTE, Instant, instant, iso
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest

DEPTH = 20
SKEW = 5 * MINUTE
AHEAD = DAY

Refer = Callable[[Call, str], Reference]


class Envelope(msgspec.Struct, frozen=True):
    """What is known of an item before it is read: the endpoint's call ("" in a batch), batch-wide fields."""

    call: str = ""
    sent_at: Instant | None = None
    context: dict[str, Any] = {}
    agent: str = ""
    """The browser's user agent, for beacons that do not repeat it in their context."""


class Draft(msgspec.Struct):
    """An item on its way through the steps."""

    raw: bytes
    envelope: Envelope
    value: Any = None
    call: Call | None = None


class Entry(msgspec.Struct, frozen=True):
    """An accepted item: what to append (the item first, then its merges) and warnings (field, message)."""

    news: tuple[New, ...]
    warnings: tuple[tuple[str, str], ...] = ()


class _Refused(Exception):
    def __init__(self, reason: DropReason, field: str, remedy: str) -> None:
        super().__init__(remedy)
        self.drop = Drop(reason, field, remedy)


def examine(raw: bytes, envelope: Envelope) -> Call | Drop:
    """Take one raw item through all steps, or past them where it is a usual one."""
    usual = quick(raw, envelope.call, envelope.sent_at, envelope.context, envelope.agent)
    return stepwise(raw, envelope) if usual is None else usual


def stepwise(raw: bytes, envelope: Envelope) -> Call | Drop:
    """Take one raw item through all steps, one by one."""
    draft = Draft(raw, envelope)
    try:
        for step in STEPS:
            step(draft)
    except _Refused as refused:
        return refused.drop
    assert draft.call is not None
    return draft.call


def size(draft: Draft) -> None:
    """At most 32 kB as sent."""
    if len(draft.raw) > ITEM_LIMIT:
        raise _Refused(
            DropReason.TOO_LARGE, "", f"an item has at most {ITEM_LIMIT} bytes, this has {len(draft.raw)}"
        )


_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_CONSTANT = re.compile(rb"[:,\[]\s*(-?Infinity|NaN)\b")
_decode = msgspec.json.Decoder().decode


def parse(draft: Draft) -> None:
    """Strict JSON: no NaN, no 1e400, no half characters, no depth that exhausts the stack."""
    try:
        draft.value = _decode(draft.raw)
    except RecursionError:
        raise _Refused(DropReason.TOO_DEEP, "", f"nest at most {DEPTH} levels") from None
    except UnicodeDecodeError as error:
        raise _Refused(DropReason.TEXT, "", f"send UTF-8: {error.reason} at byte {error.start}") from None
    except msgspec.ValidationError as error:
        raise _Refused(DropReason.NUMBER, "", f"a number is out of range: {error}") from None
    except msgspec.DecodeError as error:
        if _CONSTANT.search(draft.raw):
            raise _Refused(
                DropReason.NUMBER, "", "NaN and Infinity are not JSON; leave the field out"
            ) from None
        if _SURROGATE.search(draft.raw):
            raise _Refused(
                DropReason.TEXT, "", "a \\u escape is half a character; send both halves"
            ) from None
        raise _Refused(DropReason.NOT_JSON, "", str(error)) from None


def values(draft: Draft) -> None:
    """Limits of depth, keys, names and numbers; U+0000, which the store cannot hold, is taken out."""
    if not isinstance(draft.value, dict):
        raise _Refused(DropReason.WRONG_TYPE, "", "an item is an object")
    # Without an escape there is nothing to take out, and most items only need a look.
    if b"\\u" in draft.raw or not _fits(draft.value, 1):
        draft.value = _clean(draft.value, "", 1)


def _fits(value: dict[str, Any] | list[Any], depth: int) -> bool:
    """Whether `_clean` would leave the value as it is; False sends it there, to find the place at fault."""
    if depth > DEPTH:
        return False
    if type(value) is dict:
        if len(value) > KEYS or any(len(key) > NAME_LENGTH for key in value):
            return False
        items: Any = value.values()
    else:
        items = value
    for item in items:
        kind = type(item)
        if kind is dict or kind is list:
            if not _fits(item, depth + 1):
                return False
        elif kind is int and not -(2**63) <= item < 2**63:
            return False
    return True


def _clean(value: Any, path: str, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        if value.isascii():
            return value.replace("\0", "") if "\0" in value else value
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Refused(
                DropReason.TEXT, path, "a \\u escape is half a character; send both halves"
            ) from None
        return value.replace("\0", "")
    if kind is int:
        if not -(2**63) <= value < 2**63:
            raise _Refused(DropReason.NUMBER, path, "a whole number fits 64 bits; send longer ones as text")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise _Refused(DropReason.NUMBER, path, "a number is finite")
        return value
    if kind is dict:
        if depth > DEPTH:
            raise _Refused(DropReason.TOO_DEEP, path, f"nest at most {DEPTH} levels")
        if len(value) > KEYS:
            raise _Refused(DropReason.TOO_WIDE, path, f"an object has at most {KEYS} keys")
        out = {}
        for key, item in value.items():
            if len(key) > NAME_LENGTH:
                raise _Refused(DropReason.TOO_LARGE, path, f"a key has at most {NAME_LENGTH} characters")
            out[_clean(key, path, depth)] = _clean(item, f"{path}.{key}" if path else key, depth + 1)
        return out
    if kind is list:
        if depth > DEPTH:
            raise _Refused(DropReason.TOO_DEEP, path, f"nest at most {DEPTH} levels")
        return [_clean(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(value)]
    return value  # None, True, False


def shape(draft: Draft) -> None:
    """Which call it is, and each field of the type that call needs."""
    v, env = draft.value, draft.envelope
    kind = env.call or v.get("type") or v.get("action")
    if kind not in CALLS:
        raise _Refused(DropReason.UNKNOWN_CALL, "type", f"type is one of {', '.join(CALLS)}")
    context = _object(v, "context")
    if env.context:
        context = {**env.context, **context}
    if env.agent and "userAgent" not in context:
        context = {**context, "userAgent": env.agent[:500]}
    event = v.get("event")
    if kind == "track":
        if event is None:
            raise _Refused(DropReason.MISSING, "event", "a track call names its event")
        if not isinstance(event, str):
            raise _Refused(DropReason.WRONG_TYPE, "event", "an event's name is text")
        event = event.strip()
        if not event:
            raise _Refused(DropReason.MISSING, "event", "an event's name is not empty")
        if len(event) > NAME_LENGTH:
            raise _Refused(
                DropReason.TOO_LARGE, "event", f"an event's name has at most {NAME_LENGTH} characters"
            )
    properties = _object(v, "properties")
    if kind in ("page", "screen"):
        properties = page(v.get("name"), v.get("category"), properties, context, kind)
        event = PAGE if kind == "page" else SCREEN
    for name in {"group": ("groupId",), "alias": ("previousId", "userId")}.get(kind, ()):
        if _identifier(v, name) is None:
            raise _Refused(DropReason.MISSING, name, f"{kind} needs {name}")
    message = v.get("messageId", v.get("message_id"))
    if message is not None and not isinstance(message, (str, int)):
        raise _Refused(DropReason.WRONG_TYPE, "messageId", "a messageId is text")
    text = "" if message is None else str(message)
    draft.call = Call(
        type=kind,
        message_id=text if len(text) <= MESSAGE_ID else digest(text),
        user_id=_identifier(v, "userId"),
        anonymous_id=_identifier(v, "anonymousId"),
        previous_id=_identifier(v, "previousId"),
        group_id=_identifier(v, "groupId"),
        event=event if isinstance(event, str) and kind not in ("identify", "group", "alias") else "",
        properties=properties,
        traits=_object(v, "traits"),
        context=context,
        happened_at=_instant(v.get("originalTimestamp") or v.get("timestamp"), "timestamp"),
        sent_at=_instant(v.get("sentAt"), "sentAt") if v.get("sentAt") else env.sent_at,
        relayed=v.get("receivedAt") is not None,
    )


_SNAKE = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
}


def _object(v: dict[str, Any], name: str) -> dict[str, Any]:
    found = v.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _Refused(DropReason.WRONG_TYPE, name, f"{name} is an object")
    return found


def _identifier(v: dict[str, Any], name: str) -> str | None:
    found = v.get(name)
    if found is None:
        found = v.get(_SNAKE[name])
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    raise _Refused(DropReason.WRONG_TYPE, name, f"{name} is text or a whole number")


def _instant(value: Any, field: str) -> Instant | None:
    if value is None:
        return None
    try:
        return instant(value)
    except (ValueError, TypeError, OverflowError):
        raise _Refused(
            DropReason.TIME, field, "a time is RFC 3339 text, for example 2026-01-31T12:00:00.000Z"
        ) from None


STEPS: tuple[Callable[[Draft], None], ...] = (size, parse, values, shape)
"""The pipeline, in order. Each step leaves its result on the draft or refuses the item."""


def stamp(call: Call, received: Instant, *, trust_relay: bool) -> tuple[Instant | None, dict[str, Any]]:
    """When the call happened by our clock, and what to remember where that is not what it said."""
    happened, sent = call.happened_at, call.sent_at
    if happened is None:
        return None, {}
    if call.relayed and trust_relay:
        sent = None
    at = happened
    flag = ""
    if sent is not None and abs(received - sent) > SKEW:
        at, flag = received - (sent - happened), "skewed"
    if at > received + AHEAD:
        at, flag = received, "future"
    elif at < 0:
        at, flag = 0, "before_1970"
    if not flag:
        return at, {}
    times = {"original": iso(happened), "flag": flag}
    if sent is not None:
        times["sent"] = iso(sent)
    return at, times


def enter(call: Call, source: Source, received: Instant, refer: Refer) -> Entry | Drop:
    """The inputs an accepted call makes: itself, then the merges it asks for.

    The item is de-duplicated by source and messageId; a merge by the pair it joins, so that a browser
    that repeats both ids with every event asks once.
    """
    trust = vouch(call, source, received)
    if isinstance(trust, Drop):
        return trust
    reference = refer(call, source.name)
    if not reference.key:
        field, remedy = (reference.warnings or (("userId", "name the person by userId or anonymousId"),))[0]
        return Drop(DropReason.NOBODY, field, remedy)
    at, times = stamp(call, received, trust_relay=source.trust > 0)
    identifiers = [list(pair) for pair in reference.identifiers]
    kind = call.type
    news: list[New] = []
    if kind != "alias":
        body: dict[str, Any] = {"identifiers": identifiers}
        if kind == "identify":
            body["traits"] = call.traits
        elif kind == "group":
            body["groupId"], body["traits"] = call.group_id, call.traits
        else:
            kind, body["properties"] = "event", call.properties
        context = call.context
        if TOKEN in context:
            context = {name: value for name, value in context.items() if name != TOKEN}
        if context:
            body["context"] = context
        if times:
            body["times"] = times
        if reference.warnings:
            body["warnings"] = [list(pair) for pair in reference.warnings]
        message = call.message_id
        dedupe = f"{source.name}:{message}" if message else ""
        news.append(New(reference.key, kind, call.event, body, trust, source.name, message, at, dedupe))
    elif not reference.links:
        field, remedy = (reference.warnings or (("previousId", "both ids name the same person"),))[0]
        return Drop(DropReason.NOBODY, field, remedy)
    for link in reference.links:
        join = {"other": link.other, "why": link.why, "trust": trust, "identifiers": identifiers}
        dedupe = f"merge:{link.person}:{link.other}:{link.why}:{trust}"
        news.append(New(link.person, "merge", "", join, trust, source.name, call.message_id, at, dedupe))
    return Entry(tuple(news), reference.warnings)


def origin_allowed(source: Source, origin: str) -> None:
    """Raise Invalid with field "origin" where a browser at `origin` may not send with this key."""
    if not origin:
        return
    if source.trust == 2:
        raise Invalid("a secret key must not be used in a browser; use a public write key", field="origin")
    if source.origins and origin not in source.origins:
        raise Invalid("%(origin)s is not an allowed origin of this key", field="origin", origin=origin)
