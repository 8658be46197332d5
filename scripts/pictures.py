"""Take the pictures of docs/tutorial/pictures/ from a small shop of their own.

In: the code, a Chromium. Out: PNG files, 1280 pixels wide or cut to what a page tells about, under 120 kB.
Always true: the shop is invented by the demo's twin from one seed and its clock stands at one instant, so a
picture changes only when the desk does. `--check` compares presence and sizes with SIZES, and draws nothing.
Run `make docs`; `--data DIR` keeps the shop there, so that the next run need not live its past again.
"""

import argparse
import contextlib
import io
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "tutorial" / "pictures"
WIDTH, BARE, MOST = 1280, 1040, 120_000
"""Pixels with the menu at the side, without it; bytes."""
UNSEEN = 40
"""So many pixels may differ clearly before a picture is another one."""
OPENS, STANDS = "2026-10-14T09:30:00Z", "2026-10-14T09:45:00Z"
"""When the past ends, and where the clock then stands; it runs for a moment in between."""
SEED, DAYS, A_MONTH = 20, 270, 36.0


# --- the shop ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def shop(data: Path) -> Iterator[tuple[str, Any]]:
    """A shop that has lived two hundred days, served; its address and a connection to its database."""
    from slinga.runtime.database import open_database, reach
    from slinga.runtime.settings import load

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = load({"SLINGA_DATA_DIR": str(data), "SLINGA_PORT": str(port), "SLINGA_INSTANCE": "pictures"})
    with open_database(settings, print, attach=False) as database, reach(database.url) as db:
        live(msgspec.structs.replace(settings, database_url=database.url), db)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")
        } | {
            "SLINGA_DATABASE_URL": database.url,
            "SLINGA_DATA_DIR": str(data),
            "SLINGA_PORT": str(port),
            "SLINGA_INSTANCE": "pictures",
            "SLINGA_LOG_LEVEL": "error",
        }
        child = subprocess.Popen([sys.executable, "-m", "slinga.cli", "serve"], env=environment)
        try:
            until_it_answers(port, child)
            yield f"http://127.0.0.1:{port}", db
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(60)


def live(settings: Any, db: Any) -> None:
    """Begin the shop and live its past, unless that is done; then its clock stands."""
    from slinga.app import machinery
    from slinga.demo import jobs, store
    from slinga.insight import jobs as insight
    from slinga.kernel.clock import DAY, instant
    from slinga.runtime import clock
    from slinga.runtime.migrations import migrate

    migrate(db)
    if store.find(db) is None:
        clock.freeze(db, instant(OPENS))
        jobs.begin(db, "https://kvallsro.example", seed=SEED, past=DAYS * DAY, per_month=A_MONTH)
        jobs.publish_all(db)
        jobs.plan_letters(db)
    if clock.now(db) < instant(OPENS):
        hurried = msgspec.structs.replace(settings, database_url=store.hurried(settings.database_url))
        with machinery(hurried, db) as parts:
            jobs.live_past(db, parts, lambda at: None)
    clock.freeze(db, instant(STANDS))
    insight.tally(db)


def until_it_answers(port: int, child: subprocess.Popen[bytes]) -> None:
    """Wait for the web process; a child that has ended is an error."""
    ends = time.monotonic() + 120
    while time.monotonic() < ends and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the shop does not answer")


# --- the camera --------------------------------------------------------------------------------------


class Camera:
    """A signed-in member's browser that takes pictures."""

    def __init__(self, page: Any, address: str, place: Path) -> None:
        self.page, self.address, self.place = page, address, place

    def go(self, path: str) -> Any:
        """Open a page of the desk and let it come to rest."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def take(
        self, name: str, *, first: str = "", last: str = "", height: int = 900, bare: bool = False
    ) -> None:
        """A picture from the top of `first` (default: the page) to the end of `last`, at most `height` high.

        `bare`: without the menu at the side.
        """
        page = self.page
        page.mouse.move(0, 0)
        page.wait_for_timeout(300)
        page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0) }")
        whole = page.screenshot(full_page=True, animations="disabled", caret="hide")
        top = page.locator(first).first.bounding_box()["y"] - 12 if first else 0
        end = top + height
        if last:
            box = page.locator(last).last.bounding_box()
            end = min(end, box["y"] + box["height"] + 12)
        left = WIDTH - BARE if bare else 0
        keep(whole, (left, max(0, top), WIDTH, end), self.place / f"{name}.png")


def keep(whole: bytes, box: tuple[float, float, float, float], file: Path) -> None:
    """Cut, reduce to a palette, and write where the pixels are others than those that lie there."""
    from PIL import Image, ImageChops

    picture = Image.open(io.BytesIO(whole)).convert("RGB")
    left, top, right, end = (round(edge) for edge in box)
    picture = picture.crop((left, top, min(right, picture.width), min(end, picture.height)))
    for colours in (128, 64, 32, 16):
        reduced = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        packed = io.BytesIO()
        reduced.save(packed, "PNG", optimize=True)
        if packed.tell() < MOST:
            break
    else:
        raise SystemExit(f"{file.name} is over {MOST} bytes; cut it smaller")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        there, here = Image.open(file).convert("L"), reduced.convert("L")
        # The palette moves a little with every pixel; what people would not see is no change.
        told = there.size == here.size and ImageChops.difference(there, here).histogram()
        if told and sum(told[33:]) < UNSEEN:
            return
    file.write_bytes(packed.getvalue())
    print(f"wrote {file.relative_to(ROOT)}")


# --- the pictures ------------------------------------------------------------------------------------


def first_look(camera: Camera) -> None:
    camera.go("/admin")
    camera.take("home", last=".figures-row", height=1000)
    camera.go("/admin/lifecycle?days=90")
    camera.take("bow-tie", last=".bow-tie, main svg", height=820, bare=True)
    camera.go("/admin/map")
    camera.take("map", height=860, bare=True)


def somebody(camera: Camera) -> None:
    page = camera.go("/admin/people?stage=loyalty")
    camera.take("people", height=620, bare=True)
    page.locator("main table a").first.click()
    page.wait_for_load_state("networkidle")
    camera.take("life", height=860, bare=True)
    page.get_by_role("link", name="Why?").first.click()
    page.locator("#journey").select_option("cart-rescue")
    page.wait_for_load_state("networkidle")
    camera.take("why", height=720, bare=True)


def a_segment(camera: Camera) -> None:
    page = camera.go("/admin/segments")
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("Buyers who come by")
    for number, event in enumerate(("Order Completed", "Visit Started")):
        page.get_by_text("Add a condition").first.click()
        page.get_by_role("button", name="what they did, or did not do").click()
        field = page.get_by_label("Event", exact=True).nth(number)
        field.fill(event)
        field.press("Tab")
        page.wait_for_load_state("networkidle")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/edit")
    for _ in range(12):  # counted from a part where time is short; the whole is soon at hand
        page.locator(".total .figure").wait_for()
        page.wait_for_load_state("networkidle")
        if "≈" not in page.locator("main").inner_text():
            break
        page.reload()
    camera.take("segment", height=900, bare=True)


def a_mail(camera: Camera) -> None:
    page = camera.go("/admin/templates/new")
    camera.take("beginnings", height=860, bare=True)
    page.get_by_role("button", name="Win back").click()
    page.wait_for_selector(".em-page")
    page.wait_for_load_state("networkidle")
    camera.take("mail", height=900)
    page.goto(page.url + "/preview")
    page.wait_for_load_state("networkidle")
    camera.take("preview", height=900, bare=True)


def a_journey(camera: Camera) -> None:
    page = camera.go("/admin/journeys/cart-rescue/canvas")
    page.locator(".react-flow__node").first.wait_for()
    camera.take("canvas", height=1000)
    page = camera.go("/admin/journeys/cart-rescue/rehearsals")
    if page.get_by_role("button", name="Stop it").count():  # of a run that was cut off
        page.get_by_role("button", name="Stop it").click()
        page.get_by_role("button", name="Stop it").wait_for(state="detached")
        camera.go("/admin/journeys/cart-rescue/rehearsals")
    page.locator("select[name=sample]").select_option("1/1")
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_role("button", name="Stop it").wait_for(state="detached", timeout=180_000)
    camera.go("/admin/journeys/cart-rescue/rehearsals")
    page.locator("svg.j-days").wait_for()
    camera.take("rehearsal", height=860, bare=True)
    page = camera.go("/admin/journeys/cart-rescue/people")
    page.locator("main td a").first.click()
    page.wait_for_load_state("networkidle")
    camera.take("inside", height=620, bare=True)


def what_went(camera: Camera) -> None:
    camera.go("/admin/broadcasts/letter-2026-09")
    camera.take("broadcast", height=560, bare=True)
    page = camera.go("/dev/mail")
    camera.take("mailbox", height=560, bare=True)
    page.locator(".mails a").first.click()
    page.wait_for_load_state("networkidle")
    camera.take("received", height=760, bare=True)
    camera.go("/admin/reports/journey/cart-rescue")
    camera.take("report", height=900, bare=True)
    camera.go("/admin/marketing")
    camera.take("stop", height=420)


SCENES: tuple[Callable[[Camera], None], ...] = (first_look, somebody, a_segment, a_mail, a_journey, what_went)
"""What is pictured, in the order of the tutorial."""


NAMES = (
    "home", "bow-tie", "people", "life", "segment", "beginnings", "mail", "preview", "broadcast", "canvas",
    "rehearsal", "inside", "mailbox", "received", "why", "map", "report", "stop",
)  # fmt: skip


def faults() -> list[str]:
    """What `--check` tells: pictures that lack or are too many, too wide, too high or too heavy."""
    told = []
    there = {file.stem: file for file in PLACE.glob("*.png")}
    told += [f"{name}.png is not there; run `make docs`" for name in NAMES if name not in there]
    told += [f"{name}.png is no picture of this script" for name in sorted(there.keys() - set(NAMES))]
    for name in sorted(there.keys() & set(NAMES)):
        packed = there[name].read_bytes()
        wide, high = struct.unpack(">II", packed[16:24])
        if wide not in (WIDTH, BARE) or not 200 <= high <= 1100:
            told.append(f"{name}.png is {wide} by {high} pixels; run `make docs`")
        if len(packed) >= MOST:
            told.append(f"{name}.png has {len(packed)} bytes, and may have {MOST}")
    return told


def executable() -> str:
    """The Chromium of this machine; empty where there is none."""
    for name in (os.environ.get("SLINGA_BROWSER", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    return ""


def draw(data: Path, only: str = "") -> None:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    from slinga.access.jobs import add_member, nobody, sign_in_link

    with shop(data) as (address, db):
        if nobody(db):
            add_member(db, "maria@kvallsro.example", "Maria", "owner")
        link = sign_in_link(db, address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=executable(),
                args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
            )
            page = browser.new_page(
                viewport={"width": WIDTH, "height": 900}, locale="en-GB", color_scheme="light",
                timezone_id="Europe/Stockholm", reduced_motion="reduce",
            )  # fmt: skip
            page.goto(link)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/admin**")
            camera = Camera(page, address, PLACE)
            for scene in SCENES:
                if only in scene.__name__:
                    scene(camera)
            browser.close()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--check", action="store_true", help="compare presence and sizes; draw nothing")
    asked.add_argument("--data", type=Path, help="keep the shop here for the next time")
    asked.add_argument("--only", default="", help="only scenes with this in their name")
    given = asked.parse_args()
    if given.check:
        raise SystemExit("\n".join(faults()) or 0)
    if not executable():
        print("There is no Chromium here (scripts/browser.py installs one): pictures stay as they are.")
        return
    with tempfile.TemporaryDirectory(prefix="slinga-pictures-") as scratch:
        Path(scratch).chmod(0o711)  # as root the database runs as another account
        draw(given.data or Path(scratch) / "data", given.only)


if __name__ == "__main__":
    main()
