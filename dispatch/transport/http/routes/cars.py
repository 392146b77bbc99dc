"""`GET /api/cars`: about where free cars are, for the map that a passenger sees before booking. Where the town does not show them
(`show_free_cars`) there are none.

What leaves says little of any driver. Places are those of cells of some 150 m, so a car that waits at its door is not found there; a
cell with many cars is told as one; there are no ids, and the order is that of the map; and a cell is answered anew only every ten
seconds, whoever asks, so that nobody follows a car from cell to cell.
"""

from collections.abc import Iterable
from math import cos, floor, radians
from typing import Final, NamedTuple

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from dispatch import addresses
from dispatch.domain.places.zones import ONE_ZONE
from dispatch.errors import RateLimited, Unavailable
from dispatch.messages.matching import AskFree, FreeTold
from dispatch.transport import wire
from dispatch.transport.http.access import for_people
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.queries import read_query
from dispatch.transport.http.rates import AddressRates
from dispatch.transport.http.requests import Requests
from dispatch.transport.wire.bodies import Car, FreeCars
from dispatch.transport.wire.fields import Latitude, Longitude
from dispatch.values import Place, Point

CELL_DEGREES: Final = 0.00135
"""North and south; a cell is as wide as it is high."""
WITHIN_M, MOST, LOOKED_AT = 3_000.0, 8, 40
"""How far cars are shown and how many, and how many are looked at for that."""
HOLDS_S: Final = 10.0
WITHIN_S: Final = 1.0
KEPT: Final = 1_000
"""Answers that are kept; the oldest is forgotten first."""


class Near(Struct, frozen=True, kw_only=True):
    """Near which place."""

    latitude: Latitude
    longitude: Longitude


CARS: Final = Operation(
    does="About where free cars are near a place.", query=Near, answers=FreeCars, errors=(RateLimited, Unavailable)
)


class _Cell(NamedTuple):
    north: int
    east: int


class CarRoutes:
    """Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._told: dict[_Cell, tuple[float, bytes]] = {}
        """By the cell of whoever asks: when it was told (the runtime's seconds), and what."""
        self._rates = AddressRates(requests.settings.quotes_per_s, requests.settings.quote_burst)
        self.routes = for_people([described(requests.get("/api/cars", self._show), CARS)])

    async def _show(self, request: Request) -> Response:
        self._rates.take(request, self._requests.runtime.now)
        asked = read_query(request, Near)
        cell, now = cell_of((asked.latitude, asked.longitude)), self._requests.runtime.now
        at, answer = self._told.get(cell, (-HOLDS_S, b""))
        if now - at >= HOLDS_S:
            cars = await self._cars(cell) if self._requests.settings.show_free_cars else ()
            answer = wire.encode(FreeCars(cars=cars))
            self._told.pop(cell, None)
            self._told[cell] = now, answer
            if len(self._told) > KEPT:
                del self._told[next(iter(self._told))]
        return Response(answer, media_type=JSON, headers={"Cache-Control": "no-store"})

    async def _cars(self, cell: _Cell) -> tuple[Car, ...]:
        place = Place(*middle_of(cell))
        zone = addresses.dispatcher(ONE_ZONE.zone_at(*place.point))
        told: FreeTold = await self._requests.ask(
            zone, lambda reply_to: AskFree(place, WITHIN_M, LOOKED_AT, reply_to), WITHIN_S
        )
        return coarse(told.points)


def coarse(points: Iterable[Point]) -> tuple[Car, ...]:
    """The cells of the nearest of these points, each once, from south to north."""
    cells = list(dict.fromkeys(cell_of(point) for point in points))[:MOST]
    return tuple(Car(latitude=lat, longitude=lon) for lat, lon in map(middle_of, sorted(cells)))


def cell_of(point: Point) -> _Cell:
    """The cell in which a point lies."""
    north = floor(point[0] / CELL_DEGREES)
    return _Cell(north, floor(point[1] / _width(north)))


def middle_of(cell: _Cell) -> Point:
    """Latitude and longitude of the middle of a cell."""
    return round((cell.north + 0.5) * CELL_DEGREES, 5), round((cell.east + 0.5) * _width(cell.north), 5)


def _width(north: int) -> float:
    """Degrees that a cell so many cells north of the equator is wide."""
    return CELL_DEGREES / max(0.01, cos(radians((north + 0.5) * CELL_DEGREES)))
