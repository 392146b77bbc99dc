"""What a trip costs here and now: the tariff, the demand, the hour, and the way as the server estimates it. Pure."""

from collections.abc import Callable
from fractions import Fraction

from dispatch.domain.places.geo import EtaModel
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.fares import fare
from dispatch.domain.pricing.money import exactly
from dispatch.domain.pricing.tariff import Tariff
from dispatch.values import Place, Price


class DemandMultiplier:
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
        demand: DemandMultiplier,
        travel: EtaModel,
        minute_of_day: Callable[[float], int],
        zones: ZoneMap = ONE_ZONE,
    ) -> None:
        """`travel`: estimates ways. `minute_of_day`: local, at a given time. `zones`: whose demand a pickup pays for."""
        self.tariff = tariff
        self.demand = demand
        self._travel = travel
        self._minute_of_day = minute_of_day
        self._zones = zones

    def way(self, pickup: Place, dropoff: Place, at: float) -> tuple[int, int]:
        """The way in whole metres and seconds, as it is paid for."""
        start, end = pickup.point, dropoff.point
        return round(self._travel.road_m(start, end)), round(self._travel.eta_s(start, end, at))

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
