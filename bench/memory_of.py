"""How much memory a family of processes holds.

In: a process. Out: megabytes of it and all its descendants, now, and the peak while a block runs.
Always true: shared pages count once (PSS) where the kernel tells; where it does not, the resident size
minus what is shared; load generators and other outsiders do not count.
"""

import threading
from contextlib import suppress
from pathlib import Path

import psutil

from bench.scratch import OUTSIDE

EVERY_S = 0.25


def held_mb(root: int) -> float:
    """Memory of a process and its descendants, MB (10^6 bytes)."""
    return sum(parts(root).values())


def parts(root: int) -> dict[int, float]:
    """Memory of each process of the family by its number, MB."""
    found: dict[int, float] = {}
    with suppress(psutil.Error):
        parent = psutil.Process(root)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                if OUTSIDE not in process.environ():
                    found[process.pid] = _pss(process) / 1e6
    return found


def processor_s(root: int) -> float:
    """Processor seconds that a process and its living descendants have used."""
    used = 0.0
    with suppress(psutil.Error):
        parent = psutil.Process(root)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                times = process.cpu_times()
                used += times.user + times.system
    return used


def _pss(process: psutil.Process) -> float:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) * 1024
    info = process.memory_info()
    return float(info.rss - getattr(info, "shared", 0))


class Peak:
    """The peak of a family's memory while the block runs."""

    def __init__(self, root: int) -> None:
        self.mb = 0.0
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self.mb = max(self.mb, held_mb(self._root))

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
