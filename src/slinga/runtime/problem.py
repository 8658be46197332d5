"""How the admin API says what went wrong: one shape, whatever it was.

In: a status, a message, a field. Out: a document (RFC 9457, with `error`, `field` and `remedy` of ours).
Always true: pure; the remedy is for whoever wrote the call, and tells nothing about other people.
"""

import msgspec

MEDIA = "application/problem+json"

WORDS = {
    400: ("invalid", "The call is not understood"),
    401: ("unauthorized", "Nobody is named by this key"),
    403: ("forbidden", "This key may not do this"),
    404: ("missing", "There is no such thing"),
    405: ("no_such_method", "This address does not know this method"),
    409: ("conflict", "Something stands in the way"),
    413: ("too_large", "The call is too large"),
    415: ("wrong_type", "The body is not JSON"),
    422: ("used_key", "The Idempotency-Key was used for something else"),
    429: ("too_many", "Too many calls"),
    500: ("broken", "Something went wrong here"),
    503: ("unavailable", "Something we depend on does not answer"),
}


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a call and what to do about it."""

    type: str
    title: str
    status: int
    error: str
    """A word for programs: invalid, unauthorized, forbidden, missing, conflict, used_key, too_many ..."""
    field: str
    """Where in the call; empty where it is about the whole."""
    remedy: str
    """What to do, in words for a developer."""


def problem(status: int, message: str, field: str = "") -> Problem:
    """The problem of a status."""
    error, title = WORDS.get(status, ("invalid" if status < 500 else "broken", "This cannot be done"))
    return Problem("about:blank", title, status, error, field, message)
