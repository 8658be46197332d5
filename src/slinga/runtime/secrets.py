"""The installation's master secret and the keys derived from it.

In: the setting `secret`, or the file `secret` in the data directory, made once. Out: one 32-byte key per
purpose; texts sealed for the database.
Always true: the master never leaves this module; keys of two purposes say nothing about each other; the
file is readable by its owner alone; what was sealed for one purpose opens for no other, and a changed one not
at all.

Source: HKDF-Expand, RFC 5869 section 2.3, with SHA-256; the master has full entropy, so no extract step.
Sealing is AES-256-GCM with a random nonce of 96 bits (NIST SP 800-38D 8.2.2).
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from slinga.kernel.errors import Conflict

FILE = "secret"
_NONCE = 12


class Secrets:
    """Keys by purpose."""

    def __init__(self, master: bytes) -> None:
        self._master = hashlib.sha256(b"slinga master\x00" + master).digest()

    def key(self, purpose: str) -> bytes:
        """The 32-byte key of a purpose such as "unsubscribe", "return-path" or "session"."""
        return hmac.digest(self._master, purpose.encode() + b"\x01", "sha256")

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """What may lie in the database: readable only with this installation's secret."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.key(f"seal {purpose}")).encrypt(nonce, plain, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed for this purpose. Raises Conflict under another secret, or where it was changed."""
        try:
            nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
            return AESGCM(self.key(f"seal {purpose}")).decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError):
            raise Conflict("This was kept under another secret of the installation. Enter it anew.") from None

    def __repr__(self) -> str:
        return "Secrets(...)"


def load(data_dir: Path, given: str = "") -> Secrets:
    """The secrets of an installation; the file is made when there is neither file nor setting.

    Raises Conflict when others may read the file, or when it is damaged.
    """
    if given:
        return Secrets(given.encode())
    path = data_dir / FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise Conflict(f"{path} can be read by others. Run: chmod 600 {path}")
    text = path.read_text().strip()
    if len(text) < 32:
        raise Conflict(
            f"{path} is damaged. Restore it from a backup: with a new one, links in sent mail stop working."
        )
    return Secrets(text.encode())


def _make(path: Path) -> None:
    """Write a whole file or none, and let the first of two processes win."""
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(32).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(half, path)
    except FileExistsError:
        pass
    finally:
        half.unlink()
