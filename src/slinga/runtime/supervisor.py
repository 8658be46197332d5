"""Keeps Slinga's processes running and ends them together.

In: a command line per process. Out: running processes, restarted when they fall.
Always true: each child is its own session, so Ctrl-C reaches the supervisor alone; a child that refuses to
run (exit code REFUSED) ends everything; after `stop` no child or grandchild is left.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from slinga.kernel.errors import Unavailable
from slinga.runtime.process import PARENT

REFUSED = 78
"""EX_CONFIG of sysexits.h: starting again would not help."""

_STEADY_S = 10.0
_LONGEST_PAUSE_S = 5.0
"""Long enough that a process which falls at once leaves the machine to the others; short enough that mail is
not late by minutes once the reason is gone."""

Say = Callable[[str], None]


@dataclass
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)


class Supervisor:
    """The children of one `slinga serve`. Use from the main thread only: on Linux a child is tied to it."""

    def __init__(
        self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], say: Say
    ) -> None:
        self._children = [_Child(name, command) for name, command in commands.items()]
        self._environment = {**environment, PARENT: str(os.getpid())}
        self._say = say

    def check(self, only: str | None = None) -> None:
        """Start what is due and notice what fell. Raises Unavailable when a child refuses to run.

        `only` names the one child that may be started yet.
        """
        now = time.monotonic()
        for child in self._children:
            if child.process is None:
                if now >= child.due and only in (None, child.name):
                    self._start(child)
            elif (code := child.process.poll()) is not None:
                child.process = None
                if code == REFUSED:
                    raise Unavailable(f"{child.name} cannot run; see its message above.")
                child.pause = (
                    0.5 if now - child.started > _STEADY_S else min(child.pause * 2 or 0.5, _LONGEST_PAUSE_S)
                )
                child.due = now + child.pause
                self._say(f"{child.name} ended ({_reason(code)}); starting it again in {child.pause:.0f} s")

    def _start(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(
            child.command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def stop(self, within_s: float) -> None:
        """Ask all to stop, wait, then kill what is left, grandchildren too."""
        running = [child for child in self._children if child.process and child.process.poll() is None]
        family = {p.pid: p for child in running for p in _family(child.process)}
        for child in running:
            if child.process:
                child.process.send_signal(signal.SIGTERM)
        _, stubborn = psutil.wait_procs(list(family.values()), timeout=within_s)
        for process in stubborn:
            with suppress(psutil.Error):
                process.kill()
        if stubborn:
            self._say(f"{len(stubborn)} processes did not stop within {within_s:.0f} s and were killed")
        psutil.wait_procs(stubborn, timeout=5)
        for child in running:
            if child.process:
                child.process.wait()


def _family(process: subprocess.Popen[bytes] | None) -> list[psutil.Process]:
    if process is None:
        return []
    with suppress(psutil.Error):
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    return []


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
