"""Answers `dispatch top` on the control socket: the address at which the running server can be looked at, and a token for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from dispatch.config import Settings, must_log_in
from dispatch.config.authority import in_url
from dispatch.identity.keys import KeyRing
from dispatch.identity.tokens import Claims, make_token
from dispatch.principals import OPERATIONS
from dispatch.storage.tools.orders import Answer, Overlook

ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Lookout:
    """Answers `Overlook`. Whoever may use the control socket may read the key file as well, and so could make the token themselves."""

    def __init__(
        self,
        settings: Settings,
        port: int,
        admin_port: int | None,
        ring: Callable[[], KeyRing],
        now: Callable[[], float],
    ) -> None:
        """`port`, `admin_port`: those that are listened on. `ring`: the keys that tokens are signed with. `now`: Unix seconds."""
        self._settings = settings
        self._port, self._admin_port = port, admin_port
        self._ring, self._now = ring, now

    async def tell(self, order: Overlook) -> Answer:
        """Where it is, and a token that holds as long as any other."""
        settings = self._settings
        url = f"{'https' if settings.tls_cert else 'http'}://{_at(settings.host, self._port)}"
        metrics = url if self._admin_port is None else f"http://{_at(settings.admin_host, self._admin_port)}"
        return {
            "url": url,
            "metrics_url": f"{metrics}/metrics",
            "token": self._token() if must_log_in(settings) else "",
            "certificate": str(Path(settings.tls_cert).resolve()) if settings.tls_cert else "",
        }

    def _token(self) -> str:
        now = int(self._now())
        return make_token(Claims(OPERATIONS, "", now, now + int(self._settings.token_ttl_s)), self._ring())


def _at(host: str, port: int) -> str:
    """From this machine a server that listens on all addresses is reached on its own."""
    return f"{in_url(ANY_ADDRESS.get(host, host))}:{port}"
