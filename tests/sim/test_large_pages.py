"""Memory in large pages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.large_pages import LargePages, regions

LARGE = 2 * 1024 * 1024
MAPS = """55d0c0200000-55d0c0a00000 rw-p 00000000 00:00 0                          [heap]
Size:               8192 kB
KernelPageSize:        4 kB
Rss:                8192 kB
Pss:                8192 kB
7f0000100000-7f0000900000 rw-p 00000000 00:00 0
Size:               8192 kB
Rss:                8000 kB
7f0001000000-7f0001800000 rw-p 00000000 00:00 0
Size:               8192 kB
Rss:                1000 kB
7f0002000000-7f0002800000 r--p 00000000 fe:00 1234                       /usr/lib/libc.so.6
Size:               8192 kB
Rss:                8192 kB
7f0003000000-7f0003800000 rw-p 00000000 fe:00 1234                       /usr/lib/libc.so.6
Size:               8192 kB
Rss:                8192 kB
7f0004100000-7f0004300000 rw-p 00000000 00:00 0
Size:               2048 kB
Rss:                2048 kB
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]
Size:               4096 kB
Rss:                4096 kB
"""


def test_only_what_is_full_and_nobodys_file_moves_and_only_whole_pages_of_it() -> None:
    assert list(regions(MAPS, LARGE)) == [
        (0x55D0C0200000, 4 * LARGE),
        (0x7F0000200000, 3 * LARGE),  # its ends are no whole pages
    ]


HELD_IN_LARGE_PAGES = """if True:
    import re
    from sim.large_pages import LargePages
    held = [bytes(500) for _ in range(100_000)]
    pages = LargePages()
    for _ in range(2):
        pages.keep_up()
        print(sum(map(int, re.findall(r"AnonHugePages: +(\\d+)", open("/proc/self/smaps").read()))) // 1024)
    assert all(each == bytes(500) for each in held)
"""


def has_large_pages() -> bool:
    """Whether this Linux knows the call (6.1) and has such pages."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    known = version is not None and (int(version[1]), int(version[2])) >= (6, 1)
    return known and Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").exists()


def test_what_a_process_holds_moves_into_large_pages_once_and_stays_whole() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HELD_IN_LARGE_PAGES], capture_output=True, text=True, check=True
    ).stdout
    before, after = map(int, told.split())
    assert before == after
    assert before >= (30 if has_large_pages() else 0)  # of 50 MB


def test_where_the_system_tells_nothing_of_its_pages_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    size = tmp_path / "hpage_pmd_size"
    monkeypatch.setattr("sim.large_pages._SIZE", size)
    monkeypatch.setattr("sim.large_pages._MAPS", tmp_path / "there is no such file")
    without = LargePages()
    without.keep_up()
    size.write_text(f"{LARGE}\n")
    unread = LargePages()
    unread.keep_up()
    assert (without._large, unread._large) == (0, 0), "neither looks again"
