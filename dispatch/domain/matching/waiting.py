"""Searches that would ask one more driver, by how long they wait and where. Pure.

A newly eligible driver goes to the longest-waiting search in reach. Searches lie in bands of latitude as high as the radius, each band
in order of waiting: three bands are looked through from the front, and mostly the first search is the one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from heapq import merge
from math import degrees, floor

from dispatch.domain.places.geo import EARTH_RADIUS_M, haversine_m
from dispatch.ids import RideId

Rank = tuple[float, RideId]
"""Since when it waits (runtime seconds), ties by ride id."""


class WaitingList:
    """`radius_m`: how far a driver may be from the pickup."""

    def __init__(self, radius_m: float) -> None:
        self._radius_m = radius_m
        self._band_deg = degrees(radius_m / EARTH_RADIUS_M) * 1.000001  # never lower than the radius, for all rounding
        self._bands: dict[int, list[Rank]] = {}
        self._places: dict[RideId, tuple[Rank, float, float]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, ride_id: RideId) -> bool:
        return ride_id in self._places

    def add(self, rank: Rank, lat: float, lon: float) -> None:
        """This search waits from now on; its pickup is here. Once is enough."""
        ride_id = rank[1]
        if ride_id not in self._places:
            self._places[ride_id] = (rank, lat, lon)
            insort(self._bands.setdefault(self._band(lat), []), rank)

    def remove(self, ride_id: RideId) -> None:
        """It does not wait any more, if it did."""
        place = self._places.pop(ride_id, None)
        if place is None:
            return
        rank, lat, _ = place
        band = self._bands[self._band(lat)]
        del band[bisect_left(band, rank)]

    def first(self, lat: float, lon: float, admits: Callable[[RideId, float], bool]) -> tuple[RideId, float] | None:
        """The longest-waiting search in reach of this point that `admits` at that distance, and its metres from there."""
        middle = self._band(lat)
        bands = [band for number in (middle - 1, middle, middle + 1) if (band := self._bands.get(number))]
        for _, ride_id in merge(*bands) if len(bands) > 1 else bands[0] if bands else ():
            _, pickup_lat, pickup_lon = self._places[ride_id]
            distance_m = haversine_m(pickup_lat, pickup_lon, lat, lon)
            if distance_m <= self._radius_m and admits(ride_id, distance_m):
                return ride_id, distance_m
        return None

    def _band(self, lat: float) -> int:
        return floor(lat / self._band_deg)
