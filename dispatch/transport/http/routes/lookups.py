"""What the desk looks up while somebody is on the phone: who calls, and which drivers a ride could have."""

from math import inf
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.domain.places.geo import EtaModel, haversine_m
from dispatch.errors import NoSuchRide
from dispatch.ids import RideId
from dispatch.transport import wire
from dispatch.transport.http.access import for_staff
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.queries import read_query
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.desk import ride_id_of
from dispatch.transport.wire.desk_answers import AskableDrivers, Callers
from dispatch.values import Point

MOST_OF_A_KIND: Final = 20
Told = dict[str, Any]


class CallerQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How the phone begins, as somebody types it."""

    phone: Annotated[str, Meta(min_length=4, max_length=40, description="at least 4 digits of a phone number")]


CALLERS: Final = Operation(
    does="A few of those whose phone begins so, with the places that they name.", query=CallerQuery, answers=Callers
)
ASKABLE: Final = Operation(
    does="Live drivers for this ride: who can be asked, the soonest first, and why others cannot.",
    answers=AskableDrivers,
    errors=(NoSuchRide,),
)


class Lookups(Protocol):
    """What is on file, and where drivers are."""

    async def callers(self, phone: str) -> Told:
        """A few `callers` whose phone begins so."""

    async def askable(self, ride_id: RideId) -> Told | None:
        """The `pickup` of a ride and all live `drivers`, each with `point`, `distance_m`, `why_not_asked`; None: no such ride."""


class LookupRoutes:
    """Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests, lookups: Lookups, travel: EtaModel) -> None:
        """`travel`: how long the way to the pickup takes."""
        self._requests = requests
        self._lookups = lookups
        self._travel = travel
        self.routes: list[Route] = for_staff(
            [
                described(requests.get("/api/callers", self._callers), CALLERS),
                described(requests.get("/api/rides/{ride_id}/drivers", self._askable), ASKABLE),
            ]
        )

    async def _callers(self, request: Request) -> Response:
        told = await self._lookups.callers(read_query(request, CallerQuery).phone)
        return Response(wire.encode(msgspec.convert(told, Callers)), media_type=JSON)

    async def _askable(self, request: Request) -> Response:
        told = await self._lookups.askable(ride_id_of(request))
        if told is None:
            raise NoSuchRide
        shown = ranked(told["drivers"], told["pickup"], self._travel, self._requests.runtime.now)
        return Response(wire.encode(msgspec.convert(shown, AskableDrivers)), media_type=JSON)


def ranked(drivers: list[Told], pickup: tuple[float, float], travel: EtaModel, now: float) -> Told:
    """Some of both kinds, the nearest: those who can be asked by how soon they are there, then the others."""
    drivers.sort(key=lambda row: inf if row["distance_m"] is None else row["distance_m"])
    can = [row for row in drivers if row["why_not_asked"] is None]
    others = [row for row in drivers if row["why_not_asked"] is not None]
    first = can[:MOST_OF_A_KIND]
    starts: list[Point] = [row["point"] for row in first]
    etas = travel.etas_s(starts, [haversine_m(*start, *pickup) for start in starts], pickup, now)
    for row, eta_s in zip(first, etas, strict=True):
        row["eta_s"] = round(eta_s, 1)
    first.sort(key=lambda row: row["eta_s"])
    shown = [*first, *others[:MOST_OF_A_KIND]]
    told = [{name: value for name, value in row.items() if value is not None and name != "point"} for row in shown]
    return {"drivers": told, "askable": len(can), "others": len(others)}
