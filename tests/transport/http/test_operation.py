"""What a route says of itself."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dispatch.transport.http.operation import Operation, described, methods_of


async def page(request: Request) -> Response:
    return PlainTextResponse("here")


def test_a_described_route_is_the_same_route() -> None:
    route = Route("/here", page, methods=["GET"])
    told = described(route, Operation(does="Be here."))
    assert (told.path, told.endpoint, told.app, told.methods) == (route.path, page, route.app, {"GET", "HEAD"})
    assert told.operation.does == "Be here."


def test_the_head_of_every_get_needs_no_words() -> None:
    assert methods_of(Route("/here", page, methods=["POST", "GET"])) == ["GET", "POST"]
