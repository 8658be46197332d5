"""A person's whole state, what came of applying an input, and the compiled program.

In: slices owned by the stages. Out: `Person` as msgpack, `Batch` of results.
Always true: the state of a format newer than FORMAT is refused, never guessed at; a state is below 64 kB
for anybody but a robot, because every slice bounds itself.
"""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import New
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.runs import JourneyMemory, Run
from slinga.kernel.clock import Instant
from slinga.kernel.errors import SlingaError
from slinga.lifecycle.decide import Compiled as Model
from slinga.lifecycle.model import Position
from slinga.lifecycle.moves import Memory
from slinga.lifecycle.scores import Compiled as Score
from slinga.lifecycle.scores import State
from slinga.messages.model import Brand, Intent, Template
from slinga.messages.policy import Policy
from slinga.messages.sends import Sends
from slinga.people.consent import Consents
from slinga.people.model import Fact, Profile, Recorded
from slinga.people.visits import Visits
from slinga.segments.features import Feature
from slinga.segments.live import Predicate, Quick

FORMAT = 1
"""The format of `Person` this release writes and the newest it reads."""


def _stored(value: object) -> Any:
    """A part as stored where nothing has been said yet: the same bytes whether or not it is ever read."""
    raw = msgspec.Raw(msgspec.msgpack.encode(value))
    return lambda: raw


class Newer(SlingaError):
    """The database holds states of a newer release; start that one."""


class Person(msgspec.Struct, omit_defaults=True):
    """Everything a decision may rest on. Mutable inside one application, a value outside.

    Most events look at a few of the parts: the others stay the bytes they were stored as and are written back
    so. Fields that end in `_` hold either; `profile`, `consents`, `memory`, `sends`, `feature` decode them.
    """

    key: str
    at: Instant = 0
    """Instant of the last input or wake-up applied; never decreases."""
    seq: int = 0
    """The last input applied."""
    program: int = 0
    created_at: Instant = 0
    wake_at: Instant | None = None
    forward: str | None = None
    """The key this person was merged into; everything else is then empty."""
    profile_: msgspec.Raw = msgspec.field(default_factory=_stored(Profile()), name="profile")
    consents_: msgspec.Raw = msgspec.field(default_factory=_stored(Consents()), name="consents")
    visits: Visits = msgspec.field(default_factory=Visits)
    features: dict[str, msgspec.Raw] = {}
    """Running aggregates by id, each as stored or as it was last folded; ask `feature` for their values."""
    members: dict[str, Instant] = {}
    """Segments the person is in, since when."""
    positions: dict[str, Position] = {}
    moves_: msgspec.Raw = msgspec.field(default_factory=_stored({}), name="moves")
    scores: dict[str, State] = {}
    runs: list[Run] = []
    closing: list[Run] = []
    """Runs that have come to their end while a message of theirs is still on its way."""
    memory_: msgspec.Raw = msgspec.field(default_factory=_stored({}), name="memory")
    sends_: msgspec.Raw = msgspec.field(default_factory=_stored(Sends()), name="sends")
    dead: dict[str, str] = {}
    """Channels whose address is dead, and why."""
    proven: bool = False
    """Whether a server vouched for anything about this person."""
    owed: int = 0
    """Inputs of a merged person's history still to come; nothing is decided on half a past."""
    taken: list[str] = []
    """Runs taken over with that history, which know it already."""
    once: list[str] = []
    """Orders counted already, the latest last; see `segments.repeats`."""
    rests: list[Instant] = []
    """How long each answer of the last turn holds if nothing it reads changes; see `engine.rest`."""
    rests_of: int = 0
    """The program, by its basis, whose answers these are."""
    soonest: Instant = -1
    """How long all of them hold; -1 is unknown."""
    still: dict[str, Instant] = {}
    """Runs that stay where they are while nothing they read changes, by id: how long at most."""
    day: Instant = 0
    events: int = 0
    """Events applied since `day`, for the robot rule."""

    @property
    def profile(self) -> Profile:
        """Identifiers, traits, things and tags."""
        held: Any = self.profile_
        if type(held) is msgspec.Raw:
            held = _profile(held)
            self.profile_ = held
        return held  # type: ignore[no-any-return]

    @property
    def consents(self) -> Consents:
        """What they permit."""
        held: Any = self.consents_
        if type(held) is msgspec.Raw:
            held = _consents(held)
            self.consents_ = held
        return held  # type: ignore[no-any-return]

    @consents.setter
    def consents(self, value: Consents) -> None:
        self.consents_ = value  # type: ignore[assignment]

    @property
    def memory(self) -> dict[str, JourneyMemory]:
        """What is remembered about journeys, by key."""
        held: Any = self.memory_
        if type(held) is msgspec.Raw:
            held = _memory(held)
            self.memory_ = held
        return held  # type: ignore[no-any-return]

    @memory.setter
    def memory(self, value: dict[str, JourneyMemory]) -> None:
        self.memory_ = value  # type: ignore[assignment]

    @property
    def moves(self) -> dict[str, Memory]:
        """How they moved, by model; empty for somebody who stands somewhere: not known (`knows_moves`)."""
        held: Any = self.moves_
        if type(held) is msgspec.Raw:
            held = _moves(held)
            self.moves_ = held
        return held  # type: ignore[no-any-return]

    @moves.setter
    def moves(self, value: dict[str, Memory]) -> None:
        self.moves_ = value  # type: ignore[assignment]

    @property
    def knows_moves(self) -> bool:
        """Whether it is known how they moved: a release that did not remember it has left them otherwise."""
        held: Any = self.moves_
        return not self.positions or (held != _NOTHING if type(held) is msgspec.Raw else bool(held))

    @property
    def sends(self) -> Sends:
        """Messages to them, lately."""
        held: Any = self.sends_
        if type(held) is msgspec.Raw:
            held = _sends(held)
            self.sends_ = held
        return held  # type: ignore[no-any-return]

    @sends.setter
    def sends(self, value: Sends) -> None:
        self.sends_ = value  # type: ignore[assignment]

    def feature(self, id: str) -> Any:
        """The state of a running aggregate; None where it is not kept."""
        held: Any = self.features.get(id)
        if type(held) is msgspec.Raw:
            held = self.features[id] = decode_feature(held)
        return held


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Person)
_profile = msgspec.msgpack.Decoder(Profile).decode
_consents = msgspec.msgpack.Decoder(Consents).decode
_memory = msgspec.msgpack.Decoder(dict[str, JourneyMemory]).decode
_sends = msgspec.msgpack.Decoder(Sends).decode
_moves = msgspec.msgpack.Decoder(dict[str, Memory]).decode
_NOTHING = msgspec.Raw(msgspec.msgpack.encode({}))
decode_feature = msgspec.msgpack.Decoder().decode
"""The state of a running aggregate from how it is stored."""


def encode(person: Person) -> bytes:
    """The state as stored."""
    return _encoder.encode(person)


def decode(state: bytes) -> Person:
    """The state of a row. Raises msgspec.ValidationError for damaged bytes; for a part's, when it is read."""
    return _decoder.decode(state)


PARTS = frozenset(("profile", "segments", "positions", "scores", "consents", "things", "runs"))
"""The parts of a person's projection."""


class Batch(msgspec.Struct):
    """What applying inputs brought about, in order."""

    people: list[Person] = []
    facts: list[Recorded] = []
    intents: list[Intent] = []
    appends: list[New] = []
    handed_over: list[tuple[str, str, int]] = []
    """(merged key, survivor, seq of the merge): the worker hands the log's history up to there over.

    What the same batch applies to the key after that is passed on one by one, and must not go twice.
    """
    changed: dict[str, set[str]] = {}
    """By key of a person: the parts of their projection, of PARTS, that are to be written anew."""
    moves: dict[str, dict[str, Instant | None]] = {}
    """By key of a person: segments entered, with the instant, and left, with None; the last word counts."""
    owned: dict[str, set[tuple[str, str]]] = {}
    """By key of a person: (type, id) of things that changed or went."""
    wakes: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What `advance` answers: the person afterwards and everything to be done about it."""

    person: Person
    facts: tuple[Fact, ...]
    intents: tuple[Intent, ...]
    appends: tuple[New, ...]
    wake_at: Instant | None


class Program(msgspec.Struct, frozen=True):
    """All definitions in force, compiled. `order` settles segments, scores and models one after another."""

    number: int
    basis: int
    """The last program that changed anything a person's state rests on; see `engine.basis`."""
    zone: ZoneInfo
    policy: Policy
    brand: Brand
    order: tuple[tuple[str, str], ...]
    asks: tuple[Quick | None, ...]
    """The questions of the segments, at their places in `order`; None for a score or a model."""
    segments: dict[str, Predicate]
    scores: dict[str, Score]
    models: dict[str, Model]
    journeys: dict[str, Journey]
    """Live journeys by key."""
    rank: dict[str, int]
    """Their order."""
    versions: dict[tuple[str, int], Journey]
    """Every version somebody may be inside."""
    enter_existing: frozenset[tuple[str, int]]
    migrations: dict[str, Any]
    templates: dict[str, Template]
    features: dict[str, Feature]
    listening: dict[str, tuple[Feature, ...]]
    """Features by the event they listen to."""
    reads: tuple[frozenset[str] | None, ...]
    """What each of `order`, each of `dated`, then consents read, as `engine.rest` names it; None: any."""
    readers: dict[str, int]
    """The places of `reads` by name, as bits."""
    always: int
    """The places asked at every turn, as bits."""
    dated: tuple[str, ...]
    """Live journeys that dates start."""
    starting: dict[str, tuple[str, ...]]
    """Live journeys, in their order, by what may start them: the event, or as `journeys.entries` names it."""
    consents: frozenset[tuple[str, str]]
    """Channels and topics whose consent a segment or a model asks for."""
    recommending: frozenset[str] = frozenset()
    """Templates that ask for recommendations."""
