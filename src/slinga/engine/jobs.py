"""Publish definitions, load the program in force, and guard the wire with it.

In: documents; messages about to leave. Out: a new program number, or Invalid naming kind, key and field;
the gate's answers.
Always true: a published version never changes; a program that does not compile is not published;
publishing is serialised, so two members publishing at once give two programs.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from threading import Lock
from typing import Any, Literal

import msgspec

from slinga.delivery.model import Message
from slinga.engine import remembering, store
from slinga.engine.gate import judge
from slinga.engine.gating import store as gating
from slinga.engine.model import Person, Program, decode
from slinga.engine.program import CARRYING, Part, compile_program, require_known, resting
from slinga.ingest.model import Input
from slinga.journeys import migrate as migrations
from slinga.journeys.model import parse as parse_journey
from slinga.journeys.node import Node
from slinga.kernel.calendar import is_zone
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.messages.policy import Decision, Reason, Refuse
from slinga.people.model import Fact
from slinga.runtime import clock
from slinga.runtime.db import Db

Kind = Literal["segment", "model", "score", "journey", "template", "policy", "brand", "broadcast"]


class Definition(msgspec.Struct, frozen=True):
    """One document to publish, or to retire (`document` None: no longer in force, people inside finish)."""

    kind: Kind
    key: str
    document: dict[str, Any] | None
    enter_existing: bool = False
    """Journeys only: people who match already start it. Off, publishing never mails anybody."""
    migrate: dict[str, Any] | None = None
    """Journeys only: how people inside older versions move, see journeys.migrate. None: they finish there."""
    forget: bool = False
    """When retired: whoever is still inside leaves at their next step, instead of finishing."""


def publish(db: Db, definitions: Sequence[Definition], *, zone: str = "", by: str = "") -> int:
    """Publish documents as one new program; its number, or the present one when nothing changed.

    `zone` is the workspace's IANA zone; "" keeps the present one (UTC at first).
    Raises Invalid for a document that does not parse or a set that does not compile.
    """
    if zone and not is_zone(zone):
        raise Invalid("'%(zone)s' is not a time zone of the IANA database", field="zone", zone=zone)
    with db.transaction():
        store.lock_programs(db)
        number = store.program_number(db)
        old_zone, raw = store.program_parts(db, number)
        parts = [msgspec.convert(part, Part) for part in raw]
        changed = bool(zone) and zone != old_zone
        kept = store.events_kept(db)
        for one in definitions:
            remembering.check(one.kind, one.key, one.document, kept)
            changed |= _place(db, parts, one, by)
        if not changed and number:
            return number
        store.add_program(db, number + 1, zone or old_zone or "UTC", [msgspec.to_builtins(p) for p in parts])
        new = load(db, number + 1)  # compiles or raises, and the transaction is undone
        require_known(new)
        store.set_basis(db, number + 1, _basis(db, number, new, zone and zone != old_zone, raw, parts))
        return number + 1


def _basis(
    db: Db, before: int, new: Program, moved: object, old: list[dict[str, Any]], parts: list[Part]
) -> int:
    """The last program that changed anything people's states rest on: the new one, or an earlier one."""
    same = resting([msgspec.convert(part, Part) for part in old]) == resting(parts)
    if not before or moved or not same or not new.features.keys() <= load(db, before).features.keys():
        return new.number
    return store.program_basis(db, before)


def _place(db: Db, parts: list[Part], one: Definition, by: str) -> bool:
    """Put one definition into the parts in place; whether anything changed."""
    live = [p for p in parts if p.live and (p.kind, p.key) == (one.kind, one.key)]
    if one.document is None:
        for part in live:
            parts.remove(part)
            if one.kind in CARRYING and not one.forget:
                parts.append(msgspec.structs.replace(part, live=False))
        return bool(live)
    version, latest = store.latest_document(db, one.kind, one.key)
    if one.migrate is not None and live and latest is not None:
        _check_mapping(latest, one.document, one.migrate)
    if latest != one.document:
        version += 1
        store.add_definition(db, one.kind, one.key, version, one.document, by)
    elif live and live[0].version == version:
        return False
    for part in live:
        parts.remove(part)
        if one.kind in CARRYING:  # people inside finish on their version
            parts.append(msgspec.structs.replace(part, live=False))
    parts[:] = [p for p in parts if (p.kind, p.key, p.version) != (one.kind, one.key, version)]
    since = live[0].live_from if live else clock.now(db)
    parts.append(Part(one.kind, one.key, version, True, one.enter_existing, one.migrate, since))
    return True


def _check_mapping(old: dict[str, Any], new: dict[str, Any], mapping: dict[str, Any]) -> None:
    """Everybody inside the version in force has a place to go. Raises Invalid naming who has not."""
    before, after = (parse_journey(document, extra=extensions()) for document in (old, new))
    migrations.plan(before, after, migrations.parse(mapping))


_compiling = Lock()
"""Threads of one process compile one after another: libraries gather what they know of types on first use."""


def load(db: Db, number: int) -> Program:
    """Compile the program of a number; 0 is the empty program. Raises Invalid if it does not compile."""
    zone, raw = store.program_parts(db, number)
    documents = {(kind, key, version): doc for kind, key, version, doc in store.program_documents(db, number)}
    parts = [msgspec.convert(part, Part) for part in raw]
    basis = store.program_basis(db, number)
    with _compiling:
        return compile_program(number, zone or "UTC", parts, documents, nodes=extensions(), basis=basis)


@cache
def extensions() -> tuple[type[Node], ...]:
    """Node types of installed packages: the entry points of the group `slinga.nodes`, classes of `Node`."""
    return tuple(point.load() for point in sorted(entry_points(group="slinga.nodes"), key=lambda p: p.name))


class InForce(msgspec.Struct, frozen=True):
    """The definitions in force, by (kind, key); `number` 0 before the first program."""

    number: int
    zone: str
    documents: dict[tuple[str, str], dict[str, Any]]
    versions: dict[tuple[str, str], int]


def in_force(db: Db) -> InForce:
    """What a publication would change, as documents; journeys that only let people finish are left out."""
    number = store.program_number(db)
    zone, raw = store.program_parts(db, number)
    live = {(p.kind, p.key): p.version for p in (msgspec.convert(part, Part) for part in raw) if p.live}
    documents = {
        (kind, key): document
        for kind, key, version, document in store.program_documents(db, number)
        if live.get((kind, key)) == version
    }
    return InForce(number, zone, documents, live)


class Programs:
    """The program in force, compiled once per number, for all threads that share this."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._program: Program | None = None

    def current(self, db: Db) -> Program:
        """The program of the highest number."""
        number = store.program_number(db)
        with self._lock:
            if self._program is None or self._program.number != number:
                self._program = load(db, number)
            return self._program


def person_of(db: Db, key: str) -> Person | None:
    """The state of a person, through forwarders; None for somebody unknown."""
    for _ in range(64):
        row = store.states(db, [key]).get(key)
        if row is None:
            return None
        person = decode(row[0])
        if person.forward is None:
            return person
        key = person.forward
    return None


def moved_before(db: Db, key: str) -> tuple[Fact, ...]:
    """How those moved who became one with a person, oldest first: facts of other keys."""
    return tuple(store.moves_of(db, key, own=False))


Heard = Callable[[Db, Sequence[Message]], dict[str, list[Input]]]
"""What others said about the messages' addresses: consent inputs by message id."""


def _nothing(db: Db, messages: Sequence[Message]) -> dict[str, list[Input]]:
    return {}


def make_gate(
    programs: Callable[[Db], Program], heard: Heard = _nothing
) -> Callable[[Db, Sequence[Message]], list[Decision]]:
    """The gate for delivery: called in the transaction of the attempt; an answer per message, in order."""

    def answer(db: Db, messages: Sequence[Message]) -> list[Decision]:
        program, now = programs(db), clock.now(db)
        said = heard(db, messages)
        asked = Asked(db, {message.person for message in messages})
        return [asked.about(program, message, said.get(message.id, ()), now) for message in messages]

    return answer


class Asked:
    """The people that a batch of messages goes to, through forwarders, with what is pending for them."""

    def __init__(self, db: Db, keys: set[str]) -> None:
        self._states: dict[str, bytes] = {}
        self._people: dict[str, Person] = {}
        self._leads: dict[str, str] = {}
        wanted = keys
        for _ in range(64):
            found = gating.states(db, wanted)
            people = {key: decode(state) for key, state in found.items()}
            moved = {key: person.forward for key, person in people.items() if person.forward is not None}
            self._leads |= moved
            here = {key: person for key, person in people.items() if key not in moved}
            self._people |= here
            self._states |= {key: found[key] for key in here}
            wanted = set(moved.values()) - self._people.keys()
            if not wanted:
                break
        self._pending = gating.pending(db, {key: person.seq for key, person in self._people.items()})

    def person(self, key: str) -> tuple[Person, Sequence[Input]] | None:
        """A copy of one of them to give away, and what is pending; None for nobody."""
        for _ in range(64):
            if key not in self._leads:
                break
            key = self._leads[key]
        if key not in self._states:
            return None
        # The first who asks takes the person already at hand; what is done with it changes it.
        return self._people.pop(key, None) or decode(self._states[key]), self._pending.get(key, ())

    def about(self, program: Program, message: Message, said: Sequence[Input], now: Instant) -> Decision:
        """What the gate says of a message."""
        found = self.person(message.person)
        if found is None:
            return Refuse(Reason.ERASED)
        return judge(found[0], [*said, *found[1]], message.intent, program, (), now)
