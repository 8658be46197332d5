"""Words that are named in one place and shown in another.

In: a text in English. Out: the same text.
Always true: pure; what is marked here is found by scripts/catalogues.py and translated where it is shown.
"""


def noted(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text
