"""`POST /api/rides/<ride_id>/cancel`: the operator's people end a ride."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch import addresses
from dispatch.errors import IdReused, IllegalTransition, NoSuchRide, Unavailable
from dispatch.ids import CHOSEN_ID, RideId
from dispatch.messages.commands import CancelRide
from dispatch.messages.matching import DeskAnswered
from dispatch.transport import wire
from dispatch.transport.http.access import for_staff
from dispatch.transport.http.once import command_of
from dispatch.transport.http.operation import Operation, described
from dispatch.transport.http.requests import Requests, principal_of, require_json
from dispatch.transport.sessions.staff import refused

JSON: Final = "application/json"
PATIENCE_S: Final = 5.0
"""Seconds to wait for the ride's answer. A commit takes milliseconds."""


CANCEL: Final = Operation(
    does="End a ride that is not over.",
    asks=wire.CancelRequest,
    answers=wire.RideClosed,
    errors=(IdReused, NoSuchRide, IllegalTransition, Unavailable),
    once=True,
)


def ride_routes(requests: Requests) -> list[Route]:
    """Routes for one ride."""

    async def cancel(request: Request, body: bytes) -> Response:
        """Cancel the ride. 200: it is over, on disk. The same request again has the same answer."""
        require_json(request)
        asked = wire.read_body(body, wire.CancelRequest)
        ride_id = RideId(request.path_params["ride_id"])
        if re.fullmatch(CHOSEN_ID, ride_id) is None:
            raise NoSuchRide
        who = principal_of(request)
        command = command_of(request, who, asked)
        closed: DeskAnswered = await requests.ask(
            addresses.ride(ride_id),
            lambda reply_to: CancelRide(who, ride_id, asked.reason or "", command, reply_to),
            PATIENCE_S,
            nobody=NoSuchRide,
        )
        if closed.code:
            raise refused(closed)
        told = wire.RideClosed(ride_id=ride_id, status=closed.status, by=closed.by, reason=closed.reason)
        return Response(wire.encode(told), media_type=JSON)

    return for_staff([described(requests.post("/api/rides/{ride_id}/cancel", cancel), CANCEL)])
