"""How fast virtual time passes: `python benchmarks/bench_simulation.py [--quick] [--seed N]`.

The model city three times, each time with ten times the people: 100 drivers and 1,000 rides, 1,000 and 10,000, 10,000 and 100,000,
over four virtual hours, positions every 30 s, invariants on, journal in memory. Each runs through the real command line, `dispatch
simulate --trips none --json`, in a process of its own, whose CPU and peak memory are the operating system's figures. `--quick` leaves
the largest out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from itertools import pairwise
from os import wait4, waitstatus_to_exitcode
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

CLI = Path(__file__).parent.parent / "cli.py"
SIZES = ((100, 1_000), (1_000, 10_000), (10_000, 100_000))
FOR = "4h"
KIB_A_UNIT = 1 / 1024 if sys.platform == "darwin" else 1
"""What `ru_maxrss` counts in."""


class Run(NamedTuple):
    """One run: what it printed, and what its whole process took, start and imports included."""

    drivers: int
    rides: int
    figures: dict[str, Any]
    cpu_s: float
    peak_mib: float


def run(drivers: int, rides: int, seed: int) -> Run:
    """Simulate a city of this size. Raises SystemExit when the command fails or an invariant broke."""
    command = [sys.executable, str(CLI), "simulate", "--trips", "none", "--for", FOR, "--json", "--seed", str(seed)]
    command += ["--drivers", str(drivers), "--rides", str(rides)]
    with TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed)
        _, status, used = wait4(process.pid, 0)
        process.returncode = waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
        printed.seek(0)
        figures = json.loads(printed.read())
    return Run(drivers, rides, figures, used.ru_utime + used.ru_stime, used.ru_maxrss * KIB_A_UNIT / 1024)


def row(done: Run) -> str:
    """A line of the table."""
    figures = done.figures
    return (
        f"{done.drivers:>8,}{done.rides:>9,} |{done.cpu_s:>9.2f}{figures['wall_s']:>9.2f}{done.peak_mib:>10,.0f} |"
        f"{done.rides / done.cpu_s:>9,.0f}{figures['positions'] / done.cpu_s:>12,.0f} |"
        f"{figures['assigned'] / figures['requests']:>9.1%}{figures['offers_per_ride']:>9.2f}{figures['violations']:>11}"
    )


HEAD = (
    f"{'':>17} |{'the whole process':^28} |{'a CPU second':^21} |{'what came of it':^29}\n"
    f"{'drivers':>8}{'rides':>9} |{'CPU s':>9}{'wall s':>9}{'peak MiB':>10} |{'rides':>9}{'positions':>12} |"
    f"{'assigned':>9}{'offers':>9}{'violations':>11}"
)


def main() -> None:
    """Print the table, then what ten times the city costs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--quick", action="store_true", help="leave the largest city out")
    parser.add_argument("--seed", type=int, default=1, help="of all runs")
    options = parser.parse_args()
    sizes = SIZES[:-1] if options.quick else SIZES
    print(f"Four virtual hours of the model city, seed {options.seed}\n{HEAD}")
    done = []
    for drivers, rides in sizes:
        done.append(run(drivers, rides, options.seed))
        print(row(done[-1]), flush=True)
    for smaller, larger in pairwise(done):
        print(
            f"from {smaller.rides:,} to {larger.rides:,} rides: CPU x {larger.cpu_s / smaller.cpu_s:.1f}, "
            f"peak memory x {larger.peak_mib / smaller.peak_mib:.1f}"
        )


if __name__ == "__main__":
    main()
