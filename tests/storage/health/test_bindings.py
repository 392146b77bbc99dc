"""Two drivers on a ride, two rides of a driver and steps that nobody can take are seen in the order of the events."""

import pytest

from dispatch.domain.ride.record import VERBS
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import (
    DriverFolded,
    DriverReleased,
    DriverReserved,
    Event,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRequested,
    RideUnassigned,
)
from dispatch.storage.health.bindings import Bindings
from dispatch.values import DriverCard
from tests.storage.stories import SARAH, TRIP

R1, R2, OFFER = RideId("r1"), RideId("r2"), OfferId("o")
ANN, BEN = DriverId("ann"), DriverId("ben")


def found(*events: Event) -> list[str]:
    """What is said of these, each in its own stream. R1 and R2 are searching before."""
    bindings, faults = Bindings(), []
    asked = [RideRequested(ride_id, 1, SARAH, TRIP, 0.0) for ride_id in (R1, R2)]
    for n, event in enumerate((*asked, *events), -1):
        name = getattr(event, "ride_id", "") if type(event) in VERBS else getattr(event, "driver_id", "")
        faults.append(bindings.fault(n, f"{'ride' if type(event) in VERBS else 'driver'}/{name}", event))
    return [fault for fault in faults if fault]


def gets(ride_id: RideId, driver_id: DriverId) -> RideAssigned:
    return RideAssigned(ride_id, DriverCard(driver_id, "", ""), OFFER, 1, 0.0)


def test_one_after_the_other_is_as_it_should_be() -> None:
    assert not found(
        *(DriverReserved(R1, ANN, OFFER, 1, 1), gets(R1, ANN), RideUnassigned(R1, ANN, 2, "driver", "", 0.0)),
        *(DriverReleased(R1, ANN, OFFER, "gave_up"), gets(R1, BEN), RideCompleted(R1, BEN, 9.0)),
        *(DriverReserved(R2, ANN, OFFER, 1, 1), gets(R2, ANN)),
    )


def test_a_second_driver_is_told() -> None:
    assert found(gets(R1, ANN), gets(R1, BEN)) == ["ride r1 has driver ben by event 2 and ann as well"]


def test_a_second_ride_is_told() -> None:
    assert found(gets(R1, ANN), gets(R2, ANN)) == ["driver ann is on ride r2 by event 2 and on r1 as well"]


def test_a_second_promise_is_told() -> None:
    promises = (DriverReserved(R1, ANN, OFFER, 1, 1), DriverReserved(R2, ANN, OFFER, 1, 1))
    assert found(*promises) == ["driver ann is reserved for r2 by event 2 and for r1 as well"]


@pytest.mark.parametrize(
    ("events", "finding"),
    [
        (
            (RideCancelled(R1, "passenger"), gets(R1, ANN)),
            "event 2 of ride r1 cannot be: cannot assign a ride that is cancelled",
        ),
        ((RideArrived(R1, ANN, 1.0),), "event 1 of ride r1 cannot be: cannot arrive at a ride that is pending"),
        ((gets(R1, ANN), RideCompleted(R1, BEN, 9.0)), "driver ben has ride r1 by event 2, and it has ann"),
        ((gets(RideId("r3"), ANN),), "event 1 of ride r3 cannot be: cannot assign a ride that is unbooked"),
        (
            (DriverReleased(R1, ANN, OFFER, "over"),),
            "event 1 of driver ann cannot be: a driver who is free cannot take Dr",
        ),
        (
            (DriverReserved(R1, ANN, OFFER, 1, 1), gets(R2, ANN)),
            "driver ann is on ride r2 by event 2 and reserved for r1",
        ),
        (
            (DriverReserved(R1, ANN, OFFER, 1, 1), DriverReleased(R2, ANN, OFFER, "over")),
            "event 2 releases driver ann from r2, who is reserved for r1",
        ),
        (
            (DriverReserved(R1, ANN, OFFER, 1, 1), DriverFolded(ANN, None, None, True, ())),
            "event 2 folds driver ann into what the events before do not come to",
        ),
    ],
)
def test_what_no_ride_and_no_driver_can_take_is_told_and_left_out(events: tuple[Event, ...], finding: str) -> None:
    (told,) = found(*events)
    assert told.startswith(finding)


def test_an_event_in_the_stream_of_somebody_else_is_told() -> None:
    event = RideCancelled(R1, "passenger")
    assert Bindings().fault(7, "ride/r2", event) == "event 7 of ride/r1 stands with ride/r2"
