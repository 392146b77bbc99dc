"""`Admission.admit` names the principal of every request and every handshake, or refuses it. Pure.

With `auth = "off"`, the only mode so far, nobody logs in: the path says who asks, and is believed. A foreign web page that is open in
a browser on this machine must not use the server. Such a page is known by its Origin. A page whose own name was made to lead to this
server (DNS rebinding) is known by the Host that its browser sends.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from dispatch import principals
from dispatch.config import Settings
from dispatch.config.authority import Authority, Origin, authority, hosts_in, origin, origins_in
from dispatch.ids import DriverId, RideId
from dispatch.principals import ANYBODY, OPERATIONS, Principal
from dispatch.transport.http.paths import DRIVER, RIDE, Refusal, endpoint, shown

LOCALHOST: Final = "localhost"
EXEMPT: Final = frozenset(("/healthz", "/readyz"))
"""What a watcher may ask under any name: the answers tell and do nothing."""
SOCKETS: Final = "/ws/"
OPERATED: Final = ("/api/rides", "/api/drivers", "/api/figures", "/api/takings", "/api/audit", "/metrics", "/-/")
"""What is for the operator's people. All else over HTTP is for everybody."""


class HttpRequest(NamedTuple):
    """A request or a handshake, without its body.

    `header` returns all values of a header. `client` is the IP address of the other end. `knows_host` is False for HTTP/1.0, which has
    no Host header.
    """

    path: str
    query: str
    header: Callable[[str], Sequence[str]]
    client: str
    knows_host: bool = True


class Admission:
    """Decides by the settings `hosts` and `origins`."""

    def __init__(self, settings: Settings) -> None:
        listens_as = authority(settings.host)
        self._hosts = hosts_in(settings.hosts) | {LOCALHOST} | ({listens_as.host} if listens_as else set())
        self._origins = origins_in(settings.origins)
        self._phone_region = settings.phone_region

    def admit(self, request: HttpRequest) -> Principal | Refusal:
        """Return who asks, or why the request is refused.

        400: the Host header is missing or wrong, or the path of a socket is. 403: Host names another server, or Origin a foreign page.
        404: there is no such socket.
        """
        try:
            if request.path not in EXEMPT:
                self._require_own_pages(request)
            return self._believed(request)
        except Refusal as refusal:
            return refusal

    def is_friend(self, written: str) -> bool:
        """Whether the setting `origins` names this origin."""
        return origin(written) in self._origins

    def _believed(self, request: HttpRequest) -> Principal:
        """Whom the path names. With `auth = "off"` that is enough."""
        path = request.path
        if not path.startswith(SOCKETS):
            return OPERATIONS if path.startswith(OPERATED) else ANYBODY
        at = endpoint(f"{path}?{request.query}", self._phone_region)
        if at.kind == RIDE:
            return principals.passenger_of(RideId(at.ident))
        return principals.driver(DriverId(at.ident)) if at.kind == DRIVER else OPERATIONS

    def _require_own_pages(self, request: HttpRequest) -> None:
        asked, origins = self._asked(request), request.header("Origin")
        if not origins:
            return
        page = origin(origins[0].strip()) if len(origins) == 1 else None
        if page is None or not (page in self._origins or _is_of(asked, page)):
            got = ", ".join(origins)
            raise Refusal(
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
            raise Refusal(HTTPStatus.BAD_REQUEST, f"one Host header must name this server, got {shown(got)!r}")
        if not asked.is_address and asked.host not in self._hosts:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"Host {shown(asked.host)!r} is no name of this server: ask for it by its IP address or as localhost, "
                "or name this host in its setting `hosts`",
                code="wrong_host",
            )
        return asked


def _is_of(asked: Authority | None, page: Origin) -> bool:
    """Whether the page was loaded from the server that is asked. Its scheme must be one with a usual port (HTTP)."""
    return asked is not None and page.authority.port is not None and asked.at(page.scheme) == page.authority
