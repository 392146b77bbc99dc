"""Run as a program: it puts a backup back, and kills itself just before a file gets or loses a name for the n-th time.

Arguments: the backup, the file, and n.
"""

import os
import signal
import sys
from typing import Any

from dispatch.storage.tools.backup import restore


def main(backup: str, target: str, times: str) -> None:
    left = int(times)

    def on_event(event: str, _arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in ("os.link", "os.remove", "os.rename"):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)
    restore(backup, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
