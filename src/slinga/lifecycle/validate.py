"""What is legal in a lifecycle model but surely not meant.

In: a parsed model, and what else is published. Out: problems with the path of each.
Always true: a model without problems of weight "error" names only what exists, and everybody who stands in
a stage right of the first can leave it again.
"""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from slinga.kernel.lacking import absent
from slinga.kernel.words import Named, Text, worded
from slinga.lifecycle.model import Model, Stage
from slinga.segments import grammar


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend. `path` is inside the document, such as stages.3.fall."""

    path: str
    text: Text
    weight: Literal["error", "warning"] = "error"

    @property
    def message(self) -> str:
        """The text in English, with keys for names."""
        return str(self.text)


def problems(model: Model, known: Mapping[str, Collection[str]] | None = None) -> list[Problem]:
    """All problems, errors first. `known`: published keys by kind ("segment", "score", "model", "journey").

    A kind that is missing is not checked.
    """
    known = known or {}
    found: list[Problem] = []
    for number, stage in enumerate(model.stages):
        path = f"stages.{number}"
        if number and not stage.fall:
            text = worded("nobody ever leaves this stage backwards: say what makes people fall")
            found.append(Problem(f"{path}.fall", text, "warning"))
        found += _statuses(model.key, stage, path)
        for at, document in _conditions(stage, path).items():
            for name in sorted(grammar.references(grammar.parse(document, path=at)).definitions()):
                kind, _, key = name.partition(":")
                if kind in known and key not in known[kind] and name != f"model:{model.key}":
                    found.append(Problem(at, absent(kind, key)))
        for name in ("start", "stop"):
            for key in getattr(stage.strategy, name):
                if "journey" in known and key not in known["journey"]:
                    found.append(Problem(f"{path}.strategy.{name}", absent("journey", key)))
    return sorted(found, key=lambda problem: problem.weight != "error")


def _statuses(model: str, stage: Stage, path: str) -> list[Problem]:
    found: list[Problem] = []
    covered = ""
    for number, status in enumerate(stage.statuses):
        here = f"{path}.statuses.{number}"
        if covered:
            text = worded(
                "nobody gets this status: %(status)s already takes everybody",
                status=Named("status", model, covered),
            )
            found.append(Problem(here, text))
        if status.enter == {"op": "everyone"}:
            covered = covered or status.key
    return found


def _conditions(stage: Stage, path: str) -> dict[str, dict[str, object]]:
    found = {} if stage.enter is None else {f"{path}.enter": stage.enter}
    found |= {f"{path}.fall.{number}.when": fall.when for number, fall in enumerate(stage.fall)}
    found |= {
        f"{path}.statuses.{number}.enter": status.enter
        for number, status in enumerate(stage.statuses)
        if status.enter is not None
    }
    return found
