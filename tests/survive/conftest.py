"""Tests that break a whole installation of real processes and judge by what the mail sink took.

Short by default; SLINGA_LONG=1 makes them as long as the reliability rules ask (`make survive`).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

LONG = os.environ.get("SLINGA_LONG") == "1"


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory that the database's own account can enter."""
    path = Path(tempfile.mkdtemp(prefix="slinga-survive-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)
