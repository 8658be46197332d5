"""Exit: end the run here. In: an outcome's name for the reports. Out: the end."""

from typing import ClassVar

from slinga.journeys.decision import Decision, End
from slinga.journeys.node import Here, Label, Node


class Exit(Node, frozen=True, kw_only=True, tag="exit"):
    """End the run."""

    label: ClassVar[str] = "Exit"
    icon: ClassVar[str] = "flag"
    labels: ClassVar[dict[str, Label]] = {"outcome": Label("Name of the ending")}

    outcome: str = "exit"
    """What the reports call this ending."""

    def step(self, here: Here) -> Decision:
        return End(outcome=self.outcome)
