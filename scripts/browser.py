"""Make sure that there is a Chromium for the browser tests and the pictures of the documentation.

In: the machine. Out: exit code 0; a line that says what is missing where it cannot be installed.
`SLINGA_BROWSER` names another one. On Debian and its kin, as root, the package is installed.
"""

import os
import shutil
import subprocess
import sys


def main() -> int:
    known = [os.environ.get("SLINGA_BROWSER", ""), "chromium", "chromium-browser", "google-chrome"]
    if any(name and shutil.which(name) for name in known):
        return 0
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run([apt, "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        done = subprocess.run([apt, "install", "-y", "-qq", "chromium"], check=False, **quiet)  # type: ignore[call-overload]
        if done.returncode == 0:
            return 0
    print("There is no Chromium, so tests in a browser are skipped. On Debian: apt-get install chromium")
    return 0


sys.exit(main())
