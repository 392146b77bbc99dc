"""A zone for tests of policies: drivers on a line north of one point, rides, and moves carried out as a dispatcher does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dispatch.domain.matching.policy import Ask, EndRound, MatchingPolicy, Move
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import Search, Searches
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.zone import Zone
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import OfferDeclined, RideRequested, RoundEnded
from dispatch.values import Place, Trip
from sim.city.offsets import destination
from tests.domain.matching.searches import ANN, TRIP


class Town:
    """Nobody lives here yet."""

    def __init__(self, **rules: Any) -> None:
        self.rules = SearchRules(**rules)
        self.board = PositionBoard(max_age_s=1e9)
        self.supply = Supply(self.board, self.rules.live_offers)
        self.searches = Searches(self.rules, lambda passenger_id: ())
        self.zone = Zone(self.rules, self.supply, self.searches)

    def driver(self, name: str, km: float, status: str = "available") -> DriverId:
        """A driver so many kilometres north of the centre."""
        driver_id = DriverId(name)
        self.board.report(driver_id, *destination(*TRIP.pickup.point, 1000.0 * km, 0.0), 0.0)
        self.supply.announced(driver_id, status, "sedan")
        self.supply.update(driver_id)
        return driver_id

    def ride(self, name: str, km: float = 0.0, since: float = 0.0) -> Search:
        """A ride whose pickup is so many kilometres north of the centre."""
        pickup = Place(*destination(*TRIP.pickup.point, 1000.0 * km, 0.0))
        self.searches.apply(RideRequested(RideId(name), 1, ANN, Trip(pickup, TRIP.dropoff, 8.5, 20.0, 95.0), since))
        return self.searches[RideId(name)]

    def decide(self, policy: MatchingPolicy, happened: Any, now: float | None = None) -> list[Move]:
        """What the policy wants, each move carried out before the next is taken."""
        self.zone.now = self.zone.now if now is None else now
        moves = []
        for move in policy.decide(happened, self.zone):
            moves.append(move)
            self.carry_out(move)
        return moves

    def carry_out(self, move: Move) -> None:
        if isinstance(move, Ask):
            search = self.searches[move.ride_id]
            made = search.asking(move.hits, move.radius_m or self.rules.radius_m, self.zone.now)
            if not made.refill:
                self.zone.note_round(search)
            search.apply(made)
            self.supply.hold(move.ride_id, made.offers)
            self.zone.settle(search, self.zone.now)
        elif isinstance(move, EndRound):
            search = self.searches[move.ride_id]
            search.apply(RoundEnded(move.ride_id, 1, search.round_no))

    def declines(self, driver_id: DriverId, ride_id: RideId) -> None:
        """The driver says no, and is free again."""
        search = self.searches[ride_id]
        offer_id = next(offer_id for offer_id, offer in search.open.items() if offer.lease.driver_id == driver_id)
        search.apply(OfferDeclined(ride_id, driver_id, offer_id))
        self.supply.get(driver_id).pending.pop(offer_id)
        self.supply.update(driver_id)
        self.zone.settle(search, self.zone.now)


def asked(moves: Iterable[Move]) -> dict[str, list[str]]:
    """Who is asked for which ride."""
    return {move.ride_id: [driver_id for _, driver_id in move.hits] for move in moves if isinstance(move, Ask)}
