"""What sockets ask the file about people: who has a phone, who somebody is, whether a ride of theirs goes on."""

from pathlib import Path

from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.storage.failures import explained
from dispatch.storage.people import logins, people
from dispatch.storage.tables.opening import open_read_only
from dispatch.values import UNNAMED, Passenger


class Directory:
    """Reads over a connection of its own, which belongs to the thread that made it."""

    def __init__(self, path: str | Path) -> None:
        """Raises as `open_read_only` does."""
        self._path = str(path)
        self._db = open_read_only(path)

    def id_of(self, phone: str) -> str:
        """The id of whoever has this phone, in its canonical form, or will have been the first to come with it. An id is itself."""
        with explained(self._path):
            return people.id_meant(self._db, phone)

    def passenger(self, person_id: str) -> Passenger | None:
        """This person as a passenger, with name and phone; None: nobody."""
        with explained(self._path):
            named = people.name_and_phone(self._db, PersonId(person_id))
        return Passenger(PassengerId(person_id), named[0] or UNNAMED, named[1]) if named is not None else None

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        """Whether this ride was booked by this passenger, or for them. One statement, whatever the answer is."""
        return self._any("SELECT 1 FROM rides WHERE ride_id = ? AND passenger_id = ?", ride_id, passenger_id)

    def is_open(self, ride_id: RideId) -> bool:
        """Whether the ride is booked, and not over."""
        return self._any("SELECT 1 FROM rides WHERE ride_id = ? AND ended_at IS NULL", ride_id)

    def has_ride(self, driver_id: DriverId) -> bool:
        """Whether the driver has a ride that is not over."""
        return self._any("SELECT 1 FROM drivers WHERE driver_id = ? AND ride_id IS NOT NULL", driver_id)

    def revoked_since(self, since: float) -> tuple[str, ...]:
        """Login sessions that were ended since this Unix second."""
        with explained(self._path):
            return logins.revoked_since(self._db, since)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _any(self, query: str, *values: str) -> bool:
        with explained(self._path):
            return self._db.execute(query, values).fetchone() is not None
