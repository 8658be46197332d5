"""Split: divide people by chance into two or more groups, for good.

In: weights. Out: a way. Always true: a person who was given a way keeps it, whatever the weights become,
and the same person gets the same way in a replay.
"""

from typing import ClassVar

import msgspec

from slinga.journeys.decision import Decision, Goto
from slinga.journeys.node import Document, Here, Label, Node
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import chance


class Share(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One group."""

    key: str
    weight: float
    next: str | None = None


class Split(Node, frozen=True, kw_only=True, tag="split"):
    """Divide people by chance."""

    label: ClassVar[str] = "Split"
    icon: ClassVar[str] = "percentage"
    labels: ClassVar[dict[str, Label]] = {
        "arms": Label("Groups"),
        "key": Label("Name of the group"),
        "weight": Label("Weight"),
    }
    fresh: ClassVar[Document] = {"arms": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]}

    arms: tuple[Share, ...]
    """The groups with their weights; the weights need not add up to 100."""

    def exits(self) -> dict[str, str | None]:
        return {arm.key: arm.next for arm in self.arms}

    def check(self) -> None:
        if len(self.arms) < 2:
            raise Invalid("a split needs at least two groups", field="arms")
        if len({arm.key for arm in self.arms}) < len(self.arms):
            raise Invalid("two groups have the same key", field="arms")
        if any(arm.weight < 0 for arm in self.arms) or not sum(arm.weight for arm in self.arms) > 0:
            raise Invalid("weights are zero or more, and not all zero", field="arms")

    def step(self, here: Here) -> Decision:
        for arm in self.arms:
            if arm.key == here.assigned:
                return Goto(to=arm.next, outcome=arm.key, witness={"assigned": "before"})
        drawn = chance("split", here.journey, here.node, here.person)
        left = drawn * sum(arm.weight for arm in self.arms)
        chosen = self.arms[-1]
        for arm in self.arms:
            if left < arm.weight:
                chosen = arm
                break
            left -= arm.weight
        here.assign(chosen.key)
        return Goto(to=chosen.next, outcome=chosen.key, witness={"drawn": round(drawn, 6)})
