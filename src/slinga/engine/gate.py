"""The last gate before the wire: the policy once more, on the person as they are at this very instant.

In: a person, inputs accepted but not applied yet, and the message about to leave. Out: one answer.
Always true: pure; `gate` works on a copy; the same policy as at planning, the message's own slot not counted
against it; exit and goal of the run that planned it are asked again.
"""

from collections.abc import Iterable, Sequence

from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.engine.sending import policy_of, suppressions
from slinga.engine.view import PersonView
from slinga.ingest.model import Input
from slinga.journeys import runs
from slinga.journeys.node import person_zone
from slinga.journeys.runs import JourneyMemory
from slinga.kernel.clock import Instant
from slinga.messages.model import Intent
from slinga.messages.policy import Decision, Permit, Reason, Refuse, Suppression, decide


def gate(
    person: Person,
    pending: Iterable[Input],
    intent: Intent,
    program: Program,
    suppressed: Sequence[Suppression],
    now: Instant,
) -> Decision:
    """Whether a planned message may leave at `now`.

    `pending` are the person's inputs that no worker has applied yet: an unsubscription or a purchase a
    moment ago counts. A person that merged away answers for nothing: the survivor's gate is asked.
    """
    return judge(decode(encode(person)), pending, intent, program, suppressed, now)


def judge(
    copy: Person,
    pending: Iterable[Input],
    intent: Intent,
    program: Program,
    suppressed: Sequence[Suppression],
    now: Instant,
) -> Decision:
    """The same on a person that the caller gives away: it is changed, and of no more use."""
    advance_many(copy, pending, program, now, Batch())
    if not intent.template:  # a question to another system: it goes while somebody waits for the answer
        waits = not intent.variables.get("waits") or any(run.asked == intent.send_key for run in copy.runs)
        return Permit() if waits else Refuse(Reason.EXITED)
    sent = copy.sends.recent.get(intent.send_key)
    if sent is None and intent.run:
        return Refuse(Reason.EXITED)
    view = PersonView(copy, program, now)
    for run in (*copy.runs, *copy.closing):
        if run.id != intent.run or (journey := program.versions.get((run.journey, run.version))) is None:
            continue
        memory = copy.memory.get(run.journey, JourneyMemory())
        over = runs.before_send(journey, memory, run, view, person=copy.key)
        if over is not None and intent.send_key in over.cancel:
            return Refuse(Reason.EXITED)
    return decide(
        intent,
        copy.sends,
        copy.consents,
        [*suppressed, *suppressions(copy, intent.channel, program.policy)],
        policy_of(copy, program),
        person_zone(view),
        now,
    )
