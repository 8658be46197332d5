"""What is good enough for a password.

In: a password, and what is known of whoever chose it. Out: why it is refused, or nothing.
Always true: pure; only length and how soon it would be guessed count, never which characters it is made of.

Source: NIST SP 800-63B 3.1.1.2 (length, no composition rules, a blocklist of common, expected and repetitive
ones, Unicode normalised).
"""

import unicodedata

from slinga.kernel.words import noted as N_

SHORTEST, LONGEST = 12, 256
TOO_SHORT = N_("Use at least 12 characters; a few words in a row are easy to remember.")
TOO_LONG = N_("Use at most 256 characters.")
_EASY = 3
"""Guessed by zxcvbn's estimate in fewer than a hundred million tries."""
_LOOKED_AT = 72


def normal(password: str) -> str:
    """The one form of a password, however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


def refusal(password: str, *known: str) -> str:
    """Why a password is refused, with the remedy; "" when it is good. `known`: e-mail and name."""
    given = normal(password)
    if len(given) < SHORTEST:
        return TOO_SHORT
    if len(given) > LONGEST:
        return TOO_LONG
    folded = given.casefold()
    own = [part for text in known for part in {text.casefold(), text.casefold().partition("@")[0]} if part]
    if any(
        folded == each or (len(each) > 3 and folded.startswith(each) and _padded(folded, each))
        for each in own
    ):
        return N_(
            "This password is made of your own name or e-mail. Use words that have nothing to do with you."
        )
    from zxcvbn import zxcvbn  # not above: its word lists are large, and passwords are chosen rarely

    found = zxcvbn(given[:_LOOKED_AT], user_inputs=[*own, "slinga", "marketing"])
    if found["score"] < _EASY:
        return N_(
            "This is among the passwords that are tried first. Use a few words that do not belong together."
        )
    return ""


def _padded(folded: str, each: str) -> bool:
    """Whether what follows a name is hardly anything."""
    return len(folded) - len(each) < 6
