"""Identifiers: person keys, buckets, deterministic chance, opaque tokens.

A person's key is 16 bytes made from the first identifier seen, so ingest needs no lookup:
byte 0 is the bucket, byte 1 the rank of the identifier's kind, the rest a hash. Two people merge
towards the greater `rank_of`, which never changes, so forwarders cannot form a cycle.
"""

import hashlib
import secrets

BUCKETS = 256

KINDS = {"anonymous": 0, "device": 1, "phone": 2, "email": 3, "external": 4, "user": 5}
"""Identifier kinds by rank: when two are one person, the greater survives."""

_NAMES = {rank: kind for kind, rank in KINDS.items()}


def person_key(kind: str, value: str) -> str:
    """The 32-digit hex key of an identifier; `value` must already be normalised."""
    digest = hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=15, person=b"slinga.person").digest()
    return f"{digest[0]:02x}{KINDS[kind]:02x}{digest[1:].hex()}"


def bucket_of(key: str) -> int:
    """The bucket (0 to 255) of a person's key."""
    return int(key[:2], 16)


def kind_of(key: str) -> str:
    """The kind of the identifier a key was made from."""
    return _NAMES[int(key[2:4], 16)]


def rank_of(key: str) -> str:
    """What decides which of two people survives a merge; greater wins."""
    return key[2:]


def chance(*parts: object) -> float:
    """A reproducible number in [0, 1) from its parts: the only source of chance in decisions."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def digest(*parts: object) -> str:
    """A 32-digit hex name for a tuple of parts, stable for ever."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def new_token(size: int = 16) -> str:
    """An unguessable URL-safe token of `size` random bytes. For edges only: decisions never call it."""
    return secrets.token_urlsafe(size)
