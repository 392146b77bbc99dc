"""Taxi ranks of a demo, and the short rides that begin there: half a minute of real trips would see no ride to its end. Pure.

At the pace of its cars a real trip of two kilometres takes six minutes. A ride of a hundred metres from a rank is over within half one.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.domain.places.geo import haversine_m
from dispatch.values import Place, Point
from sim.city.demand import Demand, trip_between

RANKED_SHARE, AT_A_RANK, RANKS = 4, 12, 8
"""There are eight ranks. Every fourth driver waits at one of them, and at most a dozen at each."""
SHORT_FIRST, SHORT_EVERY = 10, 4
"""So many passengers at the start ride a short way, and after them every fourth one."""
SHORTEST_M, STEP_M, STEPS = 30.0, 10.0, 8
"""Short rides are 30, 40, … 100 metres long, in the direction of the real trip."""


def ranks_among(starts: Sequence[Point]) -> list[Point]:
    """The ranks of a fleet that starts at these places."""
    return list(starts[: min(RANKS, -(-_ranked(starts) // AT_A_RANK))])


def at_ranks(starts: Sequence[Point], ranks: Sequence[Point]) -> list[Point]:
    """The same places, with the first drivers moved to the ranks."""
    ranked = min(_ranked(starts), AT_A_RANK * len(ranks))
    return [ranks[number % len(ranks)] if number < ranked else start for number, start in enumerate(starts)]


def with_short_rides(demands: Sequence[Demand], ranks: Sequence[Point]) -> list[Demand]:
    """The same demand, with some short rides from the ranks."""
    if not ranks:
        return list(demands)
    return [
        _short(demand, ranks[number % len(ranks)], number)
        if number < SHORT_FIRST or not number % SHORT_EVERY
        else demand
        for number, demand in enumerate(demands)
    ]


def _ranked(starts: Sequence[Point]) -> int:
    return -(-len(starts) // RANKED_SHARE)


def _short(demand: Demand, rank: Point, number: int) -> Demand:
    length_m = SHORTEST_M + STEP_M * (number % STEPS)
    end = _towards(rank, demand.trip.dropoff, length_m)
    return Demand(demand.at, trip_between(rank, end))


def _towards(start: Point, goal: Place, length_m: float) -> Point:
    way_m = haversine_m(*start, goal.lat, goal.lon)
    share = min(1.0, length_m / way_m) if way_m else 0.0
    return start[0] + share * (goal.lat - start[0]), start[1] + share * (goal.lon - start[1])
