"""Definitions: segments, models, scores, journeys, templates, policy and brand.

In: documents. Out: what is in force, versions, problems, differences, a new program.
Always true: a published version never changes; several are published as one program or not at all; what
`dry_run` says is what publishing would do.
"""

from typing import Any

import msgspec

from slinga.api import store
from slinga.api.changes import Asked
from slinga.api.frame import Call, operation
from slinga.api.people import Out, When, when
from slinga.drafts import differences
from slinga.engine import folder
from slinga.engine.jobs import Definition, InForce, Kind, extensions, in_force, publish
from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Invalid, Missing

KINDS = ("segment", "model", "score", "journey", "template", "policy", "brand")
MOST = 500


class OfKind(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which kind; all if not given."""

    kind: str = ""


class Listed(Out):
    """A definition in force."""

    kind: str
    key: str
    version: int
    name: str


class Definitions(Out):
    """What is in force, as one numbered program."""

    program: int
    zone: str
    definitions: list[Listed]


@operation("GET", "/definitions", Definitions, query=OfKind)
def list_definitions(call: Call) -> Definitions:
    """What is in force."""
    asked = call.query.kind
    if asked and asked not in (*KINDS, "broadcast"):
        raise Invalid(
            "'%(value)s' is not one of %(known)s", field="kind", value=asked, known=", ".join(KINDS)
        )
    present = in_force(call.db)
    found = [
        Listed(kind=kind, key=key, version=present.versions[kind, key], name=str(document.get("name", "")))
        for (kind, key), document in sorted(present.documents.items())
        if not asked or kind == asked
    ]
    return Definitions(program=present.number, zone=present.zone, definitions=found)


class Version(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which version; the one in force if not given."""

    version: int = 0


class Document(Out):
    """One version of a definition."""

    kind: str
    key: str
    version: int
    published_at: When
    published_by: str
    in_force: bool
    document: dict[str, Any]


@operation("GET", "/definitions/{kind}/{key}", Document, query=Version)
def read_definition(call: Call) -> Document:
    """A definition as a document: the version in force, or the one asked for."""
    kind, key = call.path["kind"], call.path["key"]
    live = in_force(call.db).versions.get((kind, key), 0)
    number = call.query.version or live
    row = store.version(call.db, kind, key, number) if 0 < number < 2**31 else None
    if row is None:
        raise Missing("There is no such version of the %(kind)s '%(key)s'.", field="key", kind=kind, key=key)
    version, document, at, by = row
    return Document(
        kind=kind,
        key=key,
        version=version,
        published_at=when(at),
        published_by=by,
        in_force=version == live,
        document=document,
    )


class Published(Out):
    """A version."""

    version: int
    published_at: When
    published_by: str
    in_force: bool


class Versions(Out):
    """Every version, newest first."""

    versions: list[Published]


@operation("GET", "/definitions/{kind}/{key}/versions", Versions)
def list_versions(call: Call) -> Versions:
    """Every version that was ever published, newest first."""
    kind, key = call.path["kind"], call.path["key"]
    rows = store.versions(call.db, kind, key)
    if not rows:
        raise Missing("There is no %(kind)s '%(key)s'.", field="key", kind=kind, key=key)
    live = in_force(call.db).versions.get((kind, key), 0)
    found = [
        Published(version=number, published_at=when(at), published_by=by, in_force=number == live)
        for number, at, by in rows
    ]
    return Versions(versions=found)


class Given(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """One definition to publish."""

    kind: Kind
    key: str
    document: dict[str, Any]
    enter_existing: bool = False
    """Journeys only: people who match already start it. Off, publishing never writes to anybody."""
    migrate: dict[str, Any] | None = None
    """Journeys only: where people inside older versions go; null: they finish there."""


class Drafts(Asked):
    """Definitions that stand together."""

    definitions: list[Given]


class Problem(Out):
    """One thing to mend. `weight` error stops a publication, warning is advice."""

    definition: str
    field: str
    message: str
    weight: str


class Checked(Out):
    """What is wrong or odd."""

    valid: bool
    problems: list[Problem]


EXAMPLE = {
    "definitions": [
        {
            "kind": "segment",
            "key": "vip",
            "document": {"key": "vip", "name": "VIP", "condition": {"op": "tag", "name": "vip"}},
        }
    ]
}


def _documents(given: list[Given]) -> folder.Documents:
    if not given or len(given) > MOST:
        raise Invalid("give 1 to %(most)s definitions", field="definitions", most=MOST)
    found: folder.Documents = {(each.kind, each.key): each.document for each in given}
    if len(found) < len(given):
        raise Invalid("two of them have one kind and key", field="definitions")
    return found


@operation("POST", "/definitions/validate", Checked, body=Drafts, example=EXAMPLE)
def ask_validate(call: Call) -> Checked:
    """Check documents against what is in force, with everything that is odd; nothing is published."""
    documents = _documents(call.body.definitions)
    present = in_force(call.db)
    files = {name: f"{name[0]}/{name[1]}" for name in documents}
    found = folder.check(
        folder.Folder(documents, files),
        present.zone or "UTC",
        {name: each for name, each in present.documents.items() if name not in documents},
        nodes=extensions(),
    )
    problems = [
        Problem(definition=each.file, field=each.field, message=each.message, weight=each.weight)
        for each in found
    ]
    return Checked(valid=all(each.weight != "error" for each in problems), problems=problems)


class Difference(Out):
    """One place where a draft differs from what is in force."""

    path: str
    before: Any = None
    after: Any = None


class Changed(Out):
    """A definition and what a draft changes of it."""

    kind: str
    key: str
    version: int
    """The version in force; 0 for a new one."""
    differences: list[Difference]


class Diff(Out):
    """What publishing would change; definitions that stay as they are are left out."""

    changed: list[Changed]


@operation("POST", "/definitions/diff", Diff, body=Drafts, example=EXAMPLE)
def ask_diff(call: Call) -> Diff:
    """What publishing these would change."""
    return Diff(changed=_diff(in_force(call.db), _documents(call.body.definitions)))


def _diff(present: InForce, documents: folder.Documents) -> list[Changed]:
    found = []
    for (kind, key), document in documents.items():
        before = present.documents.get((kind, key))
        found_here = differences(before, document)
        if found_here:
            version = present.versions.get((kind, key), 0)
            found.append(
                Changed(
                    kind=kind,
                    key=key,
                    version=version,
                    differences=[
                        Difference(path=d.path, before=d.before, after=d.after) for d in found_here[:200]
                    ],
                )
            )
    return found


class Publish(Drafts):
    """Definitions to publish as one program."""

    zone: str = ""
    """The workspace's IANA time zone; empty keeps the present one."""
    dry_run: bool = False
    """Say what would happen, and leave everything as it is."""


class Program(Out):
    """What came of it."""

    program: int
    """The number of the program in force, or of the one there would be."""
    changed: list[Changed]
    dry_run: bool


@operation("POST", "/definitions/publish", Program, body=Publish, example=EXAMPLE)
def publish_definitions(call: Call) -> Program:
    """Publish definitions as one new program, or with `dryRun` say what that would change."""
    asked: Publish = call.body
    documents = _documents(asked.definitions)
    if asked.zone and not is_zone(asked.zone):
        raise Invalid("'%(zone)s' is not a time zone of the IANA database", field="zone", zone=asked.zone)
    changed = _diff(in_force(call.db), documents)
    given = [
        Definition(
            each.kind,
            each.key,
            each.document,
            enter_existing=each.enter_existing and each.kind == "journey",
            migrate=each.migrate if each.kind == "journey" else None,
        )
        for each in asked.definitions
    ]
    with call.db.transaction(force_rollback=asked.dry_run):
        number = publish(call.db, given, zone=asked.zone, by=call.actor)
    call.about = f"program/{number}"
    call.detail = {"dry_run": asked.dry_run, "definitions": [f"{kind}/{key}" for kind, key in documents]}
    return Program(program=number, changed=changed, dry_run=asked.dry_run)


class Retired(Out):
    """It is no longer in force; people inside a journey finish it."""

    program: int


@operation("DELETE", "/definitions/{kind}/{key}", Retired)
def retire_definition(call: Call) -> Retired:
    """Take a definition out of force. People inside a journey finish it; what others need is refused."""
    kind, key = call.path["kind"], call.path["key"]
    if (kind, key) not in in_force(call.db).documents:
        raise Missing("No %(kind)s '%(key)s' is in force.", field="key", kind=kind, key=key)
    number = publish(call.db, [Definition(kind, key, None)], by=call.actor)
    call.about = f"{kind}/{key}"
    return Retired(program=number)


OPERATIONS = [
    list_definitions,
    read_definition,
    list_versions,
    ask_validate,
    ask_diff,
    publish_definitions,
    retire_definition,
]
