"""`slinga bounces`: read returned mails, and see how far the reading agrees with labels.

In: files. Out: what was read. Always true: nothing is written anywhere, and no database is needed.
"""

import csv
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from slinga.channels.email.bounces import Reading, Sort, read
from slinga.channels.email.bounces.agreement import Label, compare, label
from slinga.kernel.errors import Invalid, Missing


@click.group()
def bounces() -> None:
    """Bounces, complaints and automatic replies: how a mail is read."""


@bounces.command("read")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def read_(file: Path) -> None:
    """What the returned mail in FILE says."""
    found = read(file.read_bytes())
    click.echo(f"{found.sort.value}{f' ({found.feedback})' if found.feedback else ''}")
    for each in found.failures:
        word = "" if found.sort is not Sort.BOUNCE else ", hard" if each.hard else ", soft"
        click.echo(f"  {each.address or '(no address)'}: {each.type.value}{word}")
        if each.text:
            click.echo(f"    {each.text[:200]}")


@bounces.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--list", "listed", is_flag=True, help="Name every mail where hard and soft differ.")
def check(path: Path, listed: bool) -> None:
    """Read every .eml below PATH; with an expected.csv there, say how far its labels agree.

    The columns of expected.csv: file, recipient_index, reason, hard_bounce (true or false).
    """
    files = sorted(path.rglob("*.eml"))
    if not files:
        raise Missing(f"there is no .eml file below {path}", field="path")
    readings: dict[str, Reading] = {}
    for file in track(files, "Reading", console=Console(stderr=True), transient=True):
        readings[file.name] = read(file.read_bytes())
    sorts = Counter(reading.sort.value for reading in readings.values())
    click.echo(f"{len(files)} mails: " + ", ".join(f"{count} {sort}" for sort, count in sorts.most_common()))
    table = path / "expected.csv"
    if not table.exists():
        return
    found = compare(readings, _labels(table))
    if not found.labels:
        raise Invalid(f"no row of {table} names a file that is here", field="file")
    click.echo(
        f"{found.labels} labels: hard or soft agrees for {found.hard} ({found.hard / found.labels:.1%}), "
        f"the type for {found.types} ({found.types / found.labels:.1%})"
    )
    for one, kind, hard in found.apart if listed else ():
        said = f"{kind}, {'hard' if hard else 'soft'}"
        click.echo(
            f"  {one.file} #{one.place}: labelled {one.reason}, {'hard' if one.hard else 'soft'}; {said}"
        )


def _labels(table: Path) -> list[Label]:
    labels = []
    with table.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            try:
                labels.append(label(row))
            except (KeyError, ValueError, AttributeError) as fault:
                raise Invalid(
                    f"line {number} of {table} is no label ({fault}); columns are file, recipient_index, "
                    "reason, hard_bounce",
                    field="expected.csv",
                ) from None
    return labels
