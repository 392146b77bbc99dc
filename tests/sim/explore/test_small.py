"""The small world: one seed is one world, wherever and however often it is run."""

import os
import subprocess
import sys
from pathlib import Path

from sim.explore.scenarios import run_one
from sim.explore.small import DRIVERS, RIDES, mood_of
from tests.explorer.worlds import outcome

ROOT = Path(__file__).parent.parent.parent
BUSY = 49
"""A seed in whose world much happens."""


def test_the_same_seed_gives_the_same_deliveries() -> None:
    assert run_one("small", BUSY, permute=True).digest == outcome("small", BUSY).digest


def test_another_seed_and_another_order_are_other_worlds() -> None:
    digests = [outcome("small", seed, permute=permute).digest for seed in (BUSY, BUSY + 1) for permute in (True, False)]
    assert len(set(digests)) == 4


def test_no_order_of_a_hash_table_decides_anything() -> None:
    program = f"from sim.explore.scenarios import run_one; print(run_one('small', {BUSY}, permute=True).digest)"
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "random")
    ]
    assert digests == [outcome("small", BUSY).digest] * 2


def test_everybody_comes_and_everything_ends() -> None:
    busy = outcome("small", BUSY)
    assert (busy.summary["drivers"], busy.summary["requests"]) == (DRIVERS, RIDES)
    assert busy.summary["assigned"] >= RIDES / 3, "rides find drivers"
    assert busy.summary["virtual_s"] < 3_600.0, "the world came to rest by itself"
    assert busy.broken == []


def test_moods_differ_from_seed_to_seed() -> None:
    moods = [mood_of(seed) for seed in range(100)]
    assert {mood.commit_delay_s for mood in moods} == {(0.0, 0.0), (0.01, 0.01), (0.0, 0.02)}
    assert {mood.failure_rate > 0.0 for mood in moods} == {True, False}
    assert {mood.settings.live_offers for mood in moods} == {1, 2}
