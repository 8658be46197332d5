"""Processes that stop politely, and one that is frozen for longer than its lease."""

import os
import signal
import time
from pathlib import Path

import pytest

from slinga.runtime.db import connect
from slinga.testing.outbox import lose_leases
from slinga.testing.proof import prove
from slinga.testing.rig import Shop, address, open_rig
from slinga.testing.sink_thread import SinkThread
from slinga.testing.smtp_sink import Script

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


def test_what_hangs_at_the_stop_is_uncertain_and_nothing_else(base: Path) -> None:
    """A receiver that never answers after the dot: those few are `unknown`, and stay unsent."""
    with SinkThread() as sink:
        sink.scripts |= {address(f"p{n}"): Script(hang_after_dot=True) for n in range(3)}
        environment = {"SLINGA_SMTP_URL": sink.url, "SLINGA_STOP_WITHIN_S": "8"}
        with open_rig(base, 30, environment=environment) as rig:
            with Shop(rig, 30):
                pass
            rig.until(lambda: len(sink.mails) == 30)
            began = time.monotonic()
            assert rig.stop() == 0
            assert time.monotonic() - began < 30
            rig.serve()
            with connect(rig.url) as db:
                lose_leases(db)
            rig.rest()
            with connect(rig.url) as db:
                states = dict(db.execute("SELECT state, count(*) FROM message GROUP BY state").fetchall())
                prove(db)
            assert states == {"accepted": 27, "unknown": 3}
            assert len(sink.mails) == len(sink.counts) == 30


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
