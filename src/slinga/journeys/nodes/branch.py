"""Branch: the first condition that holds decides the way.

In: the conditions in order. Out: one way, with the witness of the condition that held or of all that did not.
"""

from typing import ClassVar

import msgspec

from slinga.journeys.decision import Decision, Goto
from slinga.journeys.node import Document, Here, Label, Node
from slinga.kernel.errors import Invalid


class Arm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way out and who takes it."""

    when: Document
    next: str | None = None
    name: str = ""


class Branch(Node, frozen=True, kw_only=True, tag="branch"):
    """Choose a way by conditions, from the top."""

    label: ClassVar[str] = "Branch"
    icon: ClassVar[str] = "arrows-split-2"
    labels: ClassVar[dict[str, Label]] = {
        "arms": Label("Ways"),
        "when": Label("Who takes it"),
        "name": Label("Name of the way"),
        "otherwise": Label("Everybody else", "exit"),
    }
    fresh: ClassVar[Document] = {"arms": [{"when": {}}]}

    arms: tuple[Arm, ...]
    """Tried from the top; the first that holds is taken."""
    otherwise: str | None = None
    """Where everybody else goes; nothing ends the run."""

    def exits(self) -> dict[str, str | None]:
        return {f"arms.{n}": arm.next for n, arm in enumerate(self.arms)} | {"otherwise": self.otherwise}

    def conditions(self) -> dict[str, Document]:
        return {f"arms.{n}.when": arm.when for n, arm in enumerate(self.arms)}

    def check(self) -> None:
        if not self.arms:
            raise Invalid("a branch needs at least one condition", field="arms")

    def step(self, here: Here) -> Decision:
        failed = {}
        for number, arm in enumerate(self.arms):
            truth = here.test(f"arms.{number}.when")
            outcome = arm.name or f"arms.{number}"
            if truth.value:
                return Goto(to=arm.next, outcome=outcome, witness=truth.witness)
            failed[outcome] = truth.witness
        return Goto(to=self.otherwise, outcome="otherwise", witness=failed)
