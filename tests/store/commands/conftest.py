"""The command line in this process, on the test's own database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slinga.cli import slinga

Run = Callable[..., str]


@pytest.fixture
def invoke(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Run a command; its result, whatever it is."""
    environment = {"SLINGA_DATABASE_URL": database_url, "SLINGA_DATA_DIR": str(tmp_path / "var")}

    def run(*arguments: str) -> Result:
        return CliRunner(env=environment).invoke(slinga, [str(each) for each in arguments])

    yield run


@pytest.fixture
def run(invoke: Callable[..., Result]) -> Run:
    """Run a command that must succeed; what it printed."""

    def must(*arguments: str) -> str:
        done = invoke(*arguments)
        if done.exception:
            raise done.exception
        return done.stdout

    return must
