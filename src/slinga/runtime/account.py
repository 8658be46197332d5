"""Who runs the embedded database, and where it can live.

In: the effective user and a directory. Out: an `Account` (uid, gid, name) and a directory it may use.
Always true: PostgreSQL refuses to run as root, so as root the answer is an unprivileged account, and
every parent of the directory named can be traversed by it.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slinga.kernel.errors import Unavailable

NAME = "slinga"
SYSTEM_HOME = Path("/var/lib/slinga")
"""Where root's database goes when the data directory lies below a private one, such as /root."""


@dataclass(frozen=True)
class Account:
    """An operating-system account."""

    uid: int
    gid: int
    name: str

    @property
    def foreign(self) -> bool:
        """Whether running as this account means changing user."""
        return self.uid != os.geteuid()


def account(owner: int | None = None) -> Account:
    """The account that runs the database; `owner` is the uid that owns an existing one.

    Raises Unavailable when the database belongs to another account and we may not become it, or when
    root finds no unprivileged account to use.
    """
    me = os.geteuid()
    if me != 0:
        if owner is not None and owner != me:
            raise Unavailable(
                f"The database belongs to account {_name(owner)}, but this is {_name(me)}. "
                f"Run slinga as {_name(owner)} or as root, or choose another SLINGA_DATA_DIR."
            )
        return Account(me, os.getegid(), _name(me))
    if owner:
        return _known(owner)
    for name in (NAME, None, "nobody"):
        if name is None:
            _create()
            name = NAME
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise Unavailable(
        "PostgreSQL does not run as root and there is no unprivileged account to use. Create one: "
        f"useradd --system --shell /usr/sbin/nologin {NAME}"
    )


def _known(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(
            f"The database belongs to uid {uid}, which has no account here. Create it: "
            f"useradd --system --uid {uid} --shell /usr/sbin/nologin {NAME}"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create() -> None:
    """Add the system account; two commands cover Debian, Fedora, SUSE and Alpine. Failure falls through."""
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME],
    ):
        tool = shutil.which(command[0])
        if tool and subprocess.run([tool, *command[1:]], capture_output=True, check=False).returncode == 0:
            return


def may_traverse(who: Account, directory: Path) -> bool:
    """Whether `who` can reach `directory` through all of its parents, by their modes."""
    if not who.foreign:
        return True
    for parent in directory.resolve().parents:
        try:
            info = parent.stat()
        except FileNotFoundError:
            continue
        if info.st_uid == who.uid:
            bit = 0o100
        elif info.st_gid == who.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not info.st_mode & bit:
            return False
    return True


def system_home(directory: Path) -> Path:
    """The place outside private directories that stands for `directory`, one per absolute path."""
    name = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]
    return SYSTEM_HOME / name
