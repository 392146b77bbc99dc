"""One search: its rounds, the places of the round under way, and whom it may still ask.

`Search.apply` folds one event in. It is all that changes a search, both in the life of a dispatcher and when a dispatcher is rebuilt
from the journal. What follows from the clock alone is no event: whoever asks a question that depends on it gives the time.

A round has `batch` places. A decline or a silence uses its place up until the round ends. A place is open if it was never filled, or
if its driver vanished or turned out to be busy. A round ends when no offer of it runs; it never ends before an offer was made. After
the last round whoever newly becomes eligible is asked at once, as many at a time as a round has places.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from dispatch.domain.matching.rules import SearchRules
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    RideAssigned,
    RideCancelled,
    RideRequested,
    RideScheduled,
    RideUnassigned,
    RoundEnded,
    SearchFailed,
)
from dispatch.values import CLOCK_SLACK_S, Lease, RideCard

USES_UP: Final = frozenset(("declined", "expired"))
"""Outcomes of an offer that use its place up; every other outcome opens the place again."""

Hits = list[tuple[float, DriverId]]
"""Metres from the pickup and the driver; whoever is asked first stands first."""

ROUND: Final = "round"
PLACES: Final = "places"
NEWCOMERS: Final = "newcomers"
NOTHING: Final = "nothing"
SPENT: Final = "spent"


class Need(NamedTuple):
    """What a search needs at some second, how many drivers it would ask for that, and how many places of its round are used up.

    `round`: its next round. `places`: drivers for the open places of the round under way. `newcomers`: drivers who became eligible
    since the last round opened. `nothing`: that somebody answers. `spent`: an end, for its time is over and nobody can answer.
    """

    kind: str
    places: int = 0
    used: int = 0


NEEDS_NOTHING: Final = Need(NOTHING)
IS_SPENT: Final = Need(SPENT)


def ride_of(offer_id: OfferId) -> RideId:
    """The ride that an offer of `Search.asking` is for."""
    return RideId(offer_id.rsplit(".", 2)[0])


class OpenOffer(msgspec.Struct):
    """An offer that is not closed. `claimed`: its driver accepted, and the ride has not answered yet."""

    lease: Lease
    claimed: bool = False


class Search(msgspec.Struct):
    """The state of one search. `since`: when it began, Unix seconds; searches are served by (since, ride_id).

    `used`: places of this round whose offers are closed and used them up. `serial`: the number of its last offer. `radius_m`: how far
    the round under way reaches, 0 before the first. `shown_at`: when an offer was last made. `late`: somebody was asked after the
    last round was over. `ran_dry`: nobody was left for the places of this round that were not shown. `is_over`: the ride looks for
    nobody any more. `open`: offers that are not closed. `asks`: every driver who ever had an offer, and how often each was asked, not
    counting offers that the driver had no chance to answer. `refusals`: those who declined this ride or gave it up. `blocked`: those
    who are never to meet this passenger.
    """

    card: RideCard
    since: float
    rules: SearchRules
    round_no: int = 0
    used: int = 0
    serial: int = 0
    radius_m: float = 0.0
    shown_at: float = -inf
    late: bool = False
    ran_dry: bool = False
    is_over: bool = False
    open: dict[OfferId, OpenOffer] = msgspec.field(default_factory=dict)
    asks: dict[DriverId, int] = msgspec.field(default_factory=dict)
    refusals: dict[DriverId, None] = msgspec.field(default_factory=dict)
    blocked: dict[DriverId, None] = msgspec.field(default_factory=dict)

    # -- questions

    @property
    def rank(self) -> tuple[float, RideId]:
        """Who waits longest comes first; ties by ride id."""
        return (self.since, self.card.ride_id)

    def unclaimed(self) -> list[Lease]:
        """The offers that nobody has accepted."""
        return [offer.lease for offer in self.open.values() if not offer.claimed]

    def need(self, now: float) -> Need:
        """What it needs at second `now`. Every decision of a dispatcher about a search begins here."""
        clock, rules = now + CLOCK_SLACK_S, self.rules
        running = lapsed = thinking = 0
        for offer in self.open.values():
            of_this_round = offer.lease.round_no == self.round_no
            if offer.claimed:  # keeps its round, even if the driver was silent before
                thinking += 1
                running += of_this_round
            elif offer.lease.expires_at > clock:
                thinking += 1
                running += 1
            else:  # the driver was silent for the time that they were told; a late accept may still come
                lapsed += of_this_round
        if self.since + rules.search_cap_s <= clock:
            return NEEDS_NOTHING if thinking else IS_SPENT
        used = self.used + lapsed
        is_over = used and not thinking and (not rules.stagger_s or used >= rules.batch or self.ran_dry)
        if not self.round_no or (is_over and self.round_no < rules.rounds):
            return Need(ROUND, 1 if rules.stagger_s else rules.batch)
        if is_over or self.late:
            wants_newcomers = self.round_no >= rules.rounds and running < rules.batch
            return Need(NEWCOMERS, rules.batch - running) if wants_newcomers else NEEDS_NOTHING
        free = rules.batch - used - running
        if rules.stagger_s:
            free = 0 if running and self.shown_at + rules.stagger_s > clock else min(1, free)
        return Need(PLACES, free, used) if free > 0 else NEEDS_NOTHING

    def is_running(self, now: float) -> bool:
        """Whether somebody may still answer in the time that they were told, or has accepted in this round."""
        clock = now + CLOCK_SLACK_S
        return any(
            offer.lease.round_no == self.round_no if offer.claimed else offer.lease.expires_at > clock
            for offer in self.open.values()
        )

    def next_due(self, now: float) -> float:
        """When time alone changes what it needs: an offer runs out or closes, the next place may be shown, the cap. inf: never."""
        clock, rules = now + CLOCK_SLACK_S, self.rules
        due = self.since + rules.search_cap_s
        if due <= clock:
            due = inf
        for lease in self.unclaimed():
            due = min(due, lease.expires_at if lease.expires_at > clock else lease.closes_at)
        if rules.stagger_s and clock < self.shown_at + rules.stagger_s < due:
            due = self.shown_at + rules.stagger_s
        return due

    def overdue(self, now: float) -> list[Lease]:
        """The offers that nobody accepted and whose late grace is over."""
        return [lease for lease in self.unclaimed() if lease.closes_at <= now + CLOCK_SLACK_S]

    def asking(self, hits: Iterable[tuple[float, DriverId]], radius_m: float, now: float) -> OffersMade:
        """The event that these drivers are asked at second `now`: in the next round if it is time for one, else in this one."""
        kind, card = self.need(now).kind, self.card
        placed = [
            OfferPlaced(OfferId(f"{card.ride_id}.{card.search_no}.{number}"), driver_id, metres)
            for number, (metres, driver_id) in enumerate(hits, self.serial + 1)
        ]
        opens = kind == ROUND
        return OffersMade(
            card.ride_id,
            card.search_no,
            self.round_no + opens,
            tuple(placed),
            now + self.rules.offer_timeout_s,
            not opens,
            radius_m,
            self.late or kind == NEWCOMERS,
        )

    def asking_one(self, driver_id: DriverId, metres: float, now: float) -> OffersMade:
        """The event that staff have this driver asked, beside the rounds."""
        card = self.card
        offer = OfferPlaced(OfferId(f"{card.ride_id}.{card.search_no}.{self.serial + 1}"), driver_id, metres)
        expires_at = now + self.rules.offer_timeout_s
        return OffersMade(card.ride_id, card.search_no, 0, (offer,), expires_at, refill=True, by_desk=True)

    def lease_of(self, driver_id: DriverId) -> Lease | None:
        """The offer of this ride that the driver holds; None: they hold none."""
        return next((offer.lease for offer in self.open.values() if offer.lease.driver_id == driver_id), None)

    # -- what happens to it

    def apply(self, event: Any) -> None:
        """Fold one event of this ride in. An event that says nothing about searches changes nothing."""
        fold = _FOLDS.get(type(event))
        if fold is not None:
            fold(self, event)


def _offers_made(search: Search, event: OffersMade) -> None:
    """A round opened, even with nobody to ask, or places of it were filled. Older files have no event of an empty first round."""
    if event.search_no != search.card.search_no:
        return
    rules, ride_id = search.rules, event.ride_id
    if event.by_desk:
        pass
    elif event.round_no != search.round_no:
        search.round_no, search.used, search.ran_dry = event.round_no, 0, False
    if not event.by_desk:
        search.radius_m = event.radius_m or rules.radius_m
    search.late = search.late or event.late
    expires_at = event.expires_at
    for placed in event.offers:
        driver_id, offer_id = placed.driver_id, placed.offer_id
        search.serial += 1
        if not event.by_desk:
            search.shown_at = expires_at - rules.offer_timeout_s
        search.asks[driver_id] = search.asks.get(driver_id, 0) + 1
        terms = (event.search_no, event.round_no, expires_at, expires_at + rules.late_grace_s, placed.pickup_distance_m)
        search.open[offer_id] = OpenOffer(Lease(offer_id, ride_id, driver_id, *terms))


def _offers_closed(search: Search, event: OffersClosed) -> None:
    for offer_id in event.offers:
        _end_offer(search, offer_id, event.reason)


def _declined(search: Search, event: OfferDeclined) -> None:
    """It counts even if the offer was closed before, or was made by an older search of the ride."""
    search.refusals[event.driver_id] = None
    _end_offer(search, event.offer_id, "declined")


def _end_offer(search: Search, offer_id: OfferId, outcome: str) -> None:
    offer = search.open.pop(offer_id, None)
    if offer is None:
        return
    driver_id = offer.lease.driver_id
    if outcome == "declined":
        search.refusals[driver_id] = None
    if outcome in USES_UP:
        search.used += offer.lease.round_no == search.round_no
    else:  # the driver had no chance to answer: that does not count as asked
        search.asks[driver_id] -= 1


def _reserved(search: Search, event: DriverReserved) -> None:
    offer = search.open.get(event.offer_id)
    if offer is not None:
        offer.claimed = True


def _round_ended(search: Search, event: RoundEnded) -> None:
    if (event.search_no, event.round_no) == (search.card.search_no, search.round_no):
        search.ran_dry = True


def _over(search: Search, event: Message) -> None:
    search.is_over = True


_FOLDS: Final[dict[type[Message], Callable[[Search, Any], None]]] = {
    OffersMade: _offers_made,
    OffersClosed: _offers_closed,
    OfferDeclined: _declined,
    DriverReserved: _reserved,
    RoundEnded: _round_ended,
    RideAssigned: _over,
    RideScheduled: _over,
    RideCancelled: _over,
    SearchFailed: _over,
}


class Searches(dict[RideId, Search]):
    """The searches of a zone, by ride. `apply` folds in the events of rides, drivers and the dispatcher alike."""

    def __init__(self, rules: SearchRules, blocked_drivers: Callable[[PassengerId], Sequence[DriverId]]) -> None:
        """`blocked_drivers`: whom a passenger is never to meet; read when a search begins."""
        super().__init__()
        self.rules = rules
        self._blocked_drivers = blocked_drivers

    def apply(self, event: Any) -> None:
        """Fold one event in. A search begins when its ride is requested or loses its driver; events of no search change nothing."""
        search = self.get(getattr(event, "ride_id", RideId("")))
        kind = type(event)
        if kind is RideRequested:
            whole = RideCard(event.ride_id, event.search_no, event.passenger, event.trip, event.pickup_at)
            # The driver who accepts is told the whole ride by the ride itself.
            self._begin(self.rules.mask.shown(whole), event.at, search)
        elif search is not None and kind is RideUnassigned:
            # Drivers who were only silent may be asked again. The driver who gave the ride up may not.
            card = replace(search.card, search_no=event.search_no)
            self._begin(card, search.since, search).refusals[event.driver_id] = None
        elif search is not None:
            search.apply(event)

    def of_ride(self, ride_id: RideId, events: Iterable[Message]) -> Search | None:
        """The last search of this ride as `events` tell it, also one that is over; None: there was none. It is not entered here."""
        told = Searches(self.rules, self._blocked_drivers)
        for event in events:
            if getattr(event, "ride_id", None) == ride_id:
                told.apply(event)
        return told.get(ride_id)

    def _begin(self, card: RideCard, since: float, before: Search | None) -> Search:
        refusals = before.refusals if before is not None else {}
        blocked = dict.fromkeys(self._blocked_drivers(card.passenger.passenger_id))
        search = self[card.ride_id] = Search(card, since, self.rules, refusals=refusals, blocked=blocked)
        return search
