"""What a node may decide, what a run asks the engine to do, and the facts that say so.

In: nothing. Out: closed, tagged structs shared by the nodes, the runs and the engine.
Always true: an effect is a request; only the engine carries it out, in the transaction of the decision.
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.clock import Instant


class _Effect(msgspec.Struct, frozen=True, kw_only=True, tag_field="effect", omit_defaults=True):
    journey: str = ""
    version: int = 0
    run: str = ""
    node: str = ""


class SendRequest(_Effect, frozen=True, kw_only=True, tag="send"):
    """Ask the policy to let a message out. The run stays at its node until `answer_run` says how it went."""

    send_key: str
    message_class: Literal["marketing", "transactional"]
    channel: str
    template: str
    topic: str | None = None
    priority: int = 0
    planned_at: Instant
    expires_at: Instant | None = None
    quiet_hours: str = ""
    """Empty means the workspace's, "none" none, "22:00-08:00" the journey's own."""
    variables: dict[str, Any] = {}
    """The run's trigger snapshot and the node's own variables; the engine adds the person and the things."""


class SetTrait(_Effect, frozen=True, kw_only=True, tag="set_trait"):
    """Write a trait; a value of None removes it."""

    name: str
    value: Any


class Tag(_Effect, frozen=True, kw_only=True, tag="tag"):
    """Add a tag, or take it away."""

    name: str
    remove: bool = False


class AddScore(_Effect, frozen=True, kw_only=True, tag="score"):
    """Add points to a score, or set it where `set_to` is given."""

    name: str
    points: int = 0
    set_to: int | None = None


class SetStage(_Effect, frozen=True, kw_only=True, tag="set_stage"):
    """Place the person in a stage; the engine calls `lifecycle.decide.place` with cause "journey"."""

    model: str
    stage: str
    status: str | None = None
    pin: str | None = None


class HandOver(_Effect, frozen=True, kw_only=True, tag="hand_over"):
    """A task for a member of the team."""

    task: str
    title: str
    note: str = ""
    team: str = ""
    due_at: Instant | None = None
    variables: dict[str, Any] = {}


class Webhook(_Effect, frozen=True, kw_only=True, tag="webhook"):
    """Call an address. Where `wait_until` is set the run waits for the answer with this `ask`."""

    ask: str
    url: str
    body: dict[str, Any] = {}
    wait_until: Instant | None = None


class StartJourney(_Effect, frozen=True, kw_only=True, tag="start_journey"):
    """Start another journey for the same person, with the trigger's properties."""

    key: str
    properties: dict[str, Any] = {}


class StopJourney(_Effect, frozen=True, kw_only=True, tag="stop_journey"):
    """Stop the person's runs of a journey; `for_key` limits it to the run about one thing."""

    key: str
    for_key: str | None = None


class Other(_Effect, frozen=True, kw_only=True, tag="other"):
    """An effect of an extension node; `kind` names who carries it out."""

    kind: str
    body: dict[str, Any] = {}


Effect = (
    SendRequest
    | SetTrait
    | Tag
    | AddScore
    | SetStage
    | HandOver
    | Webhook
    | StartJourney
    | StopJourney
    | Other
)


# --- what a node answers -------------------------------------------------------------------------


class Goto(msgspec.Struct, frozen=True, kw_only=True):
    """Leave this node by a named exit for another node; `to` None ends the run as completed."""

    to: str | None
    outcome: str = ""
    effects: tuple[Effect, ...] = ()
    witness: Any = None


class WaitUntil(msgspec.Struct, frozen=True, kw_only=True):
    """Stay. Step again at every input and at `until`; `due` is kept so that later steps see the same."""

    until: Instant | None
    due: Instant | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Stay until the answer to `ask` comes, or until `due`."""

    ask: str
    effect: Effect
    due: Instant | None = None


class End(msgspec.Struct, frozen=True, kw_only=True):
    """End the run."""

    outcome: str = "exit"
    witness: Any = None


Decision = Goto | WaitUntil | Ask | End


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an ask went. For a send: planned, deferred (until `until`) or dropped; else answered or timeout."""

    ask: str
    outcome: Literal["planned", "deferred", "dropped", "answered", "timeout"]
    reason: str = ""
    until: Instant | None = None
    value: Any = None


# --- facts ---------------------------------------------------------------------------------------


class _Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", omit_defaults=True):
    journey: str
    version: int
    at: Instant
    run: str = ""
    key: str = ""


class RunEntered(_Fact, frozen=True, kw_only=True, tag="run_entered"):
    """Somebody came in, for the `entry`th time."""

    entry: int
    trigger: dict[str, Any] = {}
    witness: Any = None


class RunRestarted(_Fact, frozen=True, kw_only=True, tag="run_restarted"):
    """The trigger came again before the first send, so the run went back to its start."""

    trigger: dict[str, Any] = {}


class Stepped(_Fact, frozen=True, kw_only=True, tag="step"):
    """A node was left by `outcome`, or answered."""

    node: str
    outcome: str
    to: str | None = None
    stayed_for: int = 0
    witness: Any = None


class GoalReached(_Fact, frozen=True, kw_only=True, tag="goal_reached"):
    """The journey's goal held while the person was inside."""

    goal: str
    witness: Any = None


EndReason = Literal[
    "completed", "exit", "goal", "stopped", "capped", "loop", "moved", "removed", "restarted", "merged"
]


class RunEnded(_Fact, frozen=True, kw_only=True, tag="run_ended"):
    """A run is over. moved: the thing or its date is no longer what started the run."""

    reason: EndReason
    node: str | None = None
    outcome: str = ""
    entered_at: Instant = 0
    sends: int = 0
    witness: Any = None


class HeldOut(_Fact, frozen=True, kw_only=True, tag="holdout"):
    """Would have come in, but belongs to the group that is never sent to, for comparison."""

    entry: int
    share: float


RefusedReason = Literal["too_old", "already_inside", "reentry", "condition", "too_many_runs", "no_key"]


class EntryRefused(_Fact, frozen=True, kw_only=True, tag="entry_refused"):
    """The trigger matched, but the header said no."""

    reason: RefusedReason
    until: Instant | None = None
    """When the reason may no longer hold, where that is known."""
    witness: Any = None


class RunMigrated(_Fact, frozen=True, kw_only=True, tag="run_migrated"):
    """A run went over to another version by the publisher's mapping."""

    from_version: int
    from_node: str
    node: str


Fact = RunEntered | RunRestarted | Stepped | GoalReached | RunEnded | HeldOut | EntryRefused | RunMigrated
