"""`/api/rides`: the operator's people book for callers, look rides up and intervene. Every change is on disk when it is answered."""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch import addresses
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.geo import EtaModel
from dispatch.errors import (
    BadField,
    BadMessage,
    Forbidden,
    IdReused,
    IllegalTransition,
    NoSuchRide,
    QuoteExpired,
    Unavailable,
)
from dispatch.ids import CHOSEN_ID, DriverId, PassengerId, QuoteId, RideId
from dispatch.messages.commands import AssignRide, ChangeFare, EditRide, FindDriver, ReassignRide
from dispatch.messages.matching import DeskAnswered
from dispatch.phones import identity
from dispatch.principals import Principal
from dispatch.transport import wire
from dispatch.transport.http.access import for_managers
from dispatch.transport.http.once import command_of, id_of, key_of, sum_of
from dispatch.transport.http.operation import Operation, described
from dispatch.transport.http.queries import Day, Page, read_query
from dispatch.transport.http.requests import Requests, principal_of, require_json
from dispatch.transport.http.routes.rides import JSON, PATIENCE_S
from dispatch.transport.http.tables import MEDIA_TYPE, as_csv
from dispatch.transport.sessions.passenger import (
    bookable,
    phone_of,
    require_cards,
    require_place,
    require_trip,
    require_vehicle,
)
from dispatch.transport.sessions.staff import refused
from dispatch.transport.wire.desk import (
    Acts,
    AssignRequest,
    BookRequest,
    DeskRide,
    DeskRides,
    DriverAsked,
    EditRequest,
    FareRequest,
    ReassignRequest,
)
from dispatch.transport.wire.desk_answers import DayFigures, DayTakings, DriversPage, DriverTakings
from dispatch.values import CARD, CASH, UNNAMED, Passenger, Place, Trip

OK, CREATED, ACCEPTED = 200, 201, 202
WHOSE: Final = ("driver_id", "driver_name")
TAKINGS_COLUMNS: Final = (*WHOSE, *(name for name in DriverTakings.__struct_fields__ if name not in WHOSE))
Told = dict[str, Any]


class RidesQuery(Page, frozen=True, kw_only=True):
    """Which rides. `state`: `open`, `all` or a status. `find`: a text that stands in them."""

    state: str = "open"
    find: Annotated[str, Meta(max_length=100, description="text of at most 100 characters")] = ""


class AuditQuery(Page, frozen=True, kw_only=True):
    """What of staff's deeds: of whom, about which ride or person, on which local day. Empty: any."""

    staff: str = ""
    ride: str = ""
    person: str = ""
    day: str = ""


class DriversQuery(Page, frozen=True, kw_only=True):
    """Which drivers. `state`: `live` (online, or on a ride) or `all`."""

    state: Annotated[str, Meta(pattern=r"^(live|all)\Z", description="live or all")] = "live"


class DayQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which day, by the clocks of the town; without it today."""

    day: Day | None = None


class TakingsQuery(DayQuery, frozen=True, kw_only=True):
    """And in which form: `json`, or `csv` for spreadsheets."""

    format: Annotated[str, Meta(pattern=r"^(json|csv)\Z", description="json or csv")] = "json"


LIST: Final = Operation(does="List rides, the newest first.", query=RidesQuery, answers=DeskRides)
BOOK: Final = Operation(
    does="Book for a caller. The same request again under the same key has the same ride, and 200.",
    asks=BookRequest,
    answers=DeskRide,
    status=CREATED,
    again=OK,
    errors=(IdReused, QuoteExpired, Unavailable),
    once=True,
)
EDIT: Final = Operation(
    does="Move the pickup or the drop-off until a driver has the ride; or change the note.",
    asks=EditRequest,
    answers=DeskRide,
    errors=(IdReused, NoSuchRide, IllegalTransition, Unavailable),
    once=True,
)
WHY: Final = Operation(
    does="Who was asked in which round, and why others were not.", answers=Told, errors=(NoSuchRide,)
)
ASSIGN: Final = Operation(
    does="Have a driver asked beside the rounds, or bound without an answer.",
    asks=AssignRequest,
    answers=DriverAsked,
    status=ACCEPTED,
    errors=(IdReused, NoSuchRide, IllegalTransition, Forbidden, Unavailable),
    once=True,
)
REASSIGN: Final = Operation(
    does="Take the ride from its driver, and ask others.",
    asks=ReassignRequest,
    answers=DeskRide,
    errors=(IdReused, NoSuchRide, IllegalTransition, Unavailable),
    once=True,
)
FARE: Final = Operation(
    does="Change the fare of a ride that a driver has.",
    asks=FareRequest,
    answers=DeskRide,
    errors=(IdReused, NoSuchRide, IllegalTransition, Forbidden, Unavailable),
    once=True,
)
AUDIT: Final = Operation(does="List what staff did, the newest first.", query=AuditQuery, answers=Acts)
DRIVERS: Final = Operation(does="List drivers as they are now, by id.", query=DriversQuery, answers=DriversPage)
FIGURES: Final = Operation(does="What happened on a day of the town.", query=DayQuery, answers=DayFigures)
TAKINGS: Final = Operation(
    does="What each driver took on a day of the town; with `format=csv` as a table.",
    query=TakingsQuery,
    answers=DayTakings,
)


class DeskReads(Protocol):
    """What is on file, as the operator's people read it. Each answer holds whatever was on disk when it was asked for."""

    async def person_id(self, ident: str) -> str:
        """The id that this phone stands for, in its canonical form. Any other id stands for itself."""

    async def ride(self, ride_id: RideId) -> Told | None:
        """The ride with its timeline; None: nobody booked under this id."""

    async def rides(self, state: str, cursor: str | None, limit: int, find: str = "") -> Told:
        """A page of `rides` in this state with this text in them, the newest first, and the `next` cursor. Raises BadField."""

    async def audit(self, staff: str, ride: str, person: str, day: str, cursor: str | None, limit: int) -> Told:
        """A page of `acts` of staff, the newest first, and the `next` cursor where there are more. Empty: any. Raises BadField."""

    async def why(self, ride_id: RideId) -> Told | None:
        """Who was asked and why; None: nobody booked under this id."""

    async def drivers(self, everybody: bool, cursor: str | None, limit: int) -> Told:
        """A page of `drivers`, those who are live or all, and the `next` cursor where there are more. Raises BadField."""

    async def figures(self, day: str | None) -> Told:
        """What happened on a day of the town; None: today. Raises BadField."""

    async def takings(self, day: str | None) -> Told:
        """What each of the `drivers` took on a day of the town; None: today. Raises BadField."""


class DeskRoutes:
    """Routes for the operator's people. Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests, reads: DeskReads, travel: EtaModel) -> None:
        """`travel`: how long a drive takes, for bookings that do not say it."""
        self._requests = requests
        self._reads = reads
        self._travel = travel
        self._book_patience_s = PATIENCE_S + requests.settings.price_patience_s
        """A price may have to be asked for."""
        self._vehicles = Vehicles.of(requests.settings.vehicle_types)
        self.routes: list[Route] = [
            described(requests.get("/api/rides", self._list), LIST),
            described(requests.post("/api/rides", self._book), BOOK),
            described(requests.post("/api/rides/{ride_id}", self._edit, method="PATCH"), EDIT),
            described(requests.get("/api/rides/{ride_id}/why", self._explain), WHY),
            described(requests.post("/api/rides/{ride_id}/assign", self._assign), ASSIGN),
            described(requests.post("/api/rides/{ride_id}/reassign", self._reassign), REASSIGN),
            described(requests.post("/api/rides/{ride_id}/fare", self._change_fare), FARE),
            described(requests.get("/api/drivers", self._drivers), DRIVERS),
            *for_managers(
                [
                    described(requests.get("/api/audit", self._audit), AUDIT),
                    described(requests.get("/api/figures", self._figures), FIGURES),
                    described(requests.get("/api/takings", self._takings), TAKINGS),
                ]
            ),
        ]

    # -- reading

    async def _list(self, request: Request) -> Response:
        asked = read_query(request, RidesQuery)
        return _answer(await self._reads.rides(asked.state, asked.cursor, asked.limit, asked.find))

    async def _audit(self, request: Request) -> Response:
        asked = read_query(request, AuditQuery)
        told = await self._reads.audit(asked.staff, asked.ride, asked.person, asked.day, asked.cursor, asked.limit)
        return _answer(told)

    async def _drivers(self, request: Request) -> Response:
        asked = read_query(request, DriversQuery)
        return _answer(await self._reads.drivers(asked.state == "all", asked.cursor, asked.limit))

    async def _figures(self, request: Request) -> Response:
        return _answer(await self._reads.figures(read_query(request, DayQuery).day))

    async def _takings(self, request: Request) -> Response:
        """As JSON, or with `format=csv` as a table that a spreadsheet opens."""
        asked = read_query(request, TakingsQuery)
        told = await self._reads.takings(asked.day)
        if asked.format == "json":
            return _answer(told)
        name = f"attachment; filename=takings-{told['day']}.csv"
        table = as_csv(TAKINGS_COLUMNS, told["drivers"])
        return Response(table, media_type=MEDIA_TYPE, headers={"Content-Disposition": name})

    async def _explain(self, request: Request) -> Response:
        return await self._told(request, self._reads.why)

    async def _told(self, request: Request, read: Callable[[RideId], Awaitable[Told | None]]) -> Response:
        told = await read(ride_id_of(request))
        if told is None:
            raise NoSuchRide
        return _answer(told)

    # -- booking

    async def _book(self, request: Request, body: bytes) -> Response:
        """Book for a caller. 201: it is booked; 200: it was before, by the same request under the same key."""
        require_json(request)
        asked = wire.read_body(body, BookRequest)
        principal = principal_of(request)
        ride_id = _ride_id(request, principal)
        phone = phone_of(asked.passenger_phone, self._requests.settings.phone_region)
        if not phone:
            raise BadField("passenger_phone", "passenger_phone must name the caller, got nothing")
        pickup_at = self._pickup_at(asked)
        trip = self._trip(asked, max(self._requests.runtime.now, pickup_at or 0.0))
        name = (asked.passenger_name or "").strip() or UNNAMED
        passenger = Passenger(PassengerId(await self._reads.person_id(phone)), name, phone)
        quote_id = QuoteId(asked.quote_id) if asked.quote_id is not None else None
        answer = await self.ask(
            ride_id,
            lambda reply_to: FindDriver(
                principal,
                ride_id,
                trip,
                passenger,
                pickup_at=pickup_at,
                quote_id=quote_id,
                reply_to=reply_to,
                body=sum_of(asked),
            ),
            self._book_patience_s,
        )
        return _answer(await self._reads.ride(ride_id) or {}, OK if answer.again else CREATED)

    def _pickup_at(self, asked: BookRequest) -> float | None:
        settings = self._requests.settings
        if asked.pickup_at is None:
            return None
        return bookable(asked.pickup_at, self._requests.runtime.now, settings.schedule_ahead_s)

    def _trip(self, asked: BookRequest, at: float) -> Trip:
        """The trip that the caller wants, with the server's figures in the place of those that nobody named."""
        if asked.vehicle_type:
            require_vehicle(asked.vehicle_type, self._vehicles)
        if asked.payment_method and asked.payment_method != CASH:
            require_cards(asked.payment_method, self._requests.settings)
        pickup = Place(asked.pickup_latitude, asked.pickup_longitude, asked.pickup_address)
        dropoff = Place(asked.dropoff_latitude, asked.dropoff_longitude, asked.dropoff_address)
        require_trip(pickup, dropoff)
        kilometres, minutes = asked.distance_km, asked.estimated_duration_minutes
        if kilometres is None:
            kilometres = round(self._travel.road_m(pickup.point, dropoff.point) / 1000.0, 3)
        if minutes is None:
            minutes = round(self._travel.eta_s(pickup.point, dropoff.point, at) / 60.0, 2)
        return Trip(
            pickup,
            dropoff,
            kilometres,
            minutes,
            asked.fare_amount or 0.0,
            vehicle_type=asked.vehicle_type or "",
            note=asked.note or "",
            pin=bool(asked.require_pin),
            payment_method=CARD if asked.payment_method == CARD else "",
            by_agreement=asked.fare_amount is None,
        )

    # -- intervening

    async def _edit(self, request: Request, body: bytes) -> Response:
        """Other places, or another note. 200: the ride as it is then."""
        require_json(request)
        asked = wire.read_body(body, EditRequest)
        principal, ride_id = principal_of(request), ride_id_of(request)
        command = command_of(request, principal, asked)
        pickup = place_of("pickup", asked.pickup_latitude, asked.pickup_longitude, asked.pickup_address)
        dropoff = place_of("dropoff", asked.dropoff_latitude, asked.dropoff_longitude, asked.dropoff_address)
        if pickup is not None and dropoff is not None:
            require_trip(pickup, dropoff)
        if (pickup, dropoff, asked.note) == (None, None, None):
            raise BadMessage("name what is to change: pickup, dropoff or note")
        return await self._done(
            ride_id,
            lambda to: EditRide(principal, ride_id, to, pickup, dropoff, asked.note, command),
            self._book_patience_s,
        )

    async def _assign(self, request: Request, body: bytes) -> Response:
        """Have a driver asked, or bound. 202: the offer is on its way; how the ride goes on is told by the ride."""
        require_json(request)
        asked = wire.read_body(body, AssignRequest)
        driver_id = DriverId(
            await self._reads.person_id(identity(asked.driver_id, self._requests.settings.phone_region))
        )
        principal, ride_id = principal_of(request), ride_id_of(request)
        command = command_of(request, principal, asked)
        await self.ask(ride_id, lambda to: AssignRide(principal, ride_id, to, driver_id, bool(asked.bind), command))
        return _answer({"ride_id": ride_id, "driver_id": driver_id, "bind": bool(asked.bind)}, ACCEPTED)

    async def _reassign(self, request: Request, body: bytes) -> Response:
        require_json(request)
        asked = wire.read_body(body, ReassignRequest)
        principal, ride_id = principal_of(request), ride_id_of(request)
        command = command_of(request, principal, asked)
        return await self._done(ride_id, lambda to: ReassignRide(principal, ride_id, to, asked.reason or "", command))

    async def _change_fare(self, request: Request, body: bytes) -> Response:
        require_json(request)
        asked = wire.read_body(body, FareRequest)
        principal, ride_id = principal_of(request), ride_id_of(request)
        command = command_of(request, principal, asked)
        return await self._done(
            ride_id, lambda to: ChangeFare(principal, ride_id, to, asked.fare, asked.reason, command)
        )

    async def _done(self, ride_id: RideId, question: Callable[[str], Any], patience_s: float = PATIENCE_S) -> Response:
        """Ask for it, and show the ride as it is then."""
        await self.ask(ride_id, question, patience_s)
        return _answer(await self._reads.ride(ride_id) or {})

    async def ask(
        self, ride_id: RideId, question: Callable[[str], Any], patience_s: float = PATIENCE_S
    ) -> DeskAnswered:
        """Ask the ride something. Raises the FrameError that it refuses with, and Unavailable."""
        answer: DeskAnswered = await self._requests.ask(
            addresses.ride(ride_id), question, patience_s, nobody=NoSuchRide
        )
        if answer.code:
            raise refused(answer)
        return answer


def ride_id_of(request: Request) -> RideId:
    """The ride of the path. Raises NoSuchRide for what is no id."""
    ride_id = RideId(request.path_params["ride_id"])
    if re.fullmatch(CHOSEN_ID, ride_id) is None:
        raise NoSuchRide
    return ride_id


def place_of(name: str, lat: float | None, lon: float | None, address: str | None) -> Place | None:
    """The place that an edit names; None: none. Raises BadField for half of one, and for one that is none."""
    if lat is None and lon is None:
        if address is not None:
            raise BadField(f"{name}_latitude", f"{name}_address needs {name}_latitude and {name}_longitude beside it")
        return None
    if lat is None or lon is None:
        missing = "latitude" if lat is None else "longitude"
        raise BadField(f"{name}_{missing}", f"{name}_{missing} is missing beside the other half of the place")
    place = Place(lat, lon, address or "")
    require_place(name, place)
    return place


def _ride_id(request: Request, principal: Principal) -> RideId:
    """A new id that nobody guesses; with an Idempotency-Key the one that the key of this person stands for."""
    key = key_of(request)
    return RideId(id_of(key, principal) if key is not None else secrets.token_hex(16))


def _answer(told: Told, status: int = OK) -> Response:
    return Response(msgspec.json.encode(told), status, media_type=JSON)
