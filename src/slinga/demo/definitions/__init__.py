"""What is published in the demo: which shipped models, journeys and templates, and segments of its own.

In: the YAML files here, and the shipped ones of other stages. Out: (kind, key, document) to publish.
Always true: every document is one that a team could have written; the demo knows no back door.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from slinga.lifecycle import models

ZONE = "Europe/Stockholm"
MODELS = ("bow-tie", "rfm")
"""Of the shipped models: one map of the journey and one of value suit a shop."""
SHIPPED = (("template", "slinga.messages"), ("journey", "slinga.journeys"))
LEFT_OUT: frozenset[tuple[str, str]] = frozenset()
"""Shipped templates and journeys, as (kind, key), that are for other trades."""

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
    for key in MODELS:
        found["model", key] = models.document(key)
    for key in models.SCORES:
        found["score", key] = models.document(key)
    places = [(kind, files(package) / "shipped") for kind, package in SHIPPED]
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
