"""What all sessions of a process share: the runtime, clocks of phones, limits, counters, and what makes their frames."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Protocol

from dispatch import addresses
from dispatch.area import served_area
from dispatch.config import Settings
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.clocks import PhoneClock
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.money import USUAL_DIGITS
from dispatch.identity.tokens import Claims
from dispatch.ids import UNNAMED_ZONE, DriverId, Number, RideId
from dispatch.runtime import Runtime
from dispatch.transport import wire
from dispatch.transport.sessions.frames import Frames
from dispatch.values import Passenger

UNNAMED_POSITIONS: Final = addresses.positions(UNNAMED_ZONE)
MOST_BOOKINGS: Final = 10_000
"""So many bookings are remembered until they are surely on file, or refused; then the oldest is forgotten."""
MOST_CLOCKS: Final = 100_000
"""So many phones' clocks are remembered; then the one that has been known longest is forgotten, and learnt again."""


class Counters:
    """Counts of frames and refusals since the start of the process."""

    def __init__(self) -> None:
        self.frames_in: Counter[type[wire.ClientMessage]] = Counter()
        self.frames_out: Counter[type[wire.ServerMessage]] = Counter()
        self.bad_frames = 0
        self.rate_limited = 0
        """Frames refused because their connection was too fast."""
        self.coalesced = 0
        """Pings and positions that a later one of the same connection replaced."""
        self.inaccurate = 0
        """Positions dropped because the phone itself did not trust them."""
        self.forbidden = 0
        self.refused: Counter[str] = Counter()
        """Commands that an actor refused, by error code."""
        self.closed: Counter[int] = Counter()
        """Connections that we ended, by close code."""


class OnFile(Protocol):
    """What a session asks about people and their rides."""

    def id_of(self, phone: str) -> str:
        """The id that this phone stands for, in its canonical form. Any other id stands for itself."""

    def passenger(self, person_id: str) -> Passenger | None:
        """This person as a passenger, with name and phone; None: nobody."""

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        """Whether this ride was booked by this passenger, or for them. A ride of somebody else costs what an unknown one does."""

    def is_open(self, ride_id: RideId) -> bool:
        """Whether the ride is booked, and not over."""

    def has_ride(self, driver_id: DriverId) -> bool:
        """Whether the driver has a ride that is not over."""


class NobodyOnFile:
    """Where people have no file: whoever names themselves is believed."""

    def id_of(self, phone: str) -> str:
        return phone

    def passenger(self, person_id: str) -> Passenger | None:
        return None

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        return False

    def is_open(self, ride_id: RideId) -> bool:
        return False

    def has_ride(self, driver_id: DriverId) -> bool:
        return False


class ReadsTokens(Protocol):
    """What believes an access token, or does not."""

    def read(self, token: str) -> Claims:
        """What it says. Raises BadToken."""

    def revoke(self, *, person_id: str = "", sessions: Iterable[str] = ()) -> None:
        """Believe no token any more that was made for this person so far, or for one of these login sessions."""


class SessionContext:
    """What sessions share. The one instance is the `Gateway`."""

    def __init__(
        self,
        runtime: Runtime,
        settings: Settings,
        *,
        default_passenger: Passenger,
        currency_digits: int = USUAL_DIGITS,
        zones: ZoneMap = ONE_ZONE,
    ) -> None:
        """
        Args:
            runtime: the post and the clock.
            settings: what one session may take, and how frames are written.
            default_passenger: who rides where the app does not say.
            currency_digits: of the currency's smaller unit, in which fees are told.
            zones: to which zone a position goes.
        """
        self.runtime = runtime
        self._clocks: dict[DriverId, PhoneClock] = {}
        self.settings = settings
        self.zones = zones
        self.area = served_area(settings)
        self.vehicles = Vehicles.of(settings.vehicle_types)
        self.default_passenger = default_passenger
        self.counters = Counters()
        self.on_file: OnFile = NobodyOnFile()
        self.proofs: ReadsTokens | None = None
        self._bookings: dict[tuple[RideId, str], None] = {}
        self.proved: dict[Number, Any] = {}
        """Open sessions whose speaker has proved something, by number."""
        self.frames = Frames(runtime, settings, currency_digits)

    def positions_at(self, lat: float, lon: float) -> str:
        """The address that takes positions of the zone of this place."""
        return addresses.positions(self.zones.zone_at(lat, lon)) if self.zones.tiles else UNNAMED_POSITIONS

    def note_booking(self, ride_id: RideId, passenger_id: str) -> None:
        """This passenger asks for this ride: it may be theirs, and not on file yet."""
        self._bookings[ride_id, passenger_id] = None
        if len(self._bookings) > MOST_BOOKINGS:
            del self._bookings[next(iter(self._bookings))]

    def forget_booking(self, ride_id: RideId, passenger_id: str) -> None:
        """The ride is on file now, or it is somebody else's."""
        self._bookings.pop((ride_id, passenger_id), None)

    def may_be_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        """Whether this ride is the passenger's on file, or may become so. Only the ride itself knows for sure."""
        is_on_file = self.on_file.is_ride_of(ride_id, passenger_id)
        return is_on_file or (ride_id, passenger_id) in self._bookings

    def clock_of(self, driver_id: DriverId) -> PhoneClock:
        """The clock of this driver's phone, as far as its reports tell, over all its connections to this process."""
        clock = self._clocks.get(driver_id)
        if clock is None:
            clock = self._clocks[driver_id] = PhoneClock()
            if len(self._clocks) > MOST_CLOCKS:
                del self._clocks[next(iter(self._clocks))]
        return clock
