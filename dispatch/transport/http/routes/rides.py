"""`POST /api/rides/<ride_id>/cancel`: the operator's people end a ride."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch import addresses
from dispatch.config import Settings
from dispatch.errors import BadMessage, IllegalTransition, NoSuchRide
from dispatch.ids import CHOSEN_ID, RideId
from dispatch.messages.commands import CancelRide
from dispatch.messages.matching import RideClosed
from dispatch.runtime import Runtime
from dispatch.transport import wire
from dispatch.transport.http.requests import Requests, answered, ask, principal_of

JSON: Final = "application/json"
PATIENCE_S: Final = 5.0
"""Seconds to wait for the ride's answer. A commit takes milliseconds."""


class RideRoutes:
    """Routes for one ride. Made by the composition root, used on the event loop."""

    def __init__(self, runtime: Runtime, settings: Settings, requests: Requests) -> None:
        self._runtime = runtime
        self._settings = settings
        self._requests = requests
        self.routes = [Route("/api/rides/{ride_id}/cancel", self.cancel, methods=["POST"])]

    async def cancel(self, request: Request) -> Response:
        """Cancel the ride. 200: it is over, on disk. The same request again has the same answer."""
        settings = self._settings
        return await answered(request, settings.frame_bytes, settings.header_timeout_s, self._cancel)

    async def _cancel(self, request: Request, body: bytes) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise BadMessage(f"the Content-Type must be {JSON}")  # a page of another site cannot send that unasked
        asked = wire.read_body(body, wire.CancelRequest)
        ride_id = request.path_params["ride_id"]
        if re.fullmatch(CHOSEN_ID, ride_id) is None:
            raise NoSuchRide
        address = addresses.request(self._requests.next_number())
        cancel = CancelRide(principal_of(request), RideId(ride_id), asked.reason or "", reply_to=address)
        receiver = addresses.ride(RideId(ride_id))
        closed: RideClosed = await ask(self._runtime, address, receiver, cancel, PATIENCE_S, nobody=NoSuchRide)
        if closed.code == NoSuchRide.code:
            raise NoSuchRide
        if closed.code:
            raise IllegalTransition(closed.text)
        told = wire.RideClosed(ride_id=ride_id, status=closed.status, by=closed.by, reason=closed.reason)
        return Response(wire.encode(told), media_type=JSON)
