"""One person lives their past again under a program: the pure heart of a rehearsal.

In: a person's past, a program, a span of time, a reaction model. Out: every fact (but of visits), and every
message that would have been accepted.
Always true: pure; the engine's own `advance_many` and gate decide, so caps, quiet hours, priorities and exits
are the real ones; wake-ups, deliveries and reactions happen each at its own instant, wake-ups first, what was
recorded last; a message is accepted at the instant it is let out.
"""

import heapq
from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.engine import rest
from slinga.engine.adopting import adopt
from slinga.engine.advance import advance_many
from slinga.engine.apply import apply, take_event
from slinga.engine.gate import judge
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.engine.settle import settle
from slinga.engine.turn import Turn
from slinga.ingest.model import PROVEN, Input
from slinga.kernel.clock import Instant
from slinga.kernel.ids import digest
from slinga.messages.model import Intent
from slinga.messages.policy import Defer, Permit
from slinga.people import visits
from slinga.people.model import Fact
from slinga.rehearsal.hearing import Ears, Heard
from slinga.rehearsal.model import Span
from slinga.rehearsal.reactions import Reactions, draw
from slinga.rehearsal.replay import Past

MOST_STEPS = 200_000
"""Wake-ups and simulated inputs of one person; a journey that goes round faster is cut short and told of."""


class Stage(msgspec.Struct, frozen=True):
    """Everything that is the same for all people: the program, and what it is before the start."""

    program: Program
    before: Program
    """The same without journeys: what builds state until the rehearsal starts."""
    span: Span
    heard: Heard
    ears: Ears
    reactions: Reactions
    seed: int


class Sent(msgspec.Struct, frozen=True):
    """A message that would have been accepted."""

    at: Instant
    intent: Intent
    echoed: bool
    """Whether it was really sent once, so that what really came back of it came back again."""


class Life(msgspec.Struct):
    """What came of one person's past."""

    person: Person
    facts: list[Fact]
    sent: list[Sent]
    withheld: list[tuple[Instant, Intent, str]]
    """Planned, and stopped by the last gate: when, what, why."""
    reacted: dict[str, int]
    """Modelled reactions by "channel kind"."""
    cut_short: bool = False
    fork: "Fork | None" = None
    """The life as it stood where a second one may leave it."""


class Fork(msgspec.Struct, frozen=True):
    """A life at an instant, copied: what another life with the same past up to there begins with."""

    person: bytes
    visits: bytes
    coming: tuple[tuple[Instant, int, Input | Intent], ...]
    count: int
    lived: int
    """How many recorded inputs are behind it."""
    facts: int
    sent: int
    withheld: int


def stage_of(program: Program, span: Span, heard: Heard, reactions: Reactions, seed: int) -> Stage:
    """The stage for a program; its number must be above 1, which is that of the time before the start."""
    calm = msgspec.structs.replace(program, policy=msgspec.structs.replace(program.policy, stopped=False))
    before = msgspec.structs.replace(rest.without_journeys(calm), number=1, basis=1)
    return Stage(calm, before, span, heard, Ears(calm), reactions, seed)


def live(key: str, past: Past, stage: Stage, fork_at: Instant | None = None) -> Life:
    """Live a person's past to the end of the span.

    `fork_at`, an instant within it and after its start: keep how things stand right before then.
    """
    return _Living(key, past, stage, fork_at).all()


def live_on(key: str, past: Past, stage: Stage, fork: Fork) -> Life:
    """Live on from a fork under another stage, which asks for nothing that the first did not.

    The life holds what comes after the fork.
    """
    living = _Living(key, past, stage)
    living.take_up(fork)
    return living.all(fork.lived)


class _Nothing(list[Any]):
    def append(self, item: Any) -> None:
        """Forget it."""


class _Living:
    """One life. Visits are kept beside the person, so that not all is asked again at their ends."""

    def __init__(self, key: str, past: Past, stage: Stage, fork_at: Instant | None = None) -> None:
        self.stage, self.past, self.fork_at = stage, past, fork_at
        self.person = Person(key=key)
        self.batch = Batch(people=_Nothing(), appends=_Nothing())
        self.life = Life(self.person, [], [], [], {})
        self.since = stage.span.since
        self.program = stage.program if self.since is None else stage.before
        self.touches = stage.ears.touches
        self.visits = visits.Visits() if stage.heard.visits else None
        self.coming: list[tuple[Instant, int, Input | Intent]] = []
        self.count = 0
        self.steps = 0

    def take_up(self, fork: Fork) -> None:
        """Begin where another life was left."""
        self.person = self.life.person = decode(fork.person)
        self.since, self.program = None, self.stage.program
        self.person.program = self.program.number
        if self.visits is not None:
            self.visits = msgspec.msgpack.decode(fork.visits, type=visits.Visits)
        self.coming, self.count = list(fork.coming), fork.count

    def _fork(self, at: Instant, lived: int) -> None:
        self._pass_to(at - 1)
        self.fork_at = None
        self.life.fork = Fork(
            encode(self.person),
            msgspec.msgpack.encode(self.visits),
            tuple(self.coming),
            self.count,
            lived,
            len(self.batch.facts),
            len(self.life.sent),
            len(self.life.withheld),
        )

    def all(self, lived: int = 0) -> Life:
        """Everything from the given input on."""
        since, until = self.since, self.stage.span.until
        batch, person, coming = self.batch, self.person, self.coming
        for place in range(lived, len(self.past.inputs)):
            item = self.past.inputs[place]
            at = item.at
            if at > until:
                break
            if since is not None and at >= since:
                self._start(since)
                since = None
            if self.fork_at is not None and at >= self.fork_at:
                self._fork(self.fork_at, place)
            if coming or (person.wake_at is not None and person.wake_at <= at) or self._visit_ends_by(at):
                self._pass_to(at)
            if item.kind == "event":
                self._event(item)
            else:
                advance_many(person, (item,), self.program, at, batch)
            if batch.intents:
                self._send()
        if since is not None and person.at:
            self._start(since)
        if self.fork_at is not None:
            self._fork(self.fork_at, len(self.past.inputs))
        self._pass_to(until)
        self.life.facts = [recorded.fact for recorded in batch.facts]
        return self.life

    def _start(self, since: Instant) -> None:
        """The journeys begin: as with a publication, what is true already starts nobody but where asked."""
        self._pass_to(since)
        self.batch.facts.clear()
        self.program = self.stage.program
        if self.person.at:
            adopt(self.person, (), (), self.program, since, self.batch)
            self.batch.facts[:] = [one for one in self.batch.facts if one.fact.kind != "program_adopted"]
            self._send()

    def _visit_ends_by(self, at: Instant) -> bool:
        ends = None if self.visits is None else visits.due(self.visits)
        return ends is not None and ends <= at

    def _pass_to(self, until: Instant) -> None:
        """Let time pass: each wake-up, each end of a visit and each simulated input at its own instant."""
        person, batch, coming = self.person, self.batch, self.coming
        while True:
            wake = person.wake_at
            ends = None if self.visits is None else visits.due(self.visits)
            first = until + 1 if wake is None else wake
            if ends is not None and ends <= first and ends <= until:
                first = ends
            else:
                ends = None
            if coming and coming[0][0] < first:
                if coming[0][0] > until:
                    return
                at, _, item = heapq.heappop(coming)
                if isinstance(item, Intent):
                    self._attempt(item, at)
                else:
                    self._take(item)
            elif ends is not None:
                self._end_visit(ends, wakes=ends == wake)
            elif first <= until:
                advance_many(person, (), self.program, first, batch)
            else:
                return
            if batch.intents:
                self._send()
            self.steps += 1
            if self.steps > MOST_STEPS:
                self.life.cut_short = True
                person.wake_at = None
                coming.clear()
                return

    def _event(self, item: Input) -> None:
        """As the engine takes an event in; but where neither it nor a visit that it brings forth touches
        anything, nothing is asked, and where nothing listens to visits there are none."""
        person, now, known = self.person, max(item.at, self.person.at), self.person.at
        person.at, person.seq = now, item.seq
        if not known:
            person.program, person.created_at = self.program.number, now
        produced: list[Input] = []
        if self.visits is not None:
            self.visits, found = visits.fold(self.visits, item)
            produced = [_visit(one, now) for one in found]
        news = not known or (not person.proven and item.trust == PROVEN) or self.touches(person, item)
        if news or any(self.touches(person, each) for each in produced):
            turn = Turn(person, self.program, self.batch, now, seq=item.seq)
            for each in produced:
                take_event(turn, each)
            apply(turn, msgspec.structs.replace(item, body={**item.body, "visit": True}))
            settle(turn)

    def _end_visit(self, at: Instant, *, wakes: bool) -> None:
        """Time has ended the visit; a wake-up of the same instant is one with it."""
        assert self.visits is not None
        person = self.person
        person.at = max(person.at, at)
        self.visits, found = visits.end(self.visits, at)
        produced = [_visit(one, person.at) for one in found]
        if wakes or any(self.touches(person, each) for each in produced):
            turn = Turn(person, self.program, self.batch, person.at)
            for each in produced:
                take_event(turn, each)
            settle(turn)

    # --- messages ------------------------------------------------------------------------------------

    def _send(self) -> None:
        """Everything planned just now meets the last gate at once."""
        intents = self.batch.intents
        while intents:
            self._attempt(intents.pop(0), self.person.at)

    def _attempt(self, intent: Intent, now: Instant) -> None:
        # Nothing is pending, so judging changes nobody, and the person need not be copied.
        answer = judge(self.person, (), intent, self.program, (), now)
        if isinstance(answer, Permit):
            self._accepted(intent, now)
        elif isinstance(answer, Defer):
            if answer.until is not None and answer.until > now:
                self._later(answer.until, intent)
        else:
            self.life.withheld.append((now, intent, answer.reason.value))
            self._take(_input(now, "receipt", "cancelled", _about(intent) | {"reason": answer.reason.value}))

    def _accepted(self, intent: Intent, now: Instant) -> None:
        echo = self.past.echoes.get(intent.variables.get("ask") or intent.send_key)
        really = echo is not None and (echo.sent_at is not None or bool(echo.back))
        if intent.template:
            self.life.sent.append(Sent(now, intent, really))
        about = _about(intent)
        self._settled(_input(now, "receipt", "accepted", about))
        if intent.template:
            self._take(_input(now, "event", "Message Sent", {"properties": about}))
        if really:
            assert echo is not None
            first = echo.sent_at if echo.sent_at is not None else echo.back[0][0]
            for at, item in echo.back:
                after = now + max(0, at - first)
                self._later(after, msgspec.structs.replace(item, at=after, occurred_at=after))
        elif intent.template:
            self._react(intent, now)

    def _react(self, intent: Intent, now: Instant) -> None:
        """What the model lets come back of a message that was never sent."""
        for reaction in draw(self.stage.reactions, self.stage.seed, intent.send_key, intent.channel):
            name = f"{intent.channel} {reaction.kind}"
            self.life.reacted[name] = self.life.reacted.get(name, 0) + 1
            for item in _back(intent, reaction.kind, now + reaction.after):
                self._later(item.at, item)

    def _settled(self, item: Input) -> None:
        """An accepted message: the ledger learns of it; nothing that could be asked reads the ledger."""
        person = self.person
        person.seq += 1
        apply(Turn(person, self.program, self.batch, person.at, seq=person.seq), item)

    def _later(self, at: Instant, item: Input | Intent) -> None:
        self.count += 1
        heapq.heappush(self.coming, (at, self.count, item))

    def _take(self, item: Input) -> None:
        """Apply a simulated input; an event that nothing listens to is none."""
        names = self.stage.heard.names
        if item.kind == "event" and names is not None and item.name not in names:
            return
        at = max(item.at, self.person.at)
        numbered = msgspec.structs.replace(item, at=at, seq=self.person.seq + 1)
        if item.kind == "event":
            self._event(numbered)
        else:
            advance_many(self.person, (numbered,), self.program, at, self.batch)


def _visit(produced: visits.Produced, now: Instant) -> Input:
    """An event that a visit brought forth, as the engine feeds it to the rules."""
    body = {"properties": produced.properties}
    return Input("event", now, name=produced.name, body=body, trust=PROVEN, occurred_at=produced.at)


def _about(intent: Intent) -> dict[str, Any]:
    """What receipts and events say of a message."""
    return {
        "message": digest("rehearsed", intent.send_key),
        "send_key": intent.send_key,
        "channel": intent.channel,
        "journey": intent.journey,
        "run": intent.run,
        "node": intent.node,
        "template": intent.template,
        "class": intent.message_class,
        "topic": intent.topic,
        "reason": "",
    }


def _input(at: Instant, kind: str, name: str, body: dict[str, Any], source: str = "delivery") -> Input:
    return Input(kind, at, name=name, body=body, trust=PROVEN, source=source, occurred_at=at)


def _back(intent: Intent, kind: str, at: Instant) -> Iterable[Input]:
    """The inputs of a reaction, as delivery and the site would append them."""
    about = _about(intent)
    seen = {**about, "class_of_hit": "human", "machine": False, "sort": ""}
    allowed = intent.variables.get("tracking") or {}
    topic, channel = intent.topic, intent.channel
    match kind:
        case "delivered":
            yield _input(at, "event", "Message Delivered", {"properties": about})
        case "bounced":
            yield _input(at, "event", "Message Bounced", {"properties": {**about, "bounce": "hard"}})
        case "opened" if allowed.get("opens") == "person":
            yield _input(at, "event", "Message Opened", {"properties": seen}, "onsite")
        case "clicked" if allowed.get("clicks") == "person":
            yield _input(at, "event", "Message Clicked", {"properties": {**seen, "url": ""}}, "onsite")
        case "unsubscribed":
            left = {"left_channel": channel, "left_topic": topic, "how": "one_click"}
            body = {"channel": channel, "topic": topic, "action": "withdrawn", "source": "one_click"}
            yield _input(at, "consent", "", body, "onsite")
            yield _input(at, "event", "Unsubscribed", {"properties": {**about, **left}}, "onsite")
        case "complained":
            body = {"channel": channel, "topic": "", "action": "withdrawn", "source": "complaint"}
            yield _input(at, "event", "Message Complained", {"properties": about})
            yield _input(at, "consent", "", body)
