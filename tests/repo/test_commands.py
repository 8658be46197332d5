"""Every command that a page, a guide or a message tells people to run exists, with the options named."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from slinga.cli import slinga

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("README.md", "CONTRIBUTING.md", "docs", "src/slinga/admin/templates", "src/slinga")
# In backquotes, in <code>, after a program's path or at the start of a code line: elsewhere it is prose.
NAMED = re.compile(r"(?:`|<code>|bin/|Run: |^ {4,})slinga ((?:[a-z-]+ ?)+(?: ?--[a-z-]+)*)", re.M)


def files() -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        if path.is_file():
            yield path
        else:
            yield from (found for kind in ("*.md", "*.html", "*.py") for found in sorted(path.rglob(kind)))


def command(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that these words begin with, and the words after it."""
    found: click.Command | None = slinga
    context = click.Context(slinga)
    while isinstance(found, click.Group) and words:
        found = found.get_command(context, words[0])
        words = words[1:]
    return found, words


def test_every_command_named_exists() -> None:
    faults = []
    seen = set()
    for path in dict.fromkeys(files()):
        for match in NAMED.finditer(path.read_text("utf-8")):
            words = match[1].split()
            found, rest = command(words)
            options = {name for option in (found.params if found else []) for name in option.opts}
            unknown = [word for word in rest if word.startswith("--") and word not in options]
            if found is None or unknown:
                faults.append(f"{path.relative_to(ROOT)}: slinga {match[1]}")
            seen.add(words[0])
    assert faults == []
    assert {"serve", "demo", "doctor", "keys", "push"} <= seen


def test_every_command_says_what_it_does() -> None:
    bare = []

    def visit(group: click.Group, before: str) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None
            if not (found.help or "").strip():
                bare.append(before + name)
            if isinstance(found, click.Group):
                visit(found, f"{before}{name} ")

    visit(slinga, "")
    assert bare == []
