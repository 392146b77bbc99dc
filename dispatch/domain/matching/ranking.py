"""Who is asked first: the nearest in metres (`Supply` itself), or those who are there soonest. Pure."""

from dispatch.domain.matching.supply import MayAsk, Roster, Supply
from dispatch.domain.places.geo import EtaModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId


class SupplyByEta(Supply):
    """Compares so many nearest drivers by how long they take: who is across the river is near, and late."""

    def __init__(
        self,
        board: PositionBoard,
        live_offers: int,
        travel: EtaModel,
        candidates: int,
        *,
        roster: Roster | None = None,
    ) -> None:
        """`candidates`: how many nearest drivers are compared, whatever the number wanted; never fewer than that."""
        super().__init__(board, live_offers, roster=roster, travel=travel)
        self._candidates = candidates

    def nearest(
        self, lat: float, lon: float, k: int, radius_m: float, now: float, may_ask: MayAsk | None = None
    ) -> list[tuple[float, DriverId]]:
        """As of all supply, but for the order: the soonest first, ties by metres and id."""
        hits = super().nearest(lat, lon, max(k, self._candidates) if k > 0 else 0, radius_m, now, may_ask)
        etas = self.etas_s([driver_id for _, driver_id in hits], (lat, lon), now)
        return [hit for _, hit in sorted(zip(etas, hits, strict=True))][:k]
