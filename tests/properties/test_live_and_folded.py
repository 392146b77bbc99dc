"""A dispatcher's live search equals the one folded from the journal, at every commit of hundreds of seeded small zones.

Drivers and rides are played by dice: they answer, vanish, hang up, accept in the grace, change terms, give up. Some of their words
reach the dispatcher late: their events are on disk and it has not heard of them yet, so they are left out of the fold until it has.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.domain.matching.search import SPENT, Search, Searches
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    RideAssigned,
    RideCancelled,
    RideRequested,
    RideUnassigned,
    SearchFailed,
)
from dispatch.messages.journal import Append
from dispatch.messages.matching import CloseOffer, DriverState, EndSearch, OfferRide, SearchDriver, SearchExhausted
from dispatch.values import DriverCard, Lease, RideCard
from tests.actors.rig import ANN, DEARER, TRIP
from tests.actors.zone import ME, Zone
from tests.thorough import times

WORLDS, CHUNK, STEPS = times(800), 200, 30
RIDES = [RideId(f"r{number}") for number in range(1, 4)]


class SmallZone:
    """A few drivers and rides, and the dice that move them."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        draw = self.dice.choice
        self.zone = Zone(
            batch=draw((1, 2, 5)),
            rounds=draw((1, 2, 4)),
            stagger_s=draw((0.0, 0.0, 4.0)),
            search_cap_s=draw((40.0, 180.0)),
            live_offers=draw((1, 2)),
            late_grace_s=draw((0.0, 2.0)),
            radius_from_m=draw((0.0, 2_500.0)),
            asks_after_silence=draw((0, 1, 2)),
        )
        self.journal = self.zone.rig.journal
        self.held: dict[DriverId, dict[str, Lease]] = {}
        self.search_no: dict[RideId, int] = {}
        self.driver_of: dict[RideId, DriverId] = {}
        self.trip: dict[RideId, Any] = {}
        self.unheard: list[tuple[Any, Any]] = []
        """Events on disk of which the dispatcher has not heard, each with the word of it."""
        self.compared = 0
        for km in range(1, 6):
            self.zone.driver(f"d{km}", km)
        self.zone.rig.runtime.observe(self._look)

    def play(self) -> None:
        moves = (self.book, self.book, self.answer, self.answer, self.answer, self.wait, self.wait, self.hear, self.hear,
                 self.change_terms, self.end, self.give_up, self.come_or_go, self.rebuild)  # fmt: skip
        for _ in range(STEPS):
            self.dice.choice(moves)()
            self.take_mail()
            self.compare()

    # -- what is compared

    def _look(self, now: float, address: str, message: Any) -> None:
        if type(message) is Append and message.reply_to == ME:
            self.compare()

    def compare(self) -> None:
        """Every ride's search, live and folded."""
        dispatcher = self.zone.rig.runtime.actor(ME)
        assert isinstance(dispatcher, DispatcherActor)
        unheard = [event for event, _ in self.unheard]
        for ride_id in self.search_no:
            told = list(self.journal.events_of_ride(ride_id))
            flying = [event for _, events in dispatcher._in_flight for event in events]
            told += [event for event in flying if not any(event is one for one in told)]
            events = [event for event in told if not any(event is one for one in unheard)]
            folded = Searches(dispatcher.rules, self.journal.blocked_drivers).of_ride(ride_id, events)
            folded = None if folded is None or folded.is_over else folded
            live = dispatcher.searches.get(ride_id)
            if live is None and folded is not None and folded.need(self.zone.rig.runtime.now).kind == SPENT:
                continue  # given up: the ride records that when it hears of it
            assert live == folded, f"live {live}, folded {folded}"
            assert live is None or folded is None or list(live.open) == list(folded.open)
            self.compared += 1

    # -- what happens

    def book(self) -> None:
        fresh = [ride_id for ride_id in RIDES if ride_id not in self.search_no]
        if fresh:
            self.zone.rig.listen(f"ride/{fresh[0]}")
            self._request(fresh[0], TRIP)

    def change_terms(self) -> None:
        searching = self._searching()
        if searching:
            self._request(self.dice.choice(searching).card.ride_id, DEARER)

    def _request(self, ride_id: RideId, trip: Any) -> None:
        search_no = self.search_no[ride_id] = self.search_no.get(ride_id, 0) + 1
        self.trip[ride_id], now = trip, self.zone.rig.runtime.now
        event = RideRequested(ride_id, search_no, ANN, trip, now)
        self._on_disk(f"ride/{ride_id}", event, SearchDriver(RideCard(ride_id, search_no, ANN, trip), now))
        self.hear_all()

    def answer(self) -> None:
        """A driver who holds an offer declines, accepts, turns out busy or vanishes; the dispatcher may hear of it later."""
        holders = [driver_id for driver_id, held in self.held.items() if held]
        if not holders:
            return
        driver_id = self.dice.choice(holders)
        lease = self.held[driver_id].pop(self.dice.choice(sorted(self.held[driver_id])))
        outcome = self.dice.choice(("declined", "declined", "accepted", "driver_busy", "vanished", "declined_before"))
        status = {"accepted": "busy", "driver_busy": "busy", "vanished": "offline"}.get(outcome, "available")
        ride_id, offer_id = lease.ride_id, lease.offer_id
        word = self._word(driver_id, status, ended=offer_id, outcome=outcome, ride_id=ride_id)
        if outcome == "declined":
            self._on_disk(f"driver/{driver_id}", OfferDeclined(ride_id, driver_id, offer_id), word)
        elif outcome == "accepted":
            terms = (lease.search_no, lease.round_no)
            self._on_disk(f"driver/{driver_id}", DriverReserved(ride_id, driver_id, offer_id, *terms), word)
        elif outcome == "declined_before":
            self._on_disk(f"driver/{driver_id}", OfferDeclined(ride_id, driver_id, offer_id), word)
        else:
            self.unheard.append((None, word))

    def end(self) -> None:
        """A ride is given to whoever accepted it, or cancelled, or found nobody."""
        searching = self._searching()
        if not searching:
            return
        search = self.dice.choice(searching)
        ride_id = search.card.ride_id
        claimed = [offer.lease for offer in search.open.values() if offer.claimed]
        self.hear_all()
        if claimed:
            card = DriverCard(claimed[0].driver_id, "Dan", "")
            self.driver_of[ride_id] = claimed[0].driver_id
            event: Any = RideAssigned(ride_id, card, claimed[0].offer_id, claimed[0].round_no, 1.0)
            self._on_disk(f"ride/{ride_id}", event, EndSearch(ride_id, search.card.search_no, "taken"))
        else:
            event = RideCancelled(ride_id, "passenger")
            self._on_disk(f"ride/{ride_id}", event, EndSearch(ride_id, search.card.search_no, "cancelled"))
        self.hear_all()

    def give_up(self) -> None:
        """A driver who has a ride leaves it: others are asked."""
        for ride_id, driver_id in sorted(self.driver_of.items()):
            del self.driver_of[ride_id]
            self.search_no[ride_id] += 1
            event = RideUnassigned(ride_id, driver_id, self.search_no[ride_id], "driver", "", self.zone.rig.runtime.now)
            card = RideCard(ride_id, self.search_no[ride_id], ANN, self.trip[ride_id])
            self._on_disk(f"ride/{ride_id}", event, SearchDriver(card, self.zone.rig.runtime.now, again=True))
            self.hear_all()
            return

    def come_or_go(self) -> None:
        name = f"d{self.dice.randint(1, 5)}"
        if not self.held.get(DriverId(name)):
            self.unheard.append(
                (None, self._word(DriverId(name), self.dice.choice(("available", "available", "offline"))))
            )

    def wait(self) -> None:
        self.zone.wait(self.dice.choice((1.0, 5.0, 13.0, 31.0, 33.0)))

    def rebuild(self) -> None:
        """It reads everything on disk, and the drivers say what they hold."""
        self.hear_all()
        self.take_mail()
        self.zone.rig.runtime.rebuild(ME)
        self.zone.rig.tell(ME)
        for driver_id in map(DriverId, list(self.zone._versions)):
            offers = tuple(lease.offer_id for lease in self.held.get(driver_id, {}).values())
            self.zone.rig.tell(ME, self._word(driver_id, "available", offers=offers, asked=True))

    # -- how it is told

    def _word(self, driver_id: DriverId, status: str, **fields: Any) -> DriverState:
        version = self.zone._versions[driver_id] = self.zone._versions.get(driver_id, 0) + 1
        return DriverState(driver_id, (0, 1), version, status, **fields)

    def _on_disk(self, address: str, event: Any, word: Any) -> None:
        self.unheard.append((event, word))
        self.zone.journal(address, event)

    def hear(self) -> None:
        if self.unheard:
            _, word = self.unheard.pop(0)
            self.zone.rig.tell(ME, word)

    def hear_all(self) -> None:
        while self.unheard:
            self.hear()

    def take_mail(self) -> None:
        """Drivers learn of offers, rides that nobody is left."""
        for name in self.zone._versions:
            held = self.held.setdefault(DriverId(name), {})
            listener = self.zone.rig.listener(f"driver/{name}")
            for mail in listener.mail:
                if type(mail) is OfferRide:
                    held[mail.lease.offer_id] = mail.lease
                elif type(mail) is CloseOffer:
                    held.pop(mail.offer_id, None)
            listener.mail.clear()
        for ride_id in self.search_no:
            for mail in self.zone.rig.heard(f"ride/{ride_id}"):
                if type(mail) is SearchExhausted and mail.search_no == self.search_no[ride_id]:
                    self.zone.journal(f"ride/{ride_id}", SearchFailed(ride_id, mail.reason, mail.rounds, 0))

    def _searching(self) -> list[Search]:
        dispatcher = self.zone.rig.runtime.actor(ME)
        assert isinstance(dispatcher, DispatcherActor)
        return list(dispatcher.searches.values())


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_the_live_search_is_the_one_that_the_journal_tells_at_every_commit(first: int) -> None:
    compared = 0
    for seed in range(first, first + CHUNK):
        small = SmallZone(seed)
        try:
            small.play()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        compared += small.compared
    assert compared > 20 * CHUNK
