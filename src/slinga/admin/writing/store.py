"""What the room needs of the database: a template as it is edited, all of them, their uses, their saves.

In: a connection, a key. Out: `Opened`, `Row`s.
Always true: what somebody else saved meanwhile is never overwritten unseen; nothing else is written here.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from slinga.drafts import Draft
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import InForce, in_force
from slinga.kernel.errors import Missing
from slinga.messages.model import Brand
from slinga.messages.model import convert as converted
from slinga.runtime.db import Db


class Use(msgspec.Struct, frozen=True):
    """Where a template is sent from: a journey's node, or a broadcast."""

    kind: str
    key: str
    name: str


class Opened(msgspec.Struct, frozen=True):
    """A template as its editor shows it; `version` 0 where it was never published."""

    key: str
    document: dict[str, Any]
    draft: Draft | None
    version: int
    used: tuple[Use, ...]
    force: InForce
    """All that is in force beside it, so that one page reads it once."""

    @property
    def revision(self) -> int:
        """What a save names; 0 where there is no draft."""
        return self.draft.revision if self.draft else 0

    @property
    def name(self) -> str:
        return str(self.document.get("name") or self.key)

    @property
    def channel(self) -> str:
        return str(self.document.get("channel") or "email")

    @property
    def made_of(self) -> str:
        """What the body is: blocks, mjml, html, or none."""
        body = self.document.get("body") or {}
        found = next((kind for kind in ("mjml", "html") if body.get(kind)), "blocks")
        return found if self.channel == "email" else ""


class Row(msgspec.Struct, frozen=True):
    """A template in the list; `state` is published, changed or draft."""

    key: str
    name: str
    message_class: str
    channel: str
    topic: str
    stage: str
    subject: str
    state: str
    used: tuple[Use, ...]
    languages: tuple[str, ...]


def opened(db: Db, key: str) -> Opened:
    """The template to edit: its draft, else what is in force. Raises Missing."""
    force = in_force(db)
    draft = drafts.find(db, "template", key)
    document = draft.document if draft else force.documents.get(("template", key))
    if document is None:
        raise Missing("There is no template '%(key)s'.", key=key)
    return Opened(
        key, document, draft, force.versions.get(("template", key), 0), uses(force).get(key, ()), force
    )


def uses(force: InForce) -> dict[str, tuple[Use, ...]]:
    """By template: the journeys and broadcasts in force that send it."""
    found: dict[str, dict[Use, None]] = {}
    for (kind, key), document in force.documents.items():
        for template in _sent_by(kind, document):
            found.setdefault(template, {})[Use(kind, key, str(document.get("name") or key))] = None
    return {key: tuple(used) for key, used in found.items()}


def _sent_by(kind: str, document: dict[str, Any]) -> Iterator[str]:
    if kind == "broadcast":
        yield str(document.get("template", ""))
    elif kind == "journey":
        for node in (document.get("nodes") or {}).values():
            if node.get("type") == "send":
                yield str(node.get("template", ""))


def rows(db: Db, force: InForce | None = None) -> list[Row]:
    """All templates, drafts too, by name."""
    force = force or in_force(db)
    used = uses(force)
    edited = {draft.key: draft.document for draft in drafts.listed(db, "template")}
    live = {key: document for (kind, key), document in force.documents.items() if kind == "template"}
    found = []
    for key in {*live, *edited}:
        document = edited.get(key) or live[key]
        state = "draft" if key not in live else "changed" if key in edited else "published"
        found.append(
            Row(
                key,
                str(document.get("name") or key),
                str(document.get("class") or "marketing"),
                str(document.get("channel") or "email"),
                str(document.get("topic") or ""),
                str(document.get("stage") or ""),
                str(document.get("subject") or document.get("text") or ""),
                state,
                used.get(key, ()),
                tuple(document.get("locales") or ()),
            )
        )
    return sorted(found, key=lambda row: (row.name.casefold(), row.key))


def brand_of(db: Db, force: InForce, *, drafted: bool = False) -> Brand:
    """The brand in force, or with `drafted` as it is being edited; an empty one where there is none."""
    key = next((key for kind, key in force.documents if kind == "brand"), "brand")
    draft = drafts.find(db, "brand", key) if drafted else None
    document = draft.document if draft else force.documents.get(("brand", key))
    brand: Brand = converted(document or {}, Brand, "brand")
    return brand


class Choices(msgspec.Struct, frozen=True):
    """What settings are chosen from: topics of the policy, stages of the models, as (value, name)."""

    topics: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str], ...]


def choices(force: InForce) -> Choices:
    """The topics and stages in force."""
    topics: dict[str, str] = {}
    stages: dict[str, str] = {}
    for (kind, _key), document in sorted(force.documents.items()):
        if kind == "policy":
            topics |= {one["key"]: str(one.get("name") or one["key"]) for one in document.get("topics", ())}
        elif kind == "model":
            for stage in document.get("stages", ()):
                stages.setdefault(stage["key"], str(stage.get("name") or stage["key"]))
    return Choices(tuple(topics.items()), tuple(stages.items()))


RESERVED = frozenset({"new"})
_PLAIN = str.maketrans(
    {
        "å": "a",
        "ä": "a",
        "ö": "o",
        "é": "e",
        "ü": "u",
        "ß": "ss",
        "ł": "l",
        "ó": "o",
        "ą": "a",
        "ę": "e",
        "ś": "s",
        "ć": "c",
        "ń": "n",
        "ź": "z",
        "ż": "z",
    }
)


def save(db: Db, found: Opened, document: dict[str, Any], given: dict[str, str], by: str) -> None:
    """Keep it, if nobody saved since the form was opened. Raises Conflict, Invalid."""
    text = given.get("revision", "")
    revision = int(text) if text.isdigit() and len(text) < 10 else None
    drafts.save(db, "template", found.key, document, by=by, revision=revision)


def key_of(name: str) -> str:
    """A key that says the name."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold().translate(_PLAIN)).strip("-")[:50] or "template"


def free_key(db: Db, key: str) -> str:
    """The key, or the first of key-2, key-3 and so on that no template has."""
    taken = {row.key for row in rows(db)} | RESERVED
    number, found = 1, key
    while found in taken:
        number += 1
        found = f"{key[:55]}-{number}"
    return found
