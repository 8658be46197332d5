"""A mail that arrived at our return address becomes a word about one of our messages, or nothing.

In: the mail, whom it was delivered to, the key of return paths, and a function that reads our tokens.
Out: `Returned`, or why it is ignored. Always true: only an address or a token that we sealed names a message,
so nobody can bounce or complain in another's name; what is merely late, or a machine's answer, is nothing.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from slinga.channels.email.bounces import Failure, Reading, Sort, read
from slinga.channels.email.verp import message_of
from slinga.channels.model import Returned

TokenOf = Callable[[str], str | None]
"""The message that a token in an unsubscribe address was made for; None for one that is not ours."""

_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_TOKEN = re.compile(r"/u/([A-Za-z0-9_-]{20,4096})")
_WORDS = {
    Sort.DELAY: "it is still being tried",
    Sort.DELIVERED: "it was delivered",
    Sort.REPLY: "an automatic reply",
    Sort.OTHER: "neither a bounce nor a complaint",
}


def understand(
    data: bytes, recipients: Sequence[str], secret: bytes, token_of: TokenOf = lambda _: None
) -> Returned | str:
    """What a mail says of a message of ours; or, as text, why it says nothing.

    `recipients` are the envelope's where they are known; the header's serve as well, for they are proven.
    """
    reading = read(data)
    if reading.sort not in (Sort.BOUNCE, Sort.COMPLAINT):
        return _WORDS[reading.sort]
    named = _named([*recipients, *reading.to], secret)
    if reading.sort is Sort.COMPLAINT:
        message = _original(reading, secret, token_of) or named
        if message is None:
            return "a complaint about no message of ours"
        return Returned(message, "complaint", reading.feedback[:40])
    if named is None:
        return "it came to no return address of ours"
    failure = _worst(reading.failures)
    return Returned(
        named, "bounce", failure.type.value, failure.hard, failure.code, failure.status, failure.text
    )


def _worst(failures: Sequence[Failure]) -> Failure:
    """A return path is one recipient's; where a report names several, the hard one is about it."""
    return next((each for each in failures if each.hard), failures[0])


def _named(addresses: Iterable[str], secret: bytes) -> str | None:
    return next((found for each in addresses if (found := message_of(each, secret)) is not None), None)


def _original(reading: Reading, secret: bytes, token_of: TokenOf) -> str | None:
    """The message that a complaint encloses: by its return path, or by its unsubscribe address."""
    head = reading.original
    paths = _ADDRESS.findall(
        " ".join(head.get(name, "") for name in ("return-path", "x-return-path", "sender"))
    )
    found = _named(paths, secret)
    if found is not None:
        return found
    tokens = _TOKEN.findall(head.get("list-unsubscribe", ""))
    return next((found for token in tokens if (found := token_of(token)) is not None), None)
