"""Set stage: place the person in a stage of a lifecycle model. In: stage, status, pin. Out: the effect.

The pin keeps the model's own rules from undoing the move at once; see `lifecycle.model`.
"""

from typing import ClassVar

from slinga.journeys.decision import Decision, Goto, SetStage
from slinga.journeys.node import Document, Here, Label, Node, check_length


class SetStageNode(Node, frozen=True, kw_only=True, tag="set_stage"):
    """Move the person to a stage."""

    label: ClassVar[str] = "Set stage"
    group: ClassVar[str] = "person"
    icon: ClassVar[str] = "stairs"
    labels: ClassVar[dict[str, Label]] = {
        "model": Label("Lifecycle model", "ref:model"),
        "stage": Label("Stage", "ref:stage"),
        "status": Label("Status", "ref:status"),
        "pin": Label("Keep them there for", "length"),
    }
    fresh: ClassVar[Document] = {"model": "", "stage": ""}

    model: str
    stage: str
    status: str | None = None
    pin: str | None = None
    """How long the model's rules leave the person there; without it, the model's own length."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def references(self) -> dict[str, str]:
        return {"model": self.model}

    def check(self) -> None:
        if self.pin is not None:
            check_length(self.pin, "pin")

    def step(self, here: Here) -> Decision:
        effect = SetStage(model=self.model, stage=self.stage, status=self.status, pin=self.pin)
        return Goto(to=self.next, outcome="next", effects=(effect,))
