"""Hand over: a task for a member of the team. In: a title and a note. Out: the task and the way on."""

from typing import Any, ClassVar

from slinga.journeys.decision import Decision, Goto, HandOver
from slinga.journeys.node import Document, Here, Label, Node, check_length
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest


class HandOverNode(Node, frozen=True, kw_only=True, tag="hand_over"):
    """Give a person to a colleague."""

    label: ClassVar[str] = "Hand over"
    group: ClassVar[str] = "world"
    icon: ClassVar[str] = "user-share"
    labels: ClassVar[dict[str, Label]] = {
        "task": Label("What is to be done"),
        "note": Label("Note", "long"),
        "team": Label("Team"),
        "within": Label("To be done within", "length"),
        "variables": Label("Values for the task"),
    }
    fresh: ClassVar[Document] = {"task": ""}

    task: str
    """What is to be done, in the present: Call about the test drive."""
    note: str = ""
    team: str = ""
    """Who should see it; empty means everyone."""
    within: str | None = None
    """How soon it should be done, for example 2d."""
    variables: dict[str, Any] = {}
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def check(self) -> None:
        if not self.task.strip():
            raise Invalid("say what is to be done", field="task")
        if self.within is not None:
            check_length(self.within, "within")

    def step(self, here: Here) -> Decision:
        effect = HandOver(
            task=digest("task", here.run, here.node, here.visit),
            title=self.task,
            note=self.note,
            team=self.team,
            due_at=None if self.within is None else here.later(here.now, self.within),
            variables={"trigger": here.trigger, **{n: here.value(v) for n, v in self.variables.items()}},
        )
        return Goto(to=self.next, outcome="next", effects=(effect,))
