"""Real demand at a demo's pace: the gaps between trips are divided, the trips themselves stay as they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.city.demand import Demand

TRIPS_A_STRETCH = 5
"""Trips of one stretch. Inside a stretch the gaps keep their proportions, and all stretches have the same pace."""


def paced(demands: Sequence[Demand], rides_per_s: float) -> Iterator[Demand]:
    """The same trips in the same order, `rides_per_s` of them a second from second 0 on, and from the first again, for ever.

    A busy hour of a file is busier at its end than at its beginning, and a city's demand depends on the size of the file. Paced
    stretch by stretch, any few seconds of a demo see as many requests as any others.
    """
    began = 0.0
    while demands:
        for start in range(0, len(demands), TRIPS_A_STRETCH):
            stretch = demands[start : start + TRIPS_A_STRETCH]
            lasts_s = len(stretch) / rides_per_s
            for share, demand in zip(_shares(stretch), stretch, strict=True):
                yield Demand(began + share * lasts_s, demand.trip)
            began += lasts_s


def _shares(stretch: Sequence[Demand]) -> list[float]:
    """When in a stretch each trip is booked, from 0 to below 1. Trips of the same second are spread evenly."""
    first, lasted = stretch[0].at, stretch[-1].at - stretch[0].at
    if lasted <= 0.0:
        return [number / len(stretch) for number in range(len(stretch))]
    room = (len(stretch) - 1) / len(stretch)  # the gap to the next stretch is like any other
    return [(demand.at - first) / lasted * room for demand in stretch]
