"""The import rules that a list of contracts cannot say: they hold for files by their name.

Every file does I/O or is pure, and which is told by its name. Pure files reach no driver, no web, no
clock of the machine, however indirectly; stores are imported only inside their own stage.
"""

import ast
from pathlib import Path

import grimp
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "slinga"
DOES_IO = {"store", "log", "jobs", "api"}
IO_PACKAGES = {
    *("runtime", "channels", "connectors", "testing", "commands", "api", "privacy", "backup", "insight")
}
ASSEMBLY = {"slinga.app", "slinga.loops", "slinga.tidying", "slinga.metering", "slinga.filing"}
"""Where stages are put together: these alone may hand one stage's store to another."""
IO_MODULES = {
    *ASSEMBLY,
    *("slinga.cli", "slinga.engine.worker", "slinga.demo.commands", "slinga.trial", "slinga.outgoing"),
    *("slinga.ingest.asking", "slinga.ingest.storing"),
}
IMPURE = [
    "psycopg",
    "psycopg_pool",
    "litestar",
    "granian",
    "httpx",
    "socket",
    "random",
    "time",
    "slinga.runtime",
]


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_pure(name: str) -> bool:
    parts = name.split(".")
    if name in IO_MODULES or len(parts) < 2 or parts[1] in IO_PACKAGES:
        return False
    return parts[-1] not in DOES_IO


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("slinga", include_external_packages=True, cache_dir=None)


def test_pure_files_stay_pure_even_indirectly(graph: grimp.ImportGraph) -> None:
    faults = []
    known = graph.modules
    for name in sorted(module_name(path) for path in SOURCE.rglob("*.py")):
        if not is_pure(name):
            continue
        for impure in IMPURE:
            if impure not in known:
                continue
            chain = graph.find_shortest_chain(name, impure, as_packages=False)
            if impure == "slinga.runtime":
                chain = next(
                    (
                        found
                        for inner in sorted(m for m in known if m == impure or m.startswith(impure + "."))
                        if (found := graph.find_shortest_chain(name, inner))
                    ),
                    None,
                )
            if chain:
                faults.append(" -> ".join(chain))
    assert faults == []


def test_stores_are_imported_only_inside_their_stage(graph: grimp.ImportGraph) -> None:
    faults = [
        f"{importer} imports {name}"
        for name in graph.modules
        if name.startswith("slinga.") and name.split(".")[-1] == "store"
        for importer in graph.find_modules_that_directly_import(name)
        if importer.split(".")[1] not in (name.split(".")[1], "testing", "commands")
        and importer not in ASSEMBLY
    ]
    assert sorted(faults) == []


def test_chance_in_decisions_is_reproducible() -> None:
    """`new_token` is for edges: a pure file that called it could not be replayed."""
    faults = []
    for path in SOURCE.rglob("*.py"):
        name = module_name(path)
        if not is_pure(name) or name in ("slinga.kernel.ids", "slinga.access.keys"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name) and node.id == "new_token":
                faults.append(name)
    assert faults == []


def test_nothing_is_imported_for_the_type_checker_alone() -> None:
    faults = [
        str(p.relative_to(SOURCE)) for p in SOURCE.rglob("*.py") if "TYPE_CHECKING" in p.read_text("utf-8")
    ]
    assert faults == []
