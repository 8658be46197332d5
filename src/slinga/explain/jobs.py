"""Why: read what is recorded of a person, replay it, and answer.

In: a connection, a person by any identifier, a message or a journey. Out: a `Proof`.
Always true: one read-only view of the database; nothing is written.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from slinga.engine.jobs import Programs, extensions, load, moved_before, person_of
from slinga.engine.model import Program
from slinga.engine.program import Part, compile_program
from slinga.engine.replay import Life, Load
from slinga.engine.view import PersonView
from slinga.explain import journey as journeys
from slinga.explain import message as messages
from slinga.explain import person as people
from slinga.explain import store
from slinga.explain.case import Case
from slinga.explain.model import Check, Proof
from slinga.explain.trace import check, trace
from slinga.identity.identifiers import key_of
from slinga.ingest import log
from slinga.kernel.errors import Invalid, Missing
from slinga.kernel.ids import KINDS
from slinga.kernel.words import ENGLISH, Words
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.segments import Condition, compile_condition, rebuild

_KEY = re.compile(r"[0-9a-f]{32}\Z")


def why(
    db: Db,
    person: str,
    message: str | None = None,
    journey: str | None = None,
    words: Words = ENGLISH,
) -> Proof:
    """Why this person got a message, is in a journey or not; with neither, where they stand and why.

    `person`: a key, KIND:VALUE, an e-mail address, a phone number or an id. `message`: its id or send key.
    `words`: the language of the sentences, and what definitions are called in them.
    Raises Missing for a person, message or journey that is not known, Invalid for both questions at once.
    """
    if message is not None and journey is not None:
        raise Invalid("ask about a message or about a journey, not both", field="message")
    with db.transaction():
        store.snapshot(db)
        found, names = find(db, person)
        if message is not None:
            return _message(db, found, names, message, words)
        case = case_of(db, found, names, words)
    return people.explain(case) if journey is None else journeys.explain(case, journey)


def asked(db: Db, key: str, condition: Condition, words: Words = ENGLISH) -> Check:
    """A condition's answer about somebody now, part by part with the values it rests on.

    The condition need not be published: what it counts is counted from the log. Raises Missing.
    """
    person = person_of(db, key)
    if person is None:
        raise Missing("nobody is known by '%(key)s'", field="person", key=key)
    program = Programs().current(db)
    wanted = compile_condition(condition, program.zone).features
    counted = {f.id: f for f in wanted if f.id not in person.features}
    view = PersonView(person, program, clock.now(db))
    if counted:
        events = [each for each in log.history(db, person.key) if each.kind in ("event", "history")]
        fresh = rebuild(counted.values(), events)
        view.feature = lambda id: fresh.get(id, person.features.get(id))
    return check(trace(condition, view, program.zone), words)


def find(db: Db, person: str) -> tuple[str, tuple[str, ...]]:
    """(key of the person as they are now, their identifiers). Raises Missing naming what was tried."""
    for key in keys_of(person):
        known = person_of(db, key)
        if known is not None:
            named = known.profile.identifiers
            return known.key, tuple(f"{kind}:{value}" for kind, values in named.items() for value in values)
    raise Missing("nobody is known by '%(key)s'", field="person", key=person)


def keys_of(person: str) -> list[str]:
    """The keys that a text may name, the likeliest first."""
    text = person.strip()
    if _KEY.match(text):
        return [text]
    kind, colon, value = text.partition(":")
    if colon and kind in KINDS and value:
        return [key_of(kind, value)]
    found = []
    kinds = ["email"] if "@" in text else ["phone"] if text.startswith(("+", "00")) else []
    for each in (*kinds, "user", "anonymous", "external", "device"):
        try:
            found.append(key_of(each, text))
        except Invalid:
            continue
    return found


def case_of(db: Db, key: str, names: tuple[str, ...] = (), words: Words = ENGLISH) -> Case:
    """Everything a decision about this key may be explained from. Raises Missing for an unknown key."""
    person = person_of(db, key)
    if person is None:
        raise Missing("nobody is known by '%(key)s'", field="person", key=key)
    published = tuple(store.programs(db))
    inputs, facts = tuple(log.history(db, key)), tuple(store.facts(db, key))
    merged = any(item.kind == "handover" for item in inputs)
    life = Life(key, inputs, facts, published, moved_before(db, key) if merged else ())
    loaded: Load = cache(lambda number: load(db, number))
    number = published[-1][0] if published else 0
    return Case(person, life, loaded, _redefining(db), loaded(number), clock.now(db), names, words)


def _message(db: Db, key: str, names: tuple[str, ...], wanted: str, words: Words) -> Proof:
    text = wanted.strip().replace("-", "").lower()
    for each in chain(db, key):
        sent = store.message(db, each, text) if _KEY.match(text) else None
        sent = sent or next((one for one in store.messages(db, each) if one.send_key == wanted.strip()), None)
        if sent is not None:
            case = case_of(db, each, names, words)
            attempts = store.attempts(db, sent)
            number = max((n for n, at in case.life.programs if at <= sent.planned_at), default=0)
            version = store.template_version(db, number, sent.template)
            return messages.explain_sent(case, sent, attempts, version)
    raise Missing("no message '%(wanted)s' was planned for this person", field="message", wanted=wanted)


def chain(db: Db, key: str) -> list[str]:
    """The key and those that were merged into it, as far as its facts tell."""
    found = [key]
    for each in found:
        for one in store.facts(db, each):
            other = one.fact.body.get("other")
            if one.fact.kind == "merged" and isinstance(other, str) and other not in found:
                found.append(other)
    return found


def _redefining(db: Db) -> Callable[[dict[str, Any]], Load]:
    """The programs with one field of one definition said otherwise."""

    def redefine(change: dict[str, Any]) -> Load:
        @cache
        def other(number: int) -> Program:
            return _compiled(db, number, change)

        return other

    return redefine


def _compiled(db: Db, number: int, change: dict[str, Any]) -> Program:
    zone, raw, documents = store.program(db, number)
    parts = [msgspec.convert(part, Part) for part in raw]
    hit = False
    for name, document in documents.items():
        if name[0] == change["kind"] and change["key"] in ("", name[1]):
            documents[name] = {**document, change["field"]: change["value"]}
            hit = True
    if not hit and change["kind"] == "policy":
        parts.append(Part("policy", "policy", 1))
        documents["policy", "policy", 1] = {change["field"]: change["value"]}
    return compile_program(number, zone or "UTC", parts, documents, nodes=extensions())
