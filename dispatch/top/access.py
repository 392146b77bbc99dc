"""Where a running server is, and what lets `top` in: by its address and a token of staff, or by the file that it serves."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from typing import Final, NamedTuple

from dispatch.config.authority import authority, in_url
from dispatch.config.exposure import Reach, reach
from dispatch.control import ask_owner
from dispatch.errors import DispatchError, SettingError
from dispatch.files import regular
from dispatch.storage.tools.orders import Overlook

WANTED: Final = "http://127.0.0.1:8067"
URL: Final = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#@\s]+)/?")


class Access(NamedTuple):
    """`url`: of the server, without a slash at the end. `metrics_url`: of its metrics. `token`: empty where none is known."""

    url: str
    metrics_url: str
    token: str = ""
    certificate: str = ""
    """File of the certificate that the server on this machine has; empty: it is verified as any other."""

    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified. One of this machine is known by itself, whatever name is in it."""
        if not self.url.startswith("https"):
            return None
        if not self.certificate:
            return ssl.create_default_context()
        known = ssl.create_default_context(cafile=self.certificate)
        known.check_hostname = False
        known.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return known

    @property
    def socket_url(self) -> str:
        """Where the desk's socket is."""
        return f"ws{self.url.removeprefix('http')}/ws/ops/"


def access_of(url: str | None, token_file: str | None, db: str, host: str, port: int) -> Callable[[], Access]:
    """How to get in, asked anew for each connection: a server that starts again may have another port, and a token ends.

    `url` and `token_file` as given; without a URL whoever serves `db` is asked, and where nobody does, it is `host` and `port`.

    Raises SettingError for a URL that is none, or a token file that cannot be read; so does what is returned.
    """
    if url is not None:
        _require(url, with_token=token_file is not None)
    if token_file is not None:
        _token_in(token_file)

    before: dict[str, object] = {}

    def ask() -> Access:
        told = _told(db) or before  # a server that is gone comes back where it was, or says where it is
        before.update(told)
        token = _token_in(token_file) if token_file is not None else str(told.get("token", ""))
        if url is not None:
            base = url.rstrip("/")
            return Access(base, f"{base}/metrics", token if token_file is not None or base == told.get("url") else "")
        base = str(told.get("url", f"http://{in_url(host)}:{port}"))
        metrics_url, certificate = str(told.get("metrics_url", f"{base}/metrics")), str(told.get("certificate", ""))
        return Access(base, metrics_url, token, certificate)

    return ask


def _told(db: str) -> dict[str, object]:
    """What the server of this file says of itself; nothing, where no server serves it."""
    try:
        return ask_owner(db, Overlook()) or {}
    except DispatchError:  # it is starting or stopping: the next try may find it
        return {}


def _require(url: str, *, with_token: bool) -> None:
    match = URL.fullmatch(url)
    named = authority(match["authority"]) if match is not None else None
    if match is None or named is None:
        raise SettingError("url", f"the URL must be that of a server, as {WANTED}, got {url!r}")
    if with_token and match["scheme"] == "http" and reach(named.host) is not Reach.LOOPBACK:
        raise SettingError(
            "url", f"a token would cross the network for everybody to read: the URL must begin with https, got {url!r}"
        )


def _token_in(path: str) -> str:
    """The first line of the file."""
    try:
        token = regular(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingError("token_file", f"token_file {path} cannot be read: {why}") from None
    if not token or any(c.isspace() for c in token):
        raise SettingError("token_file", f"token_file {path} must hold one token, as `dispatch token` prints it")
    return token
