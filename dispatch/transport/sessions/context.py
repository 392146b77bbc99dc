"""What all sessions of a process share: the runtime, the position board, limits, counters, and what makes their frames."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from dispatch.domain.places.eta import EtaModel, TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.pricing.money import USUAL_DIGITS
from dispatch.transport import wire
from dispatch.transport.sessions.frames import Frames
from dispatch.transport.sessions.limits import SessionLimits
from dispatch.values import Passenger


class Mail(Protocol):
    """What takes the mail of an address."""

    def deliver(self, message: Any) -> None:
        """One message, at once."""


class RuntimePort(Protocol):
    """What sessions and HTTP routes need of the runtime."""

    @property
    def now(self) -> float:
        """Unix time in seconds."""

    def read_clock(self) -> None:
        """Take `now` anew, outside a turn."""

    def tell(self, address: str, message: Any) -> bool:
        """False: nobody will handle it."""

    def set_timer(self, delay_s: float, address: str, message: Any) -> None:
        """Tell it later."""

    def sink(self, address: str, sink: Mail) -> None:
        """Hand mail for `address` over."""

    def remove_sink(self, address: str) -> None:
        """No more."""


class Counters:
    """What passed, by type of frame, and what was not let pass. Since the start of the process."""

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
    """Made once, as the `Gateway`."""

    def __init__(
        self,
        runtime: RuntimePort,
        board: PositionBoard,
        limits: SessionLimits,
        *,
        epoch: str,
        default_passenger: Passenger,
        wall_zero: float = 0.0,
        show_phones: bool = False,
        currency: str = "",
        currency_digits: int = USUAL_DIGITS,
        travel: EtaModel | None = None,
    ) -> None:
        """
        Args:
            runtime: the post and the clock.
            board: where positions are written.
            limits: what one session may take.
            epoch: stands in every message of a stream; another one means that its numbers began anew.
            default_passenger: who rides where the app does not say.
            wall_zero: Unix time of runtime second 0.
            show_phones: drivers read the passenger's whole phone before they accept.
            currency: of all fares, for people; empty: none is named.
            currency_digits: of its smaller unit, in which fees are told.
            travel: how long the way to a pickup takes; None: at constant speed.
        """
        self.runtime = runtime
        self.board = board
        self.limits = limits
        self.default_passenger = default_passenger
        self.counters = Counters()
        self.frames = Frames(
            runtime,
            board,
            travel or TravelModel(),
            epoch=epoch,
            wall_zero=wall_zero,
            show_phones=show_phones,
            currency=currency,
            currency_digits=currency_digits,
        )
