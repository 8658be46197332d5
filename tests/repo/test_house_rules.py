"""House rules that a reader feels: short files, a first paragraph in each, one vocabulary, no addresses.

Always true: what these refuse is listed with its file, so mending needs no searching.
"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from slinga.runtime.settings import NAMES, PREFIX, Settings, explain

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "slinga"
LONGEST = 400
EMPTY_NAMES = {
    "service",
    "services",
    "manager",
    "managers",
    "helper",
    "helpers",
    "utils",
    "util",
    "common",
    "core",
}
FOREIGN_WORDS = re.compile(r"\b(class|def) \w*(contact|customer|subscriber)s?(_|\b|\()", re.I)
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
REGISTRIES = re.compile(
    r"(py[p]i\.org|python[h]osted\.org|registry\.np[m]js|np[m]js\.org|files\.python[h]osted|crates\.[i]o)"
)


def tracked() -> list[Path]:
    """Files of the repository that are text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout, so which files belong to it is unknown")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_module_is_longer_than_one_sitting() -> None:
    lengths = {
        relative(p): len(p.read_text("utf-8").splitlines()) for p in python_files("src", "scripts", "bench")
    }
    assert {name: count for name, count in lengths.items() if count > LONGEST} == {}


def test_each_module_says_what_it_is() -> None:
    bare = [
        relative(path)
        for path in python_files("src", "scripts", "bench")
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert bare == []


def test_no_name_is_an_empty_word() -> None:
    assert [relative(path) for path in SOURCE.rglob("*") if path.stem in EMPTY_NAMES] == []


def test_a_person_is_a_person() -> None:
    """In names of ours; foreign formats keep their own words in strings."""
    faults = [
        f"{relative(path)}:{number}"
        for path in python_files("src")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if FOREIGN_WORDS.search(line)
    ]
    assert faults == []


def test_nothing_is_left_over() -> None:
    here = relative(Path(__file__))
    faults = [
        f"{relative(path)}: {match[0]}"
        for path in tracked()
        if path.suffix in {".py", ".sql", ".md", ".ts", ".tsx", ".html", ".css", ".js"}
        and relative(path) != here
        for match in LEFTOVERS.finditer(path.read_text("utf-8"))
    ]
    assert faults == []


def test_no_registry_is_named() -> None:
    """Locks carry hashes and no addresses, so any mirror serves."""
    here = relative(Path(__file__))
    faults = [
        f"{relative(path)}: {match[0]}"
        for path in tracked()
        if relative(path) != here
        for match in [REGISTRIES.search(path.read_text("utf-8", "replace"))]
        if match
    ]
    assert faults == []


def test_no_path_of_one_machine() -> None:
    here = relative(Path(__file__))
    faults = [
        relative(path)
        for path in tracked()
        if relative(path) != here
        and re.search(r"(?<![\w.])/(work|home/\w+)/", path.read_text("utf-8", "replace"))
    ]
    assert faults == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 80


def test_every_setting_is_explained() -> None:
    rows = {row.name: row for row in explain(Settings())}
    assert set(rows) == set(NAMES)
    assert [row.name for row in rows.values() if len(row.doc) < 15 or not row.doc.endswith(".")] == []


def test_the_reference_names_every_setting() -> None:
    page = ROOT / "docs" / "reference" / "settings.md"
    if not page.exists():
        pytest.skip("docs/reference/settings.md has not been written: run `make docs`")
    text = page.read_text("utf-8")
    assert [name for name in NAMES if PREFIX + name.upper() not in text] == []


def test_every_statement_says_why() -> None:
    """Each block of a .sql file begins with a comment, unless it fits on three lines and says it all."""
    faults = []
    for path in sorted(SOURCE.rglob("*.sql")):
        for block in re.split(r"^-- name: ", path.read_text("utf-8"), flags=re.M)[1:]:
            lines = block.strip().splitlines()
            if len(lines) > 4 and not lines[1].startswith("--"):
                faults.append(f"{relative(path)}: {lines[0]}")
    assert faults == []
