"""What rooms need of one another, as protocols: the parts of a runtime, and of the record. `assembly` and `app` hand them in."""

from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.journal import Append
from dispatch.values import DriverCard, DriverFile, Passenger


class Tells(Protocol):
    """Whoever delivers messages: the part of a runtime that a provider answers with."""

    def tell(self, address: str, message: Any) -> None:
        """Put this message on its way to `address`. Nothing is promised: it may be lost."""


class Clock(Protocol):
    """The part of a runtime that fake apps need."""

    @property
    def now(self) -> float:
        """Runtime seconds."""

    def read_clock(self) -> None:
        """Take `now` from the real clock, if there is one."""

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Tell this message to `address` in so many seconds."""


class Post(Tells, Clock, Protocol):
    """The part of a runtime that a journal or a provider in virtual time needs."""

    def rng(self, name: str) -> Random:
        """The stream of dice of this name."""


class EventStore(Protocol):
    """The record, as actors use it. Everything that is read from it is committed."""

    @property
    def keeps_at_once(self) -> bool:
        """Whether `keep_now` keeps: no commit fails or is late, so nothing that follows from one is lost on its way."""

    def keep_now(self, append: Append) -> bool:
        """Commit these events at once and return True, if this journal can. False: the actor must send the message to the journal."""

    def may_send_ahead(self, address: str) -> bool:
        """Whether what an uncommitted event causes at `address` is kept or lost together with that event: whoever is there records in
        this very journal, and commits succeed, as far as is known. Everybody else is told after the commit.
        """

    def events_of(self, stream: str) -> Sequence[Message]:
        """All events of one actor, oldest first."""

    def events_of_ride(self, ride_id: RideId) -> Sequence[Message]:
        """All events of all actors that name this ride, oldest first."""

    def was_asked(self, driver_id: DriverId, ride_id: RideId) -> bool:
        """Whether this driver ever had an offer of this ride. A ride of which they had none costs what an unknown one does."""

    def open_rides(self) -> Sequence[RideId]:
        """Every ride that is not over, oldest first."""

    def driver_card(self, driver_id: DriverId) -> DriverCard | None:
        """The card of this driver; None: never registered."""

    def driver_file(self, driver_id: DriverId) -> DriverFile | None:
        """What staff keep about this driver; None: nobody put the driver on file."""

    def has_device(self, driver_id: DriverId) -> bool:
        """Whether the driver has a device that a push can wake."""

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        """The passenger with the name on file; None: there is none."""

    def blocked_drivers(self, passenger_id: PassengerId) -> Sequence[DriverId]:
        """Drivers who are never asked to drive this passenger."""

    def forget(self, ride_id: RideId) -> None:
        """This ride is over and its actor has left memory: its events need not be kept in memory any more."""


class JournalReads(EventStore, Protocol):
    """What both read sides answer: what actors ask, and what the composition root asks beside it.

    An answer holds everything that was `Appended` before the question, and nothing that was not.
    """

    def ride_exists(self, ride_id: RideId) -> bool:
        """Whether anybody ever booked under this id."""

    def reserved_drivers(self) -> Sequence[DriverId]:
        """Every driver who is reserved for a ride or on one, by id."""

    def unserved_since(self, at: float) -> Sequence[RideId]:
        """The latest rides that got no driver, since this Unix second: their callers may not know yet."""

    def unpaid_rides(self) -> Sequence[RideId]:
        """Every ride whose charge the provider has not settled, oldest first."""

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        """The passenger as last booked or seeded; None: never seen."""

    def default_passenger(self) -> Passenger | None:
        """The seeded passenger, to whom a ride belongs whose app names nobody; None: nothing was seeded."""
