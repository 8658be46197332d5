"""`slinga simulate`: rehearse drafts over the recorded past, and print what would have come of it.

In: a folder or files of drafts, a span of time. Out: tables for a reader, on request JSON and CSV files.
Always true: nothing is written to the database and nothing is sent; progress goes to stderr.
"""

import csv
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from slinga.commands.opened import say
from slinga.engine import folder
from slinga.kernel import yaml
from slinga.kernel.errors import Invalid
from slinga.rehearsal import telling
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.model import Draft, Request, check
from slinga.rehearsal.reactions import NAMES, parse
from slinga.rehearsal.report import JourneyTold, Report, document
from slinga.runtime.database import open_database, prepare
from slinga.runtime.settings import load

SHAPES = (
    ("nodes", "journeys"),
    ("stages", "models"),
    ("condition", "segments"),
    ("rules", "scores"),
    ("class", "templates"),
)
"""What a single file is, by a field that only its kind has, where its folder does not say."""


@click.command()
@click.argument("drafts", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--from", "since", default="", metavar="WHEN", help="Journeys start then; default: with the log."
)
@click.option("--until", default="", metavar="WHEN", help="Time is played up to then; default: to its end.")
@click.option("--journey", "journeys", multiple=True, metavar="KEY", help="Tell about this journey only.")
@click.option("--retire", multiple=True, metavar="KEY", help="Rehearse without this journey in force.")
@click.option(
    "--enter-existing", multiple=True, metavar="KEY", help="People who match at the start enter this journey."
)
@click.option("--seed", default=1, show_default=True, help="Of the modelled reactions.")
@click.option(
    "--reactions",
    default="none",
    show_default=True,
    metavar="MODEL",
    help="How people react to what was never sent: none, typical, learned, or a YAML file.",
)
@click.option("--sample", default="1/1", show_default=True, help="Play a part of the people, such as 1/8.")
@click.option("--processes", default=0, help="Default: one for each core.")
@click.option(
    "--json", "json_to", type=click.Path(path_type=Path), help="Write the report there; - is stdout."
)
@click.option(
    "--entries", "entries_to", type=click.Path(path_type=Path), help="Write each entry to a CSV file."
)
def simulate(
    drafts: tuple[Path, ...],
    since: str,
    until: str,
    journeys: tuple[str, ...],
    retire: tuple[str, ...],
    enter_existing: tuple[str, ...],
    seed: int,
    reactions: str,
    sample: str,
    processes: int,
    json_to: Path | None,
    entries_to: Path | None,
) -> None:
    """Rehearse DRAFTS (a folder of definitions, or files) over the recorded past.

    Everybody recorded lives their past again with the drafts in force, on a virtual clock; without DRAFTS
    the definitions in force are rehearsed. Nothing is written and nothing is sent.
    """
    read, zone = _drafts(drafts, enter_existing)
    request = Request(
        drafts=(*read, *(Draft("journey", key, None) for key in retire)),
        since=since,
        until=until,
        journeys=journeys,
        seed=seed,
        reactions=_reactions(reactions),
        sample=sample,
        entries=entries_to is not None,
    )
    check(request)
    settings = load(os.environ)
    with open_database(settings, say) as database, _bar() as bar:
        prepare(database, say)
        task = bar.add_task("people", total=None)
        report = rehearse(
            database.url,
            request,
            lambda done, of: bar.update(task, completed=done, total=of),
            processes=processes,
            zone=zone,
        )
    if entries_to is not None:
        _write_entries(entries_to, report)
    encoded = msgspec.json.format(msgspec.json.encode(document(report)), indent=2) + b"\n"
    if json_to is not None and str(json_to) == "-":
        sys.stdout.buffer.write(encoded)
        return
    if json_to is not None:
        json_to.write_bytes(encoded)
    show(report, Console(width=None if sys.stdout.isatty() else 120))


def _bar() -> Any:
    if not sys.stderr.isatty():
        return _Silent()
    return Progress(
        TextColumn("Rehearsing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parts"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


class _Silent(nullcontext["_Silent"]):
    """No bar, for a file or a pipe."""

    def __enter__(self) -> "_Silent":
        return self

    def add_task(self, *_: Any, **__: Any) -> int:
        return 0

    def update(self, *_: Any, **__: Any) -> None:
        return None


def _drafts(paths: tuple[Path, ...], enter_existing: tuple[str, ...]) -> tuple[list[Draft], str]:
    """The definitions of folders and files, and the zone a folder names."""
    texts: dict[str, str] = {}
    for path in paths:
        for name, text in _folder(path) if path.is_dir() else [_file(path)]:
            if name in texts and texts[name] != text:
                raise Invalid(
                    f"{path} says again, and differently, what another draft says: {name}", field=name
                )
            texts[name] = text
    found, problems = folder.read(texts)
    errors = [str(problem) for problem in problems if problem.weight == "error"]
    if errors:
        raise Invalid("\n".join(errors), field="drafts")
    if paths and not found.documents:
        raise Invalid(
            f"There is no definition in {paths[0]}. It has folders such as journeys/.", field="drafts"
        )
    strangers = [key for key in enter_existing if ("journey", key) not in found.documents]
    if strangers:
        raise Invalid(f"There is no journey {strangers[0]!r} among the drafts.", field="enter-existing")
    drafts = [
        Draft(kind, key, document_, kind == "journey" and key in enter_existing)
        for (kind, key), document_ in found.documents.items()
    ]
    return drafts, found.zone


def _folder(path: Path) -> list[tuple[str, str]]:
    inside = [(each.relative_to(path).as_posix(), each) for each in sorted(path.rglob("*")) if each.is_file()]
    return [(name, each.read_text("utf-8")) for name, each in inside if folder.belongs(name)]


def _file(path: Path) -> tuple[str, str]:
    """A file alone: its folder says what it is, or else what is in it."""
    text = path.read_text("utf-8")
    if folder.belongs(path.name) or folder.belongs(f"{path.parent.name}/{path.name}"):
        return (path.name if folder.belongs(path.name) else f"{path.parent.name}/{path.name}"), text
    given = yaml.load(text)
    if isinstance(given, dict) and "key" in given:
        for field, where in SHAPES:
            if field in given:
                return f"{where}/{given['key']}.yaml", text
    raise Invalid(f"{path} is no definition; put it into a folder such as journeys/", field=str(path))


def _reactions(given: str) -> str | dict[str, Any]:
    if given in NAMES:
        return given
    path = Path(given)
    if not path.is_file():
        raise Invalid(f"{given!r} is neither a file nor one of {', '.join(NAMES)}", field="reactions")
    found = yaml.load(path.read_text("utf-8"))
    parse(found)
    return dict(found)


def _write_entries(path: Path, report: Report) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("person", "journey", "at", "entry", "key", "held_out"))
        for one in report.entries:
            out.writerow((one.person, one.journey, one.at, one.entry, one.key, int(one.held_out)))


def show(report: Report, console: Console) -> None:
    """Print a report."""
    for line in telling.headline(report):
        console.print(line, highlight=False, markup=False)
    for told in report.journeys:
        _show_journey(told, console)
    if report.compared:
        console.print("\n[bold]What the other journeys in force lose[/bold]")
        rows = list(telling.loss_rows(report.losses))
        if rows:
            head = ("journey", "alone", "with it", "lost, and why", "later", "entries", "goals")
            _table(console, head, rows, right=(1, 2, 5, 6))
        else:
            console.print("Nothing: every other message goes out, at the same instant.")
    for key, (came, left) in sorted(report.segments.items()):
        console.print(f"Segment {key}: entered {came:,} times, left {left:,} times", highlight=False)


def _show_journey(told: JourneyTold, console: Console) -> None:
    console.print(
        f"\n[bold]{told.name}[/bold] ({told.key}{', draft' if told.drafted else ''})", highlight=False
    )
    for line in telling.entered(told):
        console.print(line, highlight=False, markup=False)
    if told.nodes:
        _table(console, ("node", "what", "left by", "waiting"), telling.node_rows(told), right=(3,))
    blocked = list(telling.blocked_rows(told))
    if blocked:
        _table(console, ("", "why", "messages", "people", "for example"), blocked, right=(2, 3))
    for line in telling.chart(told.per_day):
        console.print(line, highlight=False, markup=False)


def _table(console: Console, head: tuple[str, ...], rows: Any, right: tuple[int, ...]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, name in enumerate(head):
        table.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
