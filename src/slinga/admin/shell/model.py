"""What the desk is given by the parts it stands on.

In: functions wired by `app`. Out: `Desk`.
Always true: nothing here does I/O; where a function is not given, its page says so.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec

from slinga.kernel.clock import Instant
from slinga.messages.model import Brand

LateAnswer = Literal["send", "skip", "expire"]
LATE_ANSWERS: tuple[LateAnswer, ...] = ("send", "skip", "expire")
"""What to do with marketing that fell due while it was stopped: send it now, leave it out and let the
journeys go on, or count it as expired."""


class Hold(msgspec.Struct, frozen=True):
    """All marketing is stopped: since when, by whom, and why. Unknown parts are 0 or empty."""

    since: Instant = 0
    member: str = ""
    reason: str = ""


class Late(msgspec.Struct, frozen=True):
    """Marketing of one journey that fell due while it was stopped."""

    journey: str
    count: int
    oldest_at: Instant
    stale: int
    """How many of them have passed their expiry."""


FindHold = Callable[[Any], Hold | None]
"""(db) -> the hold on all marketing, or None."""

StopMarketing = Callable[[Any, str, str], None]
"""(db, member, reason): nothing marketing leaves after this commits."""

ResumeMarketing = Callable[[Any, str, LateAnswer], None]
"""(db, member, answer): carry the answer out and let go, in one transaction."""

FindLate = Callable[[Any], Sequence[Late]]
"""(db) -> what has fallen due meanwhile, by journey."""


SendTest = Callable[[dict[str, Any], Brand, dict[str, Any], str], Awaitable[None]]
"""(template's document, brand, variables, address): sends one mail, marked as a test, counted nowhere.

Raises Invalid for what cannot be rendered, Unavailable where it was not taken."""


FindStages = Callable[[Any], Callable[[str, str, str], str]]
"""(db) -> a check of (model, stage, status): "" where they are in force, else what is wrong."""


class Desk(msgspec.Struct, frozen=True):
    """What the pages need beside the database; `app` builds it and keeps it as `app.state.desk`."""

    mailbox: Callable[[Any], bool] = lambda db: True
    """(db) -> whether mail goes to the development mailbox."""
    hold: FindHold | None = None
    stop: StopMarketing | None = None
    resume: ResumeMarketing | None = None
    late: FindLate | None = None
    test: SendTest | None = None
    stages: FindStages | None = None
    dial: Callable[[str, bool], Any] | None = None
    """(address of a mail server, whether the desk named it) -> how far a dial came; nothing is sent."""
    look: Callable[[str], None] | None = None
    """(address of a bounce mailbox): opens it, changing nothing. Raises Unavailable, Invalid."""
    hello: Callable[[str, str, str, str], Awaitable[None]] | None = None
    """(sender, address, subject, text): sends one mail. Raises Unavailable where it was not taken."""
    due: Callable[[Any], dict[str, int]] | None = None
    """(db) -> what would be forgotten now, by kind."""
