"""The one exception tree. Expected outcomes are data; these mean bad input, a bug or an outage.

    SlingaError
    ├── Invalid       the caller sent something wrong: `field` says where, the message says the remedy
    ├── Missing       the thing named does not exist
    ├── Conflict      the thing exists in a state that forbids this
    ├── Forbidden     the caller may not do this
    └── Unavailable   something we depend on is down; trying again later may work

Only `runtime.http` knows status codes.
"""

from slinga.kernel.words import Text


class SlingaError(Exception):
    """Base of every error that Slinga raises on purpose. `text` is the message as data, to be said in a
    language; `message` says it in English, with keys for names."""

    def __init__(self, message: str | Text, *, field: str = "") -> None:
        self.text = message if isinstance(message, Text) else Text(message)
        self.message = str(self.text)
        super().__init__(self.message)
        self.field = field


class Invalid(SlingaError):
    """The caller sent something wrong."""


class Missing(SlingaError):
    """The thing named does not exist."""


class Conflict(SlingaError):
    """The thing exists in a state that forbids this."""


class Forbidden(SlingaError):
    """The caller may not do this."""


class Unavailable(SlingaError):
    """Something we depend on is down."""
