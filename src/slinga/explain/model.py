"""What an explanation is made of: checks with their values, and changes that would have turned a decision.

In: nothing. Out: frozen structs that print as JSON. Always true: a change is data; `changes.altered` applies
it to a life, so that it can be replayed.
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.clock import Instant


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was asked: what, the answer, the value it rested on, and how long that holds.

    `holds` None is a statement, not a question. `until`: the next instant at which time alone may change it.
    """

    text: str
    holds: bool | None = None
    found: Any = None
    until: Instant | None = None
    of: tuple["Check", ...] = ()
    note: str = ""
    at: Instant | None = None


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a proof."""

    title: str
    checks: tuple[Check, ...] = ()
    at: Instant | None = None


class Added(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input that would have been accepted right before the decision, or in the place of another."""

    kind: str
    name: str = ""
    body: dict[str, Any] = {}
    occurred_at: Instant | None = None
    """None: at the instant of the decision."""
    instead_of: int = 0
    """The seq of the input it replaces; 0: it is new."""
    behind: int = 0
    """The seq of the input it comes right behind; 0: right before the decision."""
    trust: int = 2
    source: str = "what if"


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change to a life. The cost order: fewer things first, then the gentler kind, then the smaller amount.

    Kinds from gentle to harsh: wait up to thirty days; say something (a trait, a consent, a tag, an address);
    one more event; an event at another time or with other properties; a place given by hand; an input that
    never was; a longer wait; another definition.
    """

    text: str
    add: tuple[Added, ...] = ()
    remove: tuple[int, ...] = ()
    """Seqs of inputs that would not have been."""
    until: Instant | None = None
    """The decision would have been taken then: time passes, and nothing else happens."""
    shift: bool = False
    """With `until`: it is the input being decided about that would have come then."""
    define: dict[str, Any] = {}
    """A published definition with other words: kind, key, field, value."""
    things: int = 1
    rank: int = 0
    amount: float = 0.0

    @property
    def cost(self) -> tuple[int, int, float]:
        """What orders changes; smaller is smaller."""
        return (self.things, self.rank, self.amount)


NOTHING = Change("", things=0)


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one why."""

    person: str
    asked: Literal["person", "message", "journey"]
    about: str
    verdict: str
    """The answer in one sentence."""
    outcome: str
    """The answer in one word, such as sent, no_consent, condition, holdout, never_triggered."""
    zone: str
    at: Instant | None = None
    """When it was decided."""
    sections: tuple[Section, ...] = ()
    change: Change | None = None
    """The smallest change that would have turned it."""
    also: tuple[Change, ...] = ()
    """Other changes of another kind that would have turned it too."""
    unturned: str = ""
    """Why no change is proposed."""
    differences: tuple[str, ...] = ()
    """Where the replay tells another story than what was recorded."""
