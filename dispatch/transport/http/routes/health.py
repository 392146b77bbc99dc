"""`GET /healthz` and `GET /readyz`: is the process alive, can rides be dispatched."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def health_routes(why_not_ready: Callable[[], str]) -> list[Route]:
    """`why_not_ready` says what is missing; empty while rides can be dispatched."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        missing = why_not_ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
