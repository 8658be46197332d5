"""Keys for new journeys.

In: a name, the keys that are taken. Out: a free key.
Always true: pure; a key is what definitions allow: small letters, digits, - and _.
"""

import re
import unicodedata
from collections.abc import Collection


def key_for(name: str, taken: Collection[str]) -> str:
    """A key like the name, with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "journey"
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
