"""Words that are named in one place and shown in another.

In: a text in English, or the key of a definition. Out: what a language says for it; what it is called.
Always true: pure; what is marked here is found by scripts/catalogues.py and translated where it is shown.
"""

from collections.abc import Callable, Mapping


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

    def many(self, single: str, several: str, count: int) -> str:
        """The text for a count, which stands in it as %(num)s."""
        return self._many(single, several, count) % {"num": count}

    def called(self, kind: str, key: str, part: str = "") -> str:
        """The name of a definition, or of a part of one: a stage of a model, a node of a journey."""
        said = part or key
        if self._names is None:
            return said
        full = f"{key}/{part}" if part else key
        return self._names.get((kind, full)) or said.replace("_", " ").replace("-", " ")

    def naming(self, names: Names) -> "Words":
        """The same language with names for keys."""
        return Words(self._one, self._many, names)


ENGLISH = Words(noted, lambda single, several, count: single if count == 1 else several)
