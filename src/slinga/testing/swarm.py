"""Worker processes that can be killed: what a machine does when its power goes.

In: a database. Out: processes that apply its log until they are killed, and a killer with a seed.
Always true: every worker is a process of its own with its own connection; a kill is SIGKILL, so nothing
of the process runs afterwards; each process killed is replaced at once, and lives for a batch at least.
"""

import multiprocessing
import time
from multiprocessing.process import BaseProcess
from random import Random
from threading import Event, Thread
from typing import Any

from slinga.loops import make_worker
from slinga.runtime.db import connect

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["slinga.testing.swarm"])

IDLE_S = 0.005


def work(url: str, beats: Any) -> None:
    """Apply the log for ever; `beats` counts the batches."""
    with connect(url, application="slinga swarm") as db:
        worker = make_worker(db)
        while True:
            idle = worker.tick().idle
            beats.value += 1
            if idle:
                time.sleep(IDLE_S)


class Swarm:
    """Several workers on one database; between `kill_from` and `kill_to` seconds one of them is killed."""

    def __init__(
        self, url: str, size: int = 4, *, seed: int = 0, kill_from: float = 0.02, kill_to: float = 0.2
    ) -> None:
        self._url, self._random = url, Random(seed)
        self._pause = (kill_from, kill_to)
        self._beats: dict[BaseProcess, Any] = {}
        self._processes = [self._spawn() for _ in range(size)]
        self._done = Event()
        self._killer = Thread(target=self._kill, daemon=True)
        self.kills = 0
        self.fault: str = ""

    def _spawn(self) -> BaseProcess:
        beats = _context.RawValue("q", 0)
        process = _context.Process(target=work, args=(self._url, beats), daemon=True)
        process.start()
        self._beats[process] = beats
        return process

    def _kill(self) -> None:
        while not self._done.wait(self._random.uniform(*self._pause)):
            place = self._random.randrange(len(self._processes))
            victim = self._processes[place]
            if victim.exitcode is not None:
                self.fault = f"a worker ended by itself with {victim.exitcode}"
                return
            if not self._beats[victim].value:
                continue  # let it come as far as a first batch, or a slow machine never gets anywhere
            victim.kill()
            victim.join()
            del self._beats[victim]
            self.kills += 1
            self._processes[place] = self._spawn()

    def __enter__(self) -> "Swarm":
        self._killer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._killer.join()
        for process in self._processes:
            if process.exitcode is not None:
                self.fault = self.fault or f"a worker ended by itself with {process.exitcode}"
            process.kill()
            process.join()
            process.close()
