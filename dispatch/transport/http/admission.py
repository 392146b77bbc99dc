"""`Admission` finds out who asks, for every request and every handshake, or refuses it. Its only I/O is to look up who has a phone.

A foreign web page that is open in a browser must not use the server. Such a page is known by its Origin. A page whose own name was made
to lead to this server (DNS rebinding) is known by the Host that its browser sends. Who asks is then said by an access token, or, while
nobody has to log in, by the path.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, NamedTuple

from dispatch import principals
from dispatch.config import Settings, must_log_in
from dispatch.config.authority import Authority, Origin, authority, hosts_in, networks_in, origin, origins_in
from dispatch.config.exposure import Reach, reach
from dispatch.identity.tokens import BadToken, Claims, TokenExpired
from dispatch.ids import DriverId, RideId
from dispatch.phones import phone_in
from dispatch.principals import OPERATIONS, Principal, Role
from dispatch.transport.http.access import Requester, unproved
from dispatch.transport.http.paths import DRIVER, OPS, RIDE, Endpoint, RequestRefusal, endpoint, has_token, shown
from dispatch.transport.http.proofs import Proofs

LOCALHOST: Final = "localhost"
EXEMPT: Final = frozenset(("/healthz", "/readyz"))
"""What a watcher may ask under any name: the answers tell and do nothing."""
SOCKETS: Final = "/ws/"
BEARER: Final = "bearer."
"""What begins the subprotocol that is a token."""
TOKEN_ENDED, NOT_PROVED, NOT_YOURS = 4001, 4501, 4503
ROLES: Final = {RIDE: Role.PASSENGER, DRIVER: Role.DRIVER, OPS: Role.STAFF}
"""Who may use which kind of socket."""
FORWARDED: Final = frozenset(("forwarded", "x-real-ip", "via"))
_OF_A_PROXY: Final = re.compile(f"^(?:{'|'.join(FORWARDED)}|x-forwarded-.*)$", re.IGNORECASE | re.MULTILINE)
"""Finds a header that a proxy adds in a text that has one header's name a line."""


class HttpRequest(NamedTuple):
    """A request or a handshake, without its body.

    `header` returns all values of a header, `names` the names of all. `client` is the IP address of the other end. `knows_host` is
    False for HTTP/1.0, which has no Host header.
    """

    path: str
    query: str
    header: Callable[[str], Sequence[str]]
    client: str
    knows_host: bool = True
    names: Callable[[], Iterable[str]] = tuple


class Turned(NamedTuple):
    """A socket is to be closed with this code as soon as it is open: browsers tell their pages nothing else of a refusal."""

    code: int
    reason: str


class Admitted(NamedTuple):
    """A handshake that is let in: what its path names, and who speaks there.

    `principal` is None while that has to be proved by the first frame. `claims`: what was proved; None where the path is believed.
    """

    at: Endpoint
    principal: Principal | None
    claims: Claims | None
    client: str


class Admission:
    """Decides by the settings `hosts`, `origins`, `auth` and `behind_proxy`."""

    def __init__(
        self,
        settings: Settings,
        proofs: Proofs | None = None,
        person_of: Callable[[str], str] = lambda phone: phone,
    ) -> None:
        """
        Args:
            settings: the names of the server, its friends and its proxies.
            proofs: reads tokens; None: there are none, as where nobody can log in.
            person_of: the id that a phone number in its canonical form stands for; any other id stands for itself.
        """
        listens_as = authority(settings.host)
        self._hosts = hosts_in(settings.hosts) | {LOCALHOST} | ({listens_as.host} if listens_as else set())
        self._origins = origins_in(settings.origins)
        self._proxies = networks_in(settings.behind_proxy)
        self._phone_region = settings.phone_region
        self._login = must_log_in(settings)
        self._proofs = proofs
        self._person_of = person_of

    # -- requests

    def admit(self, request: HttpRequest) -> Requester | RequestRefusal:
        """Return who asks, or why the request is refused.

        400: the Host header is missing or wrong, or there is a token in the URL. 401: the token is worth nothing. 403: Host names
        another server, Origin a foreign page, or a proxy is in between that the settings do not know.
        """
        try:
            self._require_fit(request)
            if request.path.startswith(SOCKETS):
                endpoint(f"{request.path}?{request.query}", self._phone_region)
            written = request.header("Authorization")
            claims = self._proved(_bearer(written)) if written else None
        except RequestRefusal as refusal:
            return refusal
        except BadToken as error:
            return unproved_by(error)
        is_local = not self._proxies and reach(_plain(request.client)) is Reach.LOOPBACK and not _forwarded(request)
        return Requester(claims, self._login, is_local)

    def client(self, request: HttpRequest) -> tuple[str, str]:
        """The IP address of who asks, and the scheme that they used where a proxy says so (else empty).

        Only the proxies of the settings are believed, each about the one before it.
        """
        client = _plain(request.client)
        if not self._proxies or not self._is_proxy(client):
            return client, ""
        scheme = ",".join(request.header("X-Forwarded-Proto")).rpartition(",")[2].strip().lower()
        for hop in reversed(",".join(request.header("X-Forwarded-For")).split(",")):
            named = _hop(hop)
            if named is None:
                break
            client = named
            if not self._is_proxy(client):
                break
        return client, scheme if scheme in ("http", "https") else ""

    @property
    def has_friends(self) -> bool:
        """Whether the setting `origins` names any."""
        return bool(self._origins)

    def is_friend(self, written: str) -> bool:
        """Whether the setting `origins` names this origin."""
        return origin(written) in self._origins

    # -- sockets

    def admit_socket(self, request: HttpRequest) -> Admitted | Turned | RequestRefusal:
        """Return who speaks on the socket of this handshake, how it is turned away once it is open, or why it is refused.

        404: there is no such socket. 400: the path or the Host header is wrong, or there is a token in the URL. 403: as in `admit`.
        """
        try:
            self._require_fit(request)
            at = endpoint(f"{request.path}?{request.query}", self._phone_region)
            token = _token(request)
        except RequestRefusal as refusal:
            return refusal
        if not self._login:
            return Admitted(at, self._believed(at), None, self.client(request)[0])
        if token is None:
            return Admitted(at, None, None, self.client(request)[0])
        return self.proved(Admitted(at, None, None, self.client(request)[0]), token)

    def proved(self, admitted: Admitted, token: str) -> Admitted | Turned:
        """The same socket, whose app has shown this token; or how it is turned away."""
        try:
            claims = self._proved(token)
        except BadToken as error:
            return Turned(TOKEN_ENDED if isinstance(error, TokenExpired) else NOT_PROVED, str(error))
        principal, (kind, ident) = claims.principal, admitted.at
        if principal.role is not ROLES[kind]:
            return Turned(NOT_YOURS, f"this socket is not for a {principal.role}")
        if kind == DRIVER and not self._leads_to(ident, principal):
            return Turned(NOT_YOURS, "this path is not yours")
        return admitted._replace(principal=principal, claims=claims)

    def _leads_to(self, ident: str, driver: Principal) -> bool:
        """Whether a driver's path is this driver's: by the phone, or by the id. An id that was made of a number which the driver
        gave up stays theirs until somebody else has the number.
        """
        meant = self._person_of(ident)
        return driver.id in (meant, phone_in(meant))

    def _proved(self, token: str) -> Claims:
        if self._proofs is None:
            raise BadToken
        return self._proofs.read(token)

    def _believed(self, at: Endpoint) -> Principal:
        """Whom the path names, which is enough while nobody has to log in."""
        if at.kind == RIDE:
            return principals.passenger_of(RideId(at.ident))
        if at.kind == DRIVER:
            return principals.driver(DriverId(self._person_of(at.ident)))
        return OPERATIONS

    # -- whatever asks

    def _require_fit(self, request: HttpRequest) -> None:
        """Raise RequestRefusal of what nobody may send, whoever it is."""
        if request.path in EXEMPT:
            return
        if has_token(request.query):
            raise RequestRefusal(HTTPStatus.BAD_REQUEST, "tokens are not taken in the URL")
        self._require_own_pages(request)
        if not self._login and _forwarded(request):
            raise RequestRefusal(
                HTTPStatus.FORBIDDEN,
                "this request came through a proxy, and behind one everybody would be believed to be whom they name: "
                "start the server with --behind-proxy and the proxy's address, and people log in; "
                "or have the proxy send no Forwarded, X-Forwarded-*, X-Real-IP and Via",
                code="behind_a_proxy",
            )

    def _is_proxy(self, client: str) -> bool:
        try:
            address = ip_address(client)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _require_own_pages(self, request: HttpRequest) -> None:
        asked, origins = self._asked(request), request.header("Origin")
        if not origins:
            return
        page = origin(origins[0].strip()) if len(origins) == 1 else None
        if page is None or not (page in self._origins or _is_of(asked, page)):
            got = ", ".join(origins)
            raise RequestRefusal(
                HTTPStatus.FORBIDDEN,
                f"a page of Origin {shown(got)!r} may not use this server: if the page is yours, name its origin, "
                "such as https://app.example, in the setting `origins`",
                code="wrong_origin",
            )

    def _asked(self, request: HttpRequest) -> Authority | None:
        """The server that the request names; None: it names none, and need not."""
        hosts = request.header("Host")
        if not hosts and not request.knows_host:
            return None
        asked = authority(hosts[0].strip()) if len(hosts) == 1 else None
        if asked is None:
            got = ", ".join(hosts)
            raise RequestRefusal(HTTPStatus.BAD_REQUEST, f"one Host header must name this server, got {shown(got)!r}")
        if not asked.is_address and asked.host not in self._hosts:
            raise RequestRefusal(
                HTTPStatus.FORBIDDEN,
                f"Host {shown(asked.host)!r} is no name of this server: ask for it by its IP address or as localhost, "
                "or name this host in its setting `hosts`",
                code="wrong_host",
            )
        return asked


def unproved_by(error: BadToken) -> RequestRefusal:
    """401 for this token."""
    refusal = unproved(str(error))
    said = f'{refusal.headers["WWW-Authenticate"]}, error="invalid_token"'
    return RequestRefusal(refusal.status, str(error), error.code, {"WWW-Authenticate": said})


def _token(request: HttpRequest) -> str | None:
    """The token of a handshake; None: it has none. An `Authorization` of another kind is one that is worth nothing."""
    written = request.header("Authorization")
    if written:
        return _bearer(written)
    offered = (word.strip() for line in request.header("Sec-WebSocket-Protocol") for word in line.split(","))
    return next((word.removeprefix(BEARER) for word in offered if word.startswith(BEARER)), None)


def _bearer(written: Sequence[str]) -> str:
    scheme, _, token = written[0].strip().partition(" ") if len(written) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _forwarded(request: HttpRequest) -> bool:
    """Whether the request says that a proxy handed it on."""
    return _OF_A_PROXY.search("\n".join(request.names())) is not None


def _plain(client: str) -> str:
    """An IP address without the port or the prefix of an IPv4 address in IPv6."""
    return client.removeprefix("::ffff:")


def _hop(written: str) -> str | None:
    """The address of one hop of X-Forwarded-For, without a port; None: it is none."""
    named = authority(written.strip()) or authority(f"[{written.strip()}]")
    return _plain(named.host) if named is not None and named.is_address else None


def _is_of(asked: Authority | None, page: Origin) -> bool:
    """Whether the page was loaded from the server that is asked. Its scheme must be one with a usual port (HTTP)."""
    return asked is not None and page.authority.port is not None and asked.at(page.scheme) == page.authority
