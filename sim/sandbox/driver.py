"""A simulated driver of the sandbox: drives on streets, cruises while free, keeps away for somebody else's offer, and may misbehave."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import atan2, degrees
from typing import Any, ClassVar, Final

from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId
from dispatch.messages.base import Message
from dispatch.transport import wire
from dispatch.values import Point
from sim.people.behaviour import DriverBehaviour
from sim.people.driver import Decide, DriverPhone, Drives, PassengerBoarded, ReachPickup
from sim.people.phone import Table
from sim.report.figures import RunFigures
from sim.sandbox.clock import SteeredClock
from sim.sandbox.demand import Wishes
from sim.sandbox.town import Drive, SandboxTown

SPEED_MPS: Final = 7.0
"""25 km/h, as the ETAs of a sandbox tell."""
BEHAVIOUR: Final = DriverBehaviour(accept=0.75, decline=0.15, reaction_median_s=3.0, boarding_s=5.0)
REST_S: Final = (3.0, 30.0)
"""A free driver stands so long, then drives on to another street."""
LATE_BY_S: Final = (0.5, 4.0)
"""Some of these accepts still win (`late_grace`), others come too late."""
SECOND_ACCEPT_S: Final = 1.0
AWAY_S: Final = 180.0
"""Whoever vanishes at the pickup is back after this."""
SLOW_BY_S: Final = 4.0
ASKS_AGAIN_S: Final = 1.0
"""A driver who has heard no pin asks for it so often."""
LEFT_ROUNDS, LEFT_AFTER_S = 2, (0.5, 1.5)
"""A ride that is left to somebody else is declined so soon, in so many rounds: whoever is to have it is asked in the second at the
latest, and if nobody took it then, it is anybody's.
"""


class Trouble(StrEnum):
    """What a misbehaving driver does."""

    NONE = ""
    LATE_ACCEPT = "late_accept"
    DOUBLE_ACCEPT = "double_accept"
    VANISH = "vanish"
    SLOW_LINK = "slow_link"


class Cruise(Message, frozen=True, gc=False):
    """A free driver has stood long enough, or is where the driver wanted to go. Void after a ride: then `number` is an old one."""

    number: int
    stands: bool


class Accept(Message, frozen=True, gc=False):
    """Accept this offer, whatever has become of it."""

    ride_id: str
    offer_id: str


class SandboxDriver(DriverPhone):
    """`trouble`: what the driver does wrong. `yields`: takes no offers, so that somebody else gets them."""

    def __init__(
        self,
        driver_id: DriverId,
        clock: SteeredClock,
        road: SteeredClock,
        town: SandboxTown,
        wishes: Wishes,
        dice: Any,
        figures: RunFigures,
    ) -> None:
        at = wishes.kerb(dice).point
        super().__init__(driver_id, clock, dice, BEHAVIOUR, TravelModel(), at, figures)
        self.road: SteeredClock = road
        self.leg = Drive(town, [at, at], road.now, SPEED_MPS)
        self.trouble = Trouble.NONE
        self.yields = False
        self.vanished = False
        self.leaves: Callable[[str], bool] = lambda ride_id: False
        """Leaves this ride to a driver who is not simulated, if there is one; whether it did."""
        self.hears_pin: Callable[[str], str | None] = lambda ride_id: None
        """What the passenger of this ride says at the car; None: nothing yet."""
        self.on_vanish: Callable[[], None] = lambda: None
        """Cuts the link for a while."""
        self._town, self._wishes = town, wishes
        self._cruise = 0
        self._rest()

    def report(self) -> None:
        """Send the position, and while the car moves also where it heads."""
        if self.link is None:
            return
        now = self.road.now
        here, soon = self.leg.position(now), self.leg.position(now + 1.0)
        moves = here != soon and self.road.rate > 0.0
        self.link.send(
            wire.LocationUpdate(
                latitude=round(here[0], 6),
                longitude=round(here[1], 6),
                heading=self._heading(here, soon) if moves else None,
                speed_mps=round(SPEED_MPS * self.road.rate, 1) if moves else 0.0,
                accuracy_m=5.0,
            )
        )

    def set_yields(self, yields: bool) -> None:
        """Take no offers from now on, or take them again; the server is told."""
        if self.yields != yields:
            self.yields = yields
            self.send(wire.SetAvailability(available=not yields))

    def came_back(self) -> None:
        """The link is there again: what the server may not know is said again, and a passenger who was left standing is let in."""
        if self.yields:
            self.send(wire.SetAvailability(available=False))
        if self.vanished:
            self.vanished = False
            if self.ride is not None:
                self.deliver(ReachPickup(self.ride.ride_id))

    # -- offers

    def _on_ride_request(self, frame: wire.RideRequest) -> None:
        if frame.round <= LEFT_ROUNDS and self.leaves(frame.ride_id):
            self.figures.offered()
            self.offers[frame.offer_id] = frame.ride_id
            self.later(self.rng.uniform(*LEFT_AFTER_S), Decide(frame.offer_id, accept=False))
            return
        if self.trouble is not Trouble.LATE_ACCEPT:
            super()._on_ride_request(frame)
            return
        self.figures.offered()
        self.offers[frame.offer_id] = frame.ride_id
        self.later(frame.ttl_ms / 1000.0 + self.rng.uniform(*LATE_BY_S), Accept(frame.ride_id, frame.offer_id))

    def _on_decide(self, message: Decide) -> None:
        ride_id = self.offers.get(message.offer_id)
        super()._on_decide(message)
        if self.trouble is Trouble.DOUBLE_ACCEPT and message.accept and ride_id is not None:
            self._on_accept(Accept(ride_id, message.offer_id))
            self.later(SECOND_ACCEPT_S, Accept(ride_id, message.offer_id))

    def _on_accept(self, message: Accept) -> None:
        self.send(wire.AcceptRide(ride_id=message.ride_id, driver_id=self.driver_id, offer_id=message.offer_id))

    # -- rides

    def _on_reach_pickup(self, message: ReachPickup) -> None:
        if self.trouble is Trouble.VANISH and not self.vanished and self._is_on(message.ride_id):
            self.send(wire.Arrived(ride_id=message.ride_id))
            self.vanished = True
            self.trouble = Trouble.NONE  # once is enough
            self.on_vanish()
            return
        super()._on_reach_pickup(message)

    def _on_board(self, message: PassengerBoarded) -> None:
        if self.ride is not None and self._is_on(message.ride_id) and self.ride.pin_required:
            self.pin = self.hears_pin(message.ride_id)
            if self.pin is None:
                self.later(ASKS_AGAIN_S, message)
                return
        super()._on_board(message)

    def _set_out(self, ride: wire.RideAccepted | wire.CurrentRide) -> None:
        self._cruise += 1
        super()._set_out(ride)

    def _be_free(self) -> None:
        super()._be_free()
        self._rest()

    def _leg(self, start: Point, to: Point, now: float) -> Drives:
        return Drive(self._town, self._town.way(start, to), now, SPEED_MPS)

    # -- cruising

    def _rest(self) -> None:
        self._cruise += 1
        self.road.set_timer(self.rng.uniform(*REST_S), self.address, Cruise(self._cruise, stands=True))

    def _on_cruise(self, message: Cruise) -> None:
        if message.number != self._cruise or self.ride is not None:
            return
        if message.stands:
            self._drive(self._wishes.kerb(self.rng).point, Cruise(self._cruise, stands=False))
        else:
            self._rest()

    def _heading(self, here: Point, soon: Point) -> float:
        north_m, east_m = self._town.offset_m(here, soon)
        return round(degrees(atan2(east_m, north_m)) % 360.0, 1) % 360.0

    frames: ClassVar[Table] = {**DriverPhone.frames, wire.RideRequest: _on_ride_request}
    timers: ClassVar[Table] = {
        **DriverPhone.timers,
        Decide: _on_decide,
        ReachPickup: _on_reach_pickup,
        PassengerBoarded: _on_board,
        Accept: _on_accept,
        Cruise: _on_cruise,
    }
