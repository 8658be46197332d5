"""Reference pages that come from code say what the code does."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "reference.py"


def _pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("reference", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


PAGES = ("settings", "http-api", "grammar", "nodes", "import-mapping")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return _pages()


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_what_the_code_says(pages: dict[str, str], page: str) -> None:
    name = f"docs/reference/{page}.md"
    assert (ROOT / name).read_text("utf-8") == pages[name], f"{name} is stale; run `make docs`"


def test_there_is_no_page_that_nobody_checks(pages: dict[str, str]) -> None:
    assert {name for name in pages if name.endswith(".md")} == {f"docs/reference/{page}.md" for page in PAGES}


def test_the_schemas_are_those_of_the_code(pages: dict[str, str]) -> None:
    schemas = {name: text for name, text in pages.items() if name.endswith(".json")}
    there = {f"docs/reference/schemas/{path.name}" for path in (ROOT / "docs/reference/schemas").iterdir()}
    assert set(schemas) == there
    for name, text in schemas.items():
        assert (ROOT / name).read_text("utf-8") == text, f"{name} is stale; run `make docs`"
