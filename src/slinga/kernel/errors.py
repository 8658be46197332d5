"""The one exception tree. Expected outcomes are data; these mean bad input, a bug or an outage.

    SlingaError
    ├── Invalid       the caller sent something wrong: `field` says where, the message says the remedy
    ├── Missing       the thing named does not exist
    ├── Conflict      the thing exists in a state that forbids this
    ├── Forbidden     the caller may not do this
    └── Unavailable   something we depend on is down; trying again later may work

Only `runtime.http` knows status codes. An error is data: `text` is its source with the values in its places,
said in a language where it is shown; `message` says it in English, for the API, the command line and the log.
scripts/catalogues.py finds every source where the error is made.
"""

from typing import Any, Self

from slinga.kernel.words import Text

WORDS = ("state", "kind", "channel")
"""Values that are words of closed lists, not names that somebody gave: they are said in the language too."""


class SlingaError(Exception):
    """Base of every error that Slinga raises on purpose. `text` is the message as data, to be said in a
    language; `message` says it in English, with keys for names."""

    def __init__(self, message: str | Text, /, *, field: str = "", **values: object) -> None:
        found = tuple((name, _value(name, value)) for name, value in values.items())
        self.text = message if isinstance(message, Text) else Text(message, found)
        self.message = str(self.text)
        super().__init__(self.message)
        self.field = field

    def at(self, field: str) -> Self:
        """The same error about another field."""
        return type(self)(self.text, field=field)


def _value(name: str, value: object) -> Any:
    """A value as a text says it: another error and what is called why by their own words."""
    if isinstance(value, SlingaError):
        return value.text
    if isinstance(value, Text):
        return value
    if name == "why":
        return Text(str(value))
    return Text(str(value).replace("_", " ")) if name in WORDS else value


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
