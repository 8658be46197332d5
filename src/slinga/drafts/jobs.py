"""Edit, review and publish definitions.

In: documents, names of drafts, who does it. Out: drafts, reviews, the number of a program.
Always true: publishing several drafts gives one program or nothing; a published draft is gone, in the same
transaction; each publication stands in the audit log.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from slinga.access import jobs as access
from slinga.drafts import store
from slinga.drafts.difference import differences
from slinga.drafts.model import Draft, Inside, Name, Review, Version
from slinga.engine import folder
from slinga.engine.findings import KINDS
from slinga.engine.inside import jobs as inside
from slinga.engine.jobs import Definition, InForce, Kind, extensions, in_force
from slinga.engine.jobs import publish as publish_definitions
from slinga.journeys import migrate
from slinga.journeys.model import parse as parse_journey
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.kernel.words import filled
from slinga.kernel.words import noted as N_
from slinga.runtime.db import Db

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
MOST_BYTES = 1_000_000


def find(db: Db, kind: str, key: str) -> Draft | None:
    """The draft of a definition, or None."""
    return store.draft(db, kind, key)


def listed(db: Db, kind: str = "") -> list[Draft]:
    """All drafts of a kind, or all, the last edited first."""
    return store.drafts(db, kind)


def present(db: Db, kind: str, key: str) -> dict[str, Any] | None:
    """What an editor opens: the draft's document, else the one in force, else None."""
    draft = store.draft(db, kind, key)
    return draft.document if draft else in_force(db).documents.get((kind, key))


def save(
    db: Db, kind: str, key: str, document: Mapping[str, Any], *, by: str, revision: int | None = None
) -> Draft:
    """Keep a document as the draft of a definition.

    `revision` is the one that was edited (0: there was no draft); None overwrites. A draft may be unfinished;
    only its kind, key and size are checked. Raises Invalid; Conflict where somebody else saved meanwhile.
    """
    if kind not in KINDS:
        raise Invalid("'%(value)s' is not one of %(known)s", field="kind", value=kind, known=", ".join(KINDS))
    if not KEY.fullmatch(key):
        raise Invalid("A key is small letters, digits, - and _, at most 63 of them.", field="key")
    if len(str(document)) > MOST_BYTES:
        raise Invalid("This is more than a megabyte. Divide it.", field="document")
    with db.transaction():
        before = store.draft(db, kind, key)
        there = before.revision if before else 0
        if revision is not None and revision != there:
            raise Conflict(
                filled(
                    "%(who)s has saved it since you opened it. Reload to see it; what you wrote is still "
                    "here.",
                    who=before.edited_by,
                )
                if before
                else N_(
                    "It was published or discarded since you opened it. Reload to see it; what you wrote is "
                    "still here."
                )
            )
        if before and before.document == document:
            return before
        based_on = before.based_on if before else in_force(db).versions.get((kind, key), 0)
        return store.save(db, kind, key, dict(document), based_on=based_on, by=by)


def discard(db: Db, kind: str, key: str) -> None:
    """Forget a draft; what is in force stays. Raises Missing."""
    if not store.discard(db, kind, key):
        raise Missing("There is no draft of the %(kind)s '%(key)s'.", field="key", kind=kind, key=key)


def revisions(db: Db, kind: str, key: str) -> list[Version]:
    """What a draft was before, newest first; `version` is the revision."""
    return store.revisions(db, kind, key)


def back_to(db: Db, kind: str, key: str, revision: int, *, by: str) -> Draft:
    """Save an earlier revision again, as the newest. Raises Missing."""
    for one in store.revisions(db, kind, key):
        if one.version == revision:
            return save(db, kind, key, one.document, by=by)
    raise Missing(
        "There is no revision %(revision)s of this draft any more.", field="revision", revision=revision
    )


def versions(db: Db, kind: str, key: str) -> list[Version]:
    """Every published version, newest first; empty for what was never published."""
    return store.versions(db, kind, key)


def restore(db: Db, kind: str, key: str, version: int, *, by: str) -> Draft:
    """Make a draft of a published version, to be published again. Raises Missing."""
    for one in store.versions(db, kind, key):
        if one.version == version:
            return save(db, kind, key, one.document, by=by)
    raise Missing(
        "There is no version %(version)s of the %(kind)s '%(key)s'.",
        field="version",
        version=version,
        kind=kind,
        key=key,
    )


def findings(db: Db, documents: Mapping[Name, Mapping[str, Any]]) -> list[folder.Problem]:
    """What is wrong or odd about documents, beside what is in force and the other drafts.

    A draft beside them that is not finished counts as not there: its faults are its own.
    """
    force = in_force(db)
    given: folder.Documents = {name: dict(document) for name, document in documents.items()}
    beside = {(draft.kind, draft.key): draft.document for draft in store.drafts(db)}
    beside = {name: each for name, each in beside.items() if name not in given | force.documents}
    files = {name: f"{name[0]}/{name[1]}" for name in [*given, *beside]}
    while True:
        others = {name: each for name, each in (force.documents | beside).items() if name not in given}
        found = folder.check(folder.Folder(given, files), force.zone or "UTC", others, nodes=extensions())
        strays = [name for name in beside if any(problem.file == files[name] for problem in found)]
        if not strays:
            return found
        beside = {name: each for name, each in beside.items() if name not in strays}


def review(db: Db, names: Sequence[Name], *, moving: Mapping[str, dict[str, Any]] | None = None) -> Review:
    """What publishing these drafts would do. `moving` are migrations of people inside, by journey.

    Raises Missing for a name without a draft.
    """
    force = in_force(db)
    drafts = {name: _draft(db, name) for name in names}
    given = {name: draft.document for name, draft in drafts.items()}
    files = {name: f"{name[0]}/{name[1]}" for name in given}
    others = {name: each for name, each in force.documents.items() if name not in given}
    problems = folder.check(folder.Folder(given, files), force.zone or "UTC", others, nodes=extensions())
    changed = {name: differences(force.documents.get(name), document) for name, document in given.items()}
    there = {
        key: _inside(db, force, key, given["journey", key], (moving or {}).get(key))
        for kind, key in names
        if kind == "journey" and ("journey", key) in force.documents and changed["journey", key]
    }
    moved_on = [name for name, draft in drafts.items() if force.versions.get(name, 0) != draft.based_on]
    return Review(problems, changed, there, moved_on)


def _draft(db: Db, name: Name) -> Draft:
    found = store.draft(db, *name)
    if found is None:
        raise Missing("There is no draft of the %(kind)s '%(key)s'.", field="key", kind=name[0], key=name[1])
    return found


def _inside(
    db: Db, force: InForce, key: str, new: dict[str, Any], mapping: dict[str, Any] | None
) -> list[Inside]:
    there = inside.by_node(db, key, force.versions["journey", key])
    if mapping is None:
        return [Inside(node, people) for node, people in there.items()]
    before, after = (
        parse_journey(each, extra=extensions()) for each in (force.documents["journey", key], new)
    )
    goes = {move.node: move.to for move in migrate.plan(before, after, migrate.parse(mapping))}
    start = str(force.documents["journey", key].get("start", ""))
    return [Inside(node, people, goes.get(node or start) or "") for node, people in there.items()]


def publish(
    db: Db,
    names: Sequence[Name],
    *,
    by: str,
    moving: Mapping[str, dict[str, Any]] | None = None,
    enter_existing: Sequence[str] = (),
    zone: str = "",
) -> int:
    """Put drafts in force as one program; its number. `zone` is the workspace's, "" keeps it.

    `moving` are migrations of people inside, by journey (others finish where they are); `enter_existing`
    names journeys that people who match already start now. Raises Missing, or Invalid for what does not
    compile.
    """
    with db.transaction():
        given = [
            Definition(
                cast(Kind, kind),
                key,
                _draft(db, (kind, key)).document,
                enter_existing=kind == "journey" and key in enter_existing,
                migrate=(moving or {}).get(key) if kind == "journey" else None,
            )
            for kind, key in names
        ]
        number = publish_definitions(db, given, zone=zone, by=by)
        for kind, key in names:
            store.discard(db, kind, key)
        told = [f"{kind}/{key}" for kind, key in names]
        access.audit(db, by, "publish", f"program/{number}", definitions=told)
        return number


def retire(db: Db, kind: str, key: str, *, by: str, forget: bool = False) -> int:
    """Take a definition out of force; the number of the program.

    People inside a journey finish it, or leave at their next step with `forget`. Raises Missing, or Invalid
    where something else needs it.
    """
    with db.transaction():
        if (kind, key) not in in_force(db).documents:
            raise Missing("No %(kind)s '%(key)s' is in force.", field="key", kind=kind, key=key)
        number = publish_definitions(db, [Definition(cast(Kind, kind), key, None, forget=forget)], by=by)
        access.audit(db, by, "retire", f"{kind}/{key}", program=number)
        return number
