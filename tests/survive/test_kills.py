"""Processes and the database die again and again under load: nothing is lost, sent twice or left open."""

import os
import time
from pathlib import Path
from random import Random

import pytest

from slinga.runtime.db import connect
from slinga.testing.proof import prove
from slinga.testing.rig import Rig, Shop, Truth, open_rig

LONG = os.environ.get("SLINGA_LONG") == "1"
EVENTS = 20_000 if LONG else 400
BEGUN = 60
"""The most mails a courier can have begun and not settled: one a connection, and a group of results."""
pytestmark = pytest.mark.long


def judge(rig: Rig, shop: Shop, events: int, in_flight: int) -> Truth:
    """The verdict over everything that was promised; `in_flight` bounds what may be uncertain."""
    truth = rig.truth(shop.acknowledged)
    assert (truth.acknowledged, truth.missing, truth.repeated) == (events, 0, 0)
    assert (truth.lost, truth.unexpected, truth.duplicated) == (0, 0, 0)
    assert truth.planned == events == sum(truth.states.values())
    assert set(truth.states) <= {"accepted", "unknown"}, truth
    assert truth.states.get("unknown", 0) <= in_flight, truth
    with connect(rig.url) as db:
        prove(db)
    return truth


def test_workers_and_senders_are_killed(base: Path) -> None:
    random = Random(20)
    with open_rig(base, EVENTS, sink_delay_s=0.01) as rig:
        kills = 0
        with Shop(rig, EVENTS, pause_s=0.01 if LONG else 0.3) as shop:
            ends = time.monotonic() + (300 if LONG else 8)
            while shop.busy or (LONG and time.monotonic() < ends):
                time.sleep(random.uniform(1.5, 2.5) if LONG else random.uniform(0.3, 0.8))
                kills += bool(rig.kill(random.choice(("worker", "delivery"))))
        rig.rest(600)
        judge(rig, shop, EVENTS, in_flight=kills * BEGUN)
        assert kills >= (60 if LONG else 2)


def test_the_database_is_killed(base: Path) -> None:
    with open_rig(base, EVENTS) as rig:
        waits: list[float] = []
        with Shop(rig, EVENTS, pause_s=0.02 if LONG else 0.1) as shop:
            while shop.busy:
                time.sleep(10 if LONG else 1.0)
                rig.kill_database()
                began = time.monotonic()
                before = len(shop.acknowledged)
                rig.until(lambda mark=before: len(shop.acknowledged) > mark or not shop.busy)  # type: ignore[misc]
                waits.append(time.monotonic() - began)
        rig.rest(600)
        judge(rig, shop, EVENTS, in_flight=0)
        assert waits and max(waits) < 15, waits
