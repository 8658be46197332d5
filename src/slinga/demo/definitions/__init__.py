"""What is published in the demo: which shipped models, journeys and templates, and segments of its own.

In: the YAML files here, and the shipped ones of other stages. Out: (kind, key, document).
Always true: every document is one that a team could have written; the demo knows no back door.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from slinga.journeys import shipped as journeys
from slinga.kernel import yaml
from slinga.lifecycle import models

ZONE = "Europe/Stockholm"
MODELS = ("bow-tie", "rfm")
"""Of the shipped models: one map of the journey and one of value suit a shop."""
JOURNEYS = tuple(key for key in journeys.KEYS if key not in ("tyre-change", "test-drive"))
"""Nobody here sells cars."""
BRAND = {
    "name": "Kvällsro",
    "address": "Kvällsro Te & Kaffe, Exempelgatan 1, 000 00 Ingenstans",
    "color": "#8a3f24",
    "sender": "Kvällsro <hej@kvallsro.example>",
}
OWN = (
    ("segment", "segments"),
    ("score", "scores"),
    ("template", "templates"),
    ("journey", "journeys"),
    ("policy", "policies"),
)


def documents(site: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every definition of the demo as (kind, key, document); an own one replaces a shipped one of its key.

    `site` is the storefront's address, which links in mail lead to.
    """
    found = {("model", key): models.document(key) for key in MODELS}
    found |= {("score", key): models.document(key) for key in models.SCORES}
    found |= {("template", key): document for key, document in _read(files("slinga.messages") / "shipped")}
    found |= {("segment", key): journeys.document(key) for key in journeys.SEGMENTS}
    found |= {("journey", key): journeys.document(key) for key in JOURNEYS}
    for kind, folder in OWN:
        found |= {(kind, key): document for key, document in _read(files(__name__) / folder)}
    found["brand", "brand"] = BRAND | {"url": site}
    for (kind, key), document in found.items():
        yield kind, key, document


def _read(place: Traversable) -> Iterator[tuple[str, dict[str, Any]]]:
    if not place.is_dir():
        return
    for file in sorted(place.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            document = yaml.load(file.read_text("utf-8"))
            yield str(document.get("key") or file.name.removesuffix(".yaml")), document
