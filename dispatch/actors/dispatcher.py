"""The dispatcher of one zone: supply and offer rounds. It never decides who got a ride.

`domain.matching` has the rules: searches and their rounds, and who can be asked. This actor asks, listens and keeps time.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatch import addresses
from dispatch.actors.requested import RequestedSearches
from dispatch.actors.timed import CLOCK_SLACK_S
from dispatch.domain.matching.choice import Choice, Hits
from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.search import Search, ride_of
from dispatch.domain.matching.search_history import search_of
from dispatch.domain.matching.supply import Supplied, Supply
from dispatch.domain.matching.verdicts import Verdicts
from dispatch.domain.matching.waiting import WaitingList
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import OfferPlaced, OffersClosed, OffersMade
from dispatch.messages.matching import (
    DECLINED_BEFORE,
    AnnounceState,
    CloseOffer,
    DriverGone,
    DriverSeen,
    DriverState,
    EndSearch,
    OfferRide,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
)
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives
from dispatch.values import Lease


class _Sweep(Message, frozen=True, gc=False):
    """Look again for drivers who drove into reach of a waiting search."""


class _Withdrawn(Message, frozen=True, gc=False):
    """The offers of these drivers are closed, and the word of it is ahead of whatever they are asked now."""

    driver_ids: tuple[DriverId, ...]


class DispatcherActor(RequestedSearches):
    """One zone's offers."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore, policy: SearchPolicy, supply: Supply) -> None:
        super().__init__(runtime, address, store)
        self.policy = policy
        self.supply = supply
        self.choice = Choice(supply, policy)
        self._verdicts: Verdicts | None = None
        self._waiting = WaitingList(policy.radius_m)
        self._sweeping = False
        self._rebuilt = False

    # -- its life

    def carry_over(self, before: DispatcherActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._rebuilt = True

    def on_start(self) -> None:
        """Searches from events, then from what every driver says of himself."""
        if self._rebuilt:
            self._go_on()
        if (
            self.policy.explain_candidates
        ):  # not before: nobody is known yet, and there is no turn in which to record it
            self._verdicts = Verdicts(self.supply, self.policy, self.choice)

    def _go_on(self) -> None:
        for ride_id in dict.fromkeys((*self.store.open_rides(), *self.requests)):
            self._resume(ride_id)
        for address in self.runtime.addresses(addresses.DRIVER):
            self.send(address, AnnounceState())
        for search in list(self.searches.values()):
            self._advance(search)

    def _resume(self, ride_id: RideId) -> None:
        """Go on with this search where its events end."""
        search = search_of(ride_id, [*self.store.events_of_ride(ride_id), *self.on_its_way()], self.policy)
        if search is None:
            return
        self.searches[ride_id] = search
        self._block(search)
        search.capped = self.runtime.now >= search.since + self.policy.search_cap_s
        for offer_id, offer in search.open.items():
            if not offer.claimed:
                self.supply.get(offer.lease.driver_id).pending[offer_id] = ride_id
            self.remind(search, offer.lease.expires_at)
            self.remind(search, offer.lease.closes_at)  # the told time may be over already
        self.remind(search, search.since + self.policy.search_cap_s)
        if search.held_back:
            self.remind(search, search.shown_at + self.policy.stagger_s)
        if not search.round_no:
            self._open_round(search)

    # -- rides

    @receives(SearchDriver)
    def _on_search(self, message: SearchDriver) -> None:
        self.depend_on(message.after)
        ride_id = message.ride.ride_id
        self.note_request(message)
        older = self.searches.get(ride_id)
        if older is not None and older.card.search_no >= message.ride.search_no:
            return
        if message.again:
            self._resume_again(ride_id, older)
            return
        search = self.searches[ride_id] = Search(message.ride, message.since, self.policy)
        if older is not None:
            search.refusals = older.refusals
        self._block(search)
        self.remind(search, search.since + self.policy.search_cap_s)
        self._open_round(search, older)
        self._settle(search)

    def _resume_again(self, ride_id: RideId, older: Search | None) -> None:
        """The ride was rebuilt, or lost its driver and is offered anew."""
        if older is not None:
            self._close(older, "superseded")
        self._resume(ride_id)
        search = self.searches.get(ride_id)
        if search is not None:
            self._advance(search)

    @receives(EndSearch)
    def _on_end_search(self, message: EndSearch) -> None:
        search = self.searches.get(message.ride_id)
        if search is not None and search.card.search_no <= message.search_no:
            self._close(search, message.reason)

    # -- drivers

    @receives(DriverState)
    def _on_driver_state(self, message: DriverState) -> None:
        driver_id = message.driver_id
        supplied = self.supply.get(driver_id)
        if (message.incarnation, message.version) <= (supplied.incarnation, supplied.version):
            return
        forgot = message.asked or message.incarnation > supplied.incarnation
        supplied.incarnation, supplied.version = message.incarnation, message.version
        self.supply.announced(driver_id, message.status, message.vehicle_type)
        touched: Search | None = None
        if message.ended is not None:
            touched = self._offer_ended(supplied, message.ended, message.outcome)
            if message.outcome in ("declined", DECLINED_BEFORE):
                self._refused(message.ride_id, driver_id)
        if forgot and (supplied.pending or message.offers):
            self._compare_offers(driver_id, supplied, message.offers)
        newly = self.supply.update(driver_id)
        if touched is not None:
            self._advance(touched)
        if newly:
            self._consult_waiting(driver_id)

    @receives(DriverGone)
    def _on_driver_gone(self, message: DriverGone) -> None:
        self.supply.forget(message.driver_id, message.incarnation)

    @receives(DriverSeen)
    def _on_driver_seen(self, message: DriverSeen) -> None:
        self.supply.drain()
        if self.supply.seen(message.driver_id):
            self._consult_waiting(message.driver_id)

    def _offer_ended(self, supplied: Supplied, offer_id: OfferId, outcome: str) -> Search | None:
        """The search whose place that was, if it is still under way."""
        ride_id = supplied.pending.pop(offer_id, None)
        search = self.searches.get(ride_id) if ride_id is not None else None
        if search is None or offer_id not in search.open:
            return None
        if outcome == "accepted":
            search.claim(offer_id)
            return None
        is_on_record = outcome == "declined"
        if outcome == DECLINED_BEFORE:
            outcome = "declined"
        lease = search.end_offer(offer_id, outcome)
        if lease is not None and not is_on_record:
            self.record(OffersClosed(lease.ride_id, (offer_id,), (lease.driver_id,), outcome))
        return search

    def _refused(self, ride_id: RideId | None, driver_id: DriverId) -> None:
        """A no counts for whatever search the ride has by now, even if the offer was closed when it came."""
        search = self.searches.get(ride_id) if ride_id is not None else None
        if search is not None:
            search.refusals[driver_id] = None

    def _compare_offers(self, driver_id: DriverId, supplied: Supplied, known: tuple[OfferId, ...]) -> None:
        """One of us was rebuilt. What he does not know: its place is open, and should it still reach him, it is closed behind it.
        What we do not know: its search ended meanwhile.
        """
        for offer_id in known:
            if offer_id not in supplied.pending:
                self.send(addresses.driver(driver_id), CloseOffer(offer_id, ride_of(offer_id), "unavailable"))
        for offer_id, ride_id in list(supplied.pending.items()):
            if offer_id in known:
                continue
            search = self._offer_ended(supplied, offer_id, "vanished")
            self.send(addresses.driver(driver_id), CloseOffer(offer_id, ride_id, "unavailable"))
            if search is not None:
                self._advance(search)

    # -- timers

    def keep_time(self, search: Search) -> None:
        """An offer of this search runs out, or its late grace does, or the search itself."""
        now = self.runtime.now + CLOCK_SLACK_S
        if now >= search.since + self.policy.search_cap_s:
            search.capped = True
        if search.lapse(now):
            self.remind(search, self.runtime.now + self.policy.late_grace_s)
        expired = search.expired(now)
        if expired:
            self._expire(search, expired)
        self._advance(search)

    @receives(_Sweep)
    def _on_sweep(self, message: _Sweep) -> None:
        """Everyone else was asked, or may not be, when his search began to wait or when he became eligible."""
        self._sweeping = False
        for driver_id in self.supply.stirred():
            self._consult_waiting(driver_id)
        self._sweep_later()

    # -- rounds

    def _advance(self, search: Search) -> None:
        """Whatever happened to this search: give up, open the next round, or fill the places that are open."""
        if search.is_spent():
            self._give_up(search)
            return
        if search.may_open_round():
            if self._pick(search, 1):
                self._open_round(search)
        elif search.takes_newcomers():
            self._refill(search, self._pick(search, self.policy.batch - search.running()))
        elif places := search.free_places():
            picked = self.choice.pick(search, places, search.radius_m, self.runtime.now)
            if not picked and not search.running():
                picked, search.radius_m = self.choice.for_wider_round(search, places, self.runtime.now)
            self._refill(search, picked)
            if not picked and search.dries_up():
                self._advance(search)
                return
        self._settle(search)

    def _pick(self, search: Search, k: int) -> Hits:
        """Up to `k` whom the search may ask now, however far a round reaches."""
        return self.choice.pick(search, k, self.policy.radius_m, self.runtime.now)

    def _open_round(self, search: Search, older: Search | None = None) -> None:
        """The next round, even if there is nobody to ask. `older`: the search that this one supersedes."""
        if older is not None:
            self._lend_back(older)
        now = self.runtime.now
        picked, radius_m = self.choice.for_next_round(search, self.policy.shown_at_once, now)
        search.open_round(radius_m)
        search.arrivals = self.supply.arrivals
        leases = [search.offer(driver_id, distance_m, now) for distance_m, driver_id in picked]
        expires_at = now + self.policy.offer_timeout_s
        if older is not None:
            self._supersede(older, {lease.driver_id for lease in leases})
        if leases:
            self._offer(search, leases)
        else:
            self._explain(search, ())
        opened = RoundOpened(search.card.search_no, search.round_no, len(leases), expires_at)
        self.send(addresses.ride(search.card.ride_id), opened)

    def _refill(self, search: Search, picked: Hits) -> None:
        for distance_m, driver_id in picked:
            self._offer(search, [search.offer(driver_id, distance_m, self.runtime.now)], refill=True)

    def _offer(self, search: Search, leases: list[Lease], refill: bool = False) -> None:
        ride_id, card = search.card.ride_id, search.card
        placed = tuple(OfferPlaced(lease.offer_id, lease.driver_id, lease.pickup_distance_m) for lease in leases)
        self._explain(search, leases, refill)
        terms = (leases[0].expires_at, refill, search.radius_m, search.late)
        self.record(OffersMade(ride_id, card.search_no, search.round_no, placed, *terms))
        for lease in leases:
            self.supply.get(lease.driver_id).pending[lease.offer_id] = ride_id
            self.supply.update(lease.driver_id)
            self.send(addresses.driver(lease.driver_id), OfferRide(lease, card))
        self.remind(search, leases[0].expires_at)
        if search.held_back:
            self.remind(search, search.shown_at + self.policy.stagger_s)

    def _explain(self, search: Search, leases: Sequence[Lease], refill: bool = False) -> None:
        if self._verdicts is not None:
            self.record(self._verdicts.on(search, leases, self.runtime.now, refill))

    def _consult_waiting(self, driver_id: DriverId) -> None:
        """A driver became eligible: the longest-waiting search in reach that may ask him has him."""
        supply, searches = self.supply, self.searches
        while len(self._waiting) and supply.eligible(driver_id):
            position = supply.position(driver_id, self.runtime.now)
            hit = position and self._waiting.first(
                *position, lambda ride_id, distance_m: self._would_ask(searches[ride_id], driver_id, distance_m)
            )
            if not hit:
                return
            search, distance_m = searches[hit[0]], hit[1]
            if search.may_open_round():
                self._open_round(search)
                self._settle(search)
            elif distance_m > search.radius_m:
                self._advance(search)
            else:
                self._refill(search, [(distance_m, driver_id)])
                self._settle(search)

    def _would_ask(self, search: Search, driver_id: DriverId, distance_m: float) -> bool:
        return self.choice.is_in_reach(search, distance_m) and self.choice.may_join(search, driver_id)

    def _block(self, search: Search) -> None:
        """Those whom this passenger is never to meet, as they are on file now."""
        search.blocked = dict.fromkeys(self.store.blocked_drivers(search.card.passenger.passenger_id))

    # -- ends

    def _withdraw(self, ride_id: RideId, leases: Sequence[Lease], reason: str) -> None:
        """Close these offers. Their drivers are free without saying so: one who was just taken refuses what he is asked."""
        for lease in leases:
            self.supply.get(lease.driver_id).pending.pop(lease.offer_id, None)
            self.send(addresses.driver(lease.driver_id), CloseOffer(lease.offer_id, ride_id, reason))
        if leases:
            self.send(self.address, _Withdrawn(tuple([lease.driver_id for lease in leases])))

    @receives(_Withdrawn)
    def _on_withdrawn(self, message: _Withdrawn) -> None:
        for driver_id in message.driver_ids:
            self.supply.get(driver_id)  # of whom a dispatcher made anew may not have heard yet
            self.supply.update(driver_id)
            self._consult_waiting(driver_id)

    def _lend_back(self, older: Search) -> None:
        """Whoever holds an offer of the superseded search may be asked for the new one in its place."""
        for lease in older.unclaimed():
            if self.supply.get(lease.driver_id).pending.pop(lease.offer_id, None) is not None:
                self.supply.update(lease.driver_id)

    def _supersede(self, older: Search, asked_again: set[DriverId]) -> None:
        """Close the old offers; those who are asked again learn it by the new one."""
        leases = [lease for lease in older.unclaimed() if lease.driver_id not in asked_again]
        self._withdraw(older.card.ride_id, leases, "superseded")

    def _expire(self, search: Search, leases: list[Lease]) -> None:
        ride_id = search.card.ride_id
        offers, drivers = tuple(x.offer_id for x in leases), tuple(x.driver_id for x in leases)
        self.record(OffersClosed(ride_id, offers, drivers, "expired"))
        self._withdraw(ride_id, leases, "expired")

    def _give_up(self, search: Search) -> None:
        card = search.card
        reason = "nobody accepted" if search.met else "nobody near"
        spent = SearchExhausted(card.search_no, reason, search.round_no, len(search.met))
        leases = [offer.lease for offer in search.open.values()]
        if leases:
            search.open.clear()
            self._expire(search, leases)
        self.send(addresses.ride(card.ride_id), spent)
        self._close(search, "expired")

    def _close(self, search: Search, reason: str) -> None:
        ride_id = search.card.ride_id
        del self.searches[ride_id]
        self._waiting.remove(ride_id)
        self._withdraw(ride_id, search.unclaimed(), reason)

    # -- bookkeeping

    def _settle(self, search: Search) -> None:
        """A search that would ask one more driver waits where newly eligible ones look."""
        ride_id, pickup = search.card.ride_id, search.card.trip.pickup
        if self.searches.get(ride_id) is search and search.wants_drivers():
            self._waiting.add(search.rank, pickup.lat, pickup.lon)
            self._sweep_later()
        else:
            self._waiting.remove(ride_id)

    def _sweep_later(self) -> None:
        if not self._sweeping and len(self._waiting):
            self._sweeping = True
            self.runtime.set_timer(self.policy.sweep_every_s, self.address, _Sweep())
