"""What a route takes and gives, said once, with the route: by it the document of all routes is made (`openapi`)."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.routing import Route

from dispatch.errors import FrameError

JSON: Final = "application/json"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    `does`: a sentence. `asks`: the struct of the body, None: there is none. `answers`: the type of what comes back, None: nothing does.
    `query`: the struct of what may stand in the query. `status`: of success; `again`: of the same request under the same
    Idempotency-Key. `errors`: beside those that every route has, such as `bad_field`. `once`: whether it takes an Idempotency-Key.
    `cookie`: what the name of the cookie begins with by which it is believed, if it is.
    """

    does: str
    asks: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    answers: Any = None
    status: int = HTTPStatus.OK
    again: int | None = None
    media_type: str = JSON
    errors: tuple[type[FrameError], ...] = ()
    once: bool = False
    cookie: str = ""


class DescribedRoute(Route):
    """A route that says what it takes and gives."""

    operation: Operation


def described(route: Route, operation: Operation) -> DescribedRoute:
    """The same route, which says what it takes and gives."""
    told = DescribedRoute(route.path, route.endpoint, methods=methods_of(route))
    told.app, told.operation = route.app, operation
    return told


def methods_of(route: Route) -> Collection[str]:
    """The methods of a route, but for the HEAD that every GET has."""
    return sorted((route.methods or set()) - {"HEAD"})
