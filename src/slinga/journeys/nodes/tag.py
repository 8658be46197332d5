"""Tag: mark the person, or take a mark away. In: a tag. Out: the effect and the way on."""

from typing import ClassVar

from slinga.journeys.decision import Decision, Goto, Tag
from slinga.journeys.node import Document, Here, Label, Node


class TagNode(Node, frozen=True, kw_only=True, tag="tag"):
    """Add or remove a tag."""

    label: ClassVar[str] = "Tag"
    group: ClassVar[str] = "person"
    icon: ClassVar[str] = "tag"
    labels: ClassVar[dict[str, Label]] = {"name": Label("Tag"), "remove": Label("Take it away instead")}
    fresh: ClassVar[Document] = {"name": ""}

    name: str
    remove: bool = False
    next: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next}

    def step(self, here: Here) -> Decision:
        return Goto(to=self.next, outcome="next", effects=(Tag(name=self.name, remove=self.remove),))
