"""Try a journey as one person: what would happen to them, and when, if they came in and stayed silent.

In: a person, a program that holds the journey, a span of time. Out: steps and messages with their instants.
Always true: pure; the person is copied and nothing leaves, so neither profiles nor figures change; the same
policy, runs and clock decide as in earnest. Messages count as delivered, and the person does nothing.
"""

import msgspec

from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.messages.model import Intent
from slinga.people.model import Fact

MOST_WAKES = 1_000


class Tried(msgspec.Struct, frozen=True):
    """What would happen: facts of this journey in order, and the messages that would be planned."""

    facts: tuple[Fact, ...]
    intents: tuple[Intent, ...]
    like: Input | None = None
    """The event of theirs that was taken to start it; None where it was started as if by hand."""


def try_out(
    person: Person,
    program: Program,
    journey: str,
    now: Instant,
    until: Instant,
    like: Input | None = None,
) -> Tried:
    """Let a copy of the person into a journey at `now`, as if `like` came again, and follow them to `until`.

    Raises Invalid where the journey is not in the program.
    """
    if journey not in program.journeys:
        raise Invalid("there is no journey '%(journey)s'", field="journey", journey=journey)
    copy, batch = decode(encode(person)), Batch()
    properties = like.body.get("properties") if like else None
    asked = {"journey": journey, "by": "manual", "properties": properties or {}}
    start = Input("command", now, name="add_to_journey", body=asked)
    advance_many(copy, [start], program, now, batch)
    settled = 0
    for _ in range(MOST_WAKES):
        while settled < len(batch.intents):
            intent = batch.intents[settled]
            settled += 1
            advance_many(copy, _delivered(intent, copy.at), program, copy.at, batch)
        if copy.wake_at is None or copy.wake_at > until:
            break
        advance_many(copy, [], program, copy.wake_at, batch)
    mine = tuple(one.fact for one in batch.facts if journey in (one.fact.name, one.fact.body.get("journey")))
    return Tried(mine, tuple(intent for intent in batch.intents if intent.journey == journey), like)


def _delivered(intent: Intent, at: Instant) -> list[Input]:
    """What the log would say of a message that arrived."""
    about = {"send_key": intent.send_key, "channel": intent.channel, "class": intent.message_class}
    about |= {"journey": intent.journey, "run": intent.run, "node": intent.node, "template": intent.template}
    return [
        Input("receipt", at, name="accepted", body=about, occurred_at=at),
        Input("event", at, name="Message Sent", body={"properties": about}, occurred_at=at),
    ]
