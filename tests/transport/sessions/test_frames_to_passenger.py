"""What actors tell a passenger, as the passenger's app reads it."""

from typing import Any

import pytest

from dispatch.messages.notices import DriverAssigned, NoDrivers, PassengerSnapshot, RideProgress, Searching
from tests.transport.rig import MICHAEL, RIDE, Rig


class TestWhatThePassengerReads:
    def read(self, notice: Any, **options: Any) -> dict[str, Any]:
        rig = Rig(**options)
        app, session = rig.passenger()
        rig.tell(session, notice)
        (frame,) = app.got
        assert (frame.pop("seq"), frame.pop("epoch"), frame.pop("ride_id")) == (4, "e1", "123")
        return frame

    def test_searching_tells_the_round(self) -> None:
        assert self.read(Searching(RIDE, round=2, drivers_notified=5, fare=85.5, expires_at=30.0, seq=4)) == {
            "type": "searching", "round": 2, "drivers_notified": 5, "fare": 85.5,
            "expires_at": "1970-01-01T00:00:30.000Z", "ttl_ms": 30_000,
        }  # fmt: skip

    def test_driver_assigned_has_the_seeds_fields_and_where_they_are(self) -> None:
        assert self.read(DriverAssigned(RIDE, MICHAEL, -26.2, 28.04, 1234.6, 310.2, seq=4)) == {
            "type": "driver_assigned", "driver_id": "27821234568", "driver_name": "Michael Brown",
            "driver_phone": "27821234568", "driver_rating": 4.9, "vehicle_type": "sedan",
            "vehicle_registration": "CA 999 GP", "driver_latitude": -26.2, "driver_longitude": 28.04,
            "distance_m": 1235, "eta_s": 310,
        }  # fmt: skip

    def test_a_driver_whose_position_is_unknown_has_none(self) -> None:
        frame = self.read(DriverAssigned(RIDE, MICHAEL, seq=4))
        assert {"driver_latitude", "driver_longitude", "distance_m", "eta_s"}.isdisjoint(frame)

    def test_no_drivers_tells_how_hard_was_tried(self) -> None:
        assert self.read(NoDrivers(RIDE, reason="search_cap", rounds=4, drivers_asked=17, seq=4)) == {
            "type": "no_drivers", "reason": "search_cap", "rounds": 4, "drivers_asked": 17,
        }  # fmt: skip

    def test_a_snapshot_has_the_driver_once_there_is_one(self) -> None:
        assert self.read(PassengerSnapshot(RIDE, "pending", 85.5, seq=4)) == {
            "type": "snapshot", "status": "pending", "fare": 85.5, "recovered": False,
        }  # fmt: skip
        assigned = self.read(PassengerSnapshot(RIDE, "accepted", 85.5, MICHAEL, seq=4), currency="ZAR")
        assert (assigned["driver_id"], assigned["driver_phone"]) == ("27821234568", "27821234568")
        assert assigned["currency"] == "ZAR"

    @pytest.mark.parametrize(("status", "name"), [("arrived", "driver_arrived"), ("in_progress", "ride_started")])
    def test_a_step_of_the_ride_is_told(self, status: str, name: str) -> None:
        assert self.read(RideProgress(RIDE, status, 85.5, 5.2, 15.0, seq=4)) == {"type": name}

    def test_the_end_of_the_ride_tells_what_it_was(self) -> None:
        assert self.read(RideProgress(RIDE, "completed", 85.5, 5.2, 12.25, seq=4)) == {
            "type": "ride_completed", "fare": 85.5, "distance_km": 5.2, "duration_minutes": 12.25,
            "payment_status": "cash",
        }  # fmt: skip
