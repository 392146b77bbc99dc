"""Who may ask which route is said with the route."""

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dispatch.identity.tokens import Claims
from dispatch.principals import ANYBODY, OPERATIONS, Principal, Role
from dispatch.transport.http.access import (
    Guarded,
    ProofNeeded,
    Requester,
    for_managers,
    for_people,
    for_staff,
    for_this_machine,
    guarded,
    public,
)
from dispatch.transport.http.paths import RequestRefusal

ANN, SUE, MAX = (
    Principal(Role.PASSENGER, "p1"),
    Principal(Role.STAFF, "p2"),
    Principal(Role.STAFF, "p3", is_manager=True),
)
TABLE = {
    # need: nobody, a passenger, a dispatcher, a manager, where people log in; nobody, a passenger where they need not
    ProofNeeded.NOTHING: (ANYBODY, ANN, SUE, MAX, ANYBODY, ANN),
    ProofNeeded.PERSON: (401, ANN, SUE, MAX, ANYBODY, ANN),
    ProofNeeded.STAFF: (401, 403, SUE, MAX, OPERATIONS, OPERATIONS),
    ProofNeeded.MANAGER: (401, 403, 403, MAX, OPERATIONS, OPERATIONS),
    ProofNeeded.MACHINE: (OPERATIONS,) * 6,
}


def caller(principal: Principal | None, login: bool = True, is_local: bool = True) -> Requester:
    return Requester(Claims(principal, "s", 0, 900) if principal is not None else None, login, is_local)


CALLERS = (caller(None), caller(ANN), caller(SUE), caller(MAX), caller(None, login=False), caller(ANN, login=False))


@pytest.mark.parametrize("need", TABLE)
def test_a_need_is_met_by_those_of_the_table_alone(need: ProofNeeded) -> None:
    found: list[object] = []
    for one in CALLERS:
        try:
            found.append(one.principal(need))
        except RequestRefusal as refusal:
            found.append(int(refusal.status))
    assert tuple(found) == TABLE[need]


def test_what_is_for_this_machine_is_refused_to_every_other_whoever_asks() -> None:
    with pytest.raises(RequestRefusal, match="programs on this machine"):
        caller(MAX, is_local=False).principal(ProofNeeded.MACHINE)


def test_a_refusal_says_how_to_log_in() -> None:
    with pytest.raises(RequestRefusal, match="Authorization: Bearer") as refused:
        caller(None).principal(ProofNeeded.STAFF)
    assert refused.value.headers == {"WWW-Authenticate": 'Bearer realm="dispatch"'}


async def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


def test_a_route_of_which_nothing_is_said_is_for_staff_and_what_is_said_first_holds() -> None:
    def need(route: Route) -> ProofNeeded:
        assert isinstance(route.app, Guarded)
        return route.app.need

    groups = (public, for_people, for_staff, for_managers, for_this_machine)
    said = [need(guarded(group([Route("/", _page)])[0])) for group in groups]
    assert said == [
        ProofNeeded.NOTHING,
        ProofNeeded.PERSON,
        ProofNeeded.STAFF,
        ProofNeeded.MANAGER,
        ProofNeeded.MACHINE,
    ]
    assert need(guarded(Route("/", _page))) is ProofNeeded.STAFF
