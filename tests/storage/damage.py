"""Files as a killed process leaves them, and ways to damage them."""

import subprocess
import sys
from pathlib import Path

from dispatch.storage.log.on_file import Writer
from tests.storage.stories import Town

WRITE_AND_DIE = """
import os, sys
from dispatch.storage.log.on_file import Writer
from tests.storage.stories import Town
writer = Writer(sys.argv[1])
for append in Town(1, rides=12).story():
    writer.write([append])
os._exit(0)
"""


def closed_file(path: Path, seed: int = 1, rides: int = 40) -> Path:
    """A town's story, the log folded into the file."""
    writer = Writer(path, "off")
    writer.write(list(Town(seed, rides=rides).story()))
    writer.close()
    return path


def killed_file(path: Path) -> Path:
    """A town's story whose process died: all of it is in the log still."""
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(path)], check=True, cwd=Path(__file__).parents[2])
    assert beside(path, "-wal").stat().st_size > 100_000
    return path


def beside(path: Path, suffix: str) -> Path:
    return Path(f"{path}{suffix}")


def flip(path: Path, at: int, bit: int = 2) -> None:
    """Turn one bit over; a negative `at` counts from the end."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)
