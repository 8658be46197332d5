"""Signed identity: a short-lived token by which a shop's server vouches for who its browser is.

In: a token from a call, the public keys of its source, an instant. Out: who is vouched for, or why not.
Always true: the algorithm is the key's, never the token's word, so a token cannot choose `none` or turn a
public key into a shared secret; a token without subject, audience or end is refused, and
one that lives longer than a day.

Source: RFC 7519 (claims sub, aud, exp), RFC 8725 (fixed algorithm, audience, type).
"""

from typing import Literal

import msgspec

from slinga.kernel.clock import DAY, SECOND, Instant
from slinga.kernel.errors import Invalid

Algorithm = Literal["EdDSA", "ES256", "RS256"]

LONGEST_FOR = DAY
"""A token that ends later than this is refused: the shop's page asks for a fresh one."""

LEEWAY_FOR = 60 * SECOND
"""How far the shop's clock may be off."""

_LONGEST_TEXT = 8_192


class IdentityKey(msgspec.Struct, frozen=True):
    """A public key by which the tokens of a source are checked; `text` is PEM."""

    id: int
    source: str
    algorithm: Algorithm
    text: str
    required: bool = False
    """Whether a browser's call that names a person is refused without a token."""


class Proof(msgspec.Struct, frozen=True):
    """Who is vouched for. `email` "" where the token names none."""

    subject: str
    email: str = ""


class NoProof(msgspec.Struct, frozen=True):
    """Why a token proves nothing, in words for the developer who made it."""

    reason: str


def algorithm_of(text: str) -> Algorithm:
    """The one algorithm of a public key in PEM. Raises Invalid for a private or an unfit key."""
    # Not above: every process knows what a key is, few look into one, and this is four megabytes.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if "PRIVATE KEY" in text:
        raise Invalid("This is a private key. Keep it, and give the public one.", field="key")
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise Invalid("This is no public key in PEM: %(why)s", field="key", why=fault) from None
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return "RS256"
    raise Invalid("Use Ed25519, P-256, or RSA of at least 2048 bits.", field="key")


def verify(token: str, keys: tuple[IdentityKey, ...], now: Instant) -> Proof | NoProof:
    """Check a token against the keys of the source it came with; its audience must be that source's name."""
    import jwt

    if not keys:
        return NoProof("this source has no identity key; add one, or send no token")
    if len(token) > _LONGEST_TEXT:
        return NoProof("the token is too long")
    last = NoProof("no identity key of this source signed it")
    for key in keys:
        try:
            claims = jwt.decode(
                token,
                key.text,
                algorithms=[key.algorithm],
                audience=key.source,
                leeway=0,
                options={
                    "require": ["sub", "aud", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidAudienceError:
            last = NoProof(f"its audience (aud) is not {key.source!r}")
            continue
        except jwt.MissingRequiredClaimError as fault:
            last = NoProof(f"it has no {fault.claim}")
            continue
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        return _timely(claims, now)
    return last


def _timely(claims: dict[str, object], now: Instant) -> Proof | NoProof:
    ends, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        return NoProof("its times (exp, nbf, iat) are not numbers of seconds")
    if ends * SECOND + LEEWAY_FOR <= now:
        return NoProof("it has ended (exp)")
    if ends * SECOND > now + LONGEST_FOR + LEEWAY_FOR:
        return NoProof("it lasts longer than a day (exp)")
    if begins * SECOND > now + LEEWAY_FOR:
        return NoProof("it is not valid yet (nbf, iat)")
    subject, email = claims.get("sub"), claims.get("email", "")
    if not isinstance(subject, str) or not subject or not isinstance(email, str):
        return NoProof("its subject (sub) is not a text")
    return Proof(subject, email)
