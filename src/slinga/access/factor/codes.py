"""One-time codes that an authenticator makes, and recovery codes on paper.

In: a secret, what somebody typed, the seconds of the clock. Out: the step of a code; the address that an
authenticator reads; a recovery code in its one form.
Always true: pure; a code counts for its own half minute and the ones beside it; one of a step that
was used, or of an earlier one, is none.

Source: RFC 6238 (TOTP, steps of 30 s, SHA-1, six digits), section 5.2 for one use and one step of delay.
"""

import hmac
import re

import pyotp

STEP_S = 30
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def step_of(secret: str, code: str, now_s: float, used: int) -> int | None:
    """The step that a code belongs to, later than the one `used` before; None for a code that is none."""
    digits = re.sub(r"[\s-]", "", code)
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    totp, present = pyotp.TOTP(secret), int(now_s) // STEP_S
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.at(step * STEP_S), digits) and step > used:
            found = step
    return found


def address(secret: str, email: str) -> str:
    """What a picture tells an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Slinga")


def spelt(number: int) -> str:
    """A recovery code of a random number of at least 50 bits, without letters that look alike."""
    letters = []
    for _ in range(10):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters[:5]) + "-" + "".join(letters[5:])


def recovery(code: str) -> str:
    """A typed recovery code in its one form; empty where it cannot be one."""
    found = re.sub(r"[\s-]", "", code.lower())
    return found if len(found) == 10 and all(letter in _ALPHABET for letter in found) else ""
