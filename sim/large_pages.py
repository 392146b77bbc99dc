"""Memory in large pages: asks Linux to hold what a long run lives in by two megabytes at a time, where it can.

A run of a large city goes through all of its memory, ride by ride. In pages of 4 KiB a processor has to find out again and again where
what it touches lies: that was a tenth of the time of 2,000 drivers.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

COLLAPSE: Final = 25
"""`MADV_COLLAPSE` of Linux 6.1: what is in memory there moves into large pages, now."""
GROWTH: Final = 1.05
"""It is done again when the process has grown by so much. What is in large pages already is not moved again."""
FULL: Final = 0.9
"""The share of a region that must be in memory already: with large pages all of it will be."""
_SIZE: Final = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
_MAPS: Final = Path("/proc/self/smaps")
_REGION: Final = re.compile(
    r"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) rw-p \S+ 00:00 0 *(\[heap\])?\n(?:[A-Z].*\n)*?Rss: +(?P<kib>\d+) kB",
    re.M,
)


class LargePages:
    """Call `keep_up` now and then. Where the system has no large pages, or no such call, it does nothing."""

    def __init__(self) -> None:
        try:
            self._large = int(_SIZE.read_text())
        except (OSError, ValueError):
            self._large = 0
        self._moved = 0.0

    def keep_up(self) -> None:
        """Move the memory of this process into large pages, if it has grown enough since this was done last."""
        if not self._large:
            return
        import resource  # Linux has it, if it has large pages

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if peak <= self._moved * GROWTH:
            return
        self._moved = peak
        try:
            maps = _MAPS.read_text()
        except OSError:  # a process may be kept from reading this
            self._large = 0
            return
        for start, size in regions(maps, self._large):
            if _move(start, size) == errno.EINVAL:  # this Linux is older than the call
                self._large = 0
                return


def regions(maps: str, large: int) -> Iterator[tuple[int, int]]:
    """Where there is room for large pages of so many bytes: address and bytes, for each region that is private, no file, and full.

    `maps`: the text of `/proc/self/smaps`.
    """
    for region in _REGION.finditer(maps):
        start, end = int(region["start"], 16), int(region["end"], 16)
        first, last = -(-start // large) * large, end // large * large
        if last > first and int(region["kib"]) * 1024 >= FULL * (end - start):
            yield first, last - first


def _move(start: int, size: int) -> int:
    """Returns the system's error, 0 for none. For want of memory it may move a part, or nothing; that part stays as it was."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), COLLAPSE)
    return ctypes.get_errno() if failed else 0
