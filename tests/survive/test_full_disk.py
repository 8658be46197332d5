"""The data volume fills up: only what is stored is acknowledged; with room again it goes on by itself."""

import http.client
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from slinga.runtime.db import connect
from slinga.testing.proof import prove
from slinga.testing.rig import EVENT, Rig, open_rig

SIZE_MB = 420
EVENTS = 200_000
pytestmark = pytest.mark.long


@pytest.fixture
def volume(base: Path) -> Iterator[Path]:
    """A small volume of its own."""
    place = base / "volume"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small volume")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0711", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no small volume can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all room that is left."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 1_000_000)
    return ballast


def send(rig: Rig, first: int) -> tuple[int, list[str]]:
    """A batch of 100 large events: (status, their message ids)."""
    names = [f"e{n}" for n in range(first, first + 100)]
    items = [
        {"type": "track", "event": EVENT, "userId": "p0", "messageId": name, "properties": {"x": name * 500}}
        for name in names
    ]
    with suppress(OSError, http.client.HTTPException):
        return rig.request("POST", "/v1/batch", {"batch": items})[0], names
    return 0, names


def test_a_full_volume(volume: Path) -> None:
    with open_rig(volume, 1) as rig:
        ballast = fill(volume)
        acknowledged: list[str] = []
        refused = 0
        for first in range(0, EVENTS, 100):
            status, names = send(rig, first)
            if status == 200:
                acknowledged += names
            else:
                assert status in (0, 429, 503), status
                refused += 1
                if refused >= 5:
                    break
        assert refused >= 5, "the volume never filled"
        ballast.unlink()
        rig.until(lambda: send(rig, EVENTS)[0] == 200)
        rig.rest()
        with connect(rig.url) as db:
            rows = db.execute("SELECT message_id FROM input WHERE name = %s", (EVENT,)).fetchall()
            stored = [row[0] for row in rows]
            prove(db)
        assert set(acknowledged) <= set(stored)
        assert len(stored) == len(set(stored))
