"""Drafts and what a review tells.

In: nothing. Out: frozen types.
Always true: pure.
"""

from typing import Any

import msgspec

from slinga.drafts.difference import Difference
from slinga.engine.folder import Problem
from slinga.kernel.clock import Instant

Name = tuple[str, str]
"""(kind, key)"""


class Draft(msgspec.Struct, frozen=True):
    """A definition being edited. `revision` grows with each save; `based_on` is 0 for a new definition."""

    kind: str
    key: str
    document: dict[str, Any]
    revision: int
    based_on: int
    edited_by: str
    edited_at: Instant

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.document.get("name") or self.key)


class Version(msgspec.Struct, frozen=True):
    """A published version."""

    version: int
    document: dict[str, Any]
    published_at: Instant
    published_by: str


class Inside(msgspec.Struct, frozen=True):
    """People at a node of a journey in force, and where they would go; `to` is "" where they finish there."""

    node: str
    people: int
    to: str = ""


class Review(msgspec.Struct, frozen=True):
    """What publishing these drafts would do."""

    problems: list[Problem]
    changed: dict[Name, list[Difference]]
    """By kind and key; a new definition differs in its whole."""
    inside: dict[str, list[Inside]]
    """By journey that changes or ends: who is inside now."""
    moved_on: list[Name]
    """Drafts whose definition was published by somebody else since they were begun."""

    @property
    def stops(self) -> bool:
        """Whether an error forbids publishing."""
        return any(problem.weight == "error" for problem in self.problems)
