"""Exit: end the run here. In: an outcome's name for the reports. Out: the end."""

from typing import ClassVar

from slinga.journeys.decision import Decision, End
from slinga.journeys.node import Here, Node


class Exit(Node, frozen=True, kw_only=True, tag="exit"):
    """End the run."""

    label: ClassVar[str] = "Exit"

    outcome: str = "exit"
    """What the reports call this ending."""

    def step(self, here: Here) -> Decision:
        return End(outcome=self.outcome)
