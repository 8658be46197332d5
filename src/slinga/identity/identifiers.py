"""Normalise identifiers and say which person a call is about.

In: one checked call of the tracking API. Out: a `Reference`: the key to append it under, the merges that
must be appended with it, the identifiers it tells, warnings.
Always true: pure, and reads nothing about people, so the same call always refers to the same key. The key
is made from the strongest identifier present (user, external, e-mail, phone, anonymous); each weaker one
is linked to it by a merge addressed to the weaker key. An identifier that names nobody ("null", "guest")
never links: the call is kept under a key of its own that no other identifier can produce.
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email

from slinga.ingest.model import Call, Link, Reference
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key, rank_of

LENGTH = 200
"""Longest identifier in characters."""

REFUSED = frozenset(
    [
        "null",
        "undefined",
        "none",
        "nil",
        "nan",
        "0",
        "-1",
        "true",
        "false",
        "anonymous",
        "guest",
        "user",
        "user_id",
        "userid",
        "id",
        "email",
        "e-mail",
        "distinct_id",
        "distinctid",
        "anonymous_id",
        "anonymousid",
        "not_authenticated",
        "unknown",
        "n/a",
        "na",
        "00000000-0000-0000-0000-000000000000",
    ]
) | {"[object object]", "[object undefined]", ""}
"""Values that programs send by mistake; whoever shares one is not one person."""

_QUOTES = "\"'`“”„ \t"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_NOISE = re.compile(r"[\s().\-/\u00a0]")


def plain(value: Any, field: str = "id") -> str:
    """An opaque identifier in normal form: NFC, trimmed, 1 to 200 characters, no control characters.

    Raises Invalid for values that name nobody (`REFUSED`, also quoted and in any case) and for those that
    are too long or hold control characters.
    """
    text = str(value).strip(" \t\r\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).strip(" \t\r\n")
    if len(text) > LENGTH:
        raise Invalid("an identifier has at most %(most)s characters", field=field, most=LENGTH)
    if text.strip(_QUOTES).casefold() in REFUSED:
        raise Invalid(
            "'%(text)s' names nobody; leave the field out until the person is known",
            field=field,
            text=text[:40],
        )
    if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise Invalid("an identifier holds no control characters", field=field)
    return text


_PLAIN_EMAIL = re.compile(
    r"(?=.{6,200}\Z)[A-Za-z0-9_+]{1,20}(?:[.-][A-Za-z0-9_+]{1,20}){0,2}"
    r"@(?:[A-Za-z0-9]{1,30}(?:-[A-Za-z0-9]{1,30})?\.){1,4}[A-Za-z]{2,20}"
)
"""What most addresses look like; all of them are valid, and need no slower look."""


@lru_cache(maxsize=8192)
def email(value: str, field: str = "email") -> str:
    """An e-mail address in normal form: lower case, the domain as A-labels (RFC 5890). Raises Invalid."""
    if _PLAIN_EMAIL.fullmatch(value):
        return value.lower()
    return careful_email(value, field)


def careful_email(value: str, field: str = "email") -> str:
    """The same for any address, by all the rules."""
    text = plain(value, field)
    if text.startswith("-"):
        raise Invalid("an e-mail address may not begin with a dash", field=field)
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            globally_deliverable=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as error:
        raise Invalid("not an e-mail address: %(why)s", field=field, why=error) from None
    if "." not in (found.ascii_domain or ""):
        raise Invalid("the domain of an e-mail address has at least two parts", field=field)
    return f"{found.local_part.casefold()}@{found.ascii_domain.lower()}"


def phone(value: Any, field: str = "phone") -> str:
    """A phone number in E.164 form. Raises Invalid without a country prefix: a local number names many."""
    text = _PHONE_NOISE.sub("", plain(value, field))
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if not _PHONE.fullmatch(text):
        raise Invalid("write a phone number with its country prefix, for example +46701234567", field=field)
    return text


def external(kind: Any, value: Any, field: str = "context.externalIds") -> str:
    """An identifier given by another system, as `kind:value`. Raises Invalid."""
    return f"{plain(kind, field)}:{plain(value, field)}"


def key_of(kind: str, value: str) -> str:
    """The person key of an identifier, normalised first. Raises Invalid."""
    normal = email(value) if kind == "email" else phone(value) if kind == "phone" else plain(value)
    return person_key(kind, normal)


@lru_cache(maxsize=16384)
def _seen(user: str | None, anonymous: str | None) -> Reference | None:
    """Whom both ids name, None where one names nobody. Kept, because visitors send many calls in a row."""
    try:
        found = [("user", plain(user))] if user is not None else []
        if anonymous is not None:
            found.append(("anonymous", plain(anonymous)))
    except Invalid:
        return None
    return _reference(found, "seen_together", ()) if found else None


def refer(call: Call, source: str = "") -> Reference:
    """Whom the call is about. `source` keeps the unnamed calls of different sources apart."""
    if call.type not in ("identify", "alias") and "externalIds" not in call.context:
        known = _seen(call.user_id, call.anonymous_id)
        if known is not None:
            return known
    warnings: list[tuple[str, str]] = []
    refused: list[str] = []
    found: list[tuple[str, str]] = []

    def take(kind: str, field: str, value: Any) -> None:
        if value is None:
            return
        try:
            if kind == "email":
                normal = email(str(value), field)
            elif kind == "phone":
                normal = phone(value, field)
            else:
                normal = plain(value, field)
            found.append((kind, normal))
        except Invalid as error:
            warnings.append((error.field, error.message))
            if kind in ("user", "anonymous"):
                refused.append(f"{kind}:{str(value)[:LENGTH]}")

    take("user", "userId", call.user_id)
    _externals(call, found, warnings)
    if call.type == "identify":
        # A group's traits describe the company, so its address is not the person's.
        take("email", "traits.email", call.traits.get("email"))
        take("phone", "traits.phone", call.traits.get("phone"))
    take("anonymous", "anonymousId", call.anonymous_id)

    if not found:
        if not refused:
            return Reference("", warnings=tuple(warnings))
        # U+0000 cannot occur in an accepted identifier, so nothing can ever merge with this key.
        return Reference(person_key("anonymous", f"\0{source}\0{refused[0]}"), warnings=tuple(warnings))

    why = call.type if call.type in ("alias", "identify") else "seen_together"
    previous = [(k, why) for k in _previous(call, warnings)] if why == "alias" else []
    return _reference(found, "seen_together" if why == "alias" else why, previous, warnings)


def _reference(
    found: Sequence[tuple[str, str]],
    why: str,
    more: Iterable[tuple[str, str]],
    warnings: Sequence[tuple[str, str]] = (),
) -> Reference:
    """The key of the first identifier, and a merge with each other one and with `more`."""
    key = person_key(*found[0])
    others = [*((person_key(kind, value), why) for kind, value in found[1:]), *more]
    links = []
    for other, reason in dict(others).items():
        if other != key:
            lower, upper = (key, other) if rank_of(key) < rank_of(other) else (other, key)
            links.append(Link(lower, upper, reason))
    return Reference(key, tuple(links), tuple(found), tuple(warnings))


def _externals(call: Call, found: list[tuple[str, str]], warnings: list[tuple[str, str]]) -> None:
    listed = call.context.get("externalIds")
    for entry in listed[:10] if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or entry.get("type") in ("user_id", "anonymous_id", "email", "phone"):
            continue
        try:
            found.append(("external", external(entry.get("type"), entry.get("id"))))
        except Invalid as error:
            warnings.append((error.field, error.message))


def _previous(call: Call, warnings: list[tuple[str, str]]) -> list[str]:
    """The keys an alias's previous id may stand for: the call does not say of which kind it is."""
    try:
        previous = plain(call.previous_id, "previousId")
    except Invalid as error:
        warnings.append((error.field, error.message))
        return []
    keys = [person_key("anonymous", previous)]
    if previous == call.anonymous_id:
        return keys
    if "@" in previous:
        # What merely holds an @ is still a user id.
        with contextlib.suppress(Invalid):
            keys.append(person_key("email", email(previous, "previousId")))
    return [*keys, person_key("user", previous)]
