"""The desk in a real browser: a Chromium, the web process as it is shipped, a world behind it.

`desk` is a page that is signed in; `desk.open("/admin")` goes there and fails on any error in the console, on
anything that the Content-Security-Policy refused, and on any serious finding of the accessibility rules.
`SLINGA_SHOTS=DIR` keeps a picture of each page that `look` is called on.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from slinga.testing.desk import sign_in_address
from slinga.testing.world import World, open_world

AXE = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def executable() -> str:
    for name in (os.environ.get("SLINGA_BROWSER", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip("there is no Chromium; scripts/browser.py installs one")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file: its driver holds the event loop that others need after."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world on a Monday morning, its clock standing still."""
    with open_world(database_url, tmp_path) as found:
        yield found


@contextmanager
def running(world: World, part: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this world as `slinga serve` starts it: web, worker or delivery."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")},
        "SLINGA_DATABASE_URL": world.settings.database_url,
        "SLINGA_DATA_DIR": str(world.settings.data),
        "SLINGA_LOG_LEVEL": "warning",
        "SLINGA_ZONE": world.settings.zone,
        "SLINGA_SMTP_PRIVATE": "yes" if world.settings.smtp_private else "no",
        **more,
    }
    child = subprocess.Popen([sys.executable, "-m", "slinga.cli", part], env=environment)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where the web process of this world answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with running(world, "web", SLINGA_PORT=str(port), SLINGA_PUBLIC_URL=url) as child:
        until_it_answers(port, child)
        yield url


@pytest.fixture
def worker(world: World) -> Callable[[], AbstractContextManager[Any]]:
    """The engine of this world as a process, for the length of a `with`."""
    return lambda: running(world, "worker")


def until_it_answers(port: int, child: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if child.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail("the web process does not answer")


class Desk:
    """A signed-in page; `page` is Playwright's, `world` what lies behind it."""

    def __init__(self, page: Page, address: str, world: World) -> None:
        self.page = page
        self.world = world
        self.address = address
        self.faults: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def aside(self, work: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Do something to the world in a thread of its own: the driver holds this one's event loop."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(work, *given, **more).result()

    def open(self, path: str, *, look: bool = True) -> Page:
        """Go to a page and look at it."""
        self.page.goto(self.address + path)
        if look:
            self.look(path)
        return self.page

    def look(self, name: str, *rules: str) -> None:
        """Fail on faults so far and on serious findings of axe; keep a picture where one is wanted.

        `rules` are those to ask, all without them.
        """
        assert self.faults == [], f"{name}: {self.faults}"
        self.picture(name)
        if AXE.exists():
            if not self.page.evaluate("() => 'axe' in window"):
                self.page.evaluate(AXE.read_text("utf-8"))
            # Mails in their frames are looked at by themselves; to a frame that still loads axe cannot speak.
            asked: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
            asked |= {"runOnly": list(rules)} if rules else {}
            found = self.page.evaluate("asked => axe.run(document, asked)", asked)
            serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            told = [
                f"{one['id']}: {one['help']}: " + "; ".join(node["html"][:200] for node in one["nodes"][:3])
                for one in serious
            ]
            assert told == [], f"{name}: " + "\n".join(told)

    def picture(self, name: str) -> None:
        folder = os.environ.get("SLINGA_SHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            file = name.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")[:80] or "root"
            self.page.screenshot(path=str(Path(folder) / f"{file}.png"), full_page=True)


@pytest.fixture
def desk(world: World, address: str, chromium: Browser) -> Iterator[Desk]:
    """The desk, signed in as its owner by a one-time address."""
    context = chromium.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(sign_in_address(world, address))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin**")
    yield Desk(page, address, world)
    context.close()


def phone(desk: Desk) -> None:
    """Make the window as small as a phone's."""
    desk.page.set_viewport_size({"width": 390, "height": 844})
