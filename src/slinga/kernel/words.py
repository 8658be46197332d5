"""Words that are named in one place and shown in another.

In: a text in English. Out: the same text, or what a language says for it.
Always true: pure; what is marked here is found by scripts/catalogues.py and translated where it is shown.
"""

from collections.abc import Callable


def noted(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


def noted_many(single: str, several: str) -> tuple[str, str]:
    """Marks a text and its plural for the catalogues."""
    return single, several


class Words:
    """A language: called with a text it says it; `many` says one of two texts for a count."""

    def __init__(self, one: Callable[[str], str], many: Callable[[str, str, int], str]) -> None:
        self._one, self._many = one, many

    def __call__(self, text: str) -> str:
        return self._one(text)

    def many(self, single: str, several: str, count: int) -> str:
        """The text for a count, which stands in it as %(num)s."""
        return self._many(single, several, count) % {"num": count}


ENGLISH = Words(noted, lambda single, several, count: single if count == 1 else several)
