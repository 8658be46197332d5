"""`slinga import`: take in people, orders and events from files, and take an import back.

In: files and a mapping. Out: history in the log; what was done, and what was not and why.
Always true: without a mapping nothing is written, the one it would use is shown; an import that was
interrupted goes on where it was.
"""

import getpass
import json
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from slinga.commands.opened import opened
from slinga.connectors.tables import Staged, look
from slinga.filing import parts_of, undoing
from slinga.imports import guess, jobs, mappings, plans, store
from slinga.imports.jobs import Parts
from slinga.imports.model import Csv, People, json_schema
from slinga.imports.plans import Plan, Tally, Tell
from slinga.imports.store import Import
from slinga.imports.undo.jobs import undo as take_back
from slinga.kernel import yaml
from slinga.kernel.clock import iso
from slinga.kernel.errors import Conflict, Invalid
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings

SHOWN = 5


class _Files(click.Group):
    """`slinga import FILE` is `slinga import files FILE`: what is no command is a file."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["files", *args]
        return super().parse_args(context, args)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, name) or self.commands["files"]

    def list_commands(self, context: click.Context) -> list[str]:
        return [name for name in super().list_commands(context) if name != "files"]


@click.group("import", cls=_Files, subcommand_metavar="FILE... | COMMAND [ARGS]...")
def import_() -> None:
    """Take in people, orders and events from CSV or Parquet files.

    \b
    slinga import people.csv                          shows the mapping it would use
    slinga import people.csv --mapping mapping.yaml   takes the people in
    slinga import *.parquet --as uci-retail           with a mapping that ships

    What is imported is history: it builds up what is known of people and starts nothing. The same content is
    taken in once, however often it comes. All options: slinga import files --help
    """


@import_.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--mapping", type=click.Path(path_type=Path, exists=True), help="The mapping, YAML or JSON.")
@click.option("--as", "name", default="", help=f"A mapping that ships: {', '.join(mappings.NAMES)}.")
@click.option("--basis", default="", help="The lawful basis of permissions, where the file does not say.")
@click.option("--date", "given_on", default="", help="When they were given, where the file does not say.")
@click.option("--source", default="", help="Where they were given, where the file does not say.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing.")
@click.option("--again", is_flag=True, help="Also files that were imported before; only what is new counts.")
@click.option("--fast", is_flag=True, help="Do not wait for live inputs; they may wait for the import.")
def files(
    files: tuple[Path, ...],
    mapping: Path | None,
    name: str,
    basis: str,
    given_on: str,
    source: str,
    dry_run: bool,
    again: bool,
    fast: bool,
) -> None:
    """Import FILES by a mapping; without one, show the mapping that fits."""
    if mapping is not None and name:
        raise Invalid("Give --mapping or --as, not both.", field="mapping")
    if mapping is None and not name:
        _suggest(files)
        return
    document = _document(mapping, name)
    _state(document, basis, given_on, source)
    plan = plans.plan(files, document)
    with opened() as (settings, db):
        parts = parts_of(settings)
        if dry_run:
            with _bar() as tell:
                _tell_dry(plan, jobs.rehearse(db, plan, _work(settings, 0), parts, tell))
            return
        stands = store.same_files(db, [plans.digest_of(file) for file in files], document)
        if stands is not None and stands[1] == "running":
            raise Conflict(
                f"Import {stands[0]} of these files was not finished: slinga import resume {stands[0]}"
            )
        if stands is not None and not again:
            click.echo(
                f"Import {stands[0]} took these very files in. Nothing was done; --again looks once more."
            )
            return
        with _bar() as tell:
            number, staged = jobs.begin(
                db, plan, _work(settings, 0), _report(files[0]), getpass.getuser(), tell
            )
            click.echo(
                f"Import {number} begins; if it is interrupted: slinga import resume {number}", err=True
            )
            done = _run(db, number, plan, staged, parts, tell, patient=not fast)
    _tell(done, plan)


def _run(
    db: Db, number: int, plan: Plan, staged: Staged, parts: Parts, tell: Tell, *, patient: bool
) -> Import:
    try:
        return jobs.run(db, number, plan, staged, parts, tell=tell, patient=patient)
    finally:
        staged.close()


@import_.command()
@click.argument("number", type=int)
@click.argument("moved", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--fast", is_flag=True, help="Do not wait for live inputs; they may wait for the import.")
def resume(number: int, moved: tuple[Path, ...], fast: bool) -> None:
    """Go on with import NUMBER where it was interrupted; MOVED files are the same under other names."""
    with opened() as (settings, db), _bar() as tell:
        plan, staged = jobs.again(db, number, moved, _work(settings, number), tell)
        done = _run(db, number, plan, staged, parts_of(settings), tell, patient=not fast)
    _tell(done, plan)


@import_.command()
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(number: int, yes: bool) -> None:
    """Take import NUMBER back: whom it alone brought goes, everybody else is as if it had never been."""
    with opened() as (_, db):
        row = store.find(db, number)
        if row is not None and row.state != "undone" and not yes:
            names = ", ".join(Path(file.path).name for file in row.files)
            click.confirm(f"Take back {row.inputs:,} inputs of {names}?", abort=True)
        with _bar() as tell:
            done = take_back(db, number, undoing(), tell)
    click.echo(
        f"Import {number} is taken back: profiles removed: {done.removed:,}, rebuilt: {done.rebuilt:,}, "
        f"suppressions lifted: {done.suppressions:,}. Nothing was sent."
    )


@import_.command("list")
def list_imports() -> None:
    """Imports, newest first."""
    with opened() as (_, db):
        found = store.listed(db)
    for row in found:
        names = ", ".join(Path(file.path).name for file in row.files)
        share = "" if row.state != "running" else f" {100 * row.position // max(1, row.rows)} %"
        click.echo(f"{row.id:>5}  {iso(row.started_at)[:16]}Z  {row.state}{share}  {names}")
        click.echo(f"       {_counts(row)}")
    if not found:
        click.echo("Nothing was imported.")


@import_.command("mapping")
@click.argument("name", type=click.Choice(mappings.NAMES))
def show_mapping(name: str) -> None:
    """Print a mapping that ships, to copy and change."""
    click.echo(mappings.text(name), nl=False)


@import_.command()
def schema() -> None:
    """Print the JSON Schema of mappings, for editors that complete and check."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _suggest(paths: Sequence[Path]) -> None:
    """The mapping that a file's header suggests, for a look before it is used."""
    style = plans.style_of(Csv())
    found = look(paths[0], style)
    name, document = guess.guess(found.columns)
    if not found.parquet and found.delimiter == ";":
        document["csv"] = {"decimal": ","}
    click.echo(yaml.dump(document), nl=False)
    named = " ".join(str(path) for path in paths)
    click.echo(
        f"\nNothing was imported. The above fits the columns of {paths[0].name} (from the mapping {name}).\n"
        f"Look at it, save it as mapping.yaml, and run:\n  slinga import {named} --mapping mapping.yaml",
        err=True,
    )
    unused = [c for c in found.columns if c not in yaml.dump(document)]
    if unused and "others" not in document:
        click.echo(f"Columns it does not use: {', '.join(unused)}", err=True)


def _document(path: Path | None, name: str) -> dict[str, Any]:
    if path is None:
        if name not in mappings.NAMES:
            raise Invalid(f"There is no mapping {name!r}; there are {', '.join(mappings.NAMES)}.", field="as")
        return mappings.document(name)
    found = yaml.load(path.read_text("utf-8"))
    if not isinstance(found, dict):
        raise Invalid(f"{path} is no mapping; `slinga import mapping people` shows one.", field="mapping")
    return found


def _state(document: dict[str, Any], basis: str, given_on: str, source: str) -> None:
    """Put what holds for all permissions of the files into the mapping, where it says nothing."""
    said = {"basis": basis, "date": given_on, "source": source}
    for consent in document.get("consents") or ():
        for field, text in said.items():
            if text and not consent.get(field):
                consent[field] = text


def _work(settings: Settings, number: int) -> Path:
    return settings.data / "imports" / f"{number or 'new'}"


def _report(first: Path) -> Path:
    """Beside the first file, under a name that is not taken."""
    for n in range(1, 10_000):
        path = first.with_suffix(f".errors{'' if n == 1 else f'-{n}'}.csv").resolve()
        if not path.exists():
            return path
    raise Conflict(f"Too many reports lie beside {first}.")


@contextmanager
def _bar() -> Iterator[Tell]:
    """A progress bar on stderr."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("reading", total=None)

        def tell(tally: Tally) -> None:
            progress.update(task, description=tally.phase, completed=tally.done, total=tally.total or None)

        yield tell


def _counts(row: Import) -> str:
    said = f"{row.rows:,} rows: {row.accepted:,} taken in, {row.duplicates:,} known before or repeated"
    return f"{said}, {row.errors:,} not taken; {row.inputs:,} inputs"


def _tell(row: Import, plan: Plan) -> None:
    click.echo(f"Import {row.id}: {_counts(row)}.")
    if row.errors or row.notes:
        click.echo(f"What was not taken, and why: {row.report}")
    if row.notes:
        click.echo(
            f"{row.notes:,} rows permit nothing, for basis, date or source of the permission is not stated: "
            "marketing cannot reach those people. --basis, --date and --source state it for the file."
        )
    if isinstance(plan.mapping, People) and not plan.mapping.consents:
        click.echo("The mapping names no consents, so nobody in it can be reached by marketing.")
    click.echo(f"To take it back: slinga import undo {row.id}")


def _tell_dry(plan: Plan, seen: jobs.Rehearsed) -> None:
    click.echo(
        f"{seen.rows:,} rows: {seen.accepted:,} could be taken in, {seen.repeated:,} are repeated, "
        f"{seen.errors:,} could not: {seen.items:,} inputs, permissions, suppressions. Nothing was written."
    )
    for example in seen.examples:
        at = iso(example.occurred_at) if example.occurred_at is not None else "now"
        click.echo(f"\nFor example, {example.kind} {example.name} at {at}:".replace("  ", " "))
        click.echo(textwrap.indent(yaml.dump(example.body), "  "), nl=False)
    if seen.faults:
        click.echo("\nNot taken, the first of them:")
    for fault in seen.faults[:SHOWN]:
        where = f'"{fault.column}": ' if fault.column else ""
        value = f" ({fault.value})" if fault.value else ""
        click.echo(f"  {plan.found[fault.file].path.name} line {fault.line}: {where}{fault.problem}{value}")
