"""`GET /healthz` and `GET /readyz`: is the process alive, can rides be dispatched."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dispatch.transport.http.access import public
from dispatch.transport.http.operation import Operation, described

PLAIN = "text/plain"


def health_routes(why_not_ready: Callable[[], str]) -> list[Route]:
    """`why_not_ready` says what is missing; empty while rides can be dispatched."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        missing = why_not_ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)

    return public(
        [
            described(
                Route("/healthz", healthz), Operation(does="Is the process alive?", answers=str, media_type=PLAIN)
            ),
            described(
                Route("/readyz", readyz),
                Operation(does="Can rides be dispatched? 503 says what is missing.", answers=str, media_type=PLAIN),
            ),
        ]
    )
