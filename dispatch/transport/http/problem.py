"""Errors over HTTP: problem details (RFC 9457) that also have the fields of an `error` frame. Every error of a route, a handshake or a
broken request is made here.
"""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Final

import msgspec
from starlette.responses import Response

from dispatch.errors import FrameError

MEDIA_TYPE: Final = "application/problem+json"
CODES: Final[dict[int, str]] = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "bad_message",
    415: "bad_message",
    414: "uri_too_long",
    426: "upgrade_required",
    431: "headers_too_long",
    500: "internal",
    503: "unavailable",
}
"""The code of an error that has none of its own, by status."""


class Problem(msgspec.Struct, frozen=True, tag="error", omit_defaults=True, kw_only=True):
    """The body. `type` `code` `message` `field` `retry_after_ms` are those of an `error` frame; `detail` says the same as
    `message`. It has no id of the request, which is a header: what is foreign and what does not exist are the same bytes.
    """

    code: str
    message: str
    field: str | None = None
    retry_after_ms: int | None = None
    title: str
    status: int
    detail: str


def body(
    status: int, message: str, code: str = "", field: str | None = None, retry_after_ms: int | None = None
) -> bytes:
    """Encode an error as JSON. An empty `code` is replaced by that of the status."""
    return msgspec.json.encode(
        Problem(
            code=code or CODES.get(status, "refused"),
            message=message,
            field=field,
            retry_after_ms=retry_after_ms,
            title=HTTPStatus(status).phrase,
            status=status,
            detail=message,
        )
    )


def problem(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Build the response of an error."""
    return Response(body(status, message, code), status, headers, MEDIA_TYPE)


def problem_of(error: FrameError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Build the response of an error that a frame could have had too. Adds `Retry-After` if the error has `retry_after_ms`."""
    content = body(status, str(error), error.code, error.field, error.retry_after_ms)
    answer = Response(content, status, headers, MEDIA_TYPE)
    if error.retry_after_ms is not None:
        answer.headers["Retry-After"] = str(ceil(error.retry_after_ms / 1000))
    return answer


def raw_problem(status: HTTPStatus, message: str) -> bytes:
    """Build a whole HTTP answer as bytes, for a connection that sends no readable HTTP and is closed after it."""
    content = body(status, message)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + content
