"""The record of a driver: what the driver's events come to, and the table of how a driver is bound to a ride. Pure.

A binding is `free`, `reserved` for the ride whose offer the driver accepted, or `bound` to it. A lost connection never changes it.
"""

from typing import Final

import msgspec

from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, OfferId, RideId
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
from dispatch.phones import phone_in
from dispatch.values import DriverCard
from dispatch.words import Binding, DriverStatus, ReleaseReason

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

OFFLINE: Final = DriverStatus.OFFLINE
ASLEEP: Final = DriverStatus.ASLEEP
AVAILABLE: Final = DriverStatus.AVAILABLE
WANTS_NO_OFFERS: Final = DriverStatus.UNAVAILABLE
BUSY: Final = DriverStatus.BUSY

GAVE_UP: Final = ReleaseReason.GAVE_UP
"""The reason of a release from a ride that goes on without the driver, who is not asked for this ride again."""
DECLINES_REMEMBERED: Final = 16
"""A decline matters only while the same ride is offered anew. This is more than the offers that a driver may hold at once."""

UNBINDING: Final = frozenset(
    (DriverRegistered, DriverOnline, DriverOffline, AvailabilitySet, OfferDeclined, CommandDone, DriverFolded)
)
"""Events of a driver that leave the binding unchanged."""


def stranger(driver_id: DriverId) -> DriverCard:
    """The card of a driver whom nobody has registered."""
    phone = phone_in(driver_id)
    return DriverCard(driver_id, f"Driver {phone[-4:]}", phone)


def next_binding(binding: str, event: type[Message]) -> str:
    """The binding after an event of this type. Raises IllegalTransition where the table has no such step."""
    if event in UNBINDING:
        return binding
    target = BINDING[binding].get(event)
    if target is None:
        raise IllegalTransition(f"a driver who is {binding} cannot take {event.__name__}")
    return target


def status_of(
    *, is_busy: bool, is_connected: bool, held_back: DriverStatus | None, wants_offers: bool, can_be_woken: bool = False
) -> DriverStatus:
    """How a driver is told to everybody. `held_back`: why the driver's file keeps offers away. `can_be_woken`: the connection was lost
    not long ago, and a push can reach the app.
    """
    if is_busy:
        return BUSY
    if not is_connected:
        return ASLEEP if can_be_woken and held_back is None and wants_offers else OFFLINE
    if held_back is not None:
        return held_back
    return AVAILABLE if wants_offers else WANTS_NO_OFFERS


class DriverRecord(msgspec.Struct):
    """All that events tell of one driver.

    `reservation`: the offer that the driver accepted, while the driver is reserved for its ride or bound to it. `declined`: the rides
    that the driver declined last. `is_known`: a connection has spoken for this driver. `unfolded`: the number of events since the
    last fold. `held_back`: why the driver's file keeps offers away; `wakes_until`: while no connection speaks for the driver, until
    when a push can wake the app (Unix seconds), 0 where none can. No event of the driver tells these two.
    """

    driver_id: DriverId
    card: DriverCard | None = None
    binding: str = FREE
    reservation: DriverReserved | None = None
    wants_offers: bool = True
    declined: tuple[RideId, ...] = ()
    is_known: bool = False
    unfolded: int = 0
    held_back: DriverStatus | None = None
    wakes_until: float = 0.0

    def apply(self, event: Message) -> None:
        """Fold one event in. Raises IllegalTransition and changes nothing where the table has no such step."""
        kind = type(event)
        if kind not in UNBINDING:
            self.binding = next_binding(self.binding, kind)
        self.unfolded += 1
        if isinstance(event, DriverReserved):
            self.reservation = event
        elif isinstance(event, DriverReleased):
            self.reservation = None
        elif isinstance(event, DriverRegistered):
            self.card = event.driver
        elif isinstance(event, AvailabilitySet):
            self.wants_offers = event.available
        elif isinstance(event, DriverOnline):
            self.is_known = True
        elif isinstance(event, DriverFolded):
            # As the first event of a record it says all. Later it says what is known, and a binding stays.
            if self.binding == FREE and event.ride is not None:
                self.binding = RESERVED
            self.card, self.reservation = event.driver or self.card, event.ride
            self.wants_offers, self.declined = event.wants_offers, event.declined
            self.is_known, self.unfolded = True, 0
        if isinstance(event, OfferDeclined) or (isinstance(event, DriverReleased) and event.reason == GAVE_UP):
            self.declined = (*self.declined, event.ride_id)[-DECLINES_REMEMBERED:]

    def claims(self, offer_id: OfferId) -> bool:
        """Whether the driver is reserved by this offer, and its ride has not answered."""
        return self.binding == RESERVED and self.reservation is not None and self.reservation.offer_id == offer_id

    def folded(self) -> DriverFolded:
        """One event that stands for all events so far."""
        return DriverFolded(self.driver_id, self.card, self.reservation, self.wants_offers, self.declined)

    def status(self, is_connected: bool) -> DriverStatus:
        """What the dispatcher is told. Only a driver who is `available` or `asleep` is offered rides."""
        return status_of(
            is_busy=self.binding != FREE,
            is_connected=is_connected,
            held_back=self.held_back,
            wants_offers=self.wants_offers and self.card is not None,
            can_be_woken=self.wakes_until > 0.0,
        )
