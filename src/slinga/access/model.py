"""The values of this stage.

In: nothing. Out: frozen structs.
Always true: the text of a key that is secret is in none of them.
"""

from typing import Literal

import msgspec

from slinga.access.roles import Role
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
    shown: str = ""
    """The text of a browser's write key, which stands in the site's pages anyway; empty for all others."""


LOCALES = {"en": "English", "sv": "Svenska", "pl": "Polski"}
"""The languages a member may choose, each by its own name."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the team, without their password's hash."""

    id: int
    email: str
    """In lower case; no two members have the same."""
    name: str
    role: Role
    locale: str = "en"
    epoch: int = 0
    """Sessions of another epoch have ended."""
    created_at: Instant = 0
    disabled_at: Instant | None = None
    has_password: bool = False
    """False: enters by one-time addresses alone."""
    second_factor: bool = False
    """Whether a code of an authenticator is asked for beside the password."""

    @property
    def actor(self) -> str:
        """How audit entries name them."""
        return f"member:{self.id}"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that can still be accepted."""

    id: int
    email: str
    role: Role
    created_at: Instant
    expires_at: Instant
