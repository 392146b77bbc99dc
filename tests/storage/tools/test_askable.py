"""Which drivers the desk can have asked for a ride, off a file that the real actors wrote."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.askable import askable, why_not_asked
from sim.stories.stage import Stage

FREE: dict[str, Any] = {
    "is_suspended": 0,
    "is_asleep": 0,
    "is_expired": 0,
    "ride_id": None,
    "online": 1,
    "wants_offers": 1,
    "open_offers": 0,
    "answers": set(),
}


def test_live_drivers_are_told_with_what_each_said_to_this_ride(path: Path) -> None:
    stage = Stage(7, writer=Writer(path, "off"))
    stage.fleet(3)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=3)
    stage.run(until=10)
    stage.world.close()
    with closing(open_read_only(path)) as db:
        found = askable(db, "r1", 10.0)
        assert askable(db, "r9", 10.0) is None
    assert found is not None
    _, rows = found
    assert {row["driver_id"]: why_not_asked(row, True, 1) for row in rows} == {
        "d1": "declined",
        "d2": "thinking",
        "d3": "thinking",
    }


@pytest.mark.parametrize(
    ("changed", "is_fresh", "why_not"),
    [
        ({}, True, None),
        ({"answers": {"expired"}}, True, None),
        ({"answers": {"blocked", "declined"}}, True, "blocked"),
        ({"answers": {"open"}, "open_offers": 1}, True, "thinking"),
        ({"open_offers": 1}, True, "holds_offer"),
        ({"answers": {"declined"}, "online": 0}, True, "offline"),
        ({"answers": {"declined"}}, False, "stale"),
    ],
)
def test_the_first_rule_that_forbids_it_is_told(changed: dict[str, Any], is_fresh: bool, why_not: str | None) -> None:
    assert why_not_asked({**FREE, **changed}, is_fresh, 1) == why_not
