"""`/api/me…`, one ride and its rating: what people read and say of their own. The operator's people are shown any ride.

A ride that is not theirs and one that nobody booked are answered with the same bytes.
"""

from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch import addresses
from dispatch.errors import IdReused, IllegalTransition, NoSuchRide, Unavailable
from dispatch.identity.people import NoSuchPerson
from dispatch.ids import RideId
from dispatch.messages.commands import RateRide
from dispatch.messages.matching import DeskAnswered
from dispatch.principals import Principal, Role
from dispatch.transport import wire
from dispatch.transport.http.access import for_oneself, for_those_concerned
from dispatch.transport.http.once import command_of
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.queries import Day, Page, YesNo, read_query
from dispatch.transport.http.requests import NotForYou, Requests, principal_of, require_json
from dispatch.transport.http.routes.desk import DeskReads, ride_id_of
from dispatch.transport.http.routes.rides import PATIENCE_S
from dispatch.transport.sessions.staff import refused
from dispatch.transport.wire import own

Told = dict[str, Any]


class OwnRidesQuery(Page, frozen=True, kw_only=True):
    """Which rides. `open`: only those that are not over."""

    open: YesNo = "0"


class OwnTakingsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which day, by the clocks of the town; without it today."""

    day: Day | None = None


ME: Final = Operation(does="Who I am, and the ride that I am on.", answers=own.Me, errors=(NoSuchPerson,))
RIDES: Final = Operation(
    does="My rides as a passenger or as a driver, the newest first.",
    query=OwnRidesQuery,
    answers=own.OwnRides,
    errors=(NotForYou,),
)
TAKINGS: Final = Operation(
    does="What my rides as a driver came to on one day.",
    query=OwnTakingsQuery,
    answers=own.Takings,
    errors=(NotForYou,),
)
RIDE: Final = Operation(
    does="One ride with its timeline, as whoever asks may see it.", answers=own.OwnRide, errors=(NoSuchRide,)
)
RATE: Final = Operation(
    does="Rate the driver, or the passenger, of a ride that is completed.",
    asks=own.RatingRequest,
    answers=own.Rated,
    status=HTTPStatus.CREATED,
    errors=(IdReused, NoSuchRide, IllegalTransition, NotForYou, Unavailable),
    once=True,
)


class OwnReads(Protocol):
    """What is on file of whoever asks. Each answer holds whatever was on disk when it was asked for."""

    async def me(self, who: Principal) -> Told | None:
        """Who asks; None: they are not on file any more."""

    async def rides(self, who: Principal, only_open: bool, cursor: str | None, limit: int) -> Told:
        """A page of the person's rides. Raises BadField."""

    async def ride(self, who: Principal, ride_id: RideId) -> Told | None:
        """A ride of the person; None: they have none with this id."""

    async def takings(self, who: Principal, day: str | None) -> Told:
        """What the driver took on a local day; None: today. Raises BadField."""


class MeRoutes:
    """Routes for everybody's own. Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests, reads: OwnReads, desk: DeskReads) -> None:
        """`desk`: what the operator's people read of a ride."""
        self._requests = requests
        self._reads = reads
        self._desk = desk
        self.routes: list[Route] = [
            *for_oneself(
                [
                    described(requests.get("/api/me", self._me), ME),
                    described(requests.get("/api/me/rides", self._rides), RIDES),
                    described(requests.get("/api/me/takings", self._takings), TAKINGS),
                    described(requests.post("/api/rides/{ride_id}/rating", self._rate), RATE),
                ]
            ),
            *for_those_concerned([described(requests.get("/api/rides/{ride_id}", self._ride), RIDE)]),
        ]

    async def _me(self, request: Request) -> Response:
        told = await self._reads.me(principal_of(request))
        if told is None:
            raise NoSuchPerson
        return _answer(told)

    async def _rides(self, request: Request) -> Response:
        who, asked = _rider(request), read_query(request, OwnRidesQuery)
        return _answer(await self._reads.rides(who, asked.open == "1", asked.cursor, asked.limit))

    async def _takings(self, request: Request) -> Response:
        who, asked = principal_of(request), read_query(request, OwnTakingsQuery)
        if who.role is not Role.DRIVER:
            raise NotForYou("takings are a driver's")
        currency = {"currency": self._requests.settings.currency} if self._requests.settings.currency else {}
        return _answer(await self._reads.takings(who, asked.day) | currency)

    async def _ride(self, request: Request) -> Response:
        who, ride_id = principal_of(request), ride_id_of(request)
        told = await (self._desk.ride(ride_id) if who.role is Role.STAFF else self._reads.ride(who, ride_id))
        if told is None:
            raise NoSuchRide
        return _answer(told)

    async def _rate(self, request: Request, body: bytes) -> Response:
        """201: the rating is kept, on disk."""
        require_json(request)
        who, ride_id, asked = _rider(request), ride_id_of(request), wire.read_body(body, own.RatingRequest)
        if await self._reads.ride(who, ride_id) is None:
            raise NoSuchRide
        command = command_of(request, who, asked)
        answer: DeskAnswered = await self._requests.ask(
            addresses.ride(ride_id),
            lambda reply_to: RateRide(who, ride_id, asked.rating, asked.comment or "", command, reply_to),
            PATIENCE_S,
            nobody=NoSuchRide,
        )
        if answer.code:
            raise refused(answer)
        return _answer({"ride_id": ride_id, "rating": asked.rating}, HTTPStatus.CREATED)


def _rider(request: Request) -> Principal:
    """Who asks, if they ride or drive. Raises NotForYou."""
    who = principal_of(request)
    if who.role not in (Role.PASSENGER, Role.DRIVER):
        raise NotForYou("this is for passengers and drivers")
    return who


def _answer(told: Told, status: int = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(told), status, media_type=JSON)
