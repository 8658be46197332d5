"""Decide what a merge request does at the person it is addressed to.

A request is addressed to the key of lower rank; that person hands its history to the other one and
becomes a forwarder. Where the addressee already forwards, the request is passed on, addressed anew.
Ranks never change and forwarders point upwards only, so requests arriving in any order, at any number
of workers, end with one person and no cycle.
"""

from enum import StrEnum

import msgspec

from slinga.ingest.model import CLAIMED, PROVEN
from slinga.kernel.ids import kind_of, rank_of


class Verdict(StrEnum):
    """What becomes of a merge request."""

    SAME = "same"
    HAND_OVER = "hand_over"
    PASS_ON = "pass_on"
    TWO_KNOWN_PEOPLE = "two_known_people"
    UNPROVEN_ADDRESS = "unproven_address"


class Merge(msgspec.Struct, frozen=True):
    """The decision: for PASS_ON, `to` is the new addressee and `other` the key it shall join."""

    verdict: Verdict
    to: str = ""
    other: str = ""


def direct(one: str, two: str) -> tuple[str, str]:
    """(addressee, survivor) for two keys that are one person: the lower rank is addressed."""
    return (one, two) if rank_of(one) < rank_of(two) else (two, one)


def decide(key: str, forward: str | None, other: str, trust: int, why: str, *, proven: bool) -> Merge:
    """Judge a request at `key`, which forwards to `forward` or is a person of its own.

    `proven` says whether a server vouched for facts of the person at `key`. Two user ids are never
    merged unless a server's alias says so; a browser's claim cannot hand a proven address's history to
    another person.
    """
    here = forward or key
    if here == other:
        return Merge(Verdict.SAME)
    lower, upper = direct(here, other)
    if kind_of(lower) == kind_of(upper) == "user" and not (why == "alias" and trust == PROVEN):
        return Merge(Verdict.TWO_KNOWN_PEOPLE, other=other)
    if lower != key:
        return Merge(Verdict.PASS_ON, lower, upper)
    if trust == CLAIMED and proven and kind_of(key) != "anonymous":
        return Merge(Verdict.UNPROVEN_ADDRESS, other=other)
    return Merge(Verdict.HAND_OVER, lower, upper)
