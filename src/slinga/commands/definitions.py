"""`slinga push`, `pull` and `validate`: definitions between a folder of files and the program in force.

In: a folder with segments/, models/, scores/, journeys/, templates/, policy.yaml, brand.yaml and
workspace.yaml. Out: a new program, or files.
Always true: a folder with errors publishes nothing; after `pull`, `push` changes nothing; a file whose
content is in force already is not touched, so its comments stay.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from slinga.commands.opened import opened
from slinga.engine import folder
from slinga.engine.folder import FOLDERS, SINGLE, WORKSPACE, Folder, Name, Problem
from slinga.engine.jobs import Definition, InForce, extensions, in_force, publish
from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Invalid
from slinga.runtime.settings import load

_WHERE = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))


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
def push(directory: Path, zone: str, retire: bool, enter_existing: tuple[str, ...]) -> None:
    """Publish the definitions in DIRECTORY as one new program."""
    with opened() as (settings, db):
        before = in_force(db)
        found, problems = folder.read(_texts(directory), _singles(before.documents))
        if not found.documents:
            raise Invalid(f"There is no definition in {directory}. It has folders such as journeys/.")
        zone = zone or found.zone or (settings.zone if before.number == 0 else "")
        _require_zone(zone)
        strangers = [key for key in enter_existing if ("journey", key) not in found.documents]
        if strangers:
            raise Invalid(f"There is no journey {strangers[0]!r} in {directory}.", field="enter-existing")
        others = {} if retire else before.documents
        _show(problems or folder.check(found, zone or before.zone, others, nodes=extensions()))
        definitions = [
            Definition(kind, key, document, enter_existing=kind == "journey" and key in enter_existing)  # type: ignore[arg-type]
            for (kind, key), document in found.documents.items()
        ]
        if retire:
            gone = before.documents.keys() - found.documents.keys()
            definitions += [Definition(kind, key, None) for kind, key in sorted(gone)]  # type: ignore[arg-type]
        publish(db, definitions, zone=zone, by="slinga push")
        _tell(before, in_force(db))


def _require_zone(zone: str) -> None:
    if zone and not is_zone(zone):
        raise Invalid(f"{zone!r} is not a time zone of the IANA database.", field="zone")


def _tell(before: InForce, after: InForce) -> None:
    for name in sorted(before.versions.keys() | after.versions.keys()):
        old, new = before.versions.get(name), after.versions.get(name)
        if old == new:
            continue
        what = "retired" if new is None else f"{'new' if old is None else 'changed'}, version {new}"
        click.echo(f"{folder.path_of(name)}: {what}")
    if before.zone != after.zone:
        click.echo(f"{WORKSPACE}: zone is {after.zone}")
    if before.number == after.number:
        click.echo(f"Nothing changed. Program {after.number} is in force.")
    else:
        click.echo(f"Program {after.number} is in force.")


@click.command()
@_WHERE
@click.option("--prune", is_flag=True, help="Delete files of definitions that are not in force.")
def pull(directory: Path, prune: bool) -> None:
    """Write the definitions in force into DIRECTORY."""
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
def validate(directory: Path, zone: str) -> None:
    """Check the definitions in DIRECTORY by themselves; needs no database."""
    found, problems = folder.read(_texts(directory))
    zone = zone or found.zone or load(os.environ).zone
    _require_zone(zone)
    _show(problems or folder.check(found, zone, nodes=extensions()))
    counts = [sum(kind == each for each, _ in found.documents) for kind in FOLDERS.values()]
    said = [f"{count} {name}" for count, name in zip(counts, FOLDERS, strict=True) if count]
    click.echo(f"Nothing is wrong with {', '.join(said) or 'an empty folder'}.")


def _show(problems: list[Problem]) -> None:
    """Print all; raise Invalid with the errors, so that nothing is published."""
    for problem in problems:
        if problem.weight == "warning":
            click.echo(f"note: {problem}", err=True)
    errors = [problem for problem in problems if problem.weight == "error"]
    if errors:
        lines = "\n".join(f"  {problem}" for problem in errors)
        raise Invalid(f"{lines}\nNothing was published: {len(errors)} to mend.", field=errors[0].file)


def _texts(directory: Path) -> dict[str, str]:
    """The files of the folder that hold definitions, by their path in it."""
    if not directory.is_dir():
        raise Invalid(f"There is no folder {directory}.", field="directory")
    paths = [path for where in ("", *FOLDERS) for path in sorted((directory / where).glob("*"))]
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
