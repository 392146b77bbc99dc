"""Phones with wrong clocks, and phones that were in a tunnel: whoever reports is asked, and every metre that was driven counts."""

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.messages.events import TrackRecorded
from dispatch.timestamps import rfc3339
from sim.city.model import MODEL_DAY
from sim.stories.stage import Stage, StageDriver, near_pickup
from tests.scenarios.theatre import Theatre

INTO, OUT_OF = 340.0, 840.0
"""The driver loses the network in the second in which the trip begins, and has it back when all of it is driven."""
POINTS, STEP_KM = 100, 0.075
Kept = list[dict[str, Any]]


@pytest.mark.parametrize("off_s", [-7_200.0, -70.0, 3_600.0])
def test_a_driver_whose_phone_has_a_wrong_clock_is_asked(play: Theatre, off_s: float) -> None:
    stage = play()
    driver = stage.driver("d1", reports=False)
    driver.dies(at=0)
    driver.returns(at=7_300)
    for second in (7_301.0, 7_306.0, 7_311.0):
        driver.reports(at=second, recorded_at=rfc3339(MODEL_DAY + second + off_s))
    stage.passenger("r1").books(at=7_370)  # what was said on connecting, without a time, is too old by now
    stage.run(until=7_371)
    assert driver.offer("r1")["ride_id"] == "r1"


def test_a_driver_whose_reported_positions_are_all_old_is_not_asked(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d1", reports=False)
    for number in range(30):
        driver.reports(at=300 + number / 100, recorded_at=rfc3339(MODEL_DAY + 50.0 + 5.0 * number))
    stage.passenger("r1").books(at=301)
    stage.run(until=302)
    assert driver.heard("ride_request") == []
    assert stage.passengers["r1"].last("searching")["drivers_notified"] == 0


def in_a_tunnel(stage: Stage) -> tuple[StageDriver, Kept]:
    """A driver on a trip who is offline for all of it, and what the phone kept meanwhile: 7.5 km."""
    driver = stage.driver("d1", north_km=0.0, reports=False)
    stage.passenger("r1").books(at=1)
    driver.accepts("r1", at=2)
    for second in range(10, 340, 10):
        driver.reports(at=second)
    driver.says("arrived", at=330, ride_id="r1")
    driver.says("start_ride", at=INTO, ride_id="r1")
    driver.leaves(at=INTO + 1.0)
    driver.does(lambda: setattr(driver, "place", near_pickup(POINTS * STEP_KM)), at=OUT_OF - 1.0)
    kept = []
    for number in range(1, POINTS + 1):
        lat, lon = near_pickup(number * STEP_KM)
        kept.append({"latitude": lat, "longitude": lon, "recorded_at": rfc3339(MODEL_DAY + INTO + 4.9 * number)})
    return driver, kept


def one_by_one(driver: StageDriver, kept: Kept) -> None:
    for number, position in enumerate(kept):
        driver.says("location_update", **position, id=f"k{number}")


def in_one_message(driver: StageDriver, kept: Kept) -> None:
    driver.says("location_batch", positions=kept, id="k")


@pytest.mark.parametrize("send", [one_by_one, in_one_message])
def test_after_a_tunnel_all_that_was_driven_is_on_record(
    play: Theatre, send: Callable[[StageDriver, Kept], None]
) -> None:
    stage = play()
    driver, kept = in_a_tunnel(stage)
    driver.does(lambda: comes_out(driver, kept, send), at=OUT_OF)
    driver.says("complete_ride", at=OUT_OF + 5.0, ride_id="r1")
    stage.run(until=OUT_OF + 6.0)
    assert {frame["result"] for frame in driver.heard("ack", since=OUT_OF)} == {"ok"}
    assert driver.last("ride_completed")["driven_km"] == pytest.approx(POINTS * STEP_KM, rel=0.01)
    tracks = [event for event in stage.record("r1") if isinstance(event, TrackRecorded) and event.leg == "on_trip"]
    seconds = [point[0] for event in tracks for point in event.points]
    assert (
        len({round(second, 3) for second in seconds} & {round(INTO + 4.9 * number, 3) for number in range(101)}) >= 99
    )


def comes_out(driver: StageDriver, kept: Kept, send: Callable[[StageDriver, Kept], None]) -> None:
    """The app connects, and sends first of all what it kept."""
    super(StageDriver, driver).connect()
    send(driver, kept)
