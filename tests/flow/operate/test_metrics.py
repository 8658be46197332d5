"""/healthz says which part is silent; /metrics adds up over processes and tells of nobody."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from slinga.metering import gauges
from slinga.runtime.db import Db
from slinga.runtime.heart import Heart
from slinga.runtime.meters import page
from slinga.testing.plans import one_mail
from slinga.testing.world import World, open_world

FORMAT = "0.0.4"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        yield found


def told(world: World, url: str) -> dict[str, float]:
    """The page as Prometheus reads it: value by name and labels."""
    from prometheus_client import generate_latest

    lines = generate_latest(page(gauges(world.settings, url))).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_what_happens_is_counted_and_what_stands_is_asked(world: World) -> None:
    url = world.settings.database_url
    before = told(world, url)
    world.publish_shipped()
    world.publish(one_mail("hello", "Wants"))
    world.known("anna")
    world.track("anna", "Wants")
    after = told(world, url)

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grown('slinga_ingest_items_total{result="accepted"}') == 2
    assert grown('slinga_messages_total{channel="email",outcome="accepted"}') == 1
    assert after["slinga_up"] == 1 and after["slinga_sending"] == 1
    assert after["slinga_engine_lag"] == after["slinga_messages_waiting"] == after["slinga_lanes_held"] == 0
    assert after["slinga_database_bytes"] > 1_000_000
    assert not any("anna" in name for name in after)
    down = told(world, "postgresql://nobody@127.0.0.1:1/none")
    assert down["slinga_up"] == 0 and "slinga_engine_lag" not in down


def test_healthz_names_the_part_that_is_silent(world: World, db: Db) -> None:
    client: TestClient = world.client
    assert client.get("/healthz/live").status_code == client.get("/healthz/ready").status_code == 200
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"] == {"web": "ok", "worker": "absent", "delivery": "absent"}
    Heart("worker").beat(db)
    Heart("delivery").beat(db)
    assert client.get("/healthz").json() == {
        "status": "ok",
        "parts": {"web": "ok", "worker": "ok", "delivery": "ok"},
    }
    db.execute("UPDATE part SET seen_at = seen_at - interval '40 s' WHERE name = 'worker'")
    assert client.get("/healthz").json()["parts"]["worker"] == "silent"


def test_tables_of_another_release_are_not_ready(world: World, db: Db) -> None:
    db.execute("DELETE FROM migration WHERE name LIKE '0001%'")
    assert world.client.get("/healthz/ready").status_code == 503
    assert world.client.get("/healthz").json()["status"] == "tables of another release"
    assert world.client.get("/healthz/live").status_code == 200


@pytest.mark.skipif(os.environ.get("SLINGA_LONG") != "1", reason="SLINGA_LONG=1")
def test_all_processes_of_serve_are_on_one_page(tmp_path: Path) -> None:
    from tempfile import mkdtemp

    data = Path(mkdtemp(prefix="slinga-metrics-"))
    data.chmod(0o711)
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")}
    environment = {**clean, "SLINGA_DATA_DIR": str(data), "SLINGA_PORT": str(ports[0])}
    environment["SLINGA_METRICS_PORT"] = str(ports[1])

    def cli(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "slinga.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    key = cli("keys", "add", "secret", "shop")
    serve = subprocess.Popen(
        [sys.executable, "-m", "slinga.cli", "serve"], env=environment, stdout=subprocess.PIPE
    )
    try:
        assert serve.stdout is not None
        assert b"Slinga runs at" in serve.stdout.readline()
        body = msgspec.json.encode({"userId": "u1", "event": "Looked", "properties": {}})
        from base64 import b64encode

        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}",
        }
        request = urllib.request.Request(f"http://127.0.0.1:{ports[0]}/v1/track", body, headers)
        assert urllib.request.urlopen(request, timeout=30).status == 200
        for _ in range(600):
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/metrics", timeout=30) as answer:
                text = answer.read().decode()
            if (
                'slinga_engine_total{what="inputs"} 1.0' in text
                and 'slinga_part_silent_seconds{part="delivery"}' in text
            ):
                break
        assert 'slinga_ingest_items_total{result="accepted"} 1.0' in text
        assert 'slinga_engine_total{what="inputs"} 1.0' in text
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/healthz", timeout=30) as answer:
            assert msgspec.json.decode(answer.read())["parts"]["worker"] == "ok"
    finally:
        serve.terminate()
        assert serve.wait(60) == 0
        if serve.stdout:
            serve.stdout.close()
        shutil.rmtree(data)
