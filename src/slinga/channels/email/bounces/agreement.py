"""How far our reading of returned mails agrees with labels that somebody gave them.

In: mails by file name, rows of labels. Out: `Agreement`. Always true: a file name is never looked at by the
reader; a recipient that was not found counts as soft and as no type at all.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from slinga.channels.email.bounces.model import Reading


class Label(msgspec.Struct, frozen=True):
    """What somebody says of one recipient of a returned mail; `place` counts from 1."""

    file: str
    place: int
    reason: str
    hard: bool


class Agreement(msgspec.Struct, frozen=True):
    """How many labels there are, how many agree, and what was read where one does not."""

    labels: int
    hard: int
    types: int
    apart: tuple[tuple[Label, str, bool], ...]
    """(label, type read, hard as read) wherever hard or soft differ."""


def label(row: Mapping[str, str]) -> Label:
    """A label of a row of CSV: file, recipient_index, reason, hard_bounce. Raises KeyError, ValueError."""
    return Label(
        row["file"],
        int(row.get("recipient_index") or 1),
        row["reason"].replace("_", "").lower(),
        row["hard_bounce"].strip().lower() in ("true", "1", "yes"),
    )


def compare(readings: Mapping[str, Reading], labels: Sequence[Label]) -> Agreement:
    """Compare; labels of files that are not there are left out."""
    known = [one for one in labels if one.file in readings]
    hard = types = 0
    apart = []
    rows: Counter[str] = Counter()
    for one in known:
        failures = readings[one.file].failures
        rows[one.file] += 1  # the rows of a file are in the order of its recipients
        place = max(one.place, rows[one.file])
        found = failures[place - 1] if 0 < place <= len(failures) else None
        kind = found.type.value if found else "none"
        condemned = found.hard if found else False
        types += kind.replace("_", "") == one.reason
        hard += condemned == one.hard
        if condemned != one.hard:
            apart.append((one, kind, condemned))
    return Agreement(len(known), hard, types, tuple(apart))
