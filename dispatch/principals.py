"""Who asks: every command names its principal, and actors decide by it. Where requests come in, `admit` makes it; nobody else does."""

from enum import StrEnum
from typing import Final

import msgspec

from dispatch.ids import DriverId, RideId
from dispatch.words import Party


class Role(StrEnum):
    """What a principal may ask for depends on this, and on whose ride it is."""

    PASSENGER = "passenger"
    DRIVER = "driver"
    STAFF = "staff"
    """People of the operator."""
    SYSTEM = "system"
    """The server itself."""


PASSENGER: Final = Role.PASSENGER
DRIVER: Final = Role.DRIVER
STAFF: Final = Role.STAFF
"""For code that runs for every message: see `words`."""


class Principal(msgspec.Struct, frozen=True, gc=False):
    """A person, or the server itself, in one role.

    `id`: a person's id, or what `passenger_of` and the constants below say. `is_manager`: of staff who may do what dispatchers may not.
    """

    role: Role
    id: str
    is_manager: bool = False

    @property
    def by(self) -> Party:
        """The word for this role in events and frames."""
        return _PARTIES[self.role]


_PARTIES: Final = {
    Role.PASSENGER: Party.PASSENGER,
    Role.DRIVER: Party.DRIVER,
    Role.STAFF: Party.OPS,
    Role.SYSTEM: Party.SYSTEM,
}
OPERATIONS: Final = Principal(Role.STAFF, "ops", is_manager=True)
"""The operator's people, while nobody has to say who of them it is."""
SYSTEM: Final = Principal(Role.SYSTEM, "")
ANYBODY: Final = Principal(Role.PASSENGER, "")
"""Whoever asks for what everybody may know."""


def passenger_of(ride_id: RideId) -> Principal:
    """The passenger of this ride, whoever that is."""
    return Principal(PASSENGER, f"ride-{ride_id}")


def driver(driver_id: DriverId) -> Principal:
    """This driver."""
    return Principal(DRIVER, driver_id)
