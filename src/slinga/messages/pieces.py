"""Text in pieces: what the template says, encoded for the wire once, between what is a person's own.

In: the pieces of a rendered text in order. Out: the same text as quoted-printable (RFC 2045 6.7), or None
where base64 serves better. Always true: decoded, the result is the joined text with CRLF line ends; no line
is longer than 76 octets or begins with a dot; pieces meet at soft line breaks, so each can be encoded alone.
"""

import binascii
import re
from collections.abc import Sequence

_SOFT = b"=\r\n"
_EASY = re.compile(r"(?!\.)[ !-<>-~]{0,74}[!-<>-~]")
"""Text that is its own quoted-printable: short, printable, no `=`, no dot first, no blank last."""
_SOLID = re.compile(r"(?!\.)[!-<>-~]{76,}")
"""Long, but with nothing to escape wherever a line is broken, as an address with a token is; but for dots."""
_PLAIN = re.compile(rb"[ !-<>-~]*")
"""Octets that stand for themselves wherever a line is broken, but for dots and blanks at its ends."""
_LONGEST = 75
"""A line's octets before the `=` of a soft break."""


class Constant(str):
    """A piece of template text as it was written. It lives as long as the compiled template."""

    __slots__ = ("slack", "wire")

    wire: bytes | None
    """Its coding, ready for the next piece; None before first use."""
    slack: float
    """How far it is from being better off in base64; below zero it would be."""

    def __new__(cls, text: str) -> "Constant":
        """The text; its coding is made on first use."""
        self = super().__new__(cls, text)
        self.wire = None
        self.slack = 0.0
        return self


def crlf(text: str) -> str:
    """The text with CRLF for every kind of line end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n")


def _coded(octets: bytes) -> bytes:
    """Quoted-printable that begins at the start of a line, and ends so that a soft break can follow."""
    if _PLAIN.fullmatch(octets):
        if len(octets) <= _LONGEST:
            lines = octets
        else:
            lines = _SOFT.join([octets[at : at + _LONGEST] for at in range(0, len(octets), _LONGEST)])
        edges = lines[:1] in (b".", b" ") or lines[-1:] == b" "
        if not (edges or b"\n." in lines or b"\n " in lines or b" =\r" in lines):
            return lines
    coded = binascii.b2a_qp(octets, istext=True, quotetabs=False)
    if b"\n" not in octets:  # then it breaks lines with a bare LF
        coded = coded.replace(b"\n", b"\r\n")
    if len(coded) - coded.rfind(b"\n") - 1 > _LONGEST:
        coded = coded[:-1] + _SOFT + coded[-1:]
    return undotted(coded)


def undotted(coded: bytes) -> bytes:
    """Quoted-printable in which no line begins with a dot, so that SMTP has none to double."""
    if coded.startswith(b"."):
        coded = b"=2E=\r\n" + coded[1:]
    return coded.replace(b"\r\n.", b"\r\n=2E=\r\n") if b"\r\n." in coded else coded


def quoted(pieces: Sequence[str]) -> bytes | None:
    """The pieces as quoted-printable ending in a line end; None where much is beyond ASCII.

    None too for a CR inside a person's own text: it could make one line end of two pieces.
    """
    out: list[bytes] = []
    slack = 200.0
    for piece in pieces:
        if type(piece) is Constant:
            wire = piece.wire
            if wire is None:
                if piece.endswith("\r"):
                    return None
                wire, piece.slack = _ready(crlf(piece).encode("utf-8", "replace"), len(piece))
                piece.wire = wire
            slack += piece.slack
        elif _EASY.fullmatch(piece):
            wire = str.encode(piece) + _SOFT
            slack += 0.2 * len(piece)
        elif _SOLID.fullmatch(piece):
            octets = str.encode(piece)
            lines = [octets[at : at + _LONGEST] for at in range(0, len(octets), _LONGEST)]
            wire = undotted(_SOFT.join(lines)) + _SOFT
            slack += 0.2 * len(piece)
        else:
            if "\r" in piece:
                return None
            # Not through the methods of escaped text, which escape once more what they are given.
            raw = str.replace(piece, "\n", "\r\n").encode("utf-8", "replace")
            wire, more = _ready(raw, len(piece))
            slack += more
        out.append(wire)
    if slack < 0:
        return None
    coded = b"".join(out)
    return coded[:-3] + b"\r\n" if coded.endswith(_SOFT) else coded


def _ready(raw: bytes, characters: int) -> tuple[bytes, float]:
    """A piece's coding with the soft break that the next one wants before it, and its slack."""
    coded = _coded(raw)
    if coded and not coded.endswith(b"\n"):
        coded += _SOFT
    return coded, 1.2 * characters - len(raw)
