"""Which events cannot be true beside one another: a ride with two drivers, a driver on two rides, a step that nobody can take.

One rule for a start, which looks at what it wakes, for `dispatch db check`, which looks at all, and for `dispatch db mend`.
"""

from typing import Any, Final

from dispatch import addresses
from dispatch.domain.driver.record import FREE, RESERVED, next_binding
from dispatch.domain.ride.record import UNBOOKED, next_status
from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, RideId
from dispatch.masking.phones import masked_id
from dispatch.messages.events import (
    DriverFolded,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    PassengerNoShow,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideStarted,
    RideUnassigned,
)
from dispatch.storage.tables.views import EVENTS
from dispatch.words import RideStatus

SET_ASIDE: Final = "set-aside/"
"""Before the stream of an event that `dispatch db mend` found impossible: it is kept, and nobody is woken from it any more."""
_ENDS: Final = (RideUnassigned, RideCompleted, RideCancelled, PassengerNoShow)
_STEPS: Final = (RideArrived, RideStarted, RideCompleted, RideUnassigned, PassengerNoShow)
"""Only the driver of a ride takes these."""


class Bindings:
    """Takes events in their order. One that cannot be true beside those before it is left out, and said.

    `status` of each ride, `driver_of` each ride that has one, `kept` the reservation of each driver who is reserved.
    """

    def __init__(self) -> None:
        self.status: dict[RideId, RideStatus] = {}
        self.driver_of: dict[RideId, DriverId] = {}
        self.kept: dict[DriverId, DriverReserved] = {}
        self._ride_of: dict[DriverId, RideId] = {}
        self._met: set[DriverId] = set()

    def fault(self, n: int, stream: str, event: Any) -> str:
        """Why event `n` of this stream cannot be true, as a clause; empty: it can, and is taken."""
        owner = EVENTS[type(event)].owner
        if owner == addresses.RIDE:
            own, judge = addresses.ride(event.ride_id), self._of_ride
        elif owner == addresses.DRIVER:
            own, judge = addresses.driver(_driver_of(event)), self._of_driver
        else:
            is_lost = owner and stream.partition("/")[0] in (addresses.RIDE, addresses.DRIVER)
            return f"event {n}, {type(event).__name__}, stands with {_readable(stream)}" if is_lost else ""
        return judge(n, event) if stream == own else f"event {n} of {_readable(own)} stands with {_readable(stream)}"

    # -- rides

    def _of_ride(self, n: int, event: Any) -> str:
        ride_id: RideId = event.ride_id
        driver_id = self.driver_of.get(ride_id)
        if isinstance(event, RideAssigned) and (twice := self._twice(n, event)):
            return twice
        try:
            status = next_status(self.status.get(ride_id, UNBOOKED), type(event))
        except IllegalTransition as error:
            return f"event {n} of ride {ride_id} cannot be: {error}"
        if isinstance(event, _STEPS) and event.driver_id != driver_id:
            others = "has none" if driver_id is None else f"has {masked_id(driver_id)}"
            return f"driver {masked_id(event.driver_id)} has ride {ride_id} by event {n}, and it {others}"
        self.status[ride_id] = status
        if isinstance(event, RideAssigned):
            self.driver_of[ride_id], self._ride_of[event.driver.driver_id] = event.driver.driver_id, ride_id
        elif isinstance(event, _ENDS) and driver_id is not None:
            del self.driver_of[ride_id], self._ride_of[driver_id]
        return ""

    def _twice(self, n: int, event: RideAssigned) -> str:
        ride_id, driver_id = event.ride_id, event.driver.driver_id
        other_driver, other_ride = self.driver_of.get(ride_id), self._ride_of.get(driver_id)
        kept = self.kept.get(driver_id)
        if other_driver is not None and other_driver != driver_id:
            return (
                f"ride {ride_id} has driver {masked_id(driver_id)} by event {n} and {masked_id(other_driver)} as well"
            )
        if other_ride not in (None, ride_id):
            return f"driver {masked_id(driver_id)} is on ride {ride_id} by event {n} and on {other_ride} as well"
        if kept is not None and kept.ride_id != ride_id:
            return f"driver {masked_id(driver_id)} is on ride {ride_id} by event {n} and reserved for {kept.ride_id}"
        return ""

    # -- drivers

    def _of_driver(self, n: int, event: Any) -> str:
        driver_id = _driver_of(event)
        kept = self.kept.get(driver_id)
        named: RideId | None = getattr(event, "ride_id", None)
        if isinstance(event, DriverFolded):
            if driver_id in self._met and (event.ride and event.ride.ride_id) != (kept and kept.ride_id):
                return f"event {n} folds driver {masked_id(driver_id)} into what the events before do not come to"
            kept = event.ride
        elif isinstance(event, DriverReserved) and kept is not None and kept.ride_id != named:
            return f"driver {masked_id(driver_id)} is reserved for {named} by event {n} and for {kept.ride_id} as well"
        else:
            try:
                next_binding(FREE if kept is None else RESERVED, type(event))
            except IllegalTransition as error:
                return f"event {n} of driver {masked_id(driver_id)} cannot be: {error}"
            if isinstance(event, DriverReleased) and kept is not None and kept.ride_id != named:
                return (
                    f"event {n} releases driver {masked_id(driver_id)} from {named}, who is reserved for {kept.ride_id}"
                )
            kept = event if isinstance(event, DriverReserved) else None if isinstance(event, DriverReleased) else kept
        self._met.add(driver_id)
        if kept is None:
            self.kept.pop(driver_id, None)
        else:
            self.kept[driver_id] = kept
        return ""


def _driver_of(event: Any) -> DriverId:
    named: DriverId = event.driver.driver_id if isinstance(event, DriverRegistered) else event.driver_id
    return named


def _readable(stream: str) -> str:
    kind, slash, name = stream.partition("/")
    return kind + slash + masked_id(name)
