"""What actors tell a passenger, as the passenger's app reads it."""

from typing import Any

import pytest

from dispatch.messages.notices import DriverAssigned, NoDrivers, PassengerSnapshot, RideEnded, RideProgress, Searching
from dispatch.values import CancelTerms, FareLine, Money, Price, RideTerms, WaitTerms
from tests.transport.rig import MICHAEL, RIDE, TRIP, Rig


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

    def test_searching_tells_how_far_the_search_is(self) -> None:
        told = Searching(
            RIDE, round=2, rounds_max=4, drivers_notified=5, asked_total=9, fare=85.5, expires_at=30.0,
            search_expires_at=180.0, seq=4,
        )  # fmt: skip
        frame = self.read(told)
        assert (frame["rounds_max"], frame["asked_total"]) == (4, 9)
        assert (frame["search_expires_at"], frame["search_ttl_ms"]) == ("1970-01-01T00:03:00.000Z", 180_000)

    def test_driver_assigned_tells_what_cancelling_costs(self) -> None:
        frame = self.read(DriverAssigned(RIDE, MICHAEL, cancel=CancelTerms(20.0, 120.0), seq=4))
        assert (frame["cancel_fee"], frame["cancel_free_ttl_ms"]) == (20, 120_000)
        assert frame["cancel_free_until"] == "1970-01-01T00:02:00.000Z"
        free = self.read(DriverAssigned(RIDE, MICHAEL, cancel=CancelTerms(0.0), seq=4))
        assert free["cancel_fee"] == 0 and "cancel_free_until" not in free

    def test_an_arrival_tells_what_waiting_costs(self) -> None:
        waiting, cancel = WaitTerms(120.0, 300.0, 2.25, 35.5), CancelTerms(20.0, 60.0)
        arrived = RideProgress(RIDE, "arrived", 85.5, 5.2, 15.0, waiting, cancel, seq=4)
        assert self.read(arrived) == {
            "type": "driver_arrived", "waiting_free_until": "1970-01-01T00:02:00.000Z", "waiting_free_ttl_ms": 120_000,
            "waiting_per_minute": 2.25, "no_show_at": "1970-01-01T00:05:00.000Z", "no_show_ttl_ms": 300_000,
            "no_show_fee": 35.5, "cancel_fee": 20, "cancel_free_until": "1970-01-01T00:01:00.000Z",
            "cancel_free_ttl_ms": 60_000,
        }  # fmt: skip

    def test_the_time_that_is_left_to_wait_is_that_of_the_moment(self) -> None:
        rig = Rig()
        app, session = rig.passenger()
        arrived = RideProgress(RIDE, "arrived", 85.5, 5.2, 15.0, WaitTerms(120.0, 300.0, 2.25, 35.5), seq=4)
        left = []
        for _ in range(3):
            rig.tell(session, arrived)
            (frame,) = app.got
            left.append((frame["waiting_free_ttl_ms"], frame["no_show_ttl_ms"]))
            rig.runtime.run(rig.runtime.now + 1.5)
        assert left == [(120_000, 300_000), (118_500, 298_500), (117_000, 297_000)]

    def test_a_snapshot_has_the_way_the_wait_and_the_end(self) -> None:
        waits = self.read(
            PassengerSnapshot(
                RIDE,
                "arrived",
                85.5,
                MICHAEL,
                trip=TRIP,
                terms=RideTerms(None, WaitTerms(120.0, 300.0, 0.0, 0.0)),
                seq=4,
            )
        )
        assert (waits["pickup_address"], waits["dropoff_longitude"]) == ("123 Main St", 28.0550)
        assert (waits["distance_km"], waits["duration_minutes"]) == (5.2, 15)
        assert (waits["waiting_free_ttl_ms"], waits["no_show_ttl_ms"]) == (120_000, 300_000)
        lines = (FareLine("base", 1250), FareLine("distance", 7300))
        done = RideProgress(
            RIDE, "completed", 85.5, 5.2, 12.25, driven_m=5310.4, price=Price(Money(8550), lines, 5200, 900)
        )
        over = self.read(PassengerSnapshot(RIDE, "completed", 85.5, MICHAEL, trip=TRIP, end=done, seq=4))
        assert (over["duration_minutes"], over["driven_km"]) == (12.25, 5.31)
        assert over["breakdown"] == {"base": 12.5, "distance": 73.0} and "by" not in over
        ended = RideEnded(RIDE, by="passenger", reason="too slow", fee=2000)
        gone = self.read(PassengerSnapshot(RIDE, "cancelled", 85.5, trip=TRIP, end=ended, seq=4))
        assert (gone["by"], gone["reason"], gone["fee"]) == ("passenger", "too slow", 20)

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
