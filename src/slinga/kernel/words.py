"""Words that are named in one place and shown in another.

In: a text in English with values, or the key of a definition. Out: what a language says for it; what it is
called.
Always true: pure; what is marked here is found by scripts/catalogues.py and translated where it is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


def noted(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


def filled(text: str, /, **values: object) -> str:
    """A noted text with values in its places %(name)s; where it is shown, its source is recognised again."""
    return text % values


def noted_many(single: str, several: str) -> tuple[str, str]:
    """Marks a text and its plural for the catalogues."""
    return single, several


Names = Mapping[tuple[str, str], str]
"""What a definition is called, by kind and key; for parts of one the key is owner/part, such as
("stage", "bow-tie/interest"), ("status", "bow-tie/browsing") and ("node", "welcome/first")."""


class Words:
    """A language: called with a text it says it; `many` says one of two texts for a count.

    `called` says what definitions are known by: their keys where no names were given.
    """

    def __init__(
        self,
        one: Callable[[str], str],
        many: Callable[[str, str, int], str],
        names: Names | None = None,
    ) -> None:
        self._one, self._many, self._names = one, many, names

    def __call__(self, text: str) -> str:
        return self._one(text)

    def many(self, single: str, several: str, count: int, /, **values: object) -> str:
        """The text for a count, which stands in it as %(num)s, with other values in their places."""
        return self._many(single, several, count) % {"num": count, **values}

    def quoted(self, kind: str, key: str, part: str = "") -> str:
        """The name in quotes, as it stands in a sentence; without names the key as code writes it."""
        if self._names is None:
            return repr(part or key)
        return self("“%(text)s”") % {"text": self.called(kind, key, part)}

    def called(self, kind: str, key: str, part: str = "") -> str:
        """The name of a definition, or of a part of one: a stage of a model, a node of a journey."""
        said = part or key
        if self._names is None:
            return said
        full = f"{key}/{part}" if part else key
        return self._names.get((kind, full)) or said.replace("_", " ").replace("-", " ")

    def naming(self, names: Names) -> "Words":
        """The same language with these names for keys, beside those it has."""
        return Words(self._one, self._many, names if self._names is None else {**self._names, **names})


ENGLISH = Words(noted, lambda single, several, count: single if count == 1 else several)


class Text(msgspec.Struct, frozen=True):
    """A text as data: its source, and the values in its places %(name)s. It is said where it is shown.

    A value with a method `said`, such as another text or a `Named`, is said in the same language.
    """

    source: str
    values: tuple[tuple[str, Any], ...] = ()

    def said(self, _: Words) -> str:
        """The text in a language."""
        if not self.values:
            return _(self.source)
        return _(self.source) % {
            name: value.said(_) if hasattr(value, "said") else value for name, value in self.values
        }

    def __str__(self) -> str:
        return self.said(ENGLISH)


def worded(source: str, /, **values: Any) -> Text:
    """A text for the catalogues with values in its places."""
    return Text(source, tuple(values.items()))


class Named(msgspec.Struct, frozen=True):
    """A definition, or a part of one, as a value in a text: said by its name where names are known."""

    kind: str
    key: str
    part: str = ""

    def said(self, _: Words) -> str:
        """The name in quotes, or the key as code writes it."""
        return _.quoted(self.kind, self.key, self.part)


class Path(msgspec.Struct, frozen=True):
    """Named things one after the other."""

    steps: tuple[Named, ...]

    def said(self, _: Words) -> str:
        """Their names with arrows between them."""
        return " → ".join(_.called(one.kind, one.key, one.part) for one in self.steps)
