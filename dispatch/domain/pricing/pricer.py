"""What a trip costs here and now: the tariff, the demand, the hour, and the way as the server estimates it. Pure."""

from collections.abc import Callable
from fractions import Fraction

from dispatch.domain.places.geo import EtaModel
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.fares import fare
from dispatch.domain.pricing.money import exactly
from dispatch.domain.pricing.tariff import Tariff
from dispatch.values import Place, Price

Way = tuple[float, float]
"""Metres to drive and seconds to take."""
EstimateWay = Callable[[Place, Place, float], Way]
"""The way from the first place to the second for a departure at this time."""


class Demand:
    """The multiplier of fares: one for all zones, until a zone is given its own. May be changed at any time."""

    def __init__(self, multiplier: float) -> None:
        self._everywhere = exactly(multiplier)
        self._by_zone: dict[str, Fraction] = {}

    def factor(self, zone: str) -> Fraction:
        """The multiplier of this zone."""
        return self._by_zone.get(zone, self._everywhere)

    def change(self, multiplier: float, zone: str | None = None) -> None:
        """Set the multiplier of a zone, or without one of all zones."""
        if zone is None:
            self._everywhere = exactly(multiplier)
            self._by_zone.clear()
        else:
            self._by_zone[zone] = exactly(multiplier)


class Pricer:
    """Prices any trip at once, by the distance and duration that the server itself estimates."""

    def __init__(
        self,
        tariff: Tariff,
        demand: Demand,
        estimate: EstimateWay,
        minute_of_day: Callable[[float], int],
        zones: ZoneMap = ONE_ZONE,
    ) -> None:
        """`minute_of_day`: the local minute of the day at a given time. `zones`: whose demand a pickup pays for."""
        self.tariff = tariff
        self.demand = demand
        self._estimate = estimate
        self._minute_of_day = minute_of_day
        self._zones = zones

    def way(self, pickup: Place, dropoff: Place, at: float) -> tuple[int, int]:
        """The way in whole metres and seconds, as it is paid for."""
        metres, seconds = self._estimate(pickup, dropoff, at)
        return round(metres), round(seconds)

    def price(self, pickup: Place, dropoff: Place, vehicle_type: str, at: float) -> Price:
        """The price of a trip that begins at this time."""
        distance_m, duration_s = self.way(pickup, dropoff, at)
        return fare(
            self.tariff,
            distance_m=distance_m,
            duration_s=duration_s,
            minute_of_day=self._minute_of_day(at),
            vehicle_type=vehicle_type,
            demand=self.demand.factor(self._zones.zone_at(pickup.lat, pickup.lon)),
        )


def way_by(travel: EtaModel) -> EstimateWay:
    """An estimate of ways by this ETA model."""

    def estimate(pickup: Place, dropoff: Place, at: float) -> Way:
        start, end = pickup.point, dropoff.point
        return travel.road_m(start, end), travel.eta_s(start, end, at)

    return estimate
