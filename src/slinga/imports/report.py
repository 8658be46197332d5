"""The report of an import: a CSV file of the rows that were not taken, and why.

In: faults. Out: a file beside the imported ones, readable by its owner alone, for it quotes their cells.
Always true: the file says what committed transactions stand for; anything beyond is cut off on resuming.
"""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from slinga.imports.rows import Fault


class Report:
    """The file of errors: cut back to what the last transaction stands for, then added to."""

    def __init__(self, path: Path, names: Sequence[str], size: int) -> None:
        self._path, self._names = path, list(names)
        self._pending = io.StringIO()
        self._size = size
        if path.exists():
            os.truncate(path, min(size, path.stat().st_size))

    def write(self, faults: Sequence[Fault], kind: str = "error") -> None:
        """Add rows to what will be written."""
        out = csv.writer(self._pending)
        for fault in faults:
            name = self._names[fault.file]
            out.writerow((kind, name, fault.line, fault.column, fault.problem, fault.value))

    def drop(self) -> None:
        """Forget what was not flushed: its transaction is to be tried again."""
        self._pending = io.StringIO()

    def flush(self) -> int:
        """Write them; the size of the file now, which the transaction stores."""
        text = self._pending.getvalue()
        self._pending = io.StringIO()
        if text:
            head = "kind,file,line,column,problem,value\r\n" if not self._size else ""
            data = (head + text).encode("utf-8", "replace")
            with self._path.open("ab") as file:
                file.write(data)
            self._path.chmod(0o600)
            self._size += len(data)
        return self._size

    def end(self) -> None:
        """Nothing more comes."""
        if not self._size and self._path.exists():
            self._path.unlink()
