"""A real server under load is killed with -9 a few times: every message that it acknowledged is in its database, and no ride suffered.

The apps and the judgement are those of `benchmarks/bench_kills.py`, which kills some hundred times.
"""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.bench_kills import Server, judged, under_load
from dispatch.storage.health.check import findings

KILLS, DRIVERS, RIDES_AT_ONCE = 3, 12, 6


def test_all_that_was_acknowledged_is_read_back_and_no_ride_has_two_drivers_or_is_stuck(tmp_path: Path) -> None:
    server = Server(tmp_path / "kills.db")
    server.start()
    try:
        told, _, stuck = asyncio.run(under_load(server, KILLS, Random(1), DRIVERS, RIDES_AT_ONCE))
    finally:
        server.end(signal.SIGTERM)
    found = judged(server.db, told)
    assert found["acknowledged"] > 20 and found["rides"] > RIDES_AT_ONCE
    assert (found["acknowledged and lost"], stuck) == (0, 0)
    assert (found["two drivers on a ride"], found["rides of a driver at once"]) == (0, 0)
    with closing(sqlite3.connect(server.db)) as file:
        assert file.execute("SELECT ride_id FROM rides WHERE ended_at IS NULL").fetchall() == []
        assert file.execute("SELECT driver_id FROM drivers WHERE ride_id IS NOT NULL").fetchall() == []
    assert list(findings(server.db)) == []


def test_a_message_that_is_missing_is_noticed(tmp_path: Path) -> None:
    server = Server(tmp_path / "kills.db")
    server.start()
    server.end()
    told = [("27820000001", "find_driver", "k1", "ok", "k1-1"), ("27820000001", "decline_ride", "k1", "declined", "x")]
    assert judged(server.db, told)["acknowledged and lost"] == 2
