"""What would become of a message to somebody, if it were sent at an instant: asked before anybody sends it.

In: a person, inputs accepted but not applied yet, a message, an instant. Out: the policy's answer.
Always true: pure; the same policy as at planning and at the gate; nothing is planned, so messages that others
plan meanwhile are not foreseen.
"""

from collections.abc import Iterable, Sequence
from datetime import time

import msgspec

from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program
from slinga.engine.sending import policy_of, suppressions
from slinga.engine.view import PersonView, address_of
from slinga.ingest.model import Input
from slinga.journeys.node import person_zone
from slinga.kernel.calendar import next_local
from slinga.kernel.clock import Instant
from slinga.messages.model import Intent
from slinga.messages.policy import Decision, Defer, Reason, Refuse, Suppression, decide


def foresee(
    copy: Person,
    pending: Iterable[Input],
    intent: Intent,
    program: Program,
    suppressed: Sequence[Suppression],
    now: Instant,
    *,
    at: Instant,
    at_local: time | None = None,
) -> Decision:
    """The answer at `at`, or at the next time of day `at_local` where the person lives.

    `copy` is given away: it is brought up to `now`, and of no more use. `intent.expires_at` counts from `at`.
    """
    advance_many(copy, pending, program, now, Batch())
    if address_of(copy, intent.channel) is None:
        return Refuse(Reason.NO_ADDRESS)
    here = person_zone(PersonView(copy, program, now))
    length = intent.ends_at - intent.planned_at
    if at_local is not None:
        at = next_local(at, at_local, here)
    known = [*suppressed, *suppressions(copy, intent.channel, program.policy)]
    moved = msgspec.structs.replace(intent, planned_at=at, not_before=at, expires_at=at + length)
    answer = decide(moved, copy.sends, copy.consents, known, policy_of(copy, program), here, at)
    if isinstance(answer, Defer) and answer.until is not None and answer.until >= moved.ends_at:
        return Refuse(answer.reason)  # it would be stale by then
    return answer
