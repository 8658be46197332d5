"""A stream sealed with a passphrase: AES-256-GCM over blocks, the key by scrypt.

In: bytes and a passphrase. Out: bytes that only the passphrase opens.
Always true: a block that was changed, moved, repeated or left out is noticed, and so is a missing end.

Blocks of 1 MiB, each with its number and whether it is the last as nonce (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015); scrypt as RFC 7914 with N 2^15, r 8, p 1.
"""

import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from slinga.kernel.errors import Conflict

MAGIC = b"slinga sealed 1\n"
_BLOCK = 1 << 20
_SALT, _TAG = 16, 16


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack(">QI", number, last)


class Sealer:
    """A file to write to; `close` writes the last block and leaves the file below open."""

    def __init__(self, below: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(_SALT)
        self._below, self._cipher = below, _cipher(passphrase, salt)
        self._number, self._held = 0, bytearray()
        below.write(MAGIC + salt)

    def write(self, data: bytes) -> int:
        self._held += data
        while len(self._held) > _BLOCK:
            self._put(bytes(self._held[:_BLOCK]), last=False)
            del self._held[:_BLOCK]
        return len(data)

    def _put(self, block: bytes, *, last: bool) -> None:
        self._below.write(self._cipher.encrypt(_nonce(self._number, last), block, MAGIC))
        self._number += 1

    def flush(self) -> None:
        """Blocks go when they are full."""

    def close(self) -> None:
        """The end, which a reader asks for."""
        self._put(bytes(self._held), last=True)


class Opener:
    """A file to read from, over a sealed one. Raises Conflict for the wrong passphrase or a damaged file."""

    def __init__(self, below: BinaryIO, passphrase: str) -> None:
        below.read(len(MAGIC))
        self._below, self._cipher = below, _cipher(passphrase, below.read(_SALT))
        self._number, self._held, self._ended = 0, b"", False
        self._next = below.read(_BLOCK + _TAG)

    def read(self, size: int) -> bytes:
        while len(self._held) < size and not self._ended:
            sealed, self._next = self._next, self._below.read(_BLOCK + _TAG)
            self._ended = not self._next
            try:
                self._held += self._cipher.decrypt(_nonce(self._number, self._ended), sealed, MAGIC)
            except InvalidTag:
                raise Conflict(
                    "This backup does not open: the passphrase is wrong, or the file is damaged or cut off."
                ) from None
            self._number += 1
        found, self._held = self._held[:size], self._held[size:]
        return found
