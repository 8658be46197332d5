"""Stop journey: end the person's runs of another journey. In: its key. Out: the effect and the way on."""

from typing import Any, ClassVar

from slinga.journeys.decision import Decision, Goto, StopJourney
from slinga.journeys.node import Document, Here, Label, Node


class StopJourneyNode(Node, frozen=True, kw_only=True, tag="stop_journey"):
    """Stop another journey."""

    label: ClassVar[str] = "Stop journey"
    icon: ClassVar[str] = "player-stop"
    labels: ClassVar[dict[str, Label]] = {
        "journey": Label("Journey", "ref:journey"),
        "for_key": Label("Only the run about", "value"),
    }
    fresh: ClassVar[Document] = {"journey": ""}

    journey: str
    for_key: Any = None
    """Only the run about this thing, for example {"trigger": "properties.order_id"}; without it, all."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def references(self) -> dict[str, str]:
        return {"journey": self.journey}

    def step(self, here: Here) -> Decision:
        key = here.value(self.for_key)
        effect = StopJourney(key=self.journey, for_key=None if key is None else str(key))
        return Goto(to=self.next, outcome="next", effects=(effect,))
