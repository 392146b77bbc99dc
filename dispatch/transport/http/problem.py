"""The one shape of every error over HTTP: an `error` as on a socket. Pages, desks, handshakes and the front all make theirs here."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Final

from starlette.responses import Response

from dispatch.errors import FrameError
from dispatch.transport import wire

MEDIA_TYPE: Final = "application/json"
CODES: Final[dict[int, str]] = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    414: "uri_too_long",
    426: "upgrade_required",
    431: "headers_too_long",
    500: "internal",
    503: "unavailable",
}
"""What each status is called where nobody knows better."""


def body(status: int, message: str, code: str = "") -> bytes:
    """The JSON of an error; without a `code` it has that of its status."""
    return wire.encode(wire.Error(code or CODES.get(status, "refused"), message))


def problem(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """An error as a page answers it."""
    return Response(body(status, message, code), status, dict(headers or {}), MEDIA_TYPE)


def problem_of(error: FrameError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that a frame would get, `field` included; `Retry-After` where it says when to come back."""
    told = dict(headers or {})
    if error.retry_after_ms is not None:
        told["Retry-After"] = str(ceil(error.retry_after_ms / 1000))
    return Response(wire.encode(wire.error_frame(error)), status, told, MEDIA_TYPE)


def raw_problem(status: HTTPStatus, message: str) -> bytes:
    """The whole answer as bytes, for a connection whose requests nobody can read; it is closed behind it."""
    content = body(status, message)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + content
