"""The values of this stage.

In: nothing. Out: frozen structs.
Always true: a key's text is in none of them.
"""

from typing import Literal

import msgspec

from slinga.kernel.clock import Instant

KeyKind = Literal["write", "secret"]


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as stored. A write key sends events and reads nothing; a secret key is for the admin API."""

    id: int
    kind: KeyKind
    hint: str
    """The first characters and the last four, to recognise a key by."""
    source: str
    """The name under which its events appear."""
    trust: int
    """What its facts are worth: 0 claimed (a browser), 1 signed, 2 proven (a server)."""
    origins: list[str] = []
    """Origins that may send with it, like https://shop.example; empty for any."""
    withdrawn: bool = False
    scopes: list[str] = []
    """What a secret key may do; see `access.scopes`. A write key's are not asked."""
    expires_at: Instant | None = None
    """From here on it works no more; None: it works until it is withdrawn."""
