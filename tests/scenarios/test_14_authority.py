"""Scenario 14. Somebody acts in another's name, on another's offer or on another's ride.

Another's name is `forbidden`. Another's ride or offer is answered as one that does not exist, byte for byte. Nothing changes.
"""

from typing import Any

import msgspec
import pytest

from dispatch.ids import DriverId
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

DRIVER_COMMANDS: dict[str, dict[str, Any]] = {
    "accept_ride": {"driver_id": "d2"},
    "decline_ride": {},
    "arrived": {},
    "start_ride": {},
    "complete_ride": {},
    "cancel_ride": {},
}
IN_ANOTHERS_NAME: dict[str, dict[str, Any]] = {
    **{frame_type: {**fields, "ride_id": "r1", "driver_id": "d1"} for frame_type, fields in DRIVER_COMMANDS.items()},
    "location_update": {"latitude": -26.2, "longitude": 28.0, "driver_id": "d1"},
    "set_availability": {"available": False, "driver_id": "d1"},
}


def one_offer(stage: Stage, booked: bool = True) -> None:
    """d1 is asked for r1; d2 is too far away to be asked."""
    stage.driver("d1", north_km=1)
    stage.driver("d2", north_km=12)
    if booked:
        stage.passenger("r1").books(at=0)


def what_is_true(stage: Stage) -> Any:
    """All that is on record of the ride, what its two people heard, and where the driver is."""
    fix = stage.world.board.position(DriverId("d1"))
    assert fix is not None
    return stage.record("r1"), stage.passengers["r1"].story(), stage.drivers["d1"].story(), (fix.lat, fix.lon, fix.at)


@pytest.mark.parametrize("frame_type", IN_ANOTHERS_NAME)
def test_a_frame_in_another_drivers_name_is_forbidden_and_counted(play: Theatre, frame_type: str) -> None:
    stage = play()
    one_offer(stage)
    stage.run(until=4)
    before = what_is_true(stage)
    stage.drivers["d2"].says(frame_type, at=5, **IN_ANOTHERS_NAME[frame_type])
    stage.run(until=5)
    (answer,) = stage.drivers["d2"].heard()
    assert (answer["type"], answer["code"]) == ("error", "forbidden")
    assert stage.world.gateway.counters.forbidden == 1
    assert what_is_true(stage) == before


@pytest.mark.parametrize("with_offer_id", [False, True], ids=["ride", "offer"])
@pytest.mark.parametrize("assigned", [False, True], ids=["offered", "assigned"])
@pytest.mark.parametrize("frame_type", DRIVER_COMMANDS)
def test_anothers_ride_is_answered_with_the_bytes_of_one_that_does_not_exist(
    play: Theatre, frame_type: str, assigned: bool, with_offer_id: bool
) -> None:
    fields = {**DRIVER_COMMANDS[frame_type], "ride_id": "r1", "id": "k1"}
    if with_offer_id:
        fields["offer_id"] = "r1.1.1"
    answers = []
    for booked in (True, False):
        stage = play(told=f"booked {booked}")
        one_offer(stage, booked)
        if assigned and booked:
            stage.drivers["d1"].accepts("r1", at=1)
        stage.run(until=4)
        if booked:
            assert stage.drivers["d1"].last()["type"] == ("ride_accepted" if assigned else "ride_request")
            before = what_is_true(stage)
        stage.drivers["d2"].says(frame_type, at=5, **fields)
        stage.run(until=6)
        answers.append(msgspec.json.encode(stage.drivers["d2"].heard()))
        assert not booked or what_is_true(stage) == before
    theirs, unknown = answers
    assert theirs == unknown
    assert msgspec.json.decode(unknown) == [
        {"type": "error", "code": "no_such_ride", "message": "there is no such ride", "id": "k1", "ride_id": "r1"}
    ]


def test_an_offer_id_of_another_ride_opens_nothing(play: Theatre) -> None:
    stage = play()
    one_offer(stage)
    stage.run(until=1)
    driver = stage.drivers["d1"]
    driver.accepts("r2", offer_id=driver.offer("r1")["offer_id"], at=2)
    stage.run(until=2)
    assert driver.last()["code"] == "no_such_ride"
    assert stage.passengers["r1"].story() == ["searching"]


@pytest.mark.parametrize("frame_type", ["accept_ride", "complete_ride", "location_update"])
def test_a_passenger_cannot_speak_as_a_driver(play: Theatre, frame_type: str) -> None:
    stage = play()
    one_offer(stage)
    stage.passengers["r1"].says(frame_type, at=3, ride_id="r1", driver_id="d1", latitude=1.0, longitude=1.0)
    stage.run(until=3)
    assert stage.passengers["r1"].last()["code"] == "unknown_type"
    assert stage.drivers["d1"].story() == ["ride_request"]


def test_a_driver_who_was_asked_cannot_take_the_steps_of_the_one_who_has_it(play: Theatre) -> None:
    stage = play()
    first, second = stage.fleet(2)
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    first.accepts("r1", at=1)
    for number, step in enumerate(("arrived", "start_ride", "complete_ride", "cancel_ride")):
        second.says(step, at=2 + number, ride_id="r1")
    stage.run(until=10)
    assert [frame["code"] for frame in second.heard("error")] == ["no_such_ride"] * 4
    assert passenger.story() == ["searching", "driver_assigned"]
