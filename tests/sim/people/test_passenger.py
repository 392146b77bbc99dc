"""A fake passenger's app: what it counts of its ride."""

from random import Random

import pytest

from dispatch.ids import RideId
from dispatch.runtime import VirtualRuntime
from dispatch.transport import wire
from dispatch.values import Place, Trip
from sim.people.behaviour import PassengerBehaviour
from sim.people.passenger import PassengerPhone
from sim.report.figures import RunFigures, Summary

TRIP = Trip(Place(0.0, 0.0, "here"), Place(0.0, 0.1, "there"), 11.1, 20.0, 50.0)
ONE_KM_NORTH = {"driver_latitude": 0.008993216, "driver_longitude": 0.0}


class Ride:
    """A passenger who booked at second 0."""

    def __init__(self) -> None:
        self.clock, self.figures = VirtualRuntime(1), RunFigures()
        who = PassengerBehaviour()
        self.phone = PassengerPhone(RideId("r1"), self.clock, Random(1), who, TRIP, self.figures, lambda phone: None)

    def hears(self, at: float, frame: wire.ServerMessage) -> None:
        self.clock.run(at)
        self.phone.on_frame(frame)

    @property
    def told(self) -> Summary:
        nothing = {"virtual_s": 0.0, "cpu_s": 0.0, "wall_s": 0.0, "invariants_checked": 0, "violations": 0}
        return self.figures.summary(seed=1, digest="", drivers=1, **nothing)  # type: ignore[arg-type]


def assigned(driver_id: str, **place: float) -> wire.DriverAssigned:
    """That driver comes, from this place if it is known."""
    return wire.DriverAssigned(
        ride_id="r1",
        seq=1,
        epoch="e",
        driver_id=driver_id,
        driver_name="Dan",
        driver_phone="27830000001",
        driver_rating=4.8,
        vehicle_type="suv",
        vehicle_registration="CA 1 GP",
        **place,  # type: ignore[arg-type]
    )


ARRIVED = wire.DriverArrived(ride_id="r1", seq=2, epoch="e")
CANCELLED = wire.DriverCancelled(ride_id="r1", seq=3, epoch="e", by="driver", reason="a flat tyre")


def test_the_way_of_a_driver_is_counted_in_metres_of_air() -> None:
    ride = Ride()
    ride.hears(5.0, assigned("d1", **ONE_KM_NORTH))
    assert ride.told["pickup_distance_m"] == {"mean": 1_000.0, "p50": 1_000.0, "p95": 1_000.0}
    assert ride.told["time_to_assign_s"]["p50"] == 5.0


def test_a_driver_whose_place_is_not_known_has_no_way() -> None:
    ride = Ride()
    ride.hears(5.0, assigned("d1"))
    assert (ride.told["assigned"], ride.told["pickup_distance_m"]["mean"]) == (1, None)


def test_only_the_first_driver_of_a_ride_and_the_first_arrival_count() -> None:
    ride = Ride()
    ride.hears(5.0, assigned("d1", **ONE_KM_NORTH))
    ride.hears(90.0, ARRIVED)
    ride.hears(100.0, CANCELLED)
    ride.hears(110.0, assigned("d2", driver_latitude=0.0, driver_longitude=0.0))
    ride.hears(120.0, ARRIVED)
    assert (ride.told["assigned"], ride.told["pickup_distance_m"]["mean"]) == (1, 1_000.0)
    assert ride.told["time_to_pickup_s"] == {"p50": 90.0, "p95": 90.0}


@pytest.mark.parametrize(
    ("status", "by"),
    [("cancelled", "passenger"), ("cancelled", "driver"), ("cancelled", "system"), ("no_show", "driver")],
)
def test_an_app_that_was_away_when_its_ride_was_cancelled_reads_in_the_snapshot_by_whom(status: str, by: str) -> None:
    ride = Ride()
    snapshot = wire.PassengerSnapshot(ride_id="r1", seq=1, epoch="e", status=status, by=by, recovered=False)
    ride.hears(5.0, snapshot)
    assert ride.figures.cancelled_by == {by: 1}
    assert ride.phone.status == status
