"""A whole installation of real processes, to break: `slinga serve`, a mail sink, a shop that never gives up.

In: a directory, faults. Out: a `Truth`: what was acknowledged, stored, planned, sent, and what the sink took.
Always true: the shop counts an event as acknowledged only at a 200, and sends the same batch again until it
gets one; the sink writes a mail down before it answers; nothing here reads the product's own counters.
"""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket
from typing import Any

import msgspec
import psutil
import psycopg

from slinga.access.jobs import add_key
from slinga.engine.jobs import Definition, publish
from slinga.ingest.model import PROVEN, New
from slinga.kernel.ids import person_key
from slinga.people.log import Consent, record
from slinga.runtime.db import Db, connect
from slinga.runtime.postgres import url

PATIENCE_S = 120.0
EVENT = "Offer Wanted"
JOURNEY = "offer"

RESTING = """
SELECT NOT EXISTS (SELECT 1 FROM lane l JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor)
   AND NOT EXISTS (SELECT 1 FROM parked)
   AND NOT EXISTS (SELECT 1 FROM person WHERE wake_at <= slinga_now())
   AND NOT EXISTS (SELECT 1 FROM message WHERE state IN ('planned', 'leased', 'dialling', 'deferred'))"""


def definitions(message_class: str = "marketing") -> list[Definition]:
    """One mail for each event, at once, with no quiet hours and no caps."""
    template = {
        "key": "offer",
        "name": "Offer",
        "class": message_class,
        "subject": "An offer",
        "body": {"html": "<html lang='en'><head><title>Offer</title></head><body><p>Here</p></body></html>"},
    }
    journey = {
        "key": JOURNEY,
        "name": "Offer",
        "class": message_class,
        "trigger": {"on": "event", "name": EVENT},
        "quiet_hours": "none",
        "start": "send",
        "nodes": {"send": {"type": "send", "template": "offer"}},
    }
    if message_class == "marketing":
        template["topic"] = journey["topic"] = "news"
    return [
        Definition("policy", "policy", {"quiet_hours": "none", "caps": []}),
        Definition("template", "offer", template),
        Definition("journey", JOURNEY, journey),
    ]


class Truth(msgspec.Struct, frozen=True):
    """What a fault left behind."""

    acknowledged: int
    missing: int
    """Acknowledged events that are not in the log."""
    repeated: int
    """Events that stand in the log more than once."""
    planned: int
    states: dict[str, int]
    lost: int
    """Messages that we hold for accepted and the sink never took."""
    unexpected: int
    """Mails that the sink took and nobody planned."""
    duplicated: int
    """Mails that the sink took more than once."""


class Rig:
    """`with open_rig(path) as rig`: it serves, and knows `people` that can be mailed."""

    def __init__(
        self, base: Path, *, sink_delay_s: float = 0, environment: dict[str, str] | None = None
    ) -> None:
        base.chmod(0o711)
        self.data = base / "data"
        self.taken = base / "taken.jsonl"
        self.output = base / "output.log"
        self.port = _free_port()
        self.sink_delay_s = sink_delay_s
        self._sink: subprocess.Popen[str] | None = None
        self._serve: subprocess.Popen[bytes] | None = None
        self._extra = environment or {}
        self.url = url(self.data / "run")
        self.key = ""

    # --- processes -------------------------------------------------------------------------------

    def start_sink(self) -> str:
        """The mail sink, in a process of its own; its address."""
        self._sink = subprocess.Popen(
            [
                *(sys.executable, "-m", "slinga.testing.smtp_sink"),
                *("--log", str(self.taken), "--delay", str(self.sink_delay_s)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._sink.stdout is not None
        return f"smtp://127.0.0.1:{self._sink.stdout.readline().strip()}?starttls=never&bounce=bounce.test"

    def start(self) -> None:
        """`slinga serve`, once it answers."""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")},
            "SLINGA_DATA_DIR": str(self.data),
            "SLINGA_PORT": str(self.port),
            "SLINGA_MAIL_FROM": "The Shop <hello@shop.example>",
            "SLINGA_SMTP_URL": self._extra.pop("SLINGA_SMTP_URL", "") or self.start_sink(),
            **self._extra,
        }
        self.serve()

    def serve(self) -> None:
        """Start `slinga serve` in the present environment and wait until it answers."""
        with self.output.open("ab") as output:
            self._serve = subprocess.Popen(
                [sys.executable, "-m", "slinga.cli", "serve"],
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.until(lambda: self.answers() or self._fallen())
        assert not self._fallen(), self.output.read_text()

    def _fallen(self) -> bool:
        return self._serve is not None and self._serve.poll() is not None

    def answers(self) -> bool:
        """Whether the web process answers."""
        with suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/healthz", timeout=5)[0] == 200
        return False

    def request(
        self, method: str, path: str, body: Any = None, *, timeout: float = 30
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one request with the shop's key; raises what a client would see."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Content-Type": "application/json"}
        headers["Authorization"] = "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def another(self, part: str) -> subprocess.Popen[bytes]:
        """One more process of a part, as on a second machine."""
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "slinga.cli", part],
                env={**self.environment, "SLINGA_DATABASE_URL": self.url},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def children(self, part: str) -> list[psutil.Process]:
        """The processes of a part: web, worker, delivery."""
        assert self._serve is not None
        found = []
        with suppress(psutil.Error):
            for process in psutil.Process(self._serve.pid).children():
                with suppress(psutil.Error):
                    if process.cmdline()[-1] == part:
                        found.append(process)
        return found

    def kill(self, part: str) -> int:
        """SIGKILL to every process of a part and what it started; how many."""
        victims = [p for each in self.children(part) for p in (each, *each.children(recursive=True))]
        for victim in victims:
            with suppress(psutil.Error):
                victim.kill()
        return len(victims)

    def kill_database(self) -> None:
        """SIGKILL to the postmaster and all its backends."""
        postmaster = psutil.Process(int((self.data / "postgres" / "postmaster.pid").read_text().split()[0]))
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with suppress(psutil.Error):
                process.kill()

    def stop(self, patience_s: float = 60) -> int:
        """SIGTERM to `slinga serve`; its exit code."""
        assert self._serve is not None
        self._serve.send_signal(signal.SIGTERM)
        return self._serve.wait(patience_s)

    def close(self) -> None:
        """End everything that was started."""
        if self._serve is not None and self._serve.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()
            self._serve.kill()
            self._serve.wait()
        if self._sink is not None:
            self._sink.kill()
            self._sink.wait()
            if self._sink.stdout:
                self._sink.stdout.close()

    # --- the shop --------------------------------------------------------------------------------

    def connect(self) -> Db:
        """A connection, however long the database takes to come up."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                return connect(self.url)
            except psycopg.OperationalError:
                assert time.monotonic() < give_up, self.output.read_text()[-2000:]
                time.sleep(0.05)

    def prepare(self, people: int, found: Iterable[Definition] | None = None) -> None:
        """Definitions in force, a write key, and so many people who allowed mail."""
        with self.connect() as db:
            publish(db, list(definitions() if found is None else found), zone="Europe/Stockholm")
            self.key = add_key(db, "write", "shop", trust=PROVEN)
            for start in range(0, people, 500):
                names = [f"p{n}" for n in range(start, min(people, start + 500))]
                entries = [
                    Consent(person_key("user", name), "email", "", "granted", source="form") for name in names
                ]
                traits = [
                    New(
                        person_key("user", name),
                        "identify",
                        body={"traits": {"email": address(name)}, "identifiers": [["user", name]]},
                    )
                    for name in names
                ]
                with db.transaction():
                    record(db, entries, traits)
        self.rest()

    def rest(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until nothing is left to do."""

        def resting() -> bool:
            with suppress(psycopg.Error), connect(self.url) as db:
                return db.execute(RESTING).fetchone() == (True,)
            return False

        self.until(resting, patience_s)

    def until(self, true: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        """Wait for something that another process does."""
        give_up = time.monotonic() + patience_s
        while not true():
            assert time.monotonic() < give_up, "waited too long:\n" + self.output.read_text()[-2000:]
            time.sleep(0.05)

    # --- the truth -------------------------------------------------------------------------------

    def truth(self, acknowledged: Iterable[str]) -> Truth:
        """Compare what was promised with what is there."""
        wanted = set(acknowledged)
        mails = Counter(json.loads(line)[0] for line in self.taken.read_text().splitlines())
        with self.connect() as db:
            stored = Counter(
                row[0]
                for row in db.execute("SELECT message_id FROM input WHERE name = %s", (EVENT,)).fetchall()
            )
            rows = db.execute(
                "SELECT message_id, state FROM message WHERE journey = %s", (JOURNEY,)
            ).fetchall()
        known = {message_id for message_id, _ in rows if message_id}
        return Truth(
            acknowledged=len(wanted),
            missing=len(wanted - stored.keys()),
            repeated=sum(1 for count in stored.values() if count > 1),
            planned=len(rows),
            states=dict(Counter(state for _, state in rows)),
            lost=sum(1 for message_id, state in rows if state == "accepted" and not mails[message_id]),
            unexpected=sum(1 for message_id in mails if message_id not in known),
            duplicated=sum(1 for count in mails.values() if count > 1),
        )


class Shop:
    """A client that sends events in batches, again and again until each is acknowledged."""

    def __init__(self, rig: Rig, events: int, *, batch: int = 20, pause_s: float = 0.0) -> None:
        self._rig, self._events, self._batch, self._pause_s = rig, events, batch, pause_s
        self.acknowledged: list[str] = []
        self.refused: Counter[int] = Counter()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Shop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE_S * 10)
        assert not self._thread.is_alive(), f"{len(self.acknowledged)} acknowledged, refused {self.refused}"

    @property
    def busy(self) -> bool:
        """Whether it still sends."""
        return self._thread.is_alive()

    def _run(self) -> None:
        for start in range(0, self._events, self._batch):
            names = range(start, min(self._events, start + self._batch))
            items = [
                {"type": "track", "event": EVENT, "userId": f"p{n}", "messageId": f"m{n}"} for n in names
            ]
            while True:
                try:
                    status, _, _ = self._rig.request("POST", "/v1/batch", {"batch": items})
                except (OSError, http.client.HTTPException):
                    status = 0
                if status == 200:
                    self.acknowledged += [item["messageId"] for item in items]
                    break
                self.refused[status] += 1
                time.sleep(0.05)
            time.sleep(self._pause_s)


def address(name: str) -> str:
    """Where a person of the rig gets mail."""
    return f"{name}@example.org"


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_rig(
    base: Path, people: int, *, sink_delay_s: float = 0, environment: dict[str, str] | None = None
) -> Iterator[Rig]:
    """A rig that serves, with so many people."""
    rig = Rig(base, sink_delay_s=sink_delay_s, environment=environment)
    try:
        rig.start()
        rig.prepare(people)
        yield rig
    finally:
        rig.close()
