"""What every channel speaks: parcels in, results out.

In: `Parcel`s, each one message to one address. Out: for each parcel one result.
Always true: a channel never raises for a single parcel and never reports a parcel twice. It says
`Unknown` exactly when the other side may have taken the message without our having read so.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec


class Ready(bytes):
    """A mail with CRLF line ends only, ending in one, of which no line begins with a dot.

    Who makes such a mail says so; the wire then need not look through it again.
    """

    __slots__ = ()


def _unheard(_: str) -> None:
    """Nobody wants to know."""


class Parcel(msgspec.Struct, frozen=True):
    """One message ready for the wire. `id` is a 32-digit hex name, unique per message.

    `data` is MIME bytes for e-mail, a JSON document for other channels. `deadline` is an instant of
    `time.monotonic()` in seconds: after it the parcel must not be started, for the right to send it
    may have passed to another worker. `begun` is called with the id by channels that tell (`Channel.tells`).
    """

    id: str
    address: str
    data: bytes
    message_id: str = ""
    transactional: bool = False
    deadline: float = float("inf")
    begun: Callable[[str], None] = _unheard


class Receipt(msgspec.Struct, frozen=True):
    """The other side took responsibility."""

    code: int = 250
    text: str = ""


class Refused(msgspec.Struct, frozen=True):
    """The other side said no for good. `gone`: the address does not exist any more (not for e-mail)."""

    code: int
    enhanced: str = ""
    text: str = ""
    gone: bool = False


class TryLater(msgspec.Struct, frozen=True):
    """Not sent, and certainly not taken. `code` 0: the connection failed, which is not about this message."""

    code: int = 0
    enhanced: str = ""
    text: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """It may have been taken: the connection ended between our last byte and the answer."""

    text: str = ""


class Untouched(msgspec.Struct, frozen=True):
    """Never started: the channel was closing, or the parcel's deadline had passed."""


Result = Receipt | Refused | TryLater | Unknown | Untouched


class Returned(msgspec.Struct, frozen=True):
    """What came back later about a message that was taken. `message` is the parcel's id, proven to be ours.

    `type` says why in a word; `hard`: the address does not exist. `text` are the receiver's own words.
    """

    message: str
    sort: Literal["bounce", "complaint"]
    type: str = ""
    hard: bool = False
    code: int = 0
    enhanced: str = ""
    text: str = ""


class Channel(Protocol):
    """A way to reach people. Made from settings by its `kind`; opened once, used by one event loop.

    A channel with `tells = True` calls `parcel.begun` right before the bytes leave after which a parcel may
    be taken. Of any other channel everything handed over counts as begun.
    """

    kind: str

    async def open(self) -> None:
        """Prepare; need not connect. Raises Unavailable when the configuration can never work."""

    def send(self, parcels: Sequence[Parcel]) -> AsyncIterator[tuple[str, Result]]:
        """Send all; yield (parcel id, result) in any order, each as soon as it is known."""

    async def close(self, *, abort: bool = False) -> None:
        """Let go of connections. With `abort` cut them now: what awaits its answer ends as `Unknown`."""


Config = dict[str, Any]
"""A channel's settings as plain data; each channel converts it to a struct of its own."""
