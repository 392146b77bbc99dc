"""The ride actor: the one truth of an assignment. Accept, cancel, give-up and every step of the ride pass through its mailbox."""

from __future__ import annotations

from dispatch import addresses
from dispatch.actors.acceptance import ChoosingRide
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, PENDING, UNBOOKED
from dispatch.messages.base import Message
from dispatch.messages.commands import Attach, Detach
from dispatch.messages.events import RideAssigned, SearchFailed
from dispatch.messages.matching import (
    AnnounceState,
    ClaimGranted,
    ClaimRide,
    EndSearch,
    RideLost,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
)
from dispatch.messages.notices import DriverAssigned, NoDrivers, PassengerSnapshot, Searching
from dispatch.messages.tracking import StopFollowing
from dispatch.runtime import receives
from dispatch.values import DriverCard


class _Rebuilt(Message, frozen=True, gc=False):
    """There was a life before this one, and a turn of it was lost."""


class RideActor(ChoosingRide):
    """One booking. It decides from its own record alone, in the order in which messages arrive."""

    __slots__ = ()

    # -- its life

    def restore(self) -> list[Message]:
        events = super().restore()
        self._search_again()
        self.wait_for_time()
        self.arm_end()
        self.follow()
        return events

    def on_quarantine(self, error_id: str) -> None:
        """Whoever is bound to this ride, or looks for a driver for it, goes on without it."""
        super().on_quarantine(error_id)
        ride, tell = self.ride, self.runtime.tell
        if ride.driver is not None and not ride.is_over:
            tell(addresses.driver(ride.driver.driver_id), RideLost(ride.ride_id, "system", "out of service"))
            if self._tracks is not None:
                tell(self._tracker(), StopFollowing(ride.ride_id))
        if ride.status == PENDING:
            tell(self.dispatcher(), EndSearch(ride.ride_id, ride.search_no, "cancelled"))

    def carry_over(self, before: RideActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self.runtime.tell(self.address, _Rebuilt())

    @receives(_Rebuilt)
    def _on_rebuilt(self, message: _Rebuilt) -> None:
        """Whatever its app was to hear in the turn that was lost."""
        if self.ride.status != UNBOOKED:
            self._say_snapshot()
        self.retire_later()

    # -- the passenger's connection

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        if self.take_link(message):
            self.welcome(message)
            self.follow()

    def has_news(self) -> bool:
        return self.ride.status != UNBOOKED

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        if message.number != self.link_number or self.link is None:
            return
        self.link = None
        self.on_link_lost()

    def on_link_lost(self) -> None:
        if self.ride.status == PENDING:
            self.arm_end()
        self.follow()
        self.retire_later()

    # -- the search

    def _search_again(self) -> None:
        if self.ride.status == PENDING:
            self.send(self.dispatcher(), SearchDriver(self.card(), self.ride.requested_at, again=True))

    @receives(AnnounceState)
    def _on_announce_state(self, message: AnnounceState) -> None:
        """A dispatcher that was rebuilt may have lost our request. A search that it knows already it does not begin twice."""
        self._search_again()

    @receives(RoundOpened)
    def _on_round_opened(self, message: RoundOpened) -> None:
        ride = self.ride
        if ride.status != PENDING or message.search_no != ride.search_no:
            return
        assert ride.trip is not None
        self.say(Searching, ride.ride_id, message.round_no, message.drivers_notified, ride.fare, message.expires_at)

    @receives(SearchExhausted)
    def _on_search_exhausted(self, message: SearchExhausted) -> None:
        ride = self.ride
        if ride.status != PENDING or message.search_no != ride.search_no:
            return
        self.record(SearchFailed(ride.ride_id, message.reason, message.rounds, message.drivers_asked))
        self.say(NoDrivers, ride.ride_id, message.reason, message.rounds, message.drivers_asked)
        self.retire_later()

    @receives(ClaimRide)
    def _on_claim(self, message: ClaimRide) -> None:
        """A driver accepted. Asked again, the answer is the same: it depends on the record alone."""
        self.depend_on(message.after)
        ride, driver_id = self.ride, message.driver.driver_id
        if ride.status == PENDING and message.search_no == ride.search_no:
            self.choose(message)
        elif ride.is_driven_by(driver_id) and ride.offer_id == message.offer_id:
            self.tell_driver(driver_id, self.granted_before())
        else:
            self.refuse_claim(message)

    # -- what is done in more than one place

    def assign(self, claim: ClaimRide) -> None:
        ride, now = self.ride, self.runtime.now
        assert ride.trip is not None
        way = self.way_to_pickup(claim)
        pin = f"{self.runtime.rng('pin').randrange(10_000):04d}" if ride.trip.pin else ""
        self.record(RideAssigned(ride.ride_id, claim.driver, claim.offer_id, claim.round_no, now, way[-1], pin))
        self.tell_driver(claim.driver.driver_id, ClaimGranted(self.card(), claim.offer_id, ACCEPTED))
        self.send(self.dispatcher(), EndSearch(ride.ride_id, ride.search_no, "taken"))
        self.say(DriverAssigned, ride.ride_id, claim.driver, *way, pin)
        self.arm_end()
        self.follow()

    def _say_snapshot(self, recovered: bool = False) -> PassengerSnapshot:
        ride = self.ride
        driver: DriverCard | None = ride.driver
        pin = ride.pin if ride.status in (ACCEPTED, ARRIVED) else ""
        snapshot: PassengerSnapshot = self.say(
            PassengerSnapshot,
            ride.ride_id,
            ride.status,
            ride.fare if ride.trip else None,
            driver,
            recovered,
            pin,
            ride.pickup_at,
            ride.payment_status,
            *self.way_left(),
        )
        return snapshot
