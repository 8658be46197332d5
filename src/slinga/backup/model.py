"""What a backup says of itself.

In: values. Out: `Manifest` as JSON.
Always true: pure; whatever is in the archive stands in the manifest with its length and SHA-256.
"""

import msgspec

from slinga.kernel.errors import Conflict

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sql.gz"
"""The dump, in parts DATABASE.0000 and so on: `cat` them, `gunzip`, and it is plain SQL for `psql`."""


class Member(msgspec.Struct, frozen=True):
    """One member of the archive."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The last member of the archive: without it the backup is not whole."""

    format: int
    release: str
    taken_at: str
    """When, by the machine's clock."""
    installation: str
    postgresql: int
    """The server's version as `server_version_num` says it."""
    schema: str
    migrations: dict[str, str]
    """Checksums by name of the migrations the database had."""
    rows: dict[str, int]
    """Rows of each table, counted in the snapshot that was dumped."""
    secret: str
    """A fingerprint of the master secret: addresses' hashes and links mean nothing under another."""
    journal: int
    """Lines of the obligations journal at the time."""
    members: tuple[Member, ...]


def parse(text: bytes) -> Manifest:
    """The manifest. Raises Conflict for what is none, or of a newer format."""
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as fault:
        raise Conflict(f"This backup's manifest cannot be read: {fault}") from None
    if found.format > FORMAT:
        raise Conflict(f"This backup has format {found.format}, this Slinga reads {FORMAT}. Upgrade it.")
    return found
