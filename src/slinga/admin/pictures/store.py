"""Pictures in the database, so that a backup holds them.

In: pictures. Out: the shelf; the bytes of one.
Always true: a picture that was added is served for ever; hiding takes it off the shelf alone.
"""

import msgspec

from slinga.admin.pictures.encoding import Picture
from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, statements

S = statements(__file__)
SHELF = 200


class Kept(msgspec.Struct, frozen=True):
    """A picture as the shelf shows it."""

    name: str
    title: str
    width: int
    height: int
    octets: int
    added_at: Instant
    added_by: str


def add(db: Db, picture: Picture, title: str, by: str) -> None:
    """Keep a picture."""
    values = {
        "name": picture.name,
        "title": title,
        "media": picture.media,
        "width": picture.width,
        "height": picture.height,
        "octets": len(picture.content),
        "content": picture.content,
        "by": by,
    }
    db.execute(S.add, values)


def shelf(db: Db, limit: int = SHELF) -> list[Kept]:
    """The newest pictures that are offered."""
    return [Kept(*row) for row in db.execute(S.shelf, {"limit": limit}).fetchall()]


def content(db: Db, name: str) -> tuple[str, bytes] | None:
    """(media type, bytes) of a picture, or None."""
    row = db.execute(S.content, {"name": name}).fetchone()
    return (str(row[0]), bytes(row[1])) if row else None


def hide(db: Db, name: str) -> None:
    """Take a picture off the shelf."""
    db.execute(S.hide, {"name": name})
