"""Whom a path means: a person's key, or one of their identifiers.

In: a key (32 hex digits), or `user:`, `email:`, `phone:`, `anonymous:`, `external:` and a value. Out: keys.
Always true: an old key and every identifier of a merged profile lead to whom it became.
"""

import re

from slinga.api import store
from slinga.engine.jobs import person_of
from slinga.engine.model import Person
from slinga.identity.identifiers import key_of
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

_KEY = re.compile(r"[0-9a-f]{2}0[0-5][0-9a-f]{28}")
KINDS = ("user", "email", "phone", "anonymous", "external")


def key(text: str, field: str = "person") -> str:
    """The key that a text names, known or not. Raises Invalid."""
    if _KEY.fullmatch(text):
        return text
    kind, colon, value = text.partition(":")
    if not colon or kind not in KINDS or not value:
        raise Invalid(
            "name a person by key, or as %(known)s",
            field=field,
            known=", ".join(f"{each}:..." for each in KINDS),
        )
    try:
        return key_of(kind, value)
    except Invalid as fault:
        raise fault.at(field) from None


def survivor(db: Db, text: str, *, may_be_new: bool = False) -> str:
    """The key that inputs about somebody go to: whom the text names, through merges.

    Somebody counts as known from their first input on, applied or not. With `may_be_new`, an identifier
    nobody has names somebody new. Raises Missing, Invalid.
    """
    named = key(text)
    found = store.survivor(db, named)
    if found != named or (may_be_new and named != text) or store.person(db, named) is not None:
        return found
    if not store.logged(db, named):
        raise Missing("Nobody is known by this.", field="person")
    return found


def person(db: Db, text: str) -> Person:
    """The person a text names, through merges. Raises Missing, Invalid."""
    found = person_of(db, key(text))
    if found is None:
        raise Missing("Nobody is known by this.", field="person")
    return found
