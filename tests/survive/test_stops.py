"""Processes that stop politely, and one that is frozen for longer than its lease."""

import os
import signal
import time
from pathlib import Path

import pytest

from slinga.runtime.db import connect
from slinga.testing.outbox import lose_leases
from slinga.testing.proof import prove
from slinga.testing.rig import Shop, open_rig

LONG = os.environ.get("SLINGA_LONG") == "1"
EVENTS = 5_000 if LONG else 300
pytestmark = pytest.mark.long


def test_a_polite_stop_under_load_leaves_nothing_open(base: Path) -> None:
    """SIGTERM while mails go out: exit 0, no lease left, nothing uncertain; the next start does the rest."""
    with open_rig(base, EVENTS, sink_delay_s=0.05) as rig:
        with Shop(rig, EVENTS) as shop:
            rig.until(lambda: rig.taken.exists() and rig.taken.stat().st_size > 0)
            began = time.monotonic()
            assert rig.stop() == 0
            assert time.monotonic() - began < 60
            rig.serve()
        rig.rest(600)
        truth = rig.truth(shop.acknowledged)
        assert (truth.missing, truth.lost, truth.unexpected, truth.duplicated) == (0, 0, 0, 0)
        assert truth.states == {"accepted": EVENTS}
        with connect(rig.url) as db:
            prove(db)


def test_a_frozen_sender_is_fenced_off(base: Path) -> None:
    """A second sender takes over from one that sleeps; waking up it sends nothing that the other has sent."""
    with open_rig(base, EVENTS, sink_delay_s=0.02) as rig:
        with Shop(rig, EVENTS) as shop:
            rig.until(lambda: rig.taken.exists() and rig.taken.stat().st_size > 0)
            (frozen,) = rig.children("delivery")
            frozen.send_signal(signal.SIGSTOP)
            other = rig.another("delivery")
            rig.until(lambda: not shop.busy)
            if LONG:
                time.sleep(300)
            with connect(rig.url) as db:
                lose_leases(db)
            rig.until(lambda: rig.taken.read_bytes().count(b"\n") >= EVENTS - 60)
            frozen.send_signal(signal.SIGCONT)
        rig.rest(600)
        other.terminate()
        assert other.wait(60) == 0
        truth = rig.truth(shop.acknowledged)
        assert (truth.missing, truth.lost, truth.unexpected, truth.duplicated) == (0, 0, 0, 0)
        assert set(truth.states) <= {"accepted", "unknown"}
        with connect(rig.url) as db:
            prove(db)
