"""Every picture that a page of docs shows is there, as the script takes it, and every one is shown."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "tutorial" / "pictures"
SHOWN = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<file>[^)#\s]+)\)")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "scripts" / "pictures.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown() -> dict[Path, list[str]]:
    """Each picture that a page shows, with the words given for those who do not see it."""
    found: dict[Path, list[str]] = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for one in SHOWN.finditer(page.read_text("utf-8")):
            if not one["file"].startswith(("http:", "https:")):
                found.setdefault((page.parent / one["file"]).resolve(), []).append(one["alt"])
    return found


def test_every_picture_that_is_shown_is_there_and_is_told_in_words() -> None:
    for file, words in shown().items():
        assert file.exists(), f"{file.relative_to(ROOT)} is shown and not there; run `make docs`"
        assert all(len(alt) > 10 for alt in words), f"{file.name} lacks words for those who do not see it"


def test_every_picture_is_shown() -> None:
    there = {file.resolve() for file in PICTURES.iterdir()}
    assert there == {file for file in shown() if file.parent == PICTURES}


def test_the_pictures_are_those_the_script_takes(script: ModuleType) -> None:
    assert script.faults() == []
