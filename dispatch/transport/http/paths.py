"""The paths of sockets: which ride or driver each names. Pure; admission and the socket edge call it."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from dispatch.ids import CHOSEN_ID
from dispatch.phones import canonical, identity

SHOWN_CHARACTERS = 64
TOKENS = frozenset(("token", "access_token", "refresh_token", "bearer"))
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_SLASHES = re.compile(rb"/{2,}")


class Endpoint(NamedTuple):
    """`kind` is `ride`, `driver` or `ops`; `ident` the ride's or the driver's id as the actors know it, empty for `ops`."""

    kind: str
    ident: str


class RequestRefusal(Exception):
    """A request is refused with this HTTP status, this sentence and these headers.

    `code` is empty where that of the status says enough.
    """

    def __init__(
        self, status: HTTPStatus, message: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


class _Rule(NamedTuple):
    """The pattern of an id of this kind, and whether it may be a phone number, which people write in many ways."""

    name: str
    pattern: str
    may_be_phone: bool = False


RIDE, DRIVER, OPS = "ride", "driver", "ops"
_RULES = {
    RIDE: _Rule("ride_id", CHOSEN_ID),
    DRIVER: _Rule("driver_id", "[A-Za-z0-9_+-]{1,64}", may_be_phone=True),
}
_KNOWN = ", ".join(f"/ws/{kind}/<{rule.name}>/" for kind, rule in _RULES.items()) + " or /ws/ops/"


def endpoint(target: str, phone_region: str = "") -> Endpoint:
    """Read a request target such as `/ws/driver/%2B27821234568/`.

    A trailing slash is optional and a query string is ignored. A driver's phone number may be written in any way; `phone_region` is of
    numbers that name no country.

    Raises:
        RequestRefusal: 404 for an unknown path, 400 for an id that breaks its rule or a token in the query.
    """
    path, _, query = target.partition("?")
    if has_token(query):
        raise RequestRefusal(HTTPStatus.BAD_REQUEST, "tokens are not taken in the URL")
    match [unquote(part) for part in path.removesuffix("/").split("/")]:
        case ["", "ws", kind, ident] if kind in _RULES:
            return Endpoint(kind, _ident(_RULES[kind], ident, phone_region))
        case ["", "ws", "ops"]:
            return Endpoint(OPS, "")
        case ["", "ws", kind] if kind in _RULES:
            return Endpoint(kind, _ident(_RULES[kind], "", phone_region))
        case _:
            raise RequestRefusal(HTTPStatus.NOT_FOUND, f"no such endpoint {shown(path)}; try {_KNOWN}")


def has_token(query: str) -> bool:
    """Whether a query string has a token in it, which logs and histories would keep."""
    return bool(query) and any(name in TOKENS for name, _ in parse_qsl(query, keep_blank_values=True))


def _ident(rule: _Rule, ident: str, phone_region: str) -> str:
    written = ident if re.fullmatch(rule.pattern, ident) else ""
    if rule.may_be_phone:
        written = identity(ident, phone_region) if written else canonical(ident, phone_region) or ""
    if not written:
        raise RequestRefusal(HTTPStatus.BAD_REQUEST, f"{rule.name} must match {rule.pattern}, got {shown(ident)!r}")
    return written


def origin_form(target: bytes) -> tuple[bytes, bytes | None]:
    """Split a request target: the path with its query, and the authority if the target is a whole URL (RFC 9112, 3.2.2).

    Several slashes in a row count as one: apps join a base URL and a path carelessly.
    """
    if target.startswith(b"/") and b"//" not in target:
        return target, None
    whole = _ABSOLUTE.fullmatch(target)
    named = whole["authority"] if whole is not None else None
    rest = whole["rest"] if whole is not None else target
    path, mark, query = rest.partition(b"?")
    if whole is not None and not path.startswith(b"/"):
        path = b"/" + path
    return _SLASHES.sub(b"/", path) + mark + query, named


def shown(text: str) -> str:
    """Return `text` cut to a length that an error message can hold, with unusual characters escaped."""
    cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
    return cut.encode("unicode_escape").decode()
