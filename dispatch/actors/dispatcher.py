"""The dispatcher of one zone: it asks drivers as its policy decides, listens and keeps time. It never decides who has a ride.

`domain.matching` has the rules. A handler applies what happened, asks the policy, and carries out its moves: it records the event of
a move, which changes the search, and then tells whoever the event concerns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from operator import itemgetter

from dispatch import addresses
from dispatch.actors.recorded import RecordedActor
from dispatch.domain.matching.policy import (
    Ask,
    DriverEligible,
    EndRound,
    Happened,
    LookAgain,
    MatchingPolicy,
    OfferEnded,
    SearchDue,
    SearchOpened,
    Tick,
)
from dispatch.domain.matching.rounds import Rounds
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import ROUND, SPENT, Hits, Search, Searches, ride_of
from dispatch.domain.matching.supply import Supplied, Supply
from dispatch.domain.matching.zone import Agenda, Zone, considered
from dispatch.domain.ride.journey import act_known
from dispatch.errors import IllegalTransition, InternalError, Unavailable
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import DriverReserved, OfferDeclined, OffersClosed, RideRequested, RoundEnded, StaffActed
from dispatch.messages.journal import NotAppended
from dispatch.messages.matching import (
    AnnounceState,
    AskDriver,
    AskFree,
    AskSoonest,
    CloseOffer,
    DeskAnswered,
    DriverGone,
    DriverSeen,
    DriverState,
    EndSearch,
    FreeTold,
    OfferRide,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
    SoonestTold,
)
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives
from dispatch.values import Lease
from dispatch.words import AskVerdict, OfferOutcome, RefusalCode, RideStatus, SearchEnd, StaffAction


class _Due(Message, frozen=True, gc=False):
    """Something in the agenda is due at this second."""

    at: float


class _LookAgain(Message, frozen=True, gc=False):
    """The policy wanted to look again at this second."""

    at: float


class _Sweep(Message, frozen=True, gc=False):
    """Look again for drivers who drove into reach of a waiting search."""


class _Withdrawn(Message, frozen=True, gc=False):
    """The offers of these drivers are closed, and the drivers hear of that before anything that they are asked from now on."""

    driver_ids: tuple[DriverId, ...]


class DispatcherActor(RecordedActor):
    """One zone's offers. Its searches are what events fold into; the supply is what drivers announce, and asked for after a rebuild."""

    def __init__(
        self,
        runtime: Runtime,
        address: str,
        store: EventStore,
        rules: SearchRules,
        supply: Supply,
        policy: MatchingPolicy | None = None,
    ) -> None:
        """`policy`: None: rounds. It must be this zone's own."""
        self.searches = Searches(rules, store.blocked_drivers)
        super().__init__(runtime, address, store, self.searches)
        self.rules = rules
        self.supply = supply
        self.policy = policy or Rounds()
        self.zone = Zone(rules, supply, self.searches)
        self._agenda = Agenda(self.searches)
        self._is_sweeping = False
        self._looks_again_at = inf
        self._is_rebuilt = False

    # -- its life

    def carry_over(self, before: DispatcherActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._is_rebuilt = True
        self._ask_again([message for at, message in before._unsettled if at > self.recorded])

    def on_start(self) -> None:
        """A rebuilt dispatcher goes on where the events end; all drivers are asked who they are."""
        if not self._is_rebuilt:
            return
        requested = [message.ride.ride_id for _, message in self._unsettled if type(message) is SearchDriver]
        for ride_id in dict.fromkeys((*self.store.open_rides(), *requested)):
            self._resume(ride_id)
        for address in self.runtime.addresses(addresses.DRIVER):
            self.send(address, AnnounceState())
        # Not at once: when the drivers have answered, the nearest of all are known.
        for search in self.searches.values():
            self._set_timer(self._agenda.add(self.runtime.now, search))

    def _resume(self, ride_id: RideId) -> None:
        """Go on with the search of this ride where its events end, if the ride looks for a driver."""
        search = self._told(ride_id)
        if search is None or search.is_over:
            return
        self.searches[ride_id] = search
        for lease in search.unclaimed():
            self.supply.get(lease.driver_id).pending[lease.offer_id] = ride_id

    def _told(self, ride_id: RideId) -> Search | None:
        """The last search of this ride as the record tells it, with what is on its way there."""
        return self.searches.of_ride(ride_id, [*self.store.events_of_ride(ride_id), *self._on_their_way(ride_id)])

    def _on_their_way(self, ride_id: RideId) -> Iterator[Message]:
        """What this ride asked for and what was recorded of it here that may not be on disk yet, in the order in which it will be."""
        requests: list[tuple[int, tuple[Message, ...]]] = [
            (at, (_requested(message),))
            for at, message in self._unsettled
            if type(message) is SearchDriver and message.ride.ride_id == ride_id
        ]
        for _, events in sorted(requests + self._in_flight, key=itemgetter(0)):  # a request before what it led to
            yield from events

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        lost = self.lose(message)
        if lost is not None:
            self._ask_again(lost, Unavailable.code, f"nothing was done, try again: {message.reason}")
            self.runtime.rebuild(self.address)

    def on_set_aside(self, message: Message, error_id: str) -> None:
        self._ask_again([message], InternalError.code, str(InternalError(error_id)))

    def _ask_again(
        self, lost: Sequence[Message], code: RefusalCode = Unavailable.code, text: str = Unavailable.says
    ) -> None:
        """Rides whose requests were lost with their turns ask anew, if they still look for a driver. Staff hear that theirs was."""
        for message in lost:
            if type(message) is SearchDriver and message.after is not None:
                self.runtime.tell(addresses.ride(message.ride.ride_id), AnnounceState())
            elif type(message) is AskDriver:
                self.runtime.tell(message.reply_to, DeskAnswered(RideStatus.PENDING, code, text))

    # -- rides

    @receives(SearchDriver)
    def _on_search(self, message: SearchDriver) -> None:
        self.depend_on(message.after)
        ride_id = message.ride.ride_id
        older = self.searches.get(ride_id)
        if older is not None and older.card.search_no >= message.ride.search_no:
            return
        told = older
        # A search that was given up meanwhile, or before a rebuild, is not known here any more: its refusals are on record.
        if older is None and message.ride.search_no > 1:
            told = self._told(ride_id)
        if message.again or (told is not None and told.card.search_no >= message.ride.search_no):
            self._resume_again(ride_id, older)
            return
        leases = older.unclaimed() if older is not None else ()
        for lease in leases:  # whoever holds an offer of the superseded search may be asked for the new one instead
            if self.supply.get(lease.driver_id).pending.pop(lease.offer_id, None) is not None:
                self.supply.update(lease.driver_id)
        if older is not None:
            self.zone.leave(ride_id)
        if told is not None:
            self.searches[ride_id] = told
        self.searches.apply(_requested(message))
        search = self.searches[ride_id]
        self._begin(search)
        if leases:
            asked_again = [offer.lease.driver_id for offer in search.open.values()]  # they learn it by the new offer
            others = [lease for lease in leases if lease.driver_id not in asked_again]
            self._withdraw(ride_id, others, OfferOutcome.SUPERSEDED)

    def _resume_again(self, ride_id: RideId, older: Search | None) -> None:
        """The ride was rebuilt, or lost its driver and is offered anew."""
        if older is not None:
            self._close(older, OfferOutcome.SUPERSEDED)
        self._resume(ride_id)
        search = self.searches.get(ride_id)
        if search is not None:
            self._advance(search, SearchDue(ride_id))

    def _begin(self, search: Search) -> None:
        """Open the first round, even if there is nobody to ask: the passenger hears that the search is on."""
        self._decide(SearchOpened(search.card.ride_id))
        if not search.round_no:
            self._ask(search, [], None)

    @receives(AskDriver)
    def _on_ask_driver(self, message: AskDriver) -> None:
        """Staff have one driver asked, or bound. The rounds go on beside it."""
        known = self._known(message)
        if known is not None:
            self.send(message.reply_to, known)
            return
        search, driver_id = self.searches.get(message.ride_id), message.driver_id
        if search is None or search.card.search_no != message.search_no:
            self.send(message.reply_to, DeskAnswered(RideStatus.PENDING, Unavailable.code, Unavailable.says))
            return
        now, zone = self.runtime.now, self.zone
        zone.now = now
        held = search.lease_of(driver_id) if message.bind else None
        why_not: AskVerdict | None = AskVerdict.OFFLINE
        if driver_id in self.supply.drivers:
            why_not = zone.why_not_by_desk(search, driver_id, binds=message.bind, held=held is not None)
        if why_not is not None:
            text = f"this driver cannot be asked now: {why_not}"
            self.send(message.reply_to, DeskAnswered(RideStatus.PENDING, IllegalTransition.code, text, "driver_id"))
            return
        metres = zone.metres_to(search, driver_id)
        if held is None:
            asking = search.asking_one(driver_id, metres, now)
            self.record(asking)
            self.supply.hold(message.ride_id, asking.offers)
        action = StaffAction.BIND if message.bind else StaffAction.ASSIGN
        self.record(StaffActed(message.ride_id, message.staff_id, action, driver_id, message.command))
        (eta_s,) = self.supply.etas_s([(metres, driver_id)], search.card.trip.pickup.point, now)
        lease = held or search.open[asking.offers[0].offer_id].lease
        self.send(addresses.driver(driver_id), OfferRide(lease, search.card, eta_s, message.bind))
        self._settle(search)
        self.send(message.reply_to, DeskAnswered(RideStatus.PENDING))

    def _known(self, message: AskDriver) -> DeskAnswered | None:
        """What was answered to this before; None: it is new. What is on its way to the disk counts: the answer waits for it."""
        if message.command is None:
            return None
        events = [*self.store.events_of_ride(message.ride_id), *self._on_their_way(message.ride_id)]
        return act_known(message.ride_id, message.command, events, RideStatus.PENDING)

    @receives(AskSoonest)
    def _on_ask_soonest(self, message: AskSoonest) -> None:
        """For a price that somebody reads before booking. Nobody is asked or held for it."""
        self.zone.now = self.runtime.now
        told = SoonestTold(self.zone.soonest_s(message.place.point, message.vehicle_type))
        self.runtime.tell(message.reply_to, told)

    @receives(AskFree)
    def _on_ask_free(self, message: AskFree) -> None:
        """For a map that somebody looks at before booking."""
        self.zone.now = self.runtime.now
        points = self.zone.free_near(message.place.point, message.most, message.radius_m)
        self.runtime.tell(message.reply_to, FreeTold(tuple(points)))

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
        freed: Search | None = None
        if message.ended is not None and message.outcome is not None:
            freed = self._offer_ended(driver_id, supplied, message.ended, message.outcome)
        if forgot and (supplied.pending or message.offers):
            self._compare_offers(driver_id, supplied, message.offers)
        newly = self.supply.update(driver_id)
        if freed is not None and message.outcome is not None:
            self._advance(freed, OfferEnded(freed.card.ride_id, driver_id, message.outcome))
        if newly:
            self._offer_to_waiting(driver_id)

    @receives(DriverGone)
    def _on_driver_gone(self, message: DriverGone) -> None:
        self.supply.forget(message.driver_id, message.incarnation)

    @receives(DriverSeen)
    def _on_driver_seen(self, message: DriverSeen) -> None:
        self.supply.drain()
        if self.supply.seen(message.driver_id):
            self._offer_to_waiting(message.driver_id)

    def _offer_ended(
        self, driver_id: DriverId, supplied: Supplied, offer_id: OfferId, outcome: OfferOutcome
    ) -> Search | None:
        """Take the end of an offer into its search. Returns the search if a place of it came free by that."""
        was_pending = supplied.pending.pop(offer_id, None) is not None
        ride_id = ride_of(offer_id)
        search = self.searches.get(ride_id)
        if search is None:
            return None
        offer = search.open.get(offer_id) if was_pending else None
        if outcome == OfferOutcome.ACCEPTED:
            if offer is not None:
                terms = (offer.lease.search_no, offer.lease.round_no)
                self.searches.apply(DriverReserved(ride_id, driver_id, offer_id, *terms))
            return None
        # A no counts for whatever search the ride has by now, even if the offer was closed when it came. It is on record already.
        if outcome == OfferOutcome.DECLINED or (outcome == OfferOutcome.DECLINED_BEFORE and offer is None):
            self.searches.apply(OfferDeclined(ride_id, driver_id, offer_id))
        elif offer is not None:
            if outcome == OfferOutcome.DECLINED_BEFORE:
                outcome = OfferOutcome.DECLINED
            self.record(OffersClosed(ride_id, (offer_id,), (driver_id,), outcome))
        return search if offer is not None else None

    def _compare_offers(self, driver_id: DriverId, supplied: Supplied, known: tuple[OfferId, ...]) -> None:
        """One of us was rebuilt. An offer that the driver does not know gives its place back, and is closed in case it still arrives.
        The search of an offer that this dispatcher does not know ended meanwhile.
        """
        known_to_one = [offer_id for offer_id in known if offer_id not in supplied.pending]
        known_to_one += [offer_id for offer_id in supplied.pending if offer_id not in known]
        for offer_id in known_to_one:
            ride_id = ride_of(offer_id)
            freed = self._offer_ended(driver_id, supplied, offer_id, OfferOutcome.VANISHED)
            self.send(addresses.driver(driver_id), CloseOffer(offer_id, ride_id, OfferOutcome.UNAVAILABLE))
            if freed is not None:
                self._advance(freed, OfferEnded(ride_id, driver_id, OfferOutcome.VANISHED))

    def _offer_to_waiting(self, driver_id: DriverId) -> None:
        """A driver became eligible, or moved: they may be asked for searches that wait, for as many as they may hold offers of."""
        while self.zone.waiting.places and self.supply.eligible(driver_id):
            if not self._decide(DriverEligible(driver_id)):
                return

    # -- time

    @receives(_Due)
    def _on_due(self, message: _Due) -> None:
        for search in self._agenda.due(message.at, self.runtime.now):
            self._expire(search, search.overdue(self.runtime.now))
            self._advance(search, SearchDue(search.card.ride_id))
        self._set_timer(self._agenda.next_timer())

    def _set_timer(self, at: float | None) -> None:
        """Look into the agenda at that second, too; None: a timer is set that fires as early. Searches that ended cost none."""
        if at is not None:
            self.runtime.set_timer(max(0.0, at - self.runtime.now), self.address, _Due(at))

    @receives(_Sweep)
    def _on_sweep(self, message: _Sweep) -> None:
        """Everyone else was asked, or may not be, when a search began to wait or when a driver became eligible."""
        self._is_sweeping = False
        for driver_id in self.supply.moved_since_sweep():
            self._offer_to_waiting(driver_id)
        self._sweep_later()

    def _sweep_later(self) -> None:
        if not self._is_sweeping and self.zone.waiting.places:
            self._is_sweeping = True
            self.runtime.set_timer(self.rules.sweep_every_s, self.address, _Sweep())

    @receives(_LookAgain)
    def _on_look_again(self, message: _LookAgain) -> None:
        if message.at == self._looks_again_at:
            self._looks_again_at = inf
            self._decide(Tick())

    # -- decisions

    def _advance(self, search: Search, happened: Happened) -> None:
        """Something happened to this search: it ends if its time is over and nobody can answer, else the policy decides."""
        if search.need(self.runtime.now).kind == SPENT:
            self._give_up(search)
        elif not search.round_no:
            self._begin(search)
        else:
            self._decide(happened)
            self._settle(search)

    def _decide(self, happened: Happened) -> bool:
        """Carry out what the policy wants done about this. Returns whether a driver was asked."""
        self.zone.now = self.runtime.now
        asked = False
        for move in self.policy.decide(happened, self.zone):
            if isinstance(move, LookAgain):
                self._looks_again_at = move.at
                self.runtime.set_timer(max(0.0, move.at - self.runtime.now), self.address, _LookAgain(move.at))
                continue
            search = self.searches.get(move.ride_id)
            if search is None:
                continue
            if isinstance(move, Ask):
                self._ask(search, move.hits, move.radius_m)
                asked = asked or bool(move.hits)
            elif isinstance(move, EndRound):
                self.record(RoundEnded(move.ride_id, search.card.search_no, search.round_no))
            else:
                self._give_up(search)
        return asked

    def _ask(self, search: Search, hits: Hits, radius_m: float | None) -> None:
        """Ask these drivers: all of a new round at once, a driver of a round under way by an event of their own."""
        now, card = self.runtime.now, search.card
        opens = search.need(now).kind == ROUND
        for group in (hits,) if opens else [[hit] for hit in hits]:
            asking = search.asking(group, radius_m or self.rules.radius_m, now)
            if self.supply.everybody is not None:
                self.record(considered(self.zone, self.supply.everybody, search, asking))
            self.record(asking)
            etas = self.supply.etas_s(group, card.trip.pickup.point, now)
            self.supply.hold(card.ride_id, asking.offers)
            for placed, eta_s in zip(asking.offers, etas, strict=True):
                lease = search.open[placed.offer_id].lease
                self.send(addresses.driver(placed.driver_id), OfferRide(lease, card, eta_s))
        if opens:
            self.zone.note_round(search)
            expires_at = now + self.rules.offer_timeout_s
            totals = self.rules.rounds, len(search.asks)
            opened = RoundOpened(card.search_no, search.round_no, len(hits), expires_at, *totals)
            self.send(addresses.ride(card.ride_id), opened)
        self._settle(search)

    def _settle(self, search: Search) -> None:
        """What this search waits for from now on: drivers who become eligible, and what is due next."""
        if self.zone.settle(search, self.runtime.now):
            self._sweep_later()
        self._set_timer(self._agenda.add(search.next_due(self.runtime.now), search))

    # -- ends

    def _withdraw(self, ride_id: RideId, leases: Sequence[Lease], reason: OfferOutcome) -> None:
        """Close these offers. Their drivers are free without saying so: one who was just taken refuses what they are asked."""
        for lease in leases:
            supplied = self.supply.drivers.get(lease.driver_id)
            if supplied is not None:
                supplied.pending.pop(lease.offer_id, None)
            self.send(addresses.driver(lease.driver_id), CloseOffer(lease.offer_id, ride_id, reason))
        if leases:
            withdrawn = _Withdrawn(tuple([lease.driver_id for lease in leases]))
            if self.is_committed and not self.zone.waiting.places:  # nobody is asked because of it
                self._on_withdrawn(withdrawn)
            else:
                self.send(self.address, withdrawn)

    @receives(_Withdrawn)
    def _on_withdrawn(self, message: _Withdrawn) -> None:
        for driver_id in message.driver_ids:
            if driver_id in self.supply.drivers:  # a rebuilt dispatcher may not have heard of the driver yet
                self.supply.update(driver_id)
                if self.zone.waiting.places:
                    self._offer_to_waiting(driver_id)

    def _expire(self, search: Search, leases: Sequence[Lease]) -> None:
        if leases:
            ride_id = search.card.ride_id
            offers, drivers = tuple(x.offer_id for x in leases), tuple(x.driver_id for x in leases)
            self.record(OffersClosed(ride_id, offers, drivers, OfferOutcome.EXPIRED))
            self._withdraw(ride_id, leases, OfferOutcome.EXPIRED)

    def _give_up(self, search: Search) -> None:
        card = search.card
        reason = SearchEnd.NOBODY_ACCEPTED if search.asks else SearchEnd.NOBODY_NEAR
        self._expire(search, search.unclaimed())
        spent = SearchExhausted(card.search_no, reason, search.round_no, len(search.asks))
        self.send(addresses.ride(card.ride_id), spent)
        self._close(search, OfferOutcome.EXPIRED)

    def _close(self, search: Search, reason: OfferOutcome) -> None:
        """This search is not under way any more: withdraw the offers that nobody accepted."""
        ride_id = search.card.ride_id
        del self.searches[ride_id]
        self.zone.leave(ride_id)
        self._withdraw(ride_id, search.unclaimed(), reason)


def _requested(message: SearchDriver) -> RideRequested:
    """The event of the ride that this message tells of, as far as it concerns a search."""
    card = message.ride
    return RideRequested(card.ride_id, card.search_no, card.passenger, card.trip, message.since, card.pickup_at)
