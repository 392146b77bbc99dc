"""Identities: of people, rides, drivers, passengers, offers and quotes, and the pattern of those that apps choose themselves."""

from typing import Final, NewType

RideId = NewType("RideId", str)
DriverId = NewType("DriverId", str)
PassengerId = NewType("PassengerId", str)
OfferId = NewType("OfferId", str)
QuoteId = NewType("QuoteId", str)
PersonId = NewType("PersonId", str)
"""A person in any role. The same text is the `PassengerId` and the `DriverId` of that person."""

CHOSEN_ID: Final = "[A-Za-z0-9_-]{1,64}"
"""A ride's id, which the passenger's app chooses: a regular expression for the whole of it. Ids of quotes look the same."""

UNNAMED_ZONE: Final = "0"
"""The zone of all places that no map names: while nobody draws one, the only zone."""

Number = tuple[int, int]
"""A microsecond of Unix time and a count, compared in that order, so that numbers of several processes can be compared.

The life of an actor, and a question that waits for an answer: when the process started that keeps the actor (its epoch), and the count
there. Numbers of a later process are higher. A connection: when it was opened, and the count of its process.
"""
NO_NUMBER: Final[Number] = (0, 0)
"""Lower than every number that is given."""
