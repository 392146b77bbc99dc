"""`/api/auth/…`: a code to the phone, and tokens for the code.

An app gets its refresh token in the answer. A page of this server gets it in a cookie of its own, which no script can read:
`/api/auth/<page>/…`. What is believed by its cookie must come from a page of this very server.
"""

from http import HTTPStatus
from typing import Any, Final, Protocol

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.config import Settings
from dispatch.config.authority import authority, origin
from dispatch.errors import RateLimited, Unavailable
from dispatch.identity.login import AskCode, CodeExpired, CodeSent, LoggedIn, WrongCode
from dispatch.identity.tokens import BadToken
from dispatch.transport import wire
from dispatch.transport.http.operation import Operation, described
from dispatch.transport.http.rates import whose
from dispatch.transport.http.requests import ForeignPage, Requests, require_json
from dispatch.transport.sessions.passenger import phone_of
from dispatch.transport.wire import bodies
from dispatch.words import PersonRole

JSON: Final = "application/json"
PAGES: Final = {"passenger": PersonRole.PASSENGER, "driver": PersonRole.DRIVER, "desk": PersonRole.STAFF}
"""The pages of this server, and in which role people log in there. Each has a cookie of its own."""


SEND: Final = Operation(
    does="Have a login code sent to a phone. The answer is the same whoever has the number.",
    asks=bodies.CodeRequest,
    answers=bodies.CodeOnItsWay,
    status=HTTPStatus.ACCEPTED,
    errors=(RateLimited, Unavailable),
)
VERIFY: Final = Operation(
    does="Log in with the code.",
    asks=bodies.CodeTyped,
    answers=bodies.Tokens,
    errors=(WrongCode, CodeExpired, RateLimited, Unavailable),
)
REFRESH: Final = Operation(
    does="Get a newer access token, and the refresh token for the next time.",
    asks=bodies.RefreshRequest,
    answers=bodies.Tokens,
    errors=(BadToken, ForeignPage, Unavailable),
)
REFRESH_PAGE: Final = replace(REFRESH, does=f"{REFRESH.does} 204 without the cookie: nobody is logged in.", asks=None)
LOG_OUT: Final = Operation(
    does="End the login session.",
    asks=bodies.RefreshRequest,
    status=HTTPStatus.NO_CONTENT,
    errors=(ForeignPage, Unavailable),
)


class Logins(Protocol):
    """What people's logins are kept by. Every method answers once that is on file, and on disk unless it says otherwise. It raises a
    FrameError when nothing came of it.
    """

    async def ask_code(self, ask: AskCode) -> CodeSent:
        """Have a code sent. A loss of power may take it, and then it cannot be used."""

    async def use_code(self, request_id: str, code: str) -> LoggedIn:
        """Begin a login session."""

    async def refresh(self, refresh_token: str) -> LoggedIn:
        """Go on with one."""

    async def log_out(self, refresh_token: str) -> None:
        """End one, if it has not ended."""

    def access_token(self, login: LoggedIn) -> str:
        """The token that says who this is."""


class AuthRoutes:
    """Routes for logging in. Made by the composition root, used on the event loop."""

    def __init__(self, requests: Requests, logins: Logins, port: int) -> None:
        """`port`: that on which the server listens, which is in the name of each cookie: two servers on one host are two."""
        self._requests = requests
        self._settings: Settings = requests.settings
        self._logins = logins
        self._port = port
        self.routes: list[Route] = [
            described(requests.post("/api/auth/otp/request", self._ask), SEND),
            described(requests.post("/api/auth/otp/verify", self._verify), VERIFY),
            described(requests.post("/api/auth/refresh", self._refresh), REFRESH),
            described(requests.post("/api/auth/logout", self._log_out), LOG_OUT),
            *(route for page in PAGES for route in self._routes_of(page)),
        ]

    def _routes_of(self, page: str) -> list[Route]:
        """The same for one page of this server, with its cookie."""

        async def ask(request: Request, body: bytes) -> Response:
            return await self._send_code(request, body, PAGES[page])

        async def verify(request: Request, body: bytes) -> Response:
            require_own_page(request)
            typed = read(request, body, bodies.CodeTyped)
            return self._with_cookie(request, page, await self._logins.use_code(typed.request_id, typed.code))

        async def refresh(request: Request, body: bytes) -> Response:
            require_own_page(request)
            token = request.cookies.get(self._name(page))
            if not token:
                # No error: it is how a page learns that nobody is logged in.
                return Response(status_code=HTTPStatus.NO_CONTENT)
            return self._with_cookie(request, page, await self._logins.refresh(token))

        async def log_out(request: Request, body: bytes) -> Response:
            require_own_page(request)
            await self._logins.log_out(request.cookies.get(self._name(page), ""))
            answer = Response(status_code=HTTPStatus.NO_CONTENT)
            answer.delete_cookie(self._name(page), f"/api/auth/{page}")
            return answer

        at, cookie = f"/api/auth/{page}", f"dispatch_{page}"
        return [
            described(self._requests.post(f"{at}/otp/request", ask), SEND),
            described(
                self._requests.post(f"{at}/otp/verify", verify), replace(VERIFY, errors=(*VERIFY.errors, ForeignPage))
            ),
            described(self._requests.post(f"{at}/refresh", refresh), replace(REFRESH_PAGE, cookie=cookie)),
            described(self._requests.post(f"{at}/logout", log_out), replace(LOG_OUT, asks=None, cookie=cookie)),
        ]

    async def _ask(self, request: Request, body: bytes) -> Response:
        return await self._send_code(request, body, None)

    async def _send_code(self, request: Request, body: bytes, role: PersonRole | None) -> Response:
        """202 whoever has the number, and in the same time."""
        asked = read(request, body, bodies.CodeRequest)
        phone = phone_of(asked.phone, self._settings.phone_region, field="phone", afresh=True)
        wanted = PersonRole(asked.role) if asked.role is not None else role
        client = whose(request.client.host if request.client is not None else "")
        sent = await self._logins.ask_code(AskCode(phone=phone, role=wanted, address=client))
        answer = bodies.CodeOnItsWay(
            request_id=sent.request_id,
            expires_in=round(self._settings.code_ttl_s),
            resend_in=round(self._settings.code_resend_s),
        )
        return Response(wire.encode(answer), HTTPStatus.ACCEPTED, media_type=JSON)

    async def _verify(self, request: Request, body: bytes) -> Response:
        typed = read(request, body, bodies.CodeTyped)
        login = await self._logins.use_code(typed.request_id, typed.code)
        return self._told(login, login.refresh_token)

    async def _refresh(self, request: Request, body: bytes) -> Response:
        login = await self._logins.refresh(read(request, body, bodies.RefreshRequest).refresh_token)
        return self._told(login, login.refresh_token)

    async def _log_out(self, request: Request, body: bytes) -> Response:
        """204, also for a session that has ended: whoever logs out is logged out."""
        await self._logins.log_out(read(request, body, bodies.RefreshRequest).refresh_token)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _told(self, login: LoggedIn, refresh_token: str | None) -> Response:
        person = bodies.WhoLoggedIn(
            id=login.person.person_id, role=login.role.role, name=login.person.name, manager=login.role.is_manager
        )
        tokens = bodies.Tokens(
            access_token=self._logins.access_token(login),
            token_type="Bearer",
            expires_in=int(self._settings.token_ttl_s),
            refresh_token=refresh_token,
            person=person,
        )
        return Response(wire.encode(tokens), media_type=JSON, headers={"Cache-Control": "no-store"})

    # -- cookies

    def _name(self, page: str) -> str:
        return f"dispatch_{page}_{self._port}"

    def _with_cookie(self, request: Request, page: str, login: LoggedIn) -> Response:
        answer = self._told(login, None)
        answer.set_cookie(
            self._name(page),
            login.refresh_token,
            max_age=int(self._settings.login_ttl_s),
            path=f"/api/auth/{page}",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer


def read(request: Request, body: bytes, kind: type[Any]) -> Any:
    """The body as this struct. Raises NotJson and BadField."""
    require_json(request)
    return wire.read_body(body, kind)


def require_own_page(request: Request) -> None:
    """Raise ForeignPage unless a page of this server sends the request, which is to be believed by its cookie."""
    asked, origins = authority(request.headers.get("host", "")), request.headers.getlist("origin")
    page = origin(origins[0]) if len(origins) == 1 else None
    if asked is None or page is None or asked.at(page.scheme) != page.authority:
        raise ForeignPage
