"""Two drivers on a ride and two rides of a driver are seen in the order of the events."""

from dispatch.messages.events import (
    DriverReleased,
    DriverReserved,
    Event,
    RideAssigned,
    RideCompleted,
    RideUnassigned,
)
from dispatch.storage.bindings import Bindings
from dispatch.types import DriverCard, DriverId, OfferId, RideId

R1, R2, OFFER = RideId("r1"), RideId("r2"), OfferId("o")
ANN, BEN = DriverId("ann"), DriverId("ben")


def found(*events: Event) -> list[str]:
    bindings = Bindings()
    return [fault for n, event in enumerate(events, 1) for fault in bindings.faults(n, event)]


def gets(ride_id: RideId, driver_id: DriverId) -> RideAssigned:
    return RideAssigned(ride_id, DriverCard(driver_id, "", ""), OFFER, 1, 0.0)


def test_one_after_the_other_is_as_it_should_be() -> None:
    assert not found(
        *(DriverReserved(R1, ANN, OFFER, 1, 1), gets(R1, ANN), RideUnassigned(R1, ANN, 2, "driver", "", 0.0)),
        *(DriverReleased(R1, ANN, OFFER, "gave_up"), gets(R1, BEN), RideCompleted(R1, BEN, 9.0)),
        *(DriverReserved(R2, ANN, OFFER, 1, 1), gets(R2, ANN), gets(R1, BEN)),
    )


def test_a_second_driver_is_told() -> None:
    assert found(gets(R1, ANN), gets(R1, BEN)) == ["ride r1 has driver ben by event 2 and ann as well"]


def test_a_second_ride_is_told() -> None:
    assert found(gets(R1, ANN), gets(R2, ANN)) == ["driver ann is on ride r2 by event 2 and on r1 as well"]


def test_a_second_promise_is_told() -> None:
    promises = (DriverReserved(R1, ANN, OFFER, 1, 1), DriverReserved(R2, ANN, OFFER, 1, 1))
    assert found(*promises) == ["driver ann keeps himself for r2 by event 2 and for r1 as well"]
