"""The driver's frames as commands to the driver's own actor; offers and rides as the app reads them."""

from typing import Any

import pytest

from dispatch.ids import OfferId
from dispatch.messages.commands import (
    AcceptOffer,
    CancelRide,
    CompleteRide,
    DeclineOffer,
    ReportArrived,
    SetAvailability,
    StartRide,
)
from tests.transport.rig import AS_MICHAEL, DRIVER, RIDE, Rig

HERE = {"type": "location_update", "latitude": -26.2, "longitude": 28.0}
OFFER = OfferId("o-1")


class TestCommands:
    def told(self, **frame: Any) -> Any:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**frame)
        assert app.got == []
        return rig.heard("driver/27821234568")[-1]

    @pytest.mark.parametrize(
        ("frame", "command"),
        [
            ({"type": "accept_ride", "driver_id": "27821234568"}, AcceptOffer(AS_MICHAEL, RIDE)),
            (
                {"type": "accept_ride", "driver_id": "+27821234568", "offer_id": "o-1"},
                AcceptOffer(AS_MICHAEL, RIDE, OFFER),
            ),
            ({"type": "decline_ride"}, DeclineOffer(AS_MICHAEL, RIDE)),
            (
                {"type": "decline_ride", "offer_id": "o-1", "reason": "too far"},
                DeclineOffer(AS_MICHAEL, RIDE, OFFER, "too far"),
            ),
            ({"type": "arrived"}, ReportArrived(AS_MICHAEL, RIDE)),
            ({"type": "start_ride"}, StartRide(AS_MICHAEL, RIDE)),
            ({"type": "complete_ride", "driver_id": "27821234568"}, CompleteRide(AS_MICHAEL, RIDE)),
            ({"type": "cancel_ride", "reason": "flat tyre"}, CancelRide(AS_MICHAEL, RIDE, "flat tyre")),
        ],
    )
    def test_what_they_say_of_a_ride_reaches_their_own_actor(self, frame: dict[str, str], command: Any) -> None:
        assert self.told(**frame, ride_id="123") == command

    @pytest.mark.parametrize("available", [True, False])
    def test_whether_they_want_offers_reaches_their_own_actor(self, available: bool) -> None:
        assert self.told(type="set_availability", available=available) == SetAvailability(AS_MICHAEL, available)

    def test_an_id_travels_with_the_command(self) -> None:
        command = self.told(type="accept_ride", ride_id="123", driver_id=DRIVER, id="k1").command
        other = self.told(type="accept_ride", ride_id="124", driver_id=DRIVER, id="k1").command
        assert command.id == other.id == "k1"
        assert command.fingerprint != other.fingerprint

    @pytest.mark.parametrize(
        "frame",
        [
            {"type": "accept_ride", "ride_id": "123"},
            {"type": "decline_ride", "ride_id": "123"},
            {"type": "arrived", "ride_id": "123"},
            {"type": "start_ride", "ride_id": "123"},
            {"type": "complete_ride", "ride_id": "123"},
            {"type": "cancel_ride", "ride_id": "123"},
            {"type": "set_availability", "available": True},
            HERE,
        ],
        ids=lambda frame: frame["type"],
    )
    @pytest.mark.parametrize("driver_id", ["27829999999", "+27 82 999 9999", "no phone"])
    def test_in_another_drivers_name_nothing_is_done(self, frame: dict[str, Any], driver_id: str) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**frame, driver_id=driver_id, id="k1")
        (error,) = app.got
        assert (error["code"], error["message"], error["id"]) == (
            "forbidden",
            "driver_id must be the driver of this socket, or be left out",
            "k1",
        )
        assert error.get("ride_id") == frame.get("ride_id")
        assert len(rig.heard("driver/27821234568")) == 1, "only Attach"
        assert rig.board.position(DRIVER) is None
        assert rig.gateway.counters.forbidden == 1

    @pytest.mark.parametrize("written", ["+27821234568", "++27821234568", "+27 82 123-4568", "0027821234568"])
    def test_the_drivers_own_number_is_the_drivers_own_however_it_is_written(self, written: str) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE, driver_id=written)
        assert app.got == []
        assert rig.board.position(DRIVER) is not None

    def test_what_reaches_nobody_is_unavailable(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        rig.heard("driver/27821234568")
        rig.runtime.quarantine("driver/27821234568", "e1")
        app.says(type="accept_ride", ride_id="123", driver_id=DRIVER)
        assert [(frame["code"], frame["ride_id"]) for frame in app.got] == [("unavailable", "123")]
