"""Keys out of names, so that nobody has to think of one.

In: a name, the keys that are taken. Out: a key. Always true: pure; the key is legal and free.
"""

import re
import unicodedata
from collections.abc import Container


def key_of(name: str, taken: Container[str] = (), *, otherwise: str = "new") -> str:
    """Small letters, digits and hyphens out of a name; with a number behind it where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or otherwise
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key
