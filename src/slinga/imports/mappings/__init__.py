"""The mappings that ship, as documents to use or to copy and change.

In: a name. Out: a plain dict, fresh each time. Always true: these files are package data, read-only.
"""

from importlib import resources
from typing import Any

from slinga.kernel import yaml

NAMES = (
    "people",
    "events",
    "orders",
    "klaviyo",
    "mailchimp",
    "rule",
    "youlead",
    "uci-retail",
    "retailrocket",
)


def text(name: str) -> str:
    """The YAML of a shipped mapping. Raises KeyError for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    return resources.files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")


def document(name: str) -> dict[str, Any]:
    """A shipped mapping. Raises KeyError for an unknown name."""
    found = yaml.load(text(name))
    assert isinstance(found, dict)
    return found
