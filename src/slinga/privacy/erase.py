"""Erase a person: everything, everywhere, and leave what keeps them from coming back.

In: a person's key. Out: the record of the erasure.
Always true: what the last gate had not passed never leaves; all rows, the tombstone, the suppression and the
obligation commit together; every key that was this person goes, and nobody who merely shares an address; an
erasure asked for twice is one erasure.

How it holds against what goes on meanwhile: pending messages are cancelled in a transaction of their own,
and what is on the wire may end. Then ledgers and lanes are held, so that neither our pages nor a worker write
about the person; attempts and messages go; then the log is held, and with it everybody who wants to append.
Whoever comes after the commit meets the tombstone.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid, Missing
from slinga.kernel.ids import KINDS, kind_of
from slinga.privacy import store
from slinga.privacy.notices import notice
from slinga.privacy.store import Erasure
from slinga.privacy.tables import TABLES
from slinga.privacy.tombstones import addresses_of, keys_of, needles
from slinga.runtime.db import Db
from slinga.runtime.obligations import ERASURE, note

KeyOf = Callable[[str], bytes]
"""From an address to its keyed hash: `delivery.book.store.key_maker` of the installation's secret."""

REASONS = ("request", "objection", "retention", "child", "member", "restored")
"""Why somebody is erased (GDPR article 17(1)); `restored` when a backup brought them back."""

_CHAIN = 64


class Known(msgspec.Struct, frozen=True):
    """What is known by name of the person about to be erased; lives in memory alone."""

    keys: tuple[str, ...]
    identifiers: dict[str, list[str]]
    addresses: tuple[str, ...]


def erase(
    db: Db,
    person: str,
    *,
    key_of: KeyOf,
    reason: str = "request",
    by: str = "",
    wait_s: float = 5.0,
    tell: bool = False,
) -> Erasure:
    """Erase whoever this key is, with all keys that became them.

    `wait_s`: how long messages on the wire may take to end, in real seconds. `tell`: keep a notice for other
    systems (`privacy.notices`). Raises Missing for a key nobody has, Invalid for another reason.
    """
    if reason not in REASONS:
        raise Invalid(
            "'%(value)s' is not one of %(known)s", field="reason", value=reason, known=", ".join(REASONS)
        )
    known = know(db, person)
    if known is None:
        found = store.erasure_of(db, person)
        if found is None:
            raise Missing("Nobody is known by this key.", field="person")
        return found
    # Reads every profile, so it is done before anything is held.
    shared = store.sharing(db, known.keys, known.addresses)
    store.cancel(db, known.keys)
    end = time.monotonic() + wait_s
    while store.dialling(db, known.keys) and time.monotonic() < end:
        time.sleep(0.05)
    with db.transaction():
        db.execute(store.S.one_at_a_time)
        known = _hold_all(db, person) or known
        own = tuple(each for each in known.addresses if each.lower() not in shared)
        others = [key_of(each) for each in known.addresses if each.lower() in shared]
        known = msgspec.structs.replace(known, addresses=own)
        return _erase(db, known, [key_of(each) for each in own], others, reason, by, tell)


def again(db: Db, people: Sequence[str], hashes: Sequence[bytes], *, key_of: KeyOf) -> Erasure | None:
    """Do once more what the obligations journal says was done before a restore; None when nobody was there.

    `people` and `hashes` as the obligation has them. The tombstone is written in either case.
    """
    with db.transaction():
        db.execute(store.S.one_at_a_time)
        present = [found for key in people if (found := know(db, key))]
        keys = sorted({*people, *(key for each in present for key in each.keys)})
        addresses = {address for each in present for address in each.addresses}
        addresses = {each for each in addresses if key_of(each) in set(hashes)}
        names: dict[str, list[str]] = {}
        for each in present:
            for kind, values in each.identifiers.items():
                names.setdefault(kind, []).extend(values)
        known = Known(tuple(keys), names, tuple(sorted(addresses)))
        store.hold(db, known.keys)
        done = _erase(db, known, hashes, (), "restored", "journal", False, oblige=False)
        return done if present else None


def know(db: Db, person: str) -> Known | None:
    """Every key that is or is about to become this person, and the words by which they are known."""
    seeds = {person}
    found = store.rows(db, [person])
    for _ in range(_CHAIN):
        ahead = {forward for _, forward in found.values() if forward} - seeds
        if not ahead:
            break
        seeds |= ahead
        found |= store.rows(db, sorted(ahead))
    keys: set[str] = set()
    fresh = set(seeds)
    names: dict[str, list[str]] = {}
    while fresh:
        keys |= fresh
        more = store.relatives(db, sorted(fresh)) - keys
        names = _identifiers(found, store.named(db, sorted(fresh)), names)
        more |= {key for key in keys_of(names) if key not in keys}
        rows = store.rows(db, sorted(more))
        # A key with a state of its own belongs only if it points here or is about to.
        fresh = {key for key in more if _belongs(key, rows.get(key), keys | more)}
        found |= {key: row for key, row in rows.items() if key in fresh}
    if not found and not _logged(db, sorted(keys)):
        return None
    identifiers = _identifiers(found, names)
    traits = {name: said.value for state, _ in found.values() for name, said in state.profile.traits.items()}
    addresses = addresses_of(identifiers, traits) | store.addresses(db, sorted(keys))
    return Known(tuple(sorted(keys)), identifiers, tuple(sorted(addresses)))


def _logged(db: Db, keys: Sequence[str]) -> bool:
    """Whether the log holds anything about people of whom there is no state yet."""
    return any(True for _ in store.select(db, TABLES["input"], keys, (), ()))


def _belongs(key: str, row: tuple[Any, str | None] | None, cluster: set[str]) -> bool:
    if row is None:
        return True
    state, forward = row
    if forward is not None:
        return forward in cluster
    return kind_of(key) != "user" and not (state.proven and KINDS[kind_of(key)] > KINDS["device"])


def _identifiers(
    found: dict[str, tuple[Any, str | None]], *named: dict[str, list[str]]
) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for each in (*named, *(state.profile.identifiers for state, _ in found.values())):
        for kind, values in each.items():
            known = names.setdefault(kind, [])
            known.extend(value for value in values if value not in known)
    return names


def _hold_all(db: Db, person: str) -> Known | None:
    """Hold all of the person, who may have become one with somebody while we waited."""
    known = know(db, person)
    for _ in range(_CHAIN):
        if known is None:
            return None
        store.hold(db, known.keys)
        after = know(db, person)
        if after is None or set(after.keys) <= set(known.keys):
            return after
        known = after
    return known


def _erase(
    db: Db,
    known: Known,
    hashes: Sequence[bytes],
    others: Sequence[bytes],
    reason: str,
    by: str,
    tell: bool,
    *,
    oblige: bool = True,
) -> Erasure:
    keys = known.keys
    words = needles(known.identifiers, known.addresses)
    proof: dict[str, Any] = {"ledgers": store.ledgers(db, keys)}
    forbidden = store.stops(db, keys)
    refused = store.quarantined(db, words)
    counts: dict[str, int] = {}
    mine = store.messages(db, keys)
    for name in ("attempt", "message", "attempt"):  # an attempt may begin while we wait for its message
        counts[name] = counts.get(name, 0) + store.delete(db, TABLES[name], keys, mine, hashes)
    db.execute(store.S.hold_log)
    counts["seen"] = store.forget_seen(db, keys)
    for table in TABLES.values():
        if table.by in ("none", "text") or table.keep or table.name in ("attempt", "message"):
            continue
        counts[table.name] = store.delete(db, table, keys, mine, hashes)
    if refused:
        counts["quarantine"] = db.execute(store.S.drop_quarantined, {"ids": refused}).rowcount
    for each in hashes:
        store.suppress(db, each, "global", "erased")
    own = {each.hex() for each in hashes}
    for address, channel, topic in forbidden:
        if address not in own and channel in ("*", "email", "sms"):
            scope = f"topic:{topic}" if topic else "marketing"
            store.suppress(db, bytes.fromhex(address), scope, "withdrawn")
    store.blank(db, [*hashes, *others], words)
    proof["rows"] = {name: count for name, count in sorted(counts.items()) if count}
    told = notice(known.identifiers, known.addresses) if tell else None
    number, at = store.add(db, reason, by, len(keys), proof, told)
    # Keys of identifiers that nobody else has: what names them by another id they had is dropped too.
    store.bury(db, number, keys, hashes)
    if oblige:
        person = max(keys, key=lambda key: key[2:])
        addresses = [each.hex() for each in hashes]
        note(db, ERASURE, person=person, people=list(keys), addresses=addresses, reason=reason)
    return Erasure(number, at, reason, by, len(keys), proof)


def readmit(db: Db, person: str) -> Erasure:
    """Let somebody who was erased come back, because they came themselves: the tombstone goes.

    Nothing returns of what was erased. Raises Missing for a key that lies under no tombstone.
    """
    with db.transaction():
        found = store.erasure_of(db, person)
        if found is None:
            raise Missing("Nobody was erased under this key.", field="person")
        store.readmit(db, found.id)
    return found


def erasures(db: Db, *, before: int = 2**62, limit: int = 100) -> list[Erasure]:
    """Records of erasures before number `before`, newest first."""
    return store.erasures(db, before=before, limit=limit)


def mop(db: Db, *, since: Instant = 0) -> int:
    """Delete what a request in flight wrote about people while they were erased; how many rows.

    `since`: of erasures after this instant. Safe at any time: nothing about whom a tombstone covers stays.
    """
    total = 0
    keys = store.all_erased(db, since)
    for start in range(0, len(keys), 1_000):
        some = keys[start : start + 1_000]
        with db.transaction():
            mine = store.messages(db, some)
            for table in TABLES.values():
                if table.by in ("person", "scan") or (table.by == "message" and mine):
                    total += store.delete(db, table, some, mine, ())
    return total
