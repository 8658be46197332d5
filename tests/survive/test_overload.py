"""More than it can take: refused in time, nothing accepted is lost, people at the desk need not wait."""

import http.client
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from slinga.runtime.db import connect
from slinga.testing.proof import prove
from slinga.testing.rig import EVENT, Rig, open_rig

LONG = os.environ.get("SLINGA_LONG") == "1"
LOAD_FOR_S = 600 if LONG else 8
CLIENTS = 40 if LONG else 16
pytestmark = pytest.mark.long


class Crowd:
    """Clients that send as fast as they are answered, and never wait before they try again."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.answers, self.accepted = rig, Counter[int](), set[str]()
        self.without_hint = 0
        self._ends = time.monotonic() + LOAD_FOR_S
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(CLIENTS)]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(LOAD_FOR_S + 60)

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _run(self, client: int) -> None:
        number = 0
        while time.monotonic() < self._ends:
            names = [f"c{client}-{number + n}" for n in range(100)]
            items = [
                {
                    "type": "track",
                    "event": EVENT + " Not",
                    "userId": f"q{hash(name) % 5000}",
                    "messageId": name,
                }
                for name in names
            ]
            status, headers = 0, dict[str, str]()
            with suppress(OSError, http.client.HTTPException):
                status, headers, _ = self.rig.request("POST", "/v1/batch", {"batch": items})
            with self._lock:
                self.answers[status] += 1
                if status == 200:
                    self.accepted |= set(names)
                    number += 100
                elif status in (429, 503):
                    self.without_hint += not any(name.lower() == "retry-after" for name in headers)


def test_five_times_what_it_can_take(base: Path) -> None:
    with open_rig(base, 1) as rig:
        waits: list[float] = []
        with Crowd(rig) as crowd:
            while crowd.busy:
                began = time.monotonic()
                assert rig.request("GET", "/sign-in", timeout=30)[0] in (200, 302, 303, 401, 403, 404)
                waits.append(time.monotonic() - began)
                time.sleep(0.25)
        assert set(crowd.answers) <= {200, 429, 503}, crowd.answers
        assert crowd.without_hint == 0
        rig.rest(LOAD_FOR_S * 20)
        with connect(rig.url) as db:
            rows = db.execute("SELECT message_id FROM input WHERE name = %s", (EVENT + " Not",)).fetchall()
            stored = Counter(row[0] for row in rows)
            prove(db)
        assert crowd.accepted <= stored.keys()
        assert max(stored.values()) == 1
        waits.sort()
        assert waits[int(len(waits) * 0.95)] < (1.0 if LONG else 3.0), waits[-5:]
