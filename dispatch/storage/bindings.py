"""Who drives for whom, event by event: nobody on two rides, no ride with two drivers. Used by `dispatch db check`."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.messages.events import (
    DriverReleased,
    DriverReserved,
    Event,
    PassengerNoShow,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideUnassigned,
)
from dispatch.types import DriverId, RideId

_ENDS = (RideUnassigned, RideCompleted, RideCancelled, PassengerNoShow)


class Bindings:
    """Takes events in their order, and says of each what it breaks."""

    def __init__(self) -> None:
        self._driver_of: dict[RideId, DriverId] = {}
        self._ride_of: dict[DriverId, RideId] = {}
        self._kept_for: dict[DriverId, RideId] = {}

    def faults(self, n: int, event: Event) -> Iterator[str]:
        """What event `n` cannot be true beside, a clause each."""
        if isinstance(event, RideAssigned):
            yield from self._assigned(n, event.ride_id, event.driver.driver_id)
        elif isinstance(event, _ENDS):
            driver_id = self._driver_of.pop(event.ride_id, None)
            if driver_id is not None and self._ride_of.get(driver_id) == event.ride_id:
                del self._ride_of[driver_id]
        elif isinstance(event, DriverReserved):
            before = self._kept_for.get(event.driver_id)
            self._kept_for[event.driver_id] = event.ride_id
            if before not in (None, event.ride_id):
                yield f"driver {event.driver_id} keeps himself for {event.ride_id} by event {n} and for {before} as well"
        elif isinstance(event, DriverReleased):
            self._kept_for.pop(event.driver_id, None)

    def _assigned(self, n: int, ride_id: RideId, driver_id: DriverId) -> Iterator[str]:
        other_driver = self._driver_of.get(ride_id)
        other_ride = self._ride_of.get(driver_id)
        self._driver_of[ride_id], self._ride_of[driver_id] = driver_id, ride_id
        if other_driver not in (None, driver_id):
            yield f"ride {ride_id} has driver {driver_id} by event {n} and {other_driver} as well"
        if other_ride not in (None, ride_id):
            yield f"driver {driver_id} is on ride {ride_id} by event {n} and on {other_ride} as well"
