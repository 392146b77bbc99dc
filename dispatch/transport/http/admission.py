"""Who may ask: a request must name this server, and come from no foreign web page. Pure; sockets and pages both call it.

Nobody proves who they are yet, so a web page that somebody looks at on this machine must not drive the server from there. A page can
be told apart by its Origin, and one whose own name was made to lead here (DNS rebinding) by the Host that its browser sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from dispatch.config import Settings
from dispatch.config.authority import Authority, Origin, authority, hosts_in, origin, origins_in
from dispatch.transport.http.paths import Refused, shown

LOCALHOST: Final = "localhost"
EXEMPT: Final = frozenset(("/healthz", "/readyz"))
"""What a watcher may ask under any name: the answers tell and do nothing."""


class Admission:
    """The rules by `hosts` and `origins` of the settings."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        listens_as = authority(settings.host)
        self._hosts = hosts_in(settings.hosts) | {LOCALHOST} | ({listens_as.host} if listens_as else set())
        self._origins = origins_in(settings.origins)

    def require(self, hosts: Sequence[str], origins: Sequence[str], *, host_wanted: bool = True) -> None:
        """Let a request in by the values of its Host and Origin headers. `host_wanted` False: HTTP/1.0, which knows no Host.

        Raises:
            Refused: 400 where Host names nothing, 403 where it names another server or Origin a foreign page.
        """
        asked = self._asked(hosts, host_wanted)
        if origins:
            self._require_origin(asked, origins)

    def is_friend(self, written: str) -> bool:
        """Whether the setting `origins` names this origin."""
        return origin(written) in self._origins

    def _asked(self, hosts: Sequence[str], host_wanted: bool) -> Authority | None:
        if not hosts and not host_wanted:
            return None
        asked = authority(hosts[0].strip()) if len(hosts) == 1 else None
        if asked is None:
            got = ", ".join(hosts)
            raise Refused(HTTPStatus.BAD_REQUEST, f"one Host header must name this server, got {shown(got)!r}")
        if not asked.is_address and asked.host not in self._hosts:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                f"Host {shown(asked.host)!r} is no name of this server: ask for it by its IP address or as localhost, "
                "or name this host in its setting `hosts`",
                code="wrong_host",
            )
        return asked

    def _require_origin(self, asked: Authority | None, origins: Sequence[str]) -> None:
        page = origin(origins[0].strip()) if len(origins) == 1 else None
        if page is not None and (page in self._origins or _is_of(asked, page)):
            return
        got = ", ".join(origins)
        raise Refused(
            HTTPStatus.FORBIDDEN,
            f"a page of Origin {shown(got)!r} may not use this server: if the page is yours, name its origin, "
            "such as https://app.example, in the setting `origins`",
            code="wrong_origin",
        )


def _is_of(asked: Authority | None, page: Origin) -> bool:
    """Whether the page came from the server that is asked, over HTTP: its scheme has a usual port then."""
    return asked is not None and page.authority.port is not None and asked.at(page.scheme) == page.authority
