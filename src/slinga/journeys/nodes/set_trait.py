"""Set trait: write something on the profile. In: a name and a value. Out: the effect and the way on."""

from typing import Any, ClassVar

from slinga.journeys.decision import Decision, Goto, SetTrait
from slinga.journeys.node import Document, Here, Label, Node


class SetTraitNode(Node, frozen=True, kw_only=True, tag="set_trait"):
    """Write a trait."""

    label: ClassVar[str] = "Set trait"
    group: ClassVar[str] = "person"
    icon: ClassVar[str] = "pencil"
    labels: ClassVar[dict[str, Label]] = {
        "name": Label("Trait", "ref:trait"),
        "value": Label("Value", "value"),
    }
    fresh: ClassVar[Document] = {"name": ""}

    name: str
    value: Any = None
    """A plain value, {"trigger": "properties.plan"}, {"trait": "other"}, or nothing to remove the trait."""
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def step(self, here: Here) -> Decision:
        return Goto(
            to=self.next, outcome="next", effects=(SetTrait(name=self.name, value=here.value(self.value)),)
        )
