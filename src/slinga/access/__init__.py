"""Who may do what: API keys, members' sessions, one-time sign-in links.

In: a presented key, link or cookie. Out: an `ApiKey` or a member's name, or nothing.
Always true: only hashes of keys and links are stored; a write key opens nothing but the tracking API;
a link works once; a cookie proves itself by its signature and runs out by itself.
"""

from slinga.access.keys import fresh_key, hash_of, hint_of, well_formed
from slinga.access.model import ApiKey, KeyKind
from slinga.access.session import COOKIE, Session, cookie_value, read_cookie

__all__ = [
    "COOKIE",
    "ApiKey",
    "KeyKind",
    "Session",
    "cookie_value",
    "fresh_key",
    "hash_of",
    "hint_of",
    "read_cookie",
    "well_formed",
]
