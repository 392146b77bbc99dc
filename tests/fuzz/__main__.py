"""`make fuzz`: send a million cases to a server in this process, and say of the first that fails how it is sent again."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)

from tests.fuzz.cases import CASES, Case  # noqa: E402
from tests.fuzz.hunt import Memory, hunted, told, wrong_with  # noqa: E402
from tests.fuzz.world import World  # noqa: E402

LOOK_EVERY = 100
"""Episodes. Then memory is looked at."""


def _read() -> Namespace:
    parser = ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000, help="how many (1000000)")
    parser.add_argument("--seed", type=int, default=1, help="of all dice (1)")
    parser.add_argument("--episode", type=int, help="only the cases of this episode")
    parser.add_argument("--case", help="only this case, as it was printed")
    return parser.parse_args()


def main() -> int:
    """Returns the exit status: 0 when nothing was found."""
    asked = _read()
    if asked.case is not None:
        wrong = wrong_with([Case.read(asked.case)])
        print("\n".join(wrong) or "nothing is wrong with this case")
        return 1 if wrong else 0
    if asked.episode is not None:
        finding = hunted(asked.seed, range(asked.episode, asked.episode + 1))
        print(told(finding, asked.seed) if finding else "nothing is wrong with this episode")
        return 1 if finding else 0
    return _all(asked.seed, max(1, asked.cases // CASES))


def _all(seed: int, episodes: int) -> int:
    memory, began = Memory(), time.process_time()

    def look(count: int, _: World) -> None:
        if count % LOOK_EVERY == 0:
            mb = memory.look(count * CASES)
            print(f"{count * CASES:>9,} cases, {time.process_time() - began:6.0f} s of CPU, {mb:6.1f} MB", flush=True)

    finding = hunted(seed, range(episodes), look)
    if finding is not None:
        print(told(finding, seed))
        return 1
    print(f"no fault in {episodes * CASES:,} cases; {memory.told()}")
    return 1 if memory.grew else 0


if __name__ == "__main__":
    sys.exit(main())
