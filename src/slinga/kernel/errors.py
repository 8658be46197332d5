"""The one exception tree. Expected outcomes are data; these mean bad input, a bug or an outage.

    SlingaError
    ├── Invalid       the caller sent something wrong: `field` says where, the message says the remedy
    ├── Missing       the thing named does not exist
    ├── Conflict      the thing exists in a state that forbids this
    ├── Forbidden     the caller may not do this
    └── Unavailable   something we depend on is down; trying again later may work

Only `runtime.http` knows status codes. An error is data: its text in English with places such as %(name)s,
and the values for them. Whoever shows it to somebody words it in their language (`slinga.locale.told`);
`message` is the English that the API, the command line and the journal say. scripts/catalogues.py finds every
such text where the error is made.
"""

from typing import Self


class SlingaError(Exception):
    """Base of every error that Slinga raises on purpose."""

    def __init__(self, text: str, /, *, field: str = "", **values: object) -> None:
        message = text % values if values else text
        super().__init__(message)
        self.text, self.values = text, values
        self.message = message
        self.field = field

    def at(self, field: str) -> Self:
        """The same error about another field."""
        return type(self)(self.text, field=field, **self.values)


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
