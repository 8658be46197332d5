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
_LONGEST = 75
"""A line's octets before the `=` of a soft break."""


class Constant(str):
    """A piece of template text as it was written. It lives as long as the compiled template."""

    __slots__ = ("coded", "octets")

    coded: bytes
    octets: int

    def __new__(cls, text: str) -> "Constant":
        """The text; its coding is made on first use."""
        self = super().__new__(cls, text)
        self.coded = b""
        self.octets = 0
        return self


def crlf(text: str) -> str:
    """The text with CRLF for every kind of line end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n")


def _coded(octets: bytes) -> bytes:
    """Quoted-printable that begins at the start of a line, and ends so that a soft break can follow."""
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
    characters = octets = 0
    for piece in pieces:
        if type(piece) is Constant:
            if not piece.octets and piece:
                if piece.endswith("\r"):
                    return None
                raw = crlf(piece).encode("utf-8", "replace")
                piece.octets, piece.coded = len(raw), _coded(raw)
            octets += piece.octets
            coded = piece.coded
        elif _EASY.fullmatch(piece):
            coded = str.encode(piece)
            octets += len(coded)
        else:
            if "\r" in piece:
                return None
            # Not through the methods of escaped text, which escape once more what they are given.
            raw = str.replace(piece, "\n", "\r\n").encode("utf-8", "replace")
            octets += len(raw)
            coded = _coded(raw)
        characters += len(piece)
        if coded:
            out.append(coded)
            if not coded.endswith(b"\n"):
                out.append(_SOFT)
    if octets > 1.2 * characters + 200:
        return None
    if out and out[-1] == _SOFT:
        out[-1] = b"\r\n"
    return b"".join(out)
