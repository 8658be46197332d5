"""Score: give or take points. In: a score and points. Out: the effect and the way on."""

from typing import ClassVar

from slinga.journeys.decision import AddScore, Decision, Goto
from slinga.journeys.node import Document, Here, Label, Node
from slinga.kernel.errors import Invalid


class ScoreNode(Node, frozen=True, kw_only=True, tag="score"):
    """Change a score."""

    label: ClassVar[str] = "Score"
    group: ClassVar[str] = "person"
    icon: ClassVar[str] = "star"
    labels: ClassVar[dict[str, Label]] = {
        "name": Label("Score", "ref:score"),
        "points": Label("Points to add"),
        "set_to": Label("Or set it to"),
    }
    fresh: ClassVar[Document] = {"name": "", "points": 1}

    name: str
    points: int = 0
    """Points to add; negative takes away."""
    set_to: int | None = None
    """Set the score to this instead."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def references(self) -> dict[str, str]:
        return {"score": self.name}

    def check(self) -> None:
        if bool(self.points) == (self.set_to is not None):
            raise Invalid("give either points to add or a value to set", field="points")

    def step(self, here: Here) -> Decision:
        effect = AddScore(name=self.name, points=self.points, set_to=self.set_to)
        return Goto(to=self.next, outcome="next", effects=(effect,))
