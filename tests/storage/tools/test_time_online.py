"""How long a driver was online, by the events on a file that the real actors wrote."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.messages.events import AvailabilitySet, DriverOffline, DriverOnline
from dispatch.messages.journal import by_nobody
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.time_online import online_s
from dispatch.words import LinkEnd
from sim.stories.stage import Stage

D1 = DriverId("d1")
ON, OFF = DriverOnline(D1), DriverOffline(D1, LinkEnd.CLOSED)
WANTS, WANTS_NONE = AvailabilitySet(D1, True), AvailabilitySet(D1, False)

Told = Callable[..., int]


@pytest.fixture()
def told(path: Path) -> Told:
    """Seconds online from 1,000 until 2,000 after these events."""

    def ask(*events: tuple[float, Message]) -> int:
        with closing(Writer(path, "off")) as writer:
            writer.write([by_nobody(addresses.driver(D1), at, event) for at, event in events])
        with closing(open_read_only(path)) as db:
            return online_s(db, str(path), D1, 1_000.0, 2_000.0)

    return ask


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ([], 0),
        ([(1_100.0, ON)], 900),
        ([(900.0, ON)], 1_000),
        ([(900.0, ON), (1_500.0, OFF)], 500),
        ([(1_100.0, ON), (1_200.0, OFF), (1_900.0, ON)], 200),
        ([(900.0, ON), (1_200.0, WANTS_NONE), (1_700.0, WANTS)], 500),
        ([(800.0, WANTS_NONE), (900.0, ON), (1_700.0, WANTS)], 300),
        ([(800.0, WANTS_NONE), (850.0, WANTS), (900.0, ON), (950.0, OFF), (1_900.0, ON), (2_500.0, OFF)], 100),
        ([(900.0, ON), (950.0, OFF)], 0),
    ],
)
def test_what_counts_is_connected_and_wanting_offers_within_the_day(
    told: Told, events: list[tuple[float, Message]], seconds: int
) -> None:
    assert told(*events) == seconds


def test_a_long_history_is_read_no_farther_than_its_last_fold(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"))
    stage.fleet(1)
    for second in range(10, 400, 2):
        stage.drivers["d1"].wants_offers(second % 4 == 2, at=second)
    stage.run(until=500)
    stage.world.close()
    begins = 1_767_225_600.0
    with closing(open_read_only(path)) as db:
        assert online_s(db, str(path), D1, begins + 10.0, begins + 398.0) == pytest.approx(194, abs=3)
