"""A long-running process: asked to stop by a signal, gone when its parent is gone.

In: SIGTERM, SIGINT, SIGHUP; the parent's death. Out: `Stop`, which loops look at and wait on.
Always true: a first signal lets the work in hand finish, a second one ends at once.
"""

import ctypes
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from slinga.kernel.errors import SlingaError, Unavailable

PARENT = "SLINGA_PARENT"
"""The environment variable in which a parent names itself to a child that must not outlive it."""

_SET_PARENT_DEATH_SIGNAL = 1


def apart(work: Callable[[], None]) -> None:
    """Run something in a forked process, so that what it loads does not stay. Raises its SlingaError.

    Where other threads run already it runs here. Raises Unavailable where the process fell.
    """
    if threading.active_count() > 1:
        work()
        return
    sys.stdout.flush()
    sys.stderr.flush()
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(out)
            try:
                work()
            except SlingaError as error:
                os.write(into, pickle.dumps(error))
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(into)
    with os.fdopen(out, "rb") as told:
        fault = told.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if fault:
        raise pickle.loads(fault)  # by ourselves, a moment ago
    if code:
        raise Unavailable("A part of the start failed; see its message above.")


class Stop:
    """Whether this process has been asked to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def asked(self) -> bool:
        """True from the first signal on."""
        return self._event.is_set()

    def ask(self) -> None:
        """As a signal does."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long; whether a stop was asked for."""
        return self._event.wait(seconds)


def stop_on_signals() -> Stop:
    """Install the handlers; call once, in the main thread."""
    stop = Stop()

    def handle(number: int, _: FrameType | None) -> None:
        if stop.asked and number != signal.SIGHUP:
            os._exit(128 + number)
        stop.ask()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handle)
    return stop


def die_with_parent() -> None:
    """Get SIGTERM when the parent that named itself in the environment is gone (Linux; no-op elsewhere).

    Raises SystemExit when it is gone already.
    """
    parent = os.environ.get(PARENT)
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        raise SystemExit(1)
