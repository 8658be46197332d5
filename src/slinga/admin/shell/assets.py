"""What pages load: the built files by their plain names, and their addresses.

In: a plain name such as desk.css. Out: the address under /assets, the bytes.
Always true: pure but for reading files of the package; a built file's address changes with its content; a
checkout whose assets were not built gets the plain stylesheet and no script, and every page still works.
"""

import json
from functools import lru_cache
from pathlib import Path

import msgspec

HERE = Path(__file__).parent.parent / "static"
BUILT = HERE / "built"
PLAIN = "plain.css"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent: its bytes, the same squeezed by gzip (empty where it was not), its type."""

    content: bytes
    squeezed: bytes
    media: str
    lasting: bool


@lru_cache
def manifest() -> dict[str, str]:
    """Plain name -> name with the content's hash; empty where nothing was built."""
    file = BUILT / "manifest.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def address(name: str) -> str:
    """Where a browser finds a file by its plain name; empty when there is no such file.

    Without built assets the stylesheet is the plain one.
    """
    found = manifest().get(name)
    if found:
        return f"/assets/{found}"
    return f"/assets/{PLAIN}" if name == "desk.css" else ""


@lru_cache
def asset(name: str) -> Asset | None:
    """The file of an address's last part, or None."""
    built = name in manifest().values()
    file = (BUILT if built else HERE) / name
    if not built and name not in (PLAIN, "favicon.svg"):
        return None
    squeezed = file.with_name(file.name + ".gz")
    return Asset(
        file.read_bytes(),
        squeezed.read_bytes() if squeezed.exists() else b"",
        TYPES[file.suffix],
        lasting=built,
    )
