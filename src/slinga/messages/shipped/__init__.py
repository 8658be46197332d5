"""Templates that come with the product: one YAML document each, free to copy and change.

In: nothing. Out: `documents()`. Always true: each parses, compiles without findings and renders for a
person of whom nothing is known.
"""

from importlib.resources import files
from typing import Any

import yaml


def documents() -> dict[str, dict[str, Any]]:
    """All shipped template documents by key."""
    found = (entry for entry in files(__name__).iterdir() if entry.name.endswith(".yaml"))
    loaded = (
        yaml.safe_load(entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)
    )
    return {document["key"]: document for document in loaded}
