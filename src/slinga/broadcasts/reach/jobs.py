"""Whom a broadcast would reach if it went at an instant, and why it would not reach the others.

In: a broadcast, some people of its audience, the program in force, what is remembered of addresses.
Out: `Reach`, which adds up to those people.
Always true: nothing is written; each is asked what the gate would be asked; a person who merged away is asked
as who they are now.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import time
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from slinga.delivery.addresses import receiver
from slinga.engine.foresight import foresee
from slinga.engine.jobs import Asked
from slinga.engine.model import Program
from slinga.engine.view import address_of
from slinga.journeys.broadcast import Broadcast, journey_key, templates
from slinga.journeys.model import quiet_text
from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant
from slinga.messages.model import Intent
from slinga.messages.policy import Defer, Reason, Refuse, Suppression
from slinga.runtime.db import Db

TOGETHER = 500
"""People looked at in one question."""
SHARED = "duplicate_address"
_SCOPES: dict[str, Literal["all", "marketing", "topic"]] = {
    "global": "all", "marketing": "marketing", "topic": "topic"
}  # fmt: skip
"""How the policy calls what delivery remembers of an address."""

Remembered = Callable[[Db, list[bytes]], dict[bytes, dict[str, str]]]
"""(connection, keys of addresses) -> {key: {scope: reason}} of the suppressed ones."""


class Reach(msgspec.Struct, frozen=True):
    """How many get it at once, how many later and how many never, by reason."""

    at_once: int = 0
    later: dict[str, int] = {}
    never: dict[str, int] = {}
    receivers: dict[str, int] = {}
    """Those who get it, by receiver; e-mail alone."""

    @property
    def asked(self) -> int:
        return self.at_once + sum(self.later.values()) + sum(self.never.values())

    @property
    def going(self) -> int:
        return self.at_once + sum(self.later.values())


def reach(
    db: Db,
    broadcast: Broadcast,
    people: Sequence[str],
    program: Program,
    key_of: Callable[[str], bytes],
    remembered: Remembered,
    *,
    now: Instant,
    at: Instant,
) -> Reach:
    """What would become of the message to each of these people, if it went at `at`."""
    local = None if broadcast.at_local is None else time.fromisoformat(broadcast.at_local)
    intent = _intent(broadcast, program, at)
    once = intent.message_class == "marketing"
    return foreseen(db, intent, people, program, key_of, remembered, now=now, at_local=local, once=once)


def foreseen(
    db: Db,
    intent: Intent,
    people: Sequence[str],
    program: Program,
    key_of: Callable[[str], bytes],
    remembered: Remembered,
    *,
    now: Instant,
    at_local: time | None = None,
    once: bool = False,
) -> Reach:
    """What would become of a message to each of these people at its instant; `once` to each address."""
    never, later, receivers = Counter[str](), Counter[str](), Counter[str]()
    going, seen, at = 0, set[bytes](), intent.planned_at
    for first in range(0, len(people), TOGETHER):
        some = people[first : first + TOGETHER]
        asked = Asked(db, set(some))
        known = {key: one for key in some if (one := asked.person(key)) is not None}
        addresses = {key: address_of(person, intent.channel) or "" for key, (person, _) in known.items()}
        hashes = {key: key_of(address) for key, address in addresses.items() if address}
        scopes = remembered(db, list(set(hashes.values())))
        for key in some:
            if key not in known:
                never[Reason.ERASED.value] += 1
                continue
            person, pending = known[key]
            hashed = hashes.get(key, b"")
            known_of = _suppressed(scopes.get(hashed, {}))
            answer = foresee(person, pending, intent, program, known_of, now, at=at, at_local=at_local)
            if isinstance(answer, Refuse):
                never[answer.reason.value] += 1
            elif once and hashed in seen:
                never[SHARED] += 1
            else:
                seen.add(hashed)
                if intent.channel == "email":
                    receivers[receiver(addresses[key])] += 1
                going += 1
                if isinstance(answer, Defer):
                    later[answer.reason.value] += 1
    return Reach(going - later.total(), dict(later), dict(never), dict(receivers))


def _intent(broadcast: Broadcast, program: Program, at: Instant) -> Intent:
    """The message as it would be planned; class, channel and topic are the template's."""
    name = templates(broadcast)[0]
    template = program.templates.get(name)
    return Intent(
        send_key="foreseen",
        person="",
        message_class=template.message_class if template else broadcast.message_class,
        channel=template.channel if template else broadcast.channel,  # type: ignore[arg-type]
        topic=(template.topic if template else "") or broadcast.topic or "",
        journey=journey_key(broadcast.key),
        template=name,
        priority=broadcast.priority,
        planned_at=at,
        expires_at=add(at, period(broadcast.expires), ZoneInfo("UTC")),
        quiet_hours=quiet_text(broadcast.quiet_hours),
    )


def _suppressed(scopes: dict[str, str]) -> list[Suppression]:
    parts = [(*scope.partition(":"), reason) for scope, reason in scopes.items()]
    return [Suppression(_SCOPES[kind], reason, topic=topic) for kind, _, topic, reason in parts]
