"""The only place that spells addresses. Actors know one another by these names, never by reference."""

from dispatch.ids import DriverId, Number, PassengerId, PersonId, QuoteId, RideId

JOURNAL, PRICING, PAYMENTS, TEXTS, PUSHES = "journal", "pricing", "payments", "texts", "pushes"
PURGES = "purges"
"""The stream of what was purged. No actor has this address."""
RIDE, DRIVER, DISPATCHER, TRACKER, SESSION = "ride", "driver", "dispatcher", "tracker", "session"
QUOTE, REQUEST, PASSENGER, POSITIONS, PERSON = "quote", "request", "passenger", "positions", "person"
OVERVIEW = "overview"
PULSE = "pulse"
"""Where the server tries out how late its mail is."""


def ride(ride_id: RideId) -> str:
    """The ride actor of this booking."""
    return "ride/" + ride_id


def driver(driver_id: DriverId) -> str:
    """The driver actor of this driver."""
    return "driver/" + driver_id


def passenger(passenger_id: PassengerId) -> str:
    """The passenger's own actor: which ride is theirs now."""
    return "passenger/" + passenger_id


def person(person_id: PersonId) -> str:
    """The stream of what was done to a person's file. No actor has this address."""
    return "person/" + person_id


def dispatcher(zone: str) -> str:
    """The dispatcher of one zone."""
    return "dispatcher/" + zone


def tracker(zone: str) -> str:
    """Who watches the drivers that are on the way to pickups of one zone."""
    return "tracker/" + zone


def positions(zone: str) -> str:
    """Where positions enter a zone."""
    return "positions/" + zone


def overview(zone: str) -> str:
    """What desks see of a zone."""
    return "overview/" + zone


def session(number: Number) -> str:
    """One connection. The higher of two numbers is the newer."""
    opened, count = number
    return f"session/{opened}.{count}"


def quote(quote_id: QuoteId) -> str:
    """The quote actor of this quote."""
    return "quote/" + quote_id


def request(number: Number) -> str:
    """One question of an HTTP request or of the desk that waits for an answer."""
    epoch, count = number
    return f"request/{epoch}.{count}"


def kind_of(address: str) -> str:
    """`ride` of `ride/42`."""
    return address.partition("/")[0]


def name_of(address: str) -> str:
    """`42` of `ride/42`."""
    return address.partition("/")[2]
