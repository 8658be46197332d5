"""SLINGA_DATABASE_URL: a plain PostgreSQL of the operator's own, by TCP and password; the whole loop."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from slinga.runtime.account import account
from slinga.runtime.place import binaries

PATIENCE_S = 120.0
pytestmark = pytest.mark.long
DEFINITIONS = {
    "journeys/thanks.yaml": "key: thanks\nname: Thanks\nclass: transactional\n"
    "trigger: {on: event, name: Order Completed}\nstart: say\n"
    "nodes:\n  say: {type: send, template: thanks, next: done}\n  done: {type: exit, outcome: said}\n",
    "templates/thanks.yaml": "key: thanks\nname: Thanks\nclass: transactional\nchannel: email\n"
    "subject: Thank you\nbody:\n  mjml: |\n    <mjml><mj-body><mj-section><mj-column>\n"
    "    <mj-text>Thank you</mj-text></mj-column></mj-section></mj-body></mjml>\n",
    "brand.yaml": "name: The Shop\naddress: Storgatan 1, Lund\nsender: The Shop <hello@shop.example>\n",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object]) -> None:
    """Wait for something another process does; fails after PATIENCE_S."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@pytest.fixture(params=["16", "18"])
def foreign(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database on a server that Slinga neither made nor starts."""
    tools = binaries()
    if request.param == "16":
        tools = tools.parents[1] / "pginstall" / "bin"
        if not (tools / "postgres").exists():
            pytest.skip("the wheel brings no older PostgreSQL")
    who = account()
    as_who = {"user": who.uid, "group": who.gid, "extra_groups": []} if who.foreign else {}
    base = Path(tempfile.mkdtemp(prefix="slinga-foreign-"))
    os.chown(base, who.uid, who.gid)
    password, port = secrets.token_hex(12), free_port()
    (base / "password").write_text(password)
    os.chown(base / "password", who.uid, who.gid)
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    subprocess.run(
        [
            *(tools / "initdb", "-D", base / "data", "-U", "boss", "-A", "scram-sha-256", "-E", "UTF8"),
            *("--locale", "C", f"--pwfile={base / 'password'}"),
        ],
        check=True, capture_output=True, env=environment, cwd=base, **as_who,
    )  # fmt: skip
    server = subprocess.Popen(
        [tools / "postgres", "-D", base / "data", "-p", str(port), "-h", "127.0.0.1", "-k", ""],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=base, **as_who,
    )  # fmt: skip
    boss = f"postgresql://boss:{password}@127.0.0.1:{port}/postgres"

    def answers() -> bool:
        try:
            psycopg.connect(boss).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        until(answers)
        with psycopg.connect(boss, autocommit=True) as db:
            assert str(db.info.server_version // 10000) == request.param
            db.execute(f"CREATE ROLE shop LOGIN PASSWORD '{password}'")
            db.execute("CREATE DATABASE slinga OWNER shop")
        yield f"postgresql://shop:{password}@127.0.0.1:{port}/slinga"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        shutil.rmtree(base, ignore_errors=True)


def test_an_event_becomes_a_mail_on_a_server_of_their_own(foreign: str, tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")},
        "SLINGA_DATABASE_URL": foreign,
        "SLINGA_DATA_DIR": str(tmp_path / "var"),
        "SLINGA_PORT": str(port),
        "SLINGA_MAIL_FROM": "The Shop <hello@shop.example>",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "slinga.cli", *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    refused = run("serve")
    assert refused.returncode == 78
    assert "slinga migrate" in refused.stderr
    assert "Applied" in run("migrate").stdout
    assert "up to date" in run("migrate").stdout
    for name, text in DEFINITIONS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    pushed = run("push", "--yes", str(tmp_path))
    assert "Program 1 is in force." in pushed.stdout, pushed.stderr
    key = run("keys", "add", "secret", "shop").stdout.strip()

    def call(path: str, body: dict[str, object]) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/{path}",
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def alive() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    with (tmp_path / "serve.log").open("w") as log:
        serve = subprocess.Popen(
            [sys.executable, "-m", "slinga.cli", "serve"],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: alive() or serve.poll() is not None)
        assert serve.poll() is None, (tmp_path / "serve.log").read_text()
        call("identify", {"userId": "liv", "traits": {"email": "liv@example.org"}})
        call(
            "track",
            {"userId": "liv", "event": "Order Completed", "properties": {"order_id": "1", "total": 9}},
        )
        with psycopg.connect(foreign, autocommit=True) as db:
            mails = "SELECT recipient, subject FROM dev_mail"
            until(lambda: db.execute(mails).fetchall())
            assert db.execute(mails).fetchall() == [("liv@example.org", "Thank you")]
        said = run("doctor").stdout
        assert "(SLINGA_DATABASE_URL) answers" in said and "are those of this release" in said
        assert not (tmp_path / "var" / "postgres").exists()
    finally:
        serve.terminate()
        assert serve.wait(PATIENCE_S) == 0
