"""Events for the tests of this room: one of each kind, and a town's legal but lively story."""

import random
from collections.abc import Iterator
from itertools import count

from dispatch import addresses
from dispatch.ids import DriverId, OfferId, PassengerId, PersonId, QuoteId, RideId
from dispatch.messages.base import Command, Recorded
from dispatch.messages.events import (
    AvailabilitySet,
    CallerTexted,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    CommandDone,
    DocumentKept,
    DriverFolded,
    DriverOffline,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    Event,
    FareChanged,
    NoteChanged,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    PassengerNoShow,
    PersonAdded,
    PersonRemoved,
    PersonRenamed,
    PhoneMoved,
    PinRefused,
    Purged,
    QuoteMade,
    QuoteTaken,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    RoleChanged,
    RoundConsidered,
    RoundEnded,
    SearchFailed,
    StaffActed,
    TrackRecorded,
)
from dispatch.messages.journal import Append
from dispatch.values import DriverCard, FareLine, Money, Passenger, Place, Price, Trip

DISPATCHER = addresses.dispatcher("0")
MAIN_ST, OAK_AVE = Place(-26.2041, 28.0473, "123 Main St"), Place(-26.185, 28.055, "456 Oak Ave")
TRIP = Trip(MAIN_ST, OAK_AVE, 5.2, 15.0, 85.5)
RIDE, OFFER, QUOTE = RideId("ride-1"), OfferId("offer-1"), QuoteId("quote-1")
PRICE = Price(Money(9310, "ZAR"), (FareLine("base", 1250), FareLine("distance", 8060)), 5800, 870, "suv")
SARAH = Passenger(PassengerId("27821234567"), "Sarah Johnson", "27821234567")
MICHAEL = DriverCard(DriverId("27821234568"), "Michael Brown", "27821234568", 4.9, "sedan", "CA 999 GP")
DRIVER_ID = MICHAEL.driver_id
ANN = PersonId("p1")

ONE_OF_EACH: tuple[Event, ...] = (
    RideRequested(RIDE, 1, SARAH, TRIP, 1.5),
    RideScheduled(RIDE, SARAH, TRIP, 7200.5, 1.25),
    RideAssigned(RIDE, MICHAEL, OFFER, 1, 9.25),
    RideUnassigned(RIDE, DRIVER_ID, 2, "driver", "a flat tyre", 80.5),
    RideArrived(RIDE, DRIVER_ID, 190.75),
    PinRefused(RIDE, DRIVER_ID, 195.25),
    RideStarted(RIDE, DRIVER_ID, 200.125),
    RideCompleted(RIDE, DRIVER_ID, 85.5, ("arrived", "started")),
    RideCancelled(RIDE, "passenger", "flat tyre", DRIVER_ID, 250),
    PassengerNoShow(RIDE, DRIVER_ID, 500),
    SearchFailed(RIDE, "nobody accepted", 4, 17),
    TrackRecorded(RIDE, DRIVER_ID, "on_trip", 340.5, ((0.0, -26.2, 28.04), (20.0, -26.19, 28.05)), 1490.5),
    RideRated(RIDE, "passenger", 4, "friendly", DRIVER_ID, SARAH.passenger_id),
    ChargeRequested(RIDE, SARAH.passenger_id, Money(8550, "ZAR")),
    ChargeSettled(RIDE, "ch_1"),
    ChargeDeclined(RIDE, "the card was refused"),
    FareChanged(RIDE, 90.0, "a detour", "p1", 200.0, 9000),
    NoteChanged(RIDE, "the blue gate", "p1", 200.0),
    CallerTexted(RIDE, 1),
    StaffActed(RIDE, "p1", "edit", DRIVER_ID),
    OffersMade(RIDE, 1, 1, (OfferPlaced(OFFER, DRIVER_ID, 812.5),), 31.75, refill=True),
    RoundEnded(RIDE, 1, 1),
    RoundConsidered(RIDE, 1, 1, 1.75, 10_000.0, (DRIVER_ID,), (812.5,), ("asked",), (("busy", 3),)),
    OffersClosed(RIDE, (OFFER,), (DRIVER_ID,), "vanished"),
    DriverRegistered(MICHAEL),
    DriverOnline(DRIVER_ID),
    DriverOffline(DRIVER_ID, "silent"),
    OfferDeclined(RIDE, DRIVER_ID, OFFER, "too far"),
    DriverReserved(RIDE, DRIVER_ID, OFFER, 1, 1),
    DriverReleased(RIDE, DRIVER_ID, OFFER, "completed"),
    AvailabilitySet(DRIVER_ID, False, Command("k1", 7, DRIVER_ID)),
    CommandDone(Command("k2", 8, DRIVER_ID), "taken", RIDE),
    DriverFolded(DRIVER_ID, MICHAEL, DriverReserved(RIDE, DRIVER_ID, OFFER, 1, 1), True, (RideId("ride-9"),)),
    QuoteMade(QUOTE, SARAH.passenger_id, MAIN_ST, OAK_AVE, "suv", PRICE, 0.5, 300.5),
    QuoteTaken(QUOTE, RIDE, 1.25),
    PersonAdded(ANN, "staff", "Ann Dube", "27821234570", "invited", True),
    PersonRenamed(ANN, "Ann Smith"),
    PhoneMoved(ANN, "27821234571", "p2"),
    RoleChanged(ANN, "staff", "active", False),
    DocumentKept(ANN, "licence", "L 1", 1_900_000_000.0),
    PersonRemoved(PersonId("removed-xy"), "p2"),
    Purged(0.5, 0.0, 0.25, 17, "p2"),
)


def append(
    stream: str,
    *events: Event,
    at: float = 0.0,
    incarnation: int = 1,
    through: int = 1,
    after: Recorded | None = None,
) -> Append:
    """What an actor at `stream` tells the journal."""
    return Append(stream, incarnation, through, at, events, after)


def booked(name: str, at: float = 0.0, *, incarnation: int = 1, through: int = 1, fare: float = 85.5) -> Append:
    """The first word of a ride."""
    trip = Trip(MAIN_ST, OAK_AVE, 5.2, 15.0, fare)
    event = RideRequested(RideId(name), 1, SARAH, trip, at)
    return append(addresses.ride(RideId(name)), event, at=at, incarnation=incarnation, through=through)


def _every_kind() -> list[Append]:
    """A legal story in which each kind of event happens, each in the stream that it belongs to."""
    told = {type(event): event for event in ONE_OF_EACH}
    second, third = RideId("ride-2"), RideId("ride-3")
    reserved, folded = told[DriverReserved], DriverFolded(DRIVER_ID, MICHAEL, None, True, ())
    asked = RideRequested(RIDE, 1, SARAH, TRIP, 1.5, price=PRICE, claim=TRIP, quote_id=QUOTE)
    again = [
        told[RideAssigned],
        told[RideArrived],
        told[PinRefused],
        told[RideStarted],
        told[FareChanged],
        told[NoteChanged],
        told[CallerTexted],
        told[StaffActed],
        told[TrackRecorded],
        told[RideCompleted],
    ]
    over = [told[RideRated], RideRated(RIDE, "driver", 3, "", DRIVER_ID, SARAH.passenger_id), told[ChargeRequested]]
    return [
        append(f"driver/{DRIVER_ID}", told[DriverRegistered], told[DriverOnline], told[AvailabilitySet], at=0.25),
        append(
            f"person/{ANN}",
            *(told[kind] for kind in (PersonAdded, PersonRenamed, PhoneMoved, RoleChanged, DocumentKept)),
        ),
        append("person/removed-xy", told[PersonRemoved], at=0.5),
        append(addresses.PURGES, told[Purged], at=0.5),
        append(f"quote/{QUOTE}", told[QuoteMade], told[QuoteTaken], at=1.0),
        append(f"ride/{RIDE}", told[RideScheduled], asked, at=1.5),
        append(DISPATCHER, told[RoundConsidered], told[OffersMade], told[RoundEnded], at=1.75),
        append(f"driver/{DRIVER_ID}", reserved, told[CommandDone], at=9.0),
        append(f"ride/{RIDE}", told[RideAssigned], told[RideUnassigned], at=80.5),
        append(f"driver/{DRIVER_ID}", told[DriverReleased], folded, reserved, at=81.0),
        append(f"ride/{RIDE}", *again, *over, told[ChargeSettled], at=400.0),
        append(f"driver/{DRIVER_ID}", told[DriverReleased], told[OfferDeclined], told[DriverOffline], at=401.0),
        append(f"ride/{second}", RideRequested(second, 1, SARAH, TRIP, 500.0), at=500.0),
        append(DISPATCHER, OffersMade(second, 1, 1, (OfferPlaced(OfferId("o2"), DRIVER_ID, 9.5),), 530.0), at=500.25),
        append(DISPATCHER, OffersClosed(second, (OfferId("o2"),), (DRIVER_ID,), "vanished"), at=501.0),
        append(f"ride/{second}", SearchFailed(second, "nobody accepted", 4, 17), at=700.0),
        append(f"ride/{third}", RideRequested(third, 1, SARAH, TRIP, 800.0), at=800.0),
        append(
            f"ride/{third}",
            RideAssigned(third, MICHAEL, OfferId("o3"), 1, 801.0),
            RideArrived(third, DRIVER_ID, 802.0),
            at=802.0,
        ),
        append(
            f"ride/{third}",
            PassengerNoShow(third, DRIVER_ID, 500),
            ChargeRequested(third, SARAH.passenger_id, Money(500, "ZAR")),
            at=803.0,
        ),
        append(f"ride/{third}", ChargeDeclined(third, "the card was refused"), at=804.0),
        booked("ride-4", at=900.0),
        append("ride/ride-4", RideCancelled(RideId("ride-4"), "passenger", "flat tyre", None, 250), at=901.0),
    ]


EVERY_KIND = _every_kind()


class Town:
    """Rides and drivers at once, every step legal, drawn from a seed."""

    def __init__(self, seed: int, rides: int, drivers: int = 12) -> None:
        self.dice = random.Random(f"town/{seed}")
        self.cards = [DriverCard(DriverId(f"d{n}"), f"Driver {n}", f"2783{n:07}") for n in range(drivers)]
        self.free = list(self.cards)
        self.offer_numbers = count(1)
        self.clock = count(1)
        self.rides = [RideId(f"ride-{n}") for n in range(rides)]

    def story(self) -> Iterator[Append]:
        """All appends, in the order of the journal."""
        for card in self.cards:
            events = [DriverRegistered(card), DriverOnline(card.driver_id)]
            if self.dice.random() < 0.3:
                events.append(AvailabilitySet(card.driver_id, self.dice.random() < 0.5))
            yield from self._by(addresses.driver(card.driver_id), *events)
        waiting, under_way = list(self.rides), []
        while waiting or under_way:
            if waiting and len(under_way) < 6:
                under_way.append(self._ride(waiting.pop(0)))
            ride = self.dice.choice(under_way)
            step = next(ride, None)
            if step is None:
                under_way.remove(ride)
            else:
                yield step

    def _by(self, stream: str, *events: Event) -> Iterator[Append]:
        yield append(stream, *events, at=next(self.clock) / 4)

    def _ride(self, ride_id: RideId) -> Iterator[Append]:
        dice, stream = self.dice, addresses.ride(ride_id)
        if dice.random() < 0.2:
            ann, now = Passenger(PassengerId("p1"), "Ann", "27830000000"), next(self.clock) / 4
            yield from self._by(stream, RideScheduled(ride_id, ann, TRIP, now + 3600.0, now))
        searches = 1 + (dice.random() < 0.3)
        for search_no in range(1, searches + 1):
            trip = Trip(MAIN_ST, OAK_AVE, 5.2, 15.0, 80.0 + search_no)
            passenger = Passenger(PassengerId(f"p{dice.randrange(8)}"), dice.choice(("Ann", "Ben")), "27830000000")
            yield from self._by(stream, RideRequested(ride_id, search_no, passenger, trip, next(self.clock) / 4))
            placed = yield from self._round(ride_id, search_no, 1)
        if dice.random() < 0.1:
            return  # still searching when the story ends
        if dice.random() < 0.15:
            yield from self._by(stream, SearchFailed(ride_id, "nobody accepted", 1, len(placed)))
        elif dice.random() < 0.15:
            yield from self._by(stream, RideCancelled(ride_id, "passenger", "changed my mind"))
        elif self.free:
            yield from self._driven(ride_id, searches, placed[-1].offer_id)
        if dice.random() < 0.3:  # a dispatcher that has not heard yet
            yield from self._round(ride_id, searches, 2)

    def _round(self, ride_id: RideId, search_no: int, round_no: int) -> Iterator[Append]:
        dice = self.dice
        cards = dice.sample(self.cards, 4)
        placed = tuple(
            OfferPlaced(OfferId(f"o{next(self.offer_numbers)}"), card.driver_id, 100.0 * n)
            for n, card in enumerate(cards)
        )
        expires_at = next(self.clock) / 4 + 30
        yield from self._by(DISPATCHER, OffersMade(ride_id, search_no, round_no, placed, expires_at))
        if dice.random() < 0.5:
            no = OfferDeclined(ride_id, placed[0].driver_id, placed[0].offer_id)
            told = CommandDone(Command(f"no-{ride_id}", 1, no.driver_id), "declined", ride_id)
            yield from self._by(addresses.driver(no.driver_id), no, told)
        if dice.random() < 0.5:
            gone = placed[:2]  # the first may have declined already: that stays
            reason = dice.choice(("expired", "vanished", "unavailable", "driver_busy"))
            offers, drivers = tuple(o.offer_id for o in gone), tuple(o.driver_id for o in gone)
            yield from self._by(DISPATCHER, OffersClosed(ride_id, offers, drivers, reason))
        return placed

    def _driven(self, ride_id: RideId, search_no: int, offer_id: OfferId) -> Iterator[Append]:
        dice, stream = self.dice, addresses.ride(ride_id)
        card = self.free.pop(dice.randrange(len(self.free)))
        driver_id = card.driver_id
        yield from self._by(addresses.driver(driver_id), DriverReserved(ride_id, driver_id, offer_id, search_no, 1))
        if dice.random() < 0.1:
            yield from self._by(
                addresses.driver(driver_id), AvailabilitySet(driver_id, False), DriverOffline(driver_id, "silent")
            )
        yield from self._by(stream, RideAssigned(ride_id, card, offer_id, 1, next(self.clock) / 4))
        if dice.random() < 0.15:
            now = next(self.clock) / 4
            yield from self._by(stream, RideUnassigned(ride_id, driver_id, search_no + 1, "driver", "a flat tyre", now))
            yield from self._by(addresses.driver(driver_id), DriverReleased(ride_id, driver_id, offer_id, "gave_up"))
            self.free.append(card)
            placed = yield from self._round(ride_id, search_no + 1, 1)
            if self.free:
                yield from self._driven(ride_id, search_no + 1, placed[-1].offer_id)
            return
        arrived = dice.random() < 0.7
        if arrived:
            yield from self._by(stream, RideArrived(ride_id, driver_id, next(self.clock) / 4))
        if arrived and dice.random() < 0.1:
            yield from self._by(stream, PassengerNoShow(ride_id, driver_id, 500))
            yield from self._by(addresses.driver(driver_id), DriverReleased(ride_id, driver_id, offer_id, "cancelled"))
            self.free.append(card)
            return
        if dice.random() < 0.7:
            yield from self._by(stream, RideStarted(ride_id, driver_id, next(self.clock) / 4))
        if dice.random() < 0.5:
            way = ((0.0, -26.2, 28.04), (20.0, -26.19, 28.05))
            yield from self._by(stream, TrackRecorded(ride_id, driver_id, "on_trip", next(self.clock) / 4, way, 1490.5))
        if dice.random() < 0.2:
            return  # still on the way when the story ends
        end = (
            RideCompleted(ride_id, driver_id, 90.0)
            if dice.random() < 0.8
            else RideCancelled(ride_id, "ops", "", driver_id)
        )
        yield from self._by(stream, end)
        if isinstance(end, RideCompleted) and dice.random() < 0.5:
            for by in dice.sample(("passenger", "driver"), dice.choice((1, 2))):
                stars = dice.randint(1, 5)
                yield from self._by(stream, RideRated(ride_id, by, stars, "", driver_id, PassengerId("p1")))
        yield from self._by(addresses.driver(driver_id), DriverReleased(ride_id, driver_id, offer_id, "completed"))
        self.free.append(card)
