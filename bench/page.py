"""The page of the documentation that shows the figures.

In: figures of all benchmarks, the machine, the notes of what was tried. Out: Markdown.
Always true: what is missed stands there as plainly as what is met.
"""

import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil

from bench.model import Figure

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
INTRODUCTION = """\
`make bench` runs each of these in a process of its own, on a PostgreSQL of its own with the settings of
production (`fsync` on), beside a named reference measured in the same run. Absolute rates belong to the
machine; ratios travel better. Peak memory is that of all processes of the benchmark, PostgreSQL with them,
load generators without.
"""
MADE = "<!-- Written by `make bench`; change bench/ and run it again. -->\n"


class Run(msgspec.Struct):
    """One benchmark as it ran."""

    bench: str
    on: str
    """The date, given or of the commit."""
    scale: float
    took_s: float
    load: float
    """What else ran: the machine's load average over one minute before it began."""
    figures: list[Figure]
    fault: str = ""


def machine() -> str:
    """The machine in one sentence."""
    model = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def day() -> str:
    """The date of the commit that is measured."""
    found = subprocess.run(
        ["git", "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False, cwd=HERE
    )
    return found.stdout.strip() or "unknown"


def number(value: float | None) -> str:
    """A number with as many digits as it deserves."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(run: Run, figure: Figure) -> list[str]:
    """One row of the table."""
    reference = f"{number(figure.reference_value)} ({figure.reference})" if figure.reference else ""
    return [
        run.bench,
        figure.name,
        f"{number(figure.value)} {figure.unit}",
        reference,
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.wanted,
        {None: "", True: "yes", False: "**no**"}[figure.met],
        f"{figure.peak_mb:,.0f}",
    ]


HEAD = ["benchmark", "figure", "value", "reference in the same run", "ratio", "wanted", "met", "peak MB"]


def page(runs: Iterable[Run], where: str) -> str:
    """The whole page."""
    runs = sorted(runs, key=lambda run: run.bench)
    lines = [
        MADE,
        "# Benchmarks\n",
        INTRODUCTION,
        f"Machine: {where}.\n",
        "| " + " | ".join(HEAD) + " |",
        "|" + "---|" * len(HEAD),
    ]
    lines += ["| " + " | ".join(cells(run, figure)) + " |" for run in runs for figure in run.figures]
    lines.append("")
    for run in runs:
        scaled = "" if run.scale == 1 else f", at {run.scale:g} of the full size"
        lines.append(
            f"- {run.bench}: {run.on}, {run.took_s:.0f} s{scaled}; the machine's load when it began was "
            f"{run.load:.1f}." + (f" It failed: {run.fault}" if run.fault else "")
        )
        lines += [f"  - {figure.name}: {figure.note}" for figure in run.figures if figure.note]
    lines.append("\n## What was tried\n")
    for path in sorted(HERE.glob("notes-*.md")):
        lines.append(path.read_text("utf-8").strip().replace("\n# ", "\n### ").replace("# ", "### ", 1))
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
