"""What all sessions of a process share: the runtime, the position board, limits, counters, and what makes their frames."""

from collections import Counter

from dispatch.config import Settings
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.money import USUAL_DIGITS
from dispatch.runtime import Runtime
from dispatch.transport import wire
from dispatch.transport.sessions.frames import Frames
from dispatch.values import Passenger


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


class SessionContext:
    """What sessions share. The one instance is the `Gateway`."""

    def __init__(
        self,
        runtime: Runtime,
        board: PositionBoard,
        settings: Settings,
        *,
        epoch: str,
        default_passenger: Passenger,
        currency_digits: int = USUAL_DIGITS,
        zones: ZoneMap = ONE_ZONE,
    ) -> None:
        """
        Args:
            runtime: the post and the clock.
            board: where positions are written.
            settings: what one session may take, and how frames are written.
            epoch: stands in every message of a stream; another one means that its numbers began anew.
            default_passenger: who rides where the app does not say.
            currency_digits: of the currency's smaller unit, in which fees are told.
            zones: to which zone a position goes.
        """
        self.runtime = runtime
        self.board = board
        self.settings = settings
        self.zones = zones
        self.vehicles = Vehicles.of(settings.vehicle_types)
        self.default_passenger = default_passenger
        self.counters = Counters()
        self.frames = Frames(runtime, settings, epoch, currency_digits)
