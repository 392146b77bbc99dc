"""Who may ask a route is said with the route: `public(routes)`, `for_people(routes)`, `for_staff(routes)`. A route of which nothing is
said is for staff.

`Admission` has found out who asks; here it is decided whether that is enough.
"""

from collections.abc import Iterable
from enum import Enum
from http import HTTPStatus
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatch.identity.tokens import Claims
from dispatch.principals import ANYBODY, OPERATIONS, Principal, Role
from dispatch.transport.http.paths import RequestRefusal
from dispatch.transport.http.problem import problem

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="dispatch"'}


class ProofNeeded(Enum):
    """What somebody must have proved to ask a route."""

    NOTHING = "public"
    PERSON = "person"
    SELF = "self"
    """Themselves, also where nobody has to log in: what is told depends on who they are."""
    CONCERNED = "concerned"
    """To be somebody whom it may concern: a passenger, a driver, the operator's people."""
    STAFF = "staff"
    MANAGER = "manager"
    MACHINE = "machine"
    """Asked from the operator's own machine, whoever it is."""


class Requester(NamedTuple):
    """Who asks over HTTP. `claims`: what they have proved, None: nothing. `login`: people have to prove who they are here.
    `is_local`: the request comes from this machine itself, without a proxy in between.
    """

    claims: Claims | None
    login: bool
    is_local: bool

    def principal(self, need: ProofNeeded) -> Principal:
        """In whose name the request is answered. Raises RequestRefusal: 401 if nothing was proved, 403 if it is not enough."""
        proved = self.claims.principal if self.claims is not None else None
        if need is ProofNeeded.MACHINE:
            if not self.is_local:
                raise RequestRefusal(
                    HTTPStatus.FORBIDDEN,
                    "only programs on this machine are answered here, and none while a proxy is listed (behind_proxy): "
                    "ask on the admin port (admin_port)",
                )
            return OPERATIONS
        if need in (ProofNeeded.STAFF, ProofNeeded.MANAGER):
            if not self.login:
                return proved if proved is not None and proved.role is Role.STAFF else OPERATIONS
            if proved is None:
                raise unproved()
            if proved.role is not Role.STAFF or (need is ProofNeeded.MANAGER and not proved.is_manager):
                raise RequestRefusal(HTTPStatus.FORBIDDEN, f"this is for {need.value} alone")
            return proved
        if proved is None and (need is ProofNeeded.SELF or (self.login and need is not ProofNeeded.NOTHING)):
            raise unproved()
        return proved or (OPERATIONS if need is ProofNeeded.CONCERNED else ANYBODY)


def unproved(message: str = "log in, and send the access token as `Authorization: Bearer …`") -> RequestRefusal:
    """The refusal of somebody who has proved nothing."""
    return RequestRefusal(HTTPStatus.UNAUTHORIZED, message, "not_authenticated", CHALLENGE)


def claims_of(request: Request) -> Claims | None:
    """What the asker of an admitted request has proved; None: nothing."""
    caller: Requester = request.state.caller
    return caller.claims


class Guarded:
    """The application of a route, behind what its asker must have proved."""

    def __init__(self, app: ASGIApp, need: ProofNeeded) -> None:
        self._app = app
        self.need = need

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            scope["state"]["principal"] = scope["state"]["caller"].principal(self.need)
        except RequestRefusal as refusal:
            answer = problem(refusal.status, str(refusal), refusal.code, refusal.headers)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def public(routes: Iterable[Route]) -> list[Route]:
    """These are for everybody."""
    return [guarded(route, ProofNeeded.NOTHING) for route in routes]


def for_people(routes: Iterable[Route]) -> list[Route]:
    """These are for whoever has logged in, in any role; for everybody while nobody has to."""
    return [guarded(route, ProofNeeded.PERSON) for route in routes]


def for_oneself(routes: Iterable[Route]) -> list[Route]:
    """These are for whoever has logged in, and for nobody else, also while nobody has to."""
    return [guarded(route, ProofNeeded.SELF) for route in routes]


def for_those_concerned(routes: Iterable[Route]) -> list[Route]:
    """These answer each as it concerns them: the operator's people, a passenger, a driver."""
    return [guarded(route, ProofNeeded.CONCERNED) for route in routes]


def for_staff(routes: Iterable[Route]) -> list[Route]:
    """These are for the operator's people."""
    return [guarded(route, ProofNeeded.STAFF) for route in routes]


def for_managers(routes: Iterable[Route]) -> list[Route]:
    """These are for those of the operator's people who may do what dispatchers may not."""
    return [guarded(route, ProofNeeded.MANAGER) for route in routes]


def for_this_machine(routes: Iterable[Route]) -> list[Route]:
    """These are for the operator's programs, on this machine."""
    return [guarded(route, ProofNeeded.MACHINE) for route in routes]


def guarded(route: Route, need: ProofNeeded = ProofNeeded.STAFF) -> Route:
    """The route with this need, unless one was said already."""
    if not isinstance(route.app, Guarded):
        route.app = Guarded(route.app, need)
    return route
