"""A whole Slinga in which somebody is exported and erased."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slinga.delivery.book.store import key_maker
from slinga.runtime import secrets
from slinga.testing.world import World, open_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def key_of(world: World) -> Callable[[str], bytes]:
    """The keyed hash of an address, as delivery remembers it."""
    return key_maker(secrets.load(world.settings.data, world.settings.secret).key("addresses"))
