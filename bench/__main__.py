"""The runner: each benchmark in a process of its own, the table, the page.

In: names of benchmarks (all of them by default), a scale. Out: a table on stdout; exit code 1 when one
failed to run, or with `--strict` when one missed what was wanted.
Always true: with `--write`, what each measured is kept in bench/figures.json with its date, so that one of
them can be repeated alone.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.memory_of import Peak
from bench.model import Figure
from bench.page import HEAD, HERE, PAGE, Run, cells, day, machine, page

KEPT = HERE / "figures.json"
PARTS = {"__init__", "__main__", "model", "scratch", "memory_of", "page"}
"""Modules of the frame; every other module here that has `run` is a benchmark."""


class Kept(msgspec.Struct):
    """What bench/figures.json holds."""

    machine: str = ""
    runs: list[Run] = []


def names() -> list[str]:
    """All benchmarks."""
    found = [path.stem for path in sorted(HERE.glob("*.py")) if path.stem not in PARTS]
    return [name for name in found if "\ndef run(" in (HERE / f"{name}.py").read_text("utf-8")]


def alone(name: str, scale: float, out: Path) -> None:
    """Run one benchmark in this process."""
    figures: list[Figure] = importlib.import_module(f"bench.{name}").run(scale)
    out.write_bytes(msgspec.json.encode(figures))


def measure(name: str, scale: float, on: str) -> Run:
    """Run one benchmark in a process of its own, with its peak memory."""
    began, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "bench", name, "--scale", str(scale), "--alone", str(out)]
        child = subprocess.Popen(command, cwd=HERE.parent)
        with Peak(child.pid) as peak:
            code = child.wait()
        took = time.monotonic() - began
        if code or not out.exists():
            return Run(name, on, scale, took, load, [], f"exit code {code}")
        figures = msgspec.json.decode(out.read_bytes(), type=list[Figure])
    for figure in figures:
        figure.peak_mb = figure.peak_mb or peak.mb
    return Run(name, on, scale, took, load, figures)


def show(runs: list[Run]) -> None:
    """The table."""
    # A reader's terminal is as wide as it is; a file or a pipe gets whole rows.
    console = Console(width=None if sys.stdout.isatty() else 190)
    table = Table(*HEAD)
    for run in runs:
        for figure in run.figures:
            table.add_row(*(cell.replace("**", "") for cell in cells(run, figure)))
        if run.fault:
            table.add_row(run.bench, f"failed: {run.fault}")
    console.print(table)
    for run in runs:
        for figure in run.figures:
            if figure.note:
                console.print(f"{run.bench}, {figure.name}: {figure.note}", highlight=False, markup=False)


def keep(runs: list[Run]) -> None:
    """Remember these runs in place of their forerunners, and write the page."""
    kept = msgspec.json.decode(KEPT.read_bytes(), type=Kept) if KEPT.exists() else Kept()
    new = {run.bench: run for run in runs if not run.fault}
    old = {run.bench: run for run in kept.runs if run.bench in names()}
    kept = Kept(machine(), sorted({**old, **new}.values(), key=lambda run: run.bench))
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(page(kept.runs, kept.machine), "utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks as ratios.")
    parser.add_argument("name", nargs="*", help=f"which: {', '.join(names())}; default all")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size, such as 0.1")
    parser.add_argument("--write", action="store_true", help="write docs/reference/benchmarks.md")
    parser.add_argument("--strict", action="store_true", help="fail when something wanted is missed")
    parser.add_argument("--date", default="", help="the date to write; default that of the commit")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = sorted(set(options.name) - set(names()))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(names())}")
    if options.alone:
        alone(options.name[0], options.scale, options.alone)
        return 0
    runs = []
    for name in options.name or names():
        print(f"{name} ...", file=sys.stderr, flush=True)
        runs.append(measure(name, options.scale, options.date or day()))
    show(runs)
    if options.write:
        keep(runs)
    missed = any(figure.met is False for run in runs for figure in run.figures)
    return int(any(run.fault for run in runs) or (options.strict and missed))


if __name__ == "__main__":
    sys.exit(main())
