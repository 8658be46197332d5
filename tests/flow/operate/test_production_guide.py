"""The production guide does what it says: its units hold, and its steps run as an unprivileged account.

The whole of it (SLINGA_LONG=1, as root) executes each block of the page in order. Paths lead into a directory
of the test, `systemctl` starts what the unit says, as its account and in 2 GB, and `pip` is left out.
"""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import slinga.metering
import slinga.runtime.meters
from slinga.runtime.settings import load

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
GUIDE = ROOT / "docs" / "how-to" / "production.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
LONG = os.environ.get("SLINGA_LONG") == "1"
LIMIT = 2_000_000_000


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


def test_the_units_are_valid_and_closed(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text().replace("/opt/slinga/bin/slinga", "/bin/true")
        (tmp_path / path.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    mine = [line for line in done.stderr.splitlines() if "slinga" in line]
    assert (done.returncode, mine) == (0, [])
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=25", str(tmp_path / "slinga.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:]


def environment(path: Path) -> dict[str, str]:
    """A file as systemd reads it."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def test_the_settings_file_is_read_alike_by_systemd_and_the_shell() -> None:
    wanted = environment(DEPLOY / "slinga.env")
    assert load(wanted).base_url == "https://mail.example.org"
    done = subprocess.run(
        ["sh", "-c", f"set -a; . {DEPLOY / 'slinga.env'}; env"], capture_output=True, text=True, check=True
    )
    assert {line for line in done.stdout.splitlines() if line.startswith("SLINGA_")} >= {
        f"{name}={value}" for name, value in wanted.items()
    }


def test_the_blocks_are_shell_and_their_files_are_there() -> None:
    assert len(BLOCKS) >= 6
    for block in BLOCKS:
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)
        for name in re.findall(r"deploy/[\w./-]+", block):
            assert (ROOT / name).is_file(), name


def test_alerts_and_dashboard_ask_for_what_is_told() -> None:
    code = "".join(Path(str(m.__file__)).read_text() for m in (slinga.metering, slinga.runtime.meters))
    known = set(re.findall(r'"(slinga_[a-z_]+)"', code))
    assert len(known) > 12
    text = (DEPLOY / "monitoring" / "slinga-alerts.yml").read_text()
    panels = json.loads((DEPLOY / "monitoring" / "grafana-slinga.json").read_text())["panels"]
    text += " ".join(target["expr"] for panel in panels for target in panel["targets"])
    asked = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bslinga_[a-z_]+", text)}
    assert len(asked) > 10 and asked <= known, asked - known


class Machine:
    """A root directory into which the guide's paths lead, and what was started there."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.here = base / "src"
        self.paths = {
            path: f"{base}{path}"
            for path in (
                "/opt/slinga", "/var/lib/slinga", "/var/backups/slinga", "/etc/slinga",
                "/etc/systemd/system", "/usr/local/bin/slinga", "/etc/caddy",
            )
        }  # fmt: skip
        for path in ("opt", "var/lib", "var/backups", "etc/systemd/system", "usr/local/bin", "etc/caddy"):
            (base / path).mkdir(parents=True)
        shutil.copytree(DEPLOY, self.here / "deploy")
        for path in self.here.rglob("*"):
            if path.is_file():
                path.write_text(self.placed(path.read_text()))
        self.cgroup = Path("/sys/fs/cgroup/memory") / base.name
        self.limited = os.access("/sys/fs/cgroup/memory", os.W_OK)
        if self.limited:
            self.cgroup.mkdir()
            (self.cgroup / "memory.limit_in_bytes").write_text(str(LIMIT))
        self._tools()

    def placed(self, text: str) -> str:
        for path, there in self.paths.items():
            text = re.sub(rf"(?<![\w/]){re.escape(path)}\b", there, text)
        return text

    def _tools(self) -> None:
        """`python3 -m venv` makes the program from this checkout; `systemctl` does what units say."""
        libraries = next(path for path in sys.path if path.endswith("site-packages"))
        run = (
            f"#!/bin/sh\nexport PYTHONPATH={ROOT / 'src'}:{libraries}\n"
            f'exec {readable_python(libraries)} -m slinga.cli "$@"\n'
        )
        bin = self.base / "opt/slinga/bin"
        unit = self.base / "etc/systemd/system/slinga.service"
        enter = f"echo $$ > {self.cgroup}/cgroup.procs; " if self.limited else "ulimit -v 6000000; "
        (self.base / "prelude").write_text(f"""set -euo pipefail
cd {self.here}
PATH={self.base}/usr/local/bin:$PATH
python3() {{ mkdir -p {bin}; printf '%s' '{run}' > {bin}/slinga; printf '#!/bin/sh\\n' > {bin}/pip
  chmod 755 {bin}/slinga {bin}/pip; }}
start() {{
  command=$(sed -n 's/^ExecStart=//p' {unit})
  sh -c '{enter} set -a; . {self.base}/etc/slinga/slinga.env; set +a; cd {self.base}/var/lib/slinga
    umask 077; exec setpriv --reuid slinga --regid slinga --clear-groups --no-new-privs '"$command" \\
    > {self.base}/log 2>&1 < /dev/null &
  echo $! > {self.base}/pid
  for try in $(seq 600); do grep -q "Slinga runs at" {self.base}/log && return; sleep 0.2; done
  cat {self.base}/log >&2; return 1
}}
systemctl() {{
  case "$1" in
    enable|start) start ;;
    stop) kill $(cat {self.base}/pid); tail --pid=$(cat {self.base}/pid) -f /dev/null ;;
    *) : ;;
  esac
}}
""")

    def run(self, block: str) -> str:
        """A block of the guide, as root types it; its output."""
        text = (self.base / "prelude").read_text() + self.placed(block)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")}
        done = subprocess.run(["bash"], input=text, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1 if "slinga doctor" in block else 0), f"{block}\n{done.stderr}"
        return done.stdout + done.stderr

    def processes(self) -> list[psutil.Process]:
        root = psutil.Process(int((self.base / "pid").read_text()))
        return [root, *root.children(recursive=True)]

    def close(self) -> None:
        if (self.base / "pid").exists():
            pid = int((self.base / "pid").read_text())
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGTERM)
                psutil.wait_procs([psutil.Process(pid)], timeout=60)
        if self.limited:
            self.cgroup.rmdir()
        shutil.rmtree(self.base)


def readable_python(libraries: str) -> str:
    """A Python of this version that the account `slinga` may run."""
    version = f"python3.{sys.version_info.minor}"
    for found in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin")):
        if found is None:
            continue
        command = ["setpriv", "--reuid", "nobody", "--clear-groups", found, "-c", "import psycopg, slinga"]
        clean = {"PATH": os.defpath, "PYTHONPATH": f"{ROOT / 'src'}:{libraries}"}
        if subprocess.run(command, env=clean, capture_output=True, check=False).returncode == 0:
            return found
    pytest.skip(f"no {version} that an unprivileged account may run")


@pytest.fixture
def machine() -> Iterator[Machine]:
    base = Path(tempfile.mkdtemp(prefix="slinga-guide-"))
    base.chmod(0o755)
    found = Machine(base)
    yield found
    found.close()


@pytest.mark.skipif(not LONG or os.geteuid() != 0, reason="SLINGA_LONG=1, as root")
def test_the_guide_executed(machine: Machine) -> None:
    account, program, settings, start, proxy, upgrade = BLOCKS
    machine.run(account)
    machine.run(program)
    machine.run(settings)
    port, metrics = free_ports()
    env = machine.base / "etc/slinga/slinga.env"
    with env.open("a") as file:  # what the page says to edit
        file.write(f'SLINGA_PORT="{port}"\n')
    env.write_text(env.read_text().replace('SLINGA_METRICS_PORT="9470"', f'SLINGA_METRICS_PORT="{metrics}"'))
    said = machine.run(start)
    assert "PostgreSQL 18" in said and "ok   obligations journal" in said and f":{port}" not in said
    assert "https://mail.example.org" in said  # the address that signs in
    assert {process.username() for process in machine.processes()} == {"slinga"}
    owner = pwd.getpwnam("slinga").pw_uid
    data = machine.base / "var/lib/slinga"
    assert data.stat().st_uid == owner and data.stat().st_mode & 0o007 == 0
    for path in (env, machine.base / "etc/slinga/passphrase", data / "secret"):
        assert path.stat().st_mode & 0o007 == 0

    key = machine.run("slinga keys add secret shop").split()[0]
    header = {"Content-Type": "application/json", "Authorization": basic(key)}
    items = [
        {"type": "track", "userId": f"u{n}", "event": "Looked", "messageId": f"m{n}"} for n in range(100)
    ]
    for batch in range(50):
        body = json.dumps({"batch": [{**item, "messageId": f"{batch}-{n}"} for n, item in enumerate(items)]})
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/batch", body.encode(), header)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200
    health = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read())
    assert health["status"] == "ok"
    text = urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10).read().decode()
    assert 'slinga_ingest_items_total{result="accepted"} 5000.0' in text
    machine.run(proxy)
    machine.run("systemctl stop slinga")
    machine.run("systemctl start slinga")
    said = machine.run(upgrade)
    assert "rows" in said and "up to date" in said
    (backup,) = (machine.base / "var/backups/slinga").glob("slinga-*.backup")
    assert backup.stat().st_mode & 0o077 == 0 and backup.read_bytes().startswith(b"slinga sealed")
    nightly = (machine.base / "etc/systemd/system/slinga-backup.service").read_text()
    command = re.search(r"^ExecStart=\S+ (.*)$", nightly, re.M)
    assert command and "rows" in machine.run(f"slinga {command[1]}")
    if machine.limited:
        most = int((machine.cgroup / "memory.max_usage_in_bytes").read_text())
        resident = sum(process.memory_info().rss for process in machine.processes())
        print(f"most memory, cached files included: {most / 1e6:.0f} MB; resident {resident / 1e6:.0f} MB")
        assert int((machine.cgroup / "memory.failcnt").read_text()) == 0 or most <= LIMIT
    machine.run("systemctl stop slinga")


@pytest.mark.skipif(not LONG, reason="SLINGA_LONG=1")
def test_a_proxy_brings_tls(tmp_path: Path) -> None:
    """The Caddyfile as shipped, with a certificate of Caddy's own making."""
    caddy = shutil.which("caddy")
    if caddy is None:
        done = subprocess.run(
            ["apt-get", "download", "caddy"], cwd=tmp_path, capture_output=True, check=False
        )
        found = list(tmp_path.glob("caddy*.deb"))
        if done.returncode or not found:
            pytest.skip("no Caddy is to be had here")
        subprocess.run(["dpkg", "-x", found[0], tmp_path / "caddy"], check=True)
        caddy = str(tmp_path / "caddy/usr/bin/caddy")
    text = (DEPLOY / "proxy" / "Caddyfile").read_text()
    port, behind = free_ports()
    served = text.replace("mail.example.org {", f"localhost:{port} {{\n\ttls internal")
    served = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n" + served
    served = served.replace("127.0.0.1:8470", f"127.0.0.1:{behind}")
    (tmp_path / "Caddyfile").write_text(served)
    home = {"HOME": str(tmp_path), "PATH": os.defpath, "XDG_DATA_HOME": str(tmp_path)}
    subprocess.run(
        [caddy, "validate", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"],
        check=True,
        env=home,
        capture_output=True,
    )
    with socket.create_server(("127.0.0.1", behind)) as listener:
        running = subprocess.Popen(
            [caddy, "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"],
            env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            asked = exchange(listener, port)
        finally:
            running.terminate()
            running.wait(30)
    assert "X-Forwarded-For: 127.0.0.1\r\n" in asked and "203.0.113.9" not in asked
    assert "X-Forwarded-Proto: https" in asked


def exchange(listener: socket.socket, port: int) -> str:
    """Ask over TLS with a forged address; what the server behind the proxy was asked."""
    import ssl
    import threading
    import time

    heard: list[str] = []

    def answer() -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                text = connection.recv(65536).decode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                if "/u/token" in text:
                    heard.append(text)
                    return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(
        f"https://localhost:{port}/u/token", headers={"X-Forwarded-For": "203.0.113.9"}
    )
    end = time.monotonic() + 60
    while not heard and time.monotonic() < end:
        try:
            with urllib.request.urlopen(request, timeout=5, context=trusting) as found:
                assert found.status == 200 and "Strict-Transport-Security" in found.headers
        except OSError:
            time.sleep(0.2)
    thread.join(10)
    return heard[0]


def basic(key: str) -> str:
    return f"Basic {b64encode(f'{key}:'.encode()).decode()}"


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])
