"""What is published in the demo: which shipped models, journeys and templates, and segments of its own.

In: the YAML files of this folder, and the shipped ones of other stages. Out: (kind, key, document) to publish.
Always true: every document is one that a team could have written; the demo knows no back door.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

ZONE = "Europe/Stockholm"
SHIPPED = (
    ("model", "slinga.lifecycle", "models"),
    ("template", "slinga.messages", "shipped"),
    ("journey", "slinga.journeys", "shipped"),
)
LEFT_OUT = frozenset({("model", "b2b-bow-tie"), ("model", "seven-step-cycle")})
"""Shipped for other trades; a shop needs one map of the journey and one of value."""

OWN = (
    ("segment", "segments"),
    ("score", "scores"),
    ("template", "templates"),
    ("journey", "journeys"),
    ("policy", "policies"),
)


def documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every definition of the demo as (kind, key, document); an own one replaces a shipped one of its key."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    places = [(kind, files(package) / folder) for kind, package, folder in SHIPPED]
    places += [(kind, files(__name__) / folder) for kind, folder in OWN]
    for kind, place in places:
        for key, document in _read(place):
            found[kind, key] = document
    for (kind, key), document in found.items():
        if (kind, key) not in LEFT_OUT:
            yield kind, key, document


def _read(place: Traversable) -> Iterator[tuple[str, dict[str, Any]]]:
    if not place.is_dir():
        return
    for file in sorted(place.iterdir(), key=lambda f: f.name):
        if file.name.endswith((".yaml", ".yml")):
            document = yaml.safe_load(file.read_text("utf-8"))
            yield str(document.get("key") or file.name.rsplit(".", 1)[0]), document
