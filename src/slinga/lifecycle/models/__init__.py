"""The lifecycle models and scores that ship, as documents.

In: a key. Out: a plain dict, fresh each time. Always true: these files are package data, read-only.
"""

from importlib import resources
from typing import Any

from slinga.kernel import yaml

MODELS = ("bow-tie", "cycle", "b2b-bow-tie", "rfm")
"""Models by key; the first is the default."""
SCORES = ("responsiveness",)


def document(key: str) -> dict[str, Any]:
    """The document of a shipped model or score. Raises KeyError for an unknown key."""
    if key not in MODELS + SCORES:
        raise KeyError(key)
    text = resources.files(__package__).joinpath(f"{key}.yaml").read_text("utf-8")
    found = yaml.load(text)
    assert isinstance(found, dict)
    return found
