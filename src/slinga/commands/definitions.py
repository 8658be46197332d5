"""`slinga push`, `pull`, `validate` and `schemas`: definitions as a folder of files.

In: a folder with segments/, models/, scores/, journeys/, templates/, broadcasts/, policy.yaml, brand.yaml,
workspace.yaml and migrations/. Out: a new program, files, or findings.
Always true: a folder with errors publishes nothing; after `pull`, `push` changes nothing; a file whose
content is in force already is not touched, so its comments stay.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from slinga.commands import publication
from slinga.commands.opened import opened
from slinga.engine import folder
from slinga.engine import schemas as published
from slinga.engine.folder import FOLDERS, MIGRATIONS, SCHEMAS, SINGLE, WORKSPACE, Folder, Name, Problem
from slinga.engine.jobs import Definition, extensions, in_force, publish
from slinga.kernel.calendar import is_zone
from slinga.kernel.clock import SECOND, Instant
from slinga.kernel.errors import Invalid
from slinga.runtime import clock
from slinga.runtime.settings import load

_WHERE = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
_JSON = click.option("--json", "as_json", is_flag=True, help="Findings as a JSON array.")


@click.command()
@_WHERE
@click.option("--zone", default="", help="The workspace's time zone; that of workspace.yaml if not given.")
@click.option("--retire", is_flag=True, help="Take out of force what the folder does not have.")
@click.option(
    "--enter-existing",
    multiple=True,
    metavar="JOURNEY",
    help="People who match this journey already start it. Without it, publishing never writes to anybody.",
)
@click.option("--yes", is_flag=True, help="Publish without asking.")
def push(directory: Path, zone: str, retire: bool, enter_existing: tuple[str, ...], yes: bool) -> None:
    """Publish the definitions in DIRECTORY as one new program, after showing what that changes."""
    with opened() as (settings, db):
        before = in_force(db)
        found, problems = folder.read(_texts(directory), _singles(before.documents))
        if not found.documents and not problems:
            raise Invalid(f"There is no definition in {directory}. It has folders such as journeys/.")
        zone = zone or found.zone or (settings.zone if before.number == 0 else "")
        _require_zone(zone)
        strangers = [key for key in enter_existing if ("journey", key) not in found.documents]
        if strangers:
            raise Invalid(f"There is no journey {strangers[0]!r} in {directory}.", field="enter-existing")
        others = {} if retire else before.documents
        checked = folder.check(
            found, zone or before.zone or "UTC", others, nodes=extensions(), now=clock.now(db)
        )
        problems = [*problems, *checked]
        if _show(problems, as_json=False):
            sys.exit(1)
        moving = publication.migrations(found, before)
        definitions = [
            Definition(
                kind,  # type: ignore[arg-type]
                key,
                document,
                enter_existing=kind == "journey" and key in enter_existing,
                migrate=moving.get(key) if kind == "journey" else None,
            )
            for (kind, key), document in found.documents.items()
        ]
        if retire:
            gone = before.documents.keys() - found.documents.keys()
            definitions += [Definition(kind, key, None) for kind, key in sorted(gone)]  # type: ignore[arg-type]
        wanted: publication.Wanted = {(one.kind, one.key): one.document for one in definitions}
        for line in publication.preview(db, before, wanted, zone, moving, enter_existing):
            click.echo(line)
        if publication.changes(before, wanted, zone) and not yes:
            _ask()
        publish(db, definitions, zone=zone, by="slinga push")
        for line in publication.done(before, in_force(db)):
            click.echo(line)


def _ask() -> None:
    if not sys.stdin.isatty():
        click.echo("Nothing was published: say --yes where nobody can be asked.", err=True)
        sys.exit(1)
    if not click.confirm("Publish this?"):
        click.echo("Nothing was published.")
        sys.exit(1)


def _require_zone(zone: str) -> None:
    if zone and not is_zone(zone):
        raise Invalid(f"{zone!r} is not a time zone of the IANA database.", field="zone")


@click.command()
@_WHERE
@click.option("--prune", is_flag=True, help="Delete files of definitions that are not in force.")
def pull(directory: Path, prune: bool) -> None:
    """Write the definitions in force into DIRECTORY, with the schemas that editors check them by."""
    with opened() as (_, db):
        present = in_force(db)
    texts = _texts(directory) if directory.exists() else {}
    there, _ = folder.read(texts, _singles(present.documents))
    written = 0
    for path, text in folder.write(_missing(present.documents, there), present.zone or "UTC").items():
        if path == WORKSPACE and there.zone == present.zone:
            continue
        click.echo(f"{path}: written")
        written += 1
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    for name in sorted(there.documents.keys() - present.documents.keys()):
        if prune:
            (directory / there.files[name]).unlink()
            click.echo(f"{there.files[name]}: deleted")
        else:
            click.echo(f"{there.files[name]}: not in force; push would publish it, pull --prune deletes it")
    _write_schemas(directory / SCHEMAS)
    click.echo(f"Program {present.number}: {written} files written.")


def _missing(documents: Mapping[Name, dict[str, Any]], there: Folder) -> dict[Name, dict[str, Any]]:
    """What the folder does not say already; a definition keeps the file it is in, whatever its ending."""
    changed = {name: doc for name, doc in documents.items() if there.documents.get(name) != doc}
    twice = [name for name in changed if there.files.get(name, folder.path_of(name)) != folder.path_of(name)]
    if twice:
        first = there.files[twice[0]]
        raise Invalid(
            f"{first} differs from what is in force; rename it to .yaml and pull again.", field=first
        )
    return changed


@click.command()
@_WHERE
@click.option("--zone", default="", help="The workspace's time zone; that of workspace.yaml if not given.")
@_JSON
def validate(directory: Path, zone: str, as_json: bool) -> None:
    """Check the definitions in DIRECTORY by themselves; needs no database. Errors give exit code 1."""
    found, problems = folder.read(_texts(directory))
    zone = zone or found.zone or load(os.environ).zone
    _require_zone(zone)
    problems = [*problems, *folder.check(found, zone, nodes=extensions(), now=_now())]
    errors = _show(problems, as_json=as_json)
    if as_json:
        sys.exit(1 if errors else 0)
    if errors:
        sys.exit(1)
    counts = [sum(kind == each for each, _ in found.documents) for kind in FOLDERS.values()]
    said = [f"{count} {name}" for count, name in zip(counts, FOLDERS, strict=True) if count]
    click.echo(f"Nothing is wrong with {', '.join(said) or 'an empty folder'}.")


def _now() -> Instant:
    return int(time.time() * SECOND)


@click.command("schemas")
@_WHERE
def schemas(directory: Path) -> None:
    """Write the JSON Schemas of all kinds of definitions into DIRECTORY, for editors."""
    _write_schemas(directory)
    click.echo(f"{len(published.texts(extensions()))} schemas are in {directory}.")


def _write_schemas(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in published.texts(extensions()).items():
        place = directory / name
        if not place.exists() or place.read_text("utf-8") != text:
            place.write_text(text, "utf-8")


def _show(problems: list[Problem], *, as_json: bool) -> int:
    """Print all, notes and errors; how many errors there are."""
    errors = [problem for problem in problems if problem.weight == "error"]
    if as_json:
        click.echo(
            msgspec.json.format(msgspec.json.encode([problem.plain() for problem in problems])).decode()
        )
        return len(errors)
    for problem in problems:
        if problem.weight == "warning":
            click.echo(f"note: {problem}", err=True)
    for problem in errors:
        click.echo(f"error: {problem}", err=True)
    if errors:
        click.echo(f"Nothing was published: {len(errors)} to mend.", err=True)
    return len(errors)


def _texts(directory: Path) -> dict[str, str]:
    """The files of the folder that hold definitions, by their path in it."""
    if not directory.is_dir():
        raise Invalid(f"There is no folder {directory}.", field="directory")
    places = ("", MIGRATIONS, *FOLDERS)
    paths = [path for where in places for path in sorted((directory / where).glob("*"))]
    texts = {}
    for path in paths:
        inside = path.relative_to(directory).as_posix()
        if path.is_file() and folder.belongs(inside):
            try:
                texts[inside] = path.read_text("utf-8")
            except UnicodeDecodeError:
                raise Invalid(f"{inside} is not UTF-8 text.", field=inside) from None
    return texts


def _singles(documents: Mapping[Name, Any]) -> dict[str, str]:
    return {kind: key for kind, key in documents if kind in SINGLE.values()}
