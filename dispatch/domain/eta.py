"""How long it takes to drive somewhere, without roads: the straight line, longer by a factor, at one speed. Pure."""

from __future__ import annotations

import msgspec


class TravelModel(msgspec.Struct, frozen=True):
    """Road distance is the straight line times `detour`; speed in metres per second."""

    detour: float = 1.3
    speed_mps: float = 25.0 / 3.6

    def road_m(self, straight_m: float) -> float:
        """Metres to drive for this many metres of air."""
        return straight_m * self.detour

    def eta_s(self, straight_m: float) -> float:
        """Seconds to drive for this many metres of air."""
        return straight_m * self.detour / self.speed_mps
