"""One search: its rounds, the places of the round under way, and who may still be asked. Pure: it decides, the dispatcher acts.

A round has `batch` places. A decline or a silence uses a place up until the round ends; a place whose driver vanished or turned out
busy, or that was never filled, is open. A round ends when no offer of it is open; it never ends before one was made. After the last
round whoever newly becomes eligible is asked at once, as many at a time as a round has places.
"""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.domain.matching.policy import SearchPolicy
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.values import Lease, RideCard

USES_UP: Final = frozenset(("declined", "expired"))
"""Outcomes of an offer that use its place up; every other outcome opens it again."""


def ride_of(offer_id: OfferId) -> RideId:
    """The ride that an offer made by `Search.offer` is for."""
    return RideId(offer_id.rsplit(".", 2)[0])


class OpenOffer(msgspec.Struct):
    """An offer that is not closed. `lapsed`: the driver was silent for the time that he was told, the late grace still runs."""

    lease: Lease
    lapsed: bool = False
    claimed: bool = False


class Search(msgspec.Struct):
    """The state of one search. `since` is when it began, runtime seconds; searches are served by (since, ride_id).

    `late`: somebody was asked after the last round was over. `radius_m`: how far the round under way reaches; 0 before the first.
    `blocked`: whoever is never to meet this passenger. `met`: everyone who ever had an offer. Where places are shown
    one by one: `shown_at` is when the last one was, `held_back` until it is time for the next, `run_dry` that nobody is left for
    the others of this round.
    """

    card: RideCard
    since: float
    policy: SearchPolicy
    round_no: int = 0
    used: int = 0
    serial: int = 0
    capped: bool = False
    late: bool = False
    arrivals: int = 0
    radius_m: float = 0.0
    shown_at: float = 0.0
    held_back: bool = False
    run_dry: bool = False
    open: dict[OfferId, OpenOffer] = msgspec.field(default_factory=dict)
    asks: dict[DriverId, int] = msgspec.field(default_factory=dict)
    refusals: dict[DriverId, None] = msgspec.field(default_factory=dict)
    blocked: dict[DriverId, None] = msgspec.field(default_factory=dict)
    met: dict[DriverId, None] = msgspec.field(default_factory=dict)

    # -- questions

    @property
    def rank(self) -> tuple[float, RideId]:
        """Who waits longest comes first; ties by ride id."""
        return (self.since, self.card.ride_id)

    @property
    def rounds_spent(self) -> bool:
        """No round is left: only drivers who newly become eligible are asked."""
        return self.round_no >= self.policy.rounds

    def running(self) -> int:
        """Offers whose told time is not over."""
        return sum(1 for offer in self.open.values() if not offer.lapsed)

    def unclaimed(self) -> list[Lease]:
        """The offers that nobody has said yes to."""
        return [offer.lease for offer in self.open.values() if not offer.claimed]

    def round_is_over(self) -> bool:
        """Some place was used up and no offer is open. A claim that the ride has not answered keeps the round, and so does a place
        that was not shown yet.
        """
        if not self.used or (self.policy.stagger_s and self.used < self.policy.batch and not self.run_dry):
            return False
        return all(offer.lapsed and not offer.claimed for offer in self.open.values())

    def free_places(self) -> int:
        """Places of this round that an eligible driver may take now."""
        if self.capped or self.late or self.round_is_over():
            return 0
        running = self.running()
        free = max(0, self.policy.batch - self.used - running)
        if not self.policy.stagger_s:
            return free
        return 0 if running and self.held_back else min(1, free)

    def may_open_round(self) -> bool:
        """Whether the next round may open now."""
        return not self.capped and not self.rounds_spent and self.round_is_over()

    def wants_drivers(self) -> bool:
        """Whether a newly eligible driver would be asked."""
        return self.may_open_round() or self.free_places() > 0 or self.takes_newcomers()

    def takes_newcomers(self) -> bool:
        """The last round is over, and fewer newcomers than a round has places are thinking."""
        if self.capped or not self.rounds_spent:
            return False
        return (self.late or self.round_is_over()) and self.running() < self.policy.batch

    def is_spent(self) -> bool:
        """The cap is over and nobody has time left to answer."""
        return self.capped and all(offer.lapsed and not offer.claimed for offer in self.open.values())

    def never_asked(self, driver_id: DriverId) -> bool:
        """Drivers of the first choice."""
        return driver_id not in self.asks and driver_id not in self.refusals and driver_id not in self.blocked

    def may_ask(self, driver_id: DriverId) -> bool:
        """Not after a decline; after silence a set number of times more; not while he holds an offer of this ride."""
        asks = self.asks.get(driver_id)
        if asks is None:
            return driver_id not in self.refusals and driver_id not in self.blocked
        if asks > self.policy.asks_after_silence or driver_id in self.refusals or driver_id in self.blocked:
            return False
        return all(offer.lease.driver_id != driver_id for offer in self.open.values())

    # -- what happens to it

    def open_round(self, radius_m: float | None = None) -> None:
        """The next round, all places open. It reaches so far; None: as far as any."""
        self.round_no += 1
        self.used, self.run_dry = 0, False
        self.radius_m = self.policy.radius_m if radius_m is None else radius_m

    def offer(self, driver_id: DriverId, distance_m: float, now: float) -> Lease:
        """Take a place for this driver, with the whole offer time of its own."""
        self.late = self.late or self.round_is_over()
        self.serial += 1
        self.met[driver_id] = None
        self.asks[driver_id] = self.asks.get(driver_id, 0) + 1
        expires_at = now + self.policy.offer_timeout_s
        ride_id, search_no = self.card.ride_id, self.card.search_no
        lease = Lease(
            OfferId(f"{ride_id}.{search_no}.{self.serial}"),
            ride_id,
            driver_id,
            search_no,
            self.round_no,
            expires_at,
            expires_at + self.policy.late_grace_s,
            distance_m,
        )
        self.open[lease.offer_id] = OpenOffer(lease)
        self.show(now)
        return lease

    def show(self, now: float) -> None:
        """A driver sees a place of this round; the next one has to wait."""
        self.shown_at, self.held_back = now, bool(self.policy.stagger_s)

    def dries_up(self) -> bool:
        """Nobody is left for the places that were not shown. True: that ends the round."""
        self.run_dry = bool(self.policy.stagger_s and self.used and not self.running())
        return self.run_dry

    def lapse(self, now: float) -> bool:
        """The told time of these offers is over: their places are used up. True: some lapsed. The next place may be shown, too."""
        if self.held_back and now >= self.shown_at + self.policy.stagger_s:
            self.held_back = False
        due = [o for o in self.open.values() if not o.lapsed and not o.claimed and o.lease.expires_at <= now]
        for offer in due:
            offer.lapsed = True
            if offer.lease.round_no == self.round_no:
                self.used += 1
        return bool(due)

    def expired(self, now: float) -> list[Lease]:
        """Close the offers whose late grace is over too, and name them."""
        leases = [o.lease for o in self.open.values() if o.lapsed and not o.claimed and o.lease.closes_at <= now]
        for lease in leases:
            del self.open[lease.offer_id]
        return leases

    def claim(self, offer_id: OfferId) -> None:
        """The driver said yes; the ride decides. Until then his place is neither used up nor open, not even if he was silent before."""
        offer = self.open.get(offer_id)
        if offer is None:
            return
        offer.claimed = True
        if offer.lapsed and offer.lease.round_no == self.round_no:
            offer.lapsed = False
            self.used -= 1

    def end_offer(self, offer_id: OfferId, outcome: str) -> Lease | None:
        """An offer ended with this outcome. None: it was closed before."""
        offer = self.open.pop(offer_id, None)
        if offer is None:
            return None
        driver_id = offer.lease.driver_id
        if outcome == "declined":
            self.refusals[driver_id] = None
        if outcome in USES_UP:
            if not offer.lapsed and offer.lease.round_no == self.round_no:
                self.used += 1
        else:
            self._unask(offer)
        return offer.lease

    def _unask(self, offer: OpenOffer) -> None:
        """He never had the chance to answer, so this ask does not count against him."""
        driver_id = offer.lease.driver_id
        asks = self.asks[driver_id] - 1
        if asks:
            self.asks[driver_id] = asks
        else:
            del self.asks[driver_id]
        if offer.lapsed and offer.lease.round_no == self.round_no:
            self.used -= 1
