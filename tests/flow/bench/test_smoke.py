"""Each benchmark runs: at a tiny scale, for whether and not for how fast."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from bench.__main__ import names
from bench.model import Figure

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", names())
def test_it_runs(name: str, database_url: str, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, "--scale", "0.001", "--alone", str(out)],
        cwd=ROOT,
        env={**os.environ, "SLINGA_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures = msgspec.json.decode(out.read_bytes(), type=list[Figure])
    assert figures
    assert [figure.name for figure in figures if not figure.value > 0] == []
