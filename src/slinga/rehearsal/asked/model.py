"""A rehearsal that somebody asked for.

In: nothing. Out: `Asked`. Always true: pure.
"""

from typing import Any, Literal

import msgspec

from slinga.kernel.clock import Instant

State = Literal["waiting", "running", "done", "failed", "cancelled"]


class Asked(msgspec.Struct, frozen=True):
    """One rehearsal. `report` is as `rehearsal.report.document` gives it, without people; None until done."""

    id: int
    journey: str
    request: dict[str, Any]
    state: State
    done: int
    parts: int
    report: dict[str, Any] | None
    fault: str
    asked_by: str
    asked_at: Instant
    ended_at: Instant | None

    @property
    def share(self) -> int:
        """How much is played, in percent."""
        return 100 * self.done // self.parts if self.parts else 0

    @property
    def open(self) -> bool:
        """Whether it still waits or plays."""
        return self.state in ("waiting", "running")
