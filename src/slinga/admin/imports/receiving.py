"""Receive a file that a form sends, piece by piece, onto the disk.

In: the pieces of a multipart body in order. Out: fields, and one file that was written.
Always true: pure but for the parser's own state; fields come in order, so a form's token can be checked
before a file is written; what is received beyond the limit is refused at that very piece.
"""

from collections.abc import Iterator
from typing import NamedTuple

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from slinga.kernel.errors import Invalid

FIELD_MOST = 10_000


class Field(NamedTuple):
    """A field of the form, whole."""

    name: str
    value: str


class File(NamedTuple):
    """A file begins, by the name it had on the sender's machine."""

    name: str


class Piece(NamedTuple):
    """More of the file."""

    data: bytes


class Receiver:
    """Takes pieces of a body apart. `most`: bytes that the file may have."""

    def __init__(self, content_type: str, most: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise Invalid("Choose a file first.", field="file")
        self._parser = PushMultipartParser(options["boundary"])
        self._most, self._size = most, 0
        self._name, self._value, self._file = "", bytearray(), False

    def take(self, chunk: bytes) -> Iterator[Field | File | Piece]:
        """What a piece of the body holds. Raises Invalid for what is broken or too large."""
        try:
            for part in self._parser.parse(chunk):
                if isinstance(part, MultipartSegment):
                    self._name, self._value = part.name, bytearray()
                    self._file = part.filename is not None
                    if self._file:
                        yield File(part.filename or "")
                elif part is None:
                    if not self._file:
                        yield Field(self._name, self._value.decode("utf-8", "replace").replace("\0", ""))
                elif self._file:
                    self._size += len(part)
                    if self._size > self._most:
                        raise Invalid(
                            "The file is larger than %(most)s bytes. Divide it, or have the limit "
                            "SLINGA_IMPORT_MAX_BYTES raised.",
                            field="file",
                            most=f"{self._most:,}",
                        )
                    yield Piece(bytes(part))
                else:
                    self._value += part
                    if len(self._value) > FIELD_MOST:
                        raise Invalid("A field of the form is too long.", field=self._name[:50])
        except MultipartError:
            raise Invalid("The form could not be read. Choose the file again.", field="file") from None
