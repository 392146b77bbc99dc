"""One zone on any runtime: who is awake, whom a failure is blamed on, and who goes on after a restart."""

from typing import Any

import pytest

from dispatch import addresses
from dispatch.assembly import assemble, culprit, make_runtime, recover
from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.messages.events import ChargeRequested, DriverReserved, Event, RideAssigned, RideCompleted, RideRequested
from dispatch.messages.journal import Append, Appended
from dispatch.messages.matching import OfferRide
from dispatch.runtime import Actor, VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.values import Money, Trip
from tests.actors.rig import ANN, CARD, DAN, EVE, OFFER, OTHER_RIDE, RIDE, TRIP, lease


class House:
    """A runtime and its journal, before anything is assembled."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.runtime = make_runtime(VirtualRuntime, 1, self.settings)
        self.journal = MemoryJournal(self.runtime)
        self.runtime.sink(addresses.JOURNAL, self.journal)

    def holds(self, *events: Event) -> None:
        """These are on record, as an earlier process left them."""
        for number, event in enumerate(events, 1):
            stream = "driver/d1" if isinstance(event, DriverReserved) else f"ride/{event.ride_id}"
            self.journal.deliver(Append(stream, 1, number, 0.0, (event,)))

    def assemble(self) -> set[str]:
        """Assemble a zone, and say who is awake."""
        assemble(self.settings, self.runtime, self.journal, travel=TravelModel(), make_policy=None)
        return self.awake()

    def awake(self) -> set[str]:
        kinds = (addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER, addresses.TRACKER)
        return {address for kind in kinds for address in self.runtime.addresses(kind)}


@pytest.mark.parametrize(
    ("follow_drivers", "awake"), [("on", {"dispatcher/0", "tracker/0"}), ("off", {"dispatcher/0"})]
)
def test_a_zone_starts_with_its_dispatcher_and_its_tracker_where_drivers_are_followed(
    follow_drivers: str, awake: set[str]
) -> None:
    assert House(follow_drivers=follow_drivers).assemble() == awake


def test_open_and_unpaid_rides_go_on_after_a_restart_and_then_drivers_who_are_reserved() -> None:
    house, by_card = (
        House(follow_drivers="off"),
        Trip(TRIP.pickup, TRIP.dropoff, 5.2, 15.0, 85.5, payment_method="card"),
    )
    house.holds(
        RideRequested(RIDE, 1, ANN, TRIP, 0.0),
        DriverReserved(RIDE, DAN.driver_id, OFFER, 1, 1),
        RideAssigned(RIDE, DAN, OFFER, 1, 0.0),
        RideRequested(OTHER_RIDE, 1, ANN, by_card, 0.0),
        RideAssigned(OTHER_RIDE, EVE, OFFER, 1, 0.0),
        RideCompleted(OTHER_RIDE, EVE.driver_id, 85.5),
        ChargeRequested(OTHER_RIDE, ANN.passenger_id, Money(8550, "ZAR")),
    )
    house.assemble()
    assert recover(house.runtime, house.journal) == 1, "one of them is open"
    assert house.awake() == {"dispatcher/0", "ride/r1", "ride/r2", "driver/d1"}


@pytest.mark.parametrize(
    ("message", "blamed"),
    [
        pytest.param(RideRequested(RIDE, 1, ANN, TRIP, 0.0), "ride/r1", id="the ride that it names"),
        pytest.param(DriverReserved(RIDE, DAN.driver_id, OFFER, 1, 1), "driver/d1", id="the driver before the ride"),
        pytest.param(OfferRide(lease(), CARD), "ride/r1", id="the ride on its card"),
        pytest.param(Appended(1, 1), None, id="nobody"),
    ],
)
def test_whoever_a_message_is_about_is_blamed_for_what_it_does_to_a_dispatcher(
    message: Any, blamed: str | None
) -> None:
    assert culprit(message) == blamed


def test_a_failure_is_survived_where_somebody_hears_of_it_and_ends_the_run_where_nobody_does() -> None:
    class Clumsy(Actor):
        def on_receive(self, message: Any) -> None:
            raise ValueError(message)

    heard: list[str] = []
    kept = make_runtime(
        VirtualRuntime, 1, Settings(), lambda address, message, error, error_id: heard.append(f"{address}: {error}")
    )
    bare = make_runtime(VirtualRuntime, 1, Settings())
    for runtime in (kept, bare):
        runtime.factory("clumsy", lambda address, message, runtime=runtime: Clumsy(runtime, address))  # type: ignore[misc]
        runtime.tell("clumsy/1", "oh")
    kept.run()
    assert heard == ["clumsy/1: oh"]
    with pytest.raises(ValueError, match="oh"):
        bare.run()
