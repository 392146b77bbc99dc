"""The binding of a driver: free, reserved for the ride he accepted, or bound to it. Pure.

Whether he wants offers and whether anyone hears him are told apart: a lost connection never touches a binding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    AvailabilitySet,
    CommandDone,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferDeclined,
)
from dispatch.messages.matching import ClaimGranted
from dispatch.values import DriverCard
from dispatch.words import Binding, ReleaseReason

FREE: Final = Binding.FREE
RESERVED: Final = Binding.RESERVED
BOUND: Final = Binding.BOUND
BINDINGS: Final = tuple(Binding)

BINDING: Final[dict[str, dict[type[Message], str]]] = {
    FREE: {DriverReserved: RESERVED},
    RESERVED: {ClaimGranted: BOUND, DriverReleased: FREE},
    BOUND: {ClaimGranted: BOUND, DriverReleased: FREE},
}
assert tuple(BINDING) == BINDINGS, "every binding has its row"

GAVE_UP: Final = ReleaseReason.GAVE_UP
"""Why a driver was released whose ride goes on without him: he is not asked for it again."""
NOS_KEPT: Final = 16
"""Only those count that he said while the same ride was offered anew: more than he can hold offers at once."""

UNBINDING: Final = frozenset(
    (DriverRegistered, DriverOnline, DriverOffline, AvailabilitySet, OfferDeclined, CommandDone, DriverFolded)
)
"""Events of a driver that leave his binding as it is."""


def stranger(driver_id: DriverId) -> DriverCard:
    """Who a driver is before anyone registered him."""
    return DriverCard(driver_id, f"Driver {driver_id[-4:]}", driver_id)


def next_binding(binding: str, event: type[Message]) -> str:
    """Where this leads. Raises IllegalTransition where the table has no such step."""
    if event in UNBINDING:
        return binding
    target = BINDING[binding].get(event)
    if target is None:
        raise IllegalTransition(f"a driver who is {binding} cannot take {event.__name__}")
    return target


class DriverRecord(msgspec.Struct):
    """What events tell of one driver. `ride` is the reservation that binds him or may bind him, `declined` what he declined last."""

    driver_id: DriverId
    card: DriverCard | None = None
    binding: str = FREE
    ride: DriverReserved | None = None
    wants_offers: bool = True
    declined: tuple[RideId, ...] = ()

    def folded(self) -> DriverFolded:
        """All of it in one event."""
        return DriverFolded(self.driver_id, self.card, self.ride, self.wants_offers, self.declined)

    def apply(self, event: Message) -> None:
        """Take one event in. Raises IllegalTransition and changes nothing where the table has no such step."""
        self.binding = next_binding(self.binding, type(event))
        remember = _MEMORIES.get(type(event))
        if remember is not None:
            remember(self, event)


def _remember_card(driver: DriverRecord, event: DriverRegistered) -> None:
    driver.card = event.driver


def _remember_wish(driver: DriverRecord, event: AvailabilitySet) -> None:
    driver.wants_offers = event.available


def _remember_ride(driver: DriverRecord, event: DriverReserved) -> None:
    driver.ride = event


def _unfold(driver: DriverRecord, event: DriverFolded) -> None:
    """The first event of a life that began here says all; in the middle of one it says what is known."""
    if driver.binding == FREE and event.ride is not None:
        driver.binding = RESERVED
    driver.card, driver.ride, driver.wants_offers = event.driver or driver.card, event.ride, event.wants_offers
    driver.declined = event.declined


def _forget_ride(driver: DriverRecord, event: DriverReleased) -> None:
    driver.ride = None
    if event.reason == GAVE_UP:
        driver.declined = (*driver.declined, event.ride_id)[-NOS_KEPT:]


def _remember_no(driver: DriverRecord, event: OfferDeclined) -> None:
    driver.declined = (*driver.declined, event.ride_id)[-NOS_KEPT:]


_MEMORIES: dict[type[Message], Callable[[DriverRecord, Any], None]] = {
    DriverRegistered: _remember_card,
    AvailabilitySet: _remember_wish,
    DriverReserved: _remember_ride,
    DriverReleased: _forget_ride,
    OfferDeclined: _remember_no,
    DriverFolded: _unfold,
}
