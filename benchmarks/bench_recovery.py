"""How long a start takes with a long past on file: `python benchmarks/bench_recovery.py [--city N] [events ...]`.

Simulated days are cut off at so many events, in the middle of the rides, as a kill leaves them. Prints how long the server takes until
it serves, and its CPU, beside a start on a file with next to nothing in it. `--city`: so many times the city, and as much shorter.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer, decode
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.seed import seed

CLI = Path(__file__).parent.parent / "cli.py"
STARTS = 5
DRIVERS, RIDES_AN_HOUR = 850, 2_120
EVENTS_A_RIDE = 11.8
"""A little less than there are: the days are longer than what is taken of them."""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Start(NamedTuple):
    """Seconds until the server says that it listens, and of its CPU until then."""

    wall_s: float
    cpu_s: float


def start(db: Path) -> Start:
    """One start, ended by a kill: the log and its index stay behind."""
    began = time.perf_counter()
    command = [sys.executable, str(CLI), "serve", "--port", "0", "--db", str(db)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        if "listens" not in process.stdout.readline():
            raise SystemExit(f"{' '.join(command)} does not start; run it by hand to see why")
        wall_s = time.perf_counter() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        process.send_signal(signal.SIGKILL)
    return Start(wall_s, (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND)


def starts(made: Path, folder: Path) -> tuple[list[Start], list[Start]]:
    """On a file as its process left it, and each time once more on what that start left when it was killed."""
    first, again = [], []
    for n in range(STARTS):
        copy = folder / f"start{n}.db"
        shutil.copy(made, copy)
        first.append(start(copy))
        again.append(start(copy))
        for file in folder.glob(f"{copy.name}*"):
            file.unlink()
    return first, again


def make(db: Path, events: int, city: int) -> None:
    """The first so many events of simulated days, and the tables as they were then."""
    whole = db.with_suffix(".whole.db")
    rides = int(events / EVENTS_A_RIDE)
    minutes = 60 * rides // (RIDES_AN_HOUR * city)
    size = ("--drivers", str(DRIVERS * city), "--rides", str(rides), "--for", f"{minutes}m")
    command = [sys.executable, str(CLI), "simulate", "--trips", "none", *size, "--db", str(whole), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    writer = Writer(db, "off")
    with closing(open_read_only(whole)) as source:
        rows = source.conn.execute("SELECT at, stream, body FROM events ORDER BY n LIMIT ?", (events,))
        appends: Iterator[Append] = (Append(stream, 1, 1, at, (decode(body),)) for at, stream, body in rows)
        while batch := list(islice(appends, 10_000)):
            writer.write(batch)
    writer.close()
    whole.unlink()


def counted(db: Path) -> str:
    """What a start finds."""
    with closing(open_read_only(db)) as file:
        (events,) = file.execute("SELECT max(n) FROM events").fetchone()
        (rides,) = file.execute("SELECT count(*) FROM rides WHERE ended_at IS NULL").fetchone()
        (online,) = file.execute("SELECT count(*) FROM drivers WHERE online").fetchone()
    return f"{events or 0:>12,}{rides:>12,}{online:>10,}{db.stat().st_size / 2**20:>8.0f}"


def told(name: str, found: str, taken: list[Start], bare: list[Start]) -> None:
    """A line of the table."""
    (wall_s, cpu_s), (bare_wall_s, bare_cpu_s) = (map(median, zip(*runs, strict=True)) for runs in (taken, bare))
    more = f"{wall_s - bare_wall_s:>+8.2f}{cpu_s - bare_cpu_s:>+12.2f}"
    print(f"{name:<14}{found}{wall_s:>8.2f}{cpu_s:>8.2f}{more}", flush=True)


def main(sizes: list[int], city: int) -> None:
    """Print the table."""
    print(
        f"{'start':<14}{'events':>12}{'open rides':>12}{'online':>10}{'MiB':>8}{'s':>8}{'CPU s':>8}{'more s':>8}{'more CPU s':>12}"
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        small = folder / "small.db"
        seed(small)
        bare, _ = starts(small, folder)
        told("hardly any", counted(small), bare, bare)
        for size in sizes:
            db = folder / f"{size}.db"
            make(db, size, city)
            first, again = starts(db, folder)
            told("as left", counted(db), first, bare)
            told("killed again", counted(db), again, bare)
            db.unlink()


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("events", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--city", type=int, default=1)
    given = parser.parse_args()
    main(given.events, given.city)
