"""One lane's part of a worker's batch.

In: a bucket with its cursor. Out: who is to be decided on, and how far.
Always true: pure; nothing here is shared between batches.
"""

from slinga.ingest.model import Input
from slinga.kernel.clock import Instant


class Lane:
    """One lane's part of a batch."""

    def __init__(self, bucket: int, cursor: int, until: Instant, *, due: bool = True) -> None:
        self.bucket = bucket
        self.cursor = cursor
        self.due = due
        """Whether somebody's wake-up may be due."""
        self.until = until
        """How far wake-ups may run: never past the horizon, never past an input that was not read."""
        self.parked: list[str] = []
        self.work: dict[str, list[Input]] = {}
        self.unknown: list[str] = []
        """Those of them of whom it is not known how they moved."""
        self.bounds: dict[str, Instant] = {}
        """How far wake-ups of parked people may run."""
