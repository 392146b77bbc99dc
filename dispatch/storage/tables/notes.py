"""What actors ask of a journal beside the events: the facts of the tables as dictionaries, for the journal in memory."""

from __future__ import annotations

from msgspec.structs import replace

from dispatch.domain.driver.record import stranger
from dispatch.domain.ratings import mean_rating
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import DriverRegistered, RideRated, RideRequested, RideScheduled
from dispatch.values import DriverCard, Passenger
from dispatch.words import Party


class Notes:
    """Each event writes into it as its row in `dispatch.storage.tables.views` says."""

    def __init__(self) -> None:
        self.open_rides: dict[RideId, float] = {}
        """Rides that are not over, each with the time since which it waits."""
        self.unpaid: dict[RideId, None] = {}
        self.reserved: dict[DriverId, RideId] = {}
        """Drivers who are reserved for a ride or on one."""
        self.online: dict[DriverId, None] = {}
        self.cards: dict[DriverId, DriverCard] = {}
        self.passengers: dict[PassengerId, Passenger] = {}
        self._ratings: dict[DriverId, tuple[float, int, int]] = {}

    def book(self, event: RideRequested | RideScheduled) -> None:
        """A ride is open. Its passenger is known by the name on file unless the app said another."""
        self.open_rides[event.ride_id] = event.at
        passenger = event.passenger
        if event.is_named or passenger.passenger_id not in self.passengers:
            self.passengers[passenger.passenger_id] = passenger

    def register(self, event: DriverRegistered) -> None:
        """A driver has this card. The card of a stranger replaces none."""
        card = event.driver
        if card != stranger(card.driver_id) or card.driver_id not in self.cards:
            self.cards[card.driver_id] = card

    def rate(self, event: RideRated) -> None:
        """A driver's card shows the mean of all ratings. Nobody asks for a passenger's."""
        card = self.cards.get(event.driver_id)
        if event.by == Party.PASSENGER and card is not None:
            first, stars, ratings = self._ratings.get(event.driver_id, (card.rating, 0, 0))
            self._ratings[event.driver_id] = rated = first, stars + event.rating, ratings + 1
            self.cards[event.driver_id] = replace(card, rating=mean_rating(*rated))
