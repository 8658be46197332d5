"""The archive of a backup: a tar file whose last member is the manifest, sealed or not.

In: members as bytes. Out: one file, complete or not there; its members again, each checked.
Always true: a member leaves `read` only when its checksum agrees with what was written.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from slinga.backup.model import MANIFEST, Manifest, Member, parse
from slinga.backup.sealed import MAGIC, Opener, Sealer
from slinga.kernel.errors import Conflict, Missing

PART = 8 << 20
"""Bytes of the dump in one member."""


class Archive:
    """An archive being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: list[Member] = []

    def add(self, name: str, data: bytes, mode: int = 0o600) -> None:
        """One member; its permissions as the file had them."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), mode
        self._tar.addfile(info, io.BytesIO(data))
        self.members.append(Member(name, len(data), hashlib.sha256(data).hexdigest()))

    def end(self, manifest: Manifest) -> None:
        """The manifest, which makes it whole."""
        self.add(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


@contextmanager
def writing(path: Path, passphrase: str = "") -> Iterator[Archive]:
    """An archive that stands under its name only when the block ends well, readable by its owner alone."""
    half = path.with_name(path.name + ".partial")
    with open(half, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        try:
            target: Any = Sealer(file, passphrase) if passphrase else file
            with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                yield Archive(tar)
            if passphrase:
                target.close()
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            half.unlink()
            raise
    half.rename(path)


class _Counting:
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.done = 0

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.done += len(found)
        return found


class Entry(msgspec.Struct, frozen=True):
    """One member read; `done` are the bytes of the file read so far."""

    name: str
    data: bytes
    mode: int
    done: int


def read(path: Path, passphrase: str = "") -> Iterator[Entry]:
    """The members in order, the manifest last.

    Raises Missing when there is no such file, Conflict when it is damaged, incomplete, no backup, or sealed
    and no passphrase was given.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise Missing(f"There is no backup {path}.") from None
    with file:
        counting = _Counting(file)
        sealed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if sealed and not passphrase:
            raise Conflict(f"{path} is sealed. Name the file with its passphrase: --passphrase-file FILE")
        source: Any = Opener(counting, passphrase) if sealed else counting  # type: ignore[arg-type]
        seen: list[Member] = []
        manifest = None
        try:
            with tarfile.open(fileobj=source, mode="r|") as tar:
                for info in tar:
                    held = tar.extractfile(info)
                    data = held.read() if held else b""
                    if info.name == MANIFEST:
                        manifest = parse(data)
                    else:
                        seen.append(Member(info.name, len(data), hashlib.sha256(data).hexdigest()))
                    yield Entry(info.name, data, info.mode, counting.done)
        except (tarfile.TarError, EOFError) as fault:
            raise Conflict(f"{path} is damaged or no backup of Slinga: {fault}") from None
    if manifest is None:
        raise Conflict(f"{path} is not whole: it ends before its manifest. Take another backup.")
    if tuple(seen) != manifest.members:
        wrong = sorted({member.name for member in set(seen) ^ set(manifest.members)})
        raise Conflict(f"{path} is damaged: {wrong[0]} is not what was written.")
