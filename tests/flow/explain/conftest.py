"""A whole Slinga to ask why of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.testing.world import World, open_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world on a Monday morning, its clock standing still."""
    with open_world(database_url, tmp_path) as found:
        yield found
