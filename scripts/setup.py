"""Make `.venv` from the hashed lock and install this checkout into it, editable.

In: requirements/dev.txt. Out: .venv. Needs only the standard library of Python 3.11 or later;
pip installs only uv, which then installs the rest many times faster. An interpreter without `ensurepip`
(Debian splits it off) gets a message that names the package.
"""

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENV = ROOT / ".venv"
SKIP = r"/tests?/|/faker/providers/|ibis/backends/(?!postgres|duckdb|sql)"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this has any Python
        found = sys.version.split()[0]
        print(f"Slinga needs Python 3.11 or later; this is {found}. Set PYTHON=/path/to/python3.11.")
        return 1
    python = ENV / "bin" / "python"
    if not python.exists():
        try:
            venv.create(ENV, with_pip=True)
        except (subprocess.CalledProcessError, ImportError):
            print("This Python cannot make virtual environments. On Debian: apt-get install python3-venv")
            return 1
    lock = ROOT / "requirements" / "dev.txt"
    uv = re.search(r"^uv==.*?(?=^\S)", lock.read_text() + "\n.", re.M | re.S)
    first = ENV / "uv.txt"
    first.write_text(uv.group(0) if uv else "uv\n")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    fast = [str(ENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(python)]
    for step in (
        [*pip, "--require-hashes", "-r", str(first)],
        [*fast, "--require-hashes", "-r", str(lock)],
        [*fast, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if (code := subprocess.run(step, cwd=ROOT, check=False).returncode) != 0:
            return code
    # Byte code now, even where the environment forbids writing it later: a warm start depends on it.
    # A package may carry a file that does not compile; that is no failure of ours.
    compiling = [
        str(python),
        "-m",
        "compileall",
        "-qq",
        "-j",
        "0",
        "-x",
        SKIP,
        str(ENV / "lib"),
        str(ROOT / "src"),
    ]
    subprocess.run(compiling, check=False)
    return 0


sys.exit(main())
