"""`DELETE /api/people/{person_id}`: a manager takes a person out of the file for good."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.identity.people import NoSuchPerson, RideIsOpen, StillConnected
from dispatch.transport import wire
from dispatch.transport.http.access import for_managers
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.requests import Requests, principal_of

LONGEST_ID: Final = 200
Remove = Callable[[str, str], Awaitable[Mapping[str, Any]]]
"""Takes whoever has this id or phone out, by order of the member of staff with this id. Raises FrameError."""


class PersonGone(msgspec.Struct):
    """`pseudonym`: what stands for the person now; `events`: how many changed. `unwiped`: why free pages of the file may still have
    something of the person; empty: they have nothing.
    """

    pseudonym: str
    events: int
    unwiped: str


def removal_routes(requests: Requests, remove: Remove) -> list[Route]:
    """The route, for managers. It answers once the file is written anew."""

    async def gone(request: Request, body: bytes) -> Response:
        who = request.path_params["person_id"]
        if len(who) > LONGEST_ID:
            raise NoSuchPerson
        answer = msgspec.convert(await remove(who, principal_of(request).id), PersonGone)
        return Response(wire.encode(answer), media_type=JSON)

    does = Operation(
        does="Take a person out of the file for good: a pseudonym stands in all events and rows. It cannot be undone.",
        answers=PersonGone,
        errors=(NoSuchPerson, RideIsOpen, StillConnected),
    )
    return for_managers([described(requests.post("/api/people/{person_id}", gone, "DELETE"), does)])
