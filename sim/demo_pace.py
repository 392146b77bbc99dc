"""Real demand at a demo's pace: the gaps between trips are divided, the trips themselves stay as they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from sim.demand import Demand

TRIPS_A_STRETCH = 25
"""So many trips are squeezed at a time: inside a stretch the gaps keep their proportions, every stretch has the same pace."""


def paced(demands: Sequence[Demand], rides_per_s: float, *, repeat: bool) -> Iterator[Demand]:
    """The same trips in the same order, `rides_per_s` of them a second from second 0 on; with `repeat`, again and again.

    A busy hour of a file is busier at its end than at its beginning, and a city's demand depends on the size of the file. Paced
    stretch by stretch, every few seconds of a demo have as many requests as any other.
    """
    began = 0.0
    for _ in count() if repeat and demands else range(1):
        for start in range(0, len(demands), TRIPS_A_STRETCH):
            stretch = demands[start : start + TRIPS_A_STRETCH]
            lasts_s = len(stretch) / rides_per_s
            for offset, demand in zip(_offsets(stretch), stretch, strict=True):
                yield Demand(began + offset * lasts_s, demand.trip)
            began += lasts_s


def _offsets(stretch: Sequence[Demand]) -> list[float]:
    """When in a stretch each trip is asked for: shares from 0 to below 1. Where all stand at one second they are spread evenly."""
    first, lasted = stretch[0].at, stretch[-1].at - stretch[0].at
    if lasted <= 0.0:
        return [number / len(stretch) for number in range(len(stretch))]
    room = (len(stretch) - 1) / len(stretch)  # the gap to the next stretch is like any other
    return [(demand.at - first) / lasted * room for demand in stretch]
