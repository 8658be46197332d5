"""Start journey: let the same person enter another journey. In: its key. Out: the effect and the way on."""

from typing import Any, ClassVar

from slinga.journeys.decision import Decision, Goto, StartJourney
from slinga.journeys.node import Document, Here, Label, Node


class StartJourneyNode(Node, frozen=True, kw_only=True, tag="start_journey"):
    """Start another journey."""

    label: ClassVar[str] = "Start journey"
    icon: ClassVar[str] = "player-play"
    labels: ClassVar[dict[str, Label]] = {
        "journey": Label("Journey", "ref:journey"),
        "properties": Label("Values to hand on"),
    }
    fresh: ClassVar[Document] = {"journey": ""}

    journey: str
    properties: dict[str, Any] = {}
    """Given to the other journey as its trigger's properties; without any, this run's own."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def references(self) -> dict[str, str]:
        return {"journey": self.journey}

    def step(self, here: Here) -> Decision:
        own = here.trigger.get("properties")
        given = {name: here.value(value) for name, value in self.properties.items()}
        properties = given or (own if isinstance(own, dict) else {})
        return Goto(
            to=self.next, outcome="next", effects=(StartJourney(key=self.journey, properties=properties),)
        )
