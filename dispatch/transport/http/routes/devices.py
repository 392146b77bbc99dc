"""`/api/me/devices`: the phones of a driver that a push can wake. A device is named by a hash, and its token never leaves the file."""

from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.errors import Unavailable
from dispatch.principals import Principal, Role
from dispatch.transport import wire
from dispatch.transport.http.access import claims_of, for_oneself
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.requests import NotForYou, Requests, principal_of, require_json
from dispatch.transport.wire import own

Told = dict[str, Any]


DEVICES: Final = Operation(
    does="My devices that a push can wake.", answers=own.Devices, errors=(NotForYou, Unavailable)
)
REGISTER: Final = Operation(
    does="Have pushes for offers sent to this device, while my login lasts. Again: it is kept once.",
    asks=own.DeviceRequest,
    answers=own.DeviceKept,
    status=HTTPStatus.CREATED,
    errors=(NotForYou, Unavailable),
)
DROP: Final = Operation(
    does="Send nothing to this device of mine any more.",
    status=HTTPStatus.NO_CONTENT,
    errors=(NotForYou, Unavailable),
)


class KeepsDevices(Protocol):
    """Whoever has the devices on file."""

    async def register(self, who: Principal, session: str, token: str, platform: str) -> Told:
        """Keep this device. Returns it. Raises Unavailable."""

    async def of_driver(self, who: Principal) -> Told:
        """The driver's devices. Raises Unavailable."""

    async def drop(self, who: Principal, device_id: str) -> None:
        """Forget a device, if the driver has it. Raises Unavailable."""


def device_routes(requests: Requests, kept: KeepsDevices) -> list[Route]:
    """The routes. Made by the composition root, used on the event loop."""

    async def devices(request: Request) -> Response:
        return _answer(await kept.of_driver(_driver(request)))

    async def register(request: Request, body: bytes) -> Response:
        require_json(request)
        who, asked = _driver(request), wire.read_body(body, own.DeviceRequest)
        claims = claims_of(request)
        session = claims.session if claims is not None else ""
        return _answer(await kept.register(who, session, asked.token, asked.platform), HTTPStatus.CREATED)

    async def drop(request: Request, body: bytes) -> Response:
        await kept.drop(_driver(request), request.path_params["device_id"])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return for_oneself(
        [
            described(requests.get("/api/me/devices", devices), DEVICES),
            described(requests.post("/api/me/devices", register), REGISTER),
            described(requests.post("/api/me/devices/{device_id}", drop, "DELETE"), DROP),
        ]
    )


def _driver(request: Request) -> Principal:
    """Who asks, if they drive: nobody else is sent pushes. Raises NotForYou."""
    who = principal_of(request)
    if who.role is not Role.DRIVER:
        raise NotForYou("pushes are for drivers")
    return who


def _answer(told: Told, status: int = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(told), status, media_type=JSON)
