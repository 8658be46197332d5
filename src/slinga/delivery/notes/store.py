"""Which messages a courier has begun to hand over, kept where a killed process does not take it along.

In: the name of a message right before the bytes leave after which it may be taken; its name again once its
outcome is committed. Out: for couriers that are gone, what they had begun.
Always true: a name stands in the file before those bytes leave and until the outcome is committed. A file is
believed only in the boot of the machine that wrote it, and a courier is gone only when the lock is free that
it holds for as long as it lives; of everybody else nothing is said.
"""

import fcntl
import mmap
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

_SLOTS = 4096
_NAME = 16
_BOOT = 36
_FULL = _BOOT
_HEAD = 48
_SIZE = _HEAD + _SLOTS * _NAME
_ENDING = ".begun"
_OLD_S = 86_400.0


class Notes:
    """The file of one living courier; for one thread.

    The pages belong to the kernel as soon as they are written, so SIGKILL loses nothing; a crash of the
    machine may, which is why another boot is not believed.
    """

    def __init__(self, folder: Path, courier: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / f"{courier}{_ENDING}"
        new = folder / f"{courier}.new"
        self._file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.truncate(self._file, _SIZE)
        self._map = mmap.mmap(self._file, _SIZE)
        self._map[:_BOOT] = _boot()
        self._slots: dict[str, int] = {}
        self._free = list(range(_SLOTS))
        new.rename(self._path)

    def begin(self, name: str) -> None:
        """`name` (32 hex digits) may be taken from now on. Without room nothing of the file is believed."""
        if name in self._slots:
            return
        if not self._free:
            self._map[_FULL] = 1
            return
        slot = self._slots[name] = self._free.pop()
        at = _HEAD + slot * _NAME
        self._map[at : at + _NAME] = bytes.fromhex(name)

    def end(self, name: str) -> None:
        """What became of `name` is committed."""
        slot = self._slots.pop(name, None)
        if slot is not None:
            at = _HEAD + slot * _NAME
            self._map[at : at + _NAME] = bytes(_NAME)
            self._free.append(slot)

    def close(self) -> None:
        """The courier ends. What it had begun and not settled is left to be found."""
        if not self._slots and not self._map[_FULL]:
            self._path.unlink(missing_ok=True)
        self._map.close()
        os.close(self._file)


class Unkept:
    """Where no file is kept, nothing is noted and nothing found."""

    def begin(self, name: str) -> None:
        """Nothing."""

    def end(self, name: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def open_notes(folder: Path | None, courier: str) -> Notes | Unkept:
    """The file of a courier that begins its life; `courier` is unlike any before it."""
    return Unkept() if folder is None else Notes(folder, courier)


def gone(folder: Path) -> dict[str, frozenset[str]]:
    """Couriers of this boot that are gone, and the names of what each had begun."""
    found: dict[str, frozenset[str]] = {}
    for path in folder.glob(f"*{_ENDING}"):
        with suppress(FileNotFoundError, BlockingIOError):
            content = _left(path)
            if content[:_BOOT] == _boot() and len(content) == _SIZE and not content[_FULL]:
                names = (content[at : at + _NAME] for at in range(_HEAD, _SIZE, _NAME))
                found[path.name.removesuffix(_ENDING)] = frozenset(each.hex() for each in names if any(each))
            else:
                _drop_old(path)
    return found


def forget(folder: Path, couriers: list[str]) -> None:
    """Nothing of these waits for its outcome any more."""
    for courier in couriers:
        (folder / f"{courier}{_ENDING}").unlink(missing_ok=True)


def _left(path: Path) -> bytes:
    """The content of a file whose courier is gone. Raises BlockingIOError while it lives."""
    with path.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file.read()


def _drop_old(path: Path) -> None:
    """What is not believed (another boot or machine, no room) goes: leases end long before a day is over."""
    if time.time() - path.stat().st_mtime > _OLD_S:
        path.unlink(missing_ok=True)


@cache
def _boot() -> bytes:
    """What tells this start of this machine from every other; random where the system does not say."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip().ljust(_BOOT)
    return os.urandom(_BOOT // 2).hex().encode()
