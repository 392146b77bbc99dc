"""What is sent: the cases of an episode, all drawn from its dice: frames, raw bytes of sockets, requests, handshakes."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from starlette.routing import Route

from dispatch.transport import wire
from dispatch.transport.http.operation import Operation
from dispatch.transport.wire.codec import tag_of
from tests.fuzz.grammar import PICKUP, Dice, fields_of, filled, fitting
from tests.fuzz.mutator import HARM, spoil, spoil_bytes
from tests.fuzz.wires import BINARY, CLOSE, FIN, NO_MASK, PING, PONG, TEXT, frame

CASES: Final = 128
"""Of an episode."""
RIDES_LAST: Final = 4
"""Episodes; then other rides are spoken of."""
TRIP: Final = {
    "pickup_latitude": PICKUP[0], "pickup_longitude": PICKUP[1], "dropoff_latitude": -26.185, "dropoff_longitude": 28.055,
    "pickup_address": "1 Main St", "dropoff_address": "2 Oak Ave", "distance_km": 5, "estimated_duration_minutes": 9, "fare_amount": 80,
}  # fmt: skip
LEAPS_S: Final = (*[0.1] * 12, *[1.0] * 4, 3.0, 6.0, 13.0, 31.0, 65.0)
"""So much time passes behind an episode."""
FRAMES: Final = {"ride": wire.PASSENGER_FRAMES, "driver": wire.DRIVER_FRAMES, "ops": wire.STAFF_FRAMES}
TYPES: Final = tuple(sorted({tag_of(frame) for frames in FRAMES.values() for frame in frames}))
TOKEN: Final = b"@token@"
"""Stands for the access token of whoever sends it: a token is another one in each world."""
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="


class Case(NamedTuple):
    """One thing that is sent. `who`: somebody on file, or empty. `how`: `text` and `binary` frames go to the socket at `path`, which
    lives as long as it can, and so do frames that are said `slowly`: what comes of them is waited for. `raw` bytes go to a socket of
    their own, `http` and `handshake` to a new connection.
    """

    who: str
    path: str
    how: str
    data: bytes

    def __str__(self) -> str:
        """As it can be sent again."""
        return f"{self.who or '-'} {self.path} {self.how} {b64encode(self.data).decode()}"

    @classmethod
    def read(cls, text: str) -> Case:
        """The case that was printed so."""
        who, path, how, data = text.split(" ")
        return cls("" if who == "-" else who, path, how, b64decode(data))


class Episode(NamedTuple):
    """Cases that are sent one after the other, and how many seconds pass then."""

    number: int
    cases: Sequence[Case]
    leap_s: float


def episode(seed: int, number: int, routes: Sequence[Any], others: tuple[str, ...]) -> Episode:
    """The episode of this number. `routes`: of the server. `others`: ids of witnesses."""
    dice = Dice(f"{seed}/{number}")
    dice.rides = tuple(f"r{number // RIDES_LAST}-{each}" for each in range(3))
    told = [route for route in routes if isinstance(route, Route)]
    cases = _a_ride(dice)
    cases += [_case(dice, told, others) for _ in range(CASES - len(cases))]
    return Episode(number, cases, dice.choice(LEAPS_S))


def _a_ride(dice: Dice) -> list[Case]:
    """How a ride comes about, up to some step: what follows meets rides in all of their states."""
    ride, who = dice.choice(dice.rides), dice.choice(("d1", "d2", "d3"))
    steps: list[tuple[str, dict[str, Any]]] = [
        (who, {"type": "location_update", "latitude": PICKUP[0], "longitude": PICKUP[1]}),
        (who, {"type": "set_availability", "available": True}),
        ("p1", {"type": "find_driver", **TRIP}),
        (who, {"type": "accept_ride", "ride_id": ride, "driver_id": who}),
        *((who, {"type": step, "ride_id": ride}) for step in ("arrived", "start_ride", "complete_ride")),
    ]
    paths = {"p1": f"/ws/ride/{ride}/", who: f"/ws/driver/{who}/"}
    said = steps[: dice.choice((0, 0, 3, 4, 4, 5, 6, 7))]
    return [Case(speaker, paths[speaker], "slowly", json.dumps(frame).encode()) for speaker, frame in said]


def _case(dice: Dice, routes: Sequence[Route], others: tuple[str, ...]) -> Case:
    rolled = dice.random()
    if rolled < 0.06:
        return _request(dice, routes, others)
    who, path, kind = _socket(dice)
    dice.others = () if kind == "ops" else others
    if rolled < 0.07:
        return Case(who, path, "handshake", handshake(dice, path))
    data = _frame(dice, kind, who)
    if rolled < 0.09:
        return Case(who, path, "raw", _raw(dice, data))
    is_text = dice.random() < 0.7 and (data.isascii() or dice.random() < 0.3)  # what is not UTF-8 ends a socket
    return Case(who, path, "text" if is_text else "binary", data)


def _socket(dice: Dice) -> tuple[str, str, str]:
    """Who speaks at which socket, and of which kind that is."""
    rolled = dice.random()
    if rolled < 0.4:
        who = dice.choice(("p1", "p2"))
        mine = dice.rides[:2] if who == "p1" else dice.rides[1:]
        return who, f"/ws/ride/{dice.choice(mine)}/", "ride"
    if rolled < 0.85:
        who = dice.choice(("d1", "d2", "d3"))
        return who, f"/ws/driver/{who}/", "driver"
    return dice.choice(("s1", "s2")), "/ws/ops/", "ops"


def _frame(dice: Dice, kind: str, who: str) -> bytes:
    struct = dice.choice(FRAMES[kind])
    said = filled(struct, dice)
    if "driver_id" in said and dice.random() < 0.9:
        said["driver_id"] = who
    return spoil(said, dice, TYPES)


# -- raw bytes of a socket


def _raw(dice: Dice, data: bytes) -> bytes:
    """One to four frames of which the heads, the order or the bytes are wrong."""
    sent = b"".join(dice.choice(_HEADS)(dice, data[:400]) for _ in range(dice.randint(1, 4)))
    return spoil_bytes(sent, dice) if dice.random() < 0.5 else sent


def _any_head(dice: Dice, data: bytes) -> bytes:
    length = dice.choice((len(data) % 126, 0, 125, 126, 127))
    return (
        bytes((dice.randrange(256), dice.choice((0, 128)) | length))
        + dice.randbytes(dice.choice((0, 2, 4, 8, 12)))
        + data
    )


_HEADS: Final[tuple[Callable[[Dice, bytes], bytes], ...]] = (
    lambda dice, data: frame(TEXT, data),
    lambda dice, data: frame(TEXT, data[:9], fin=False) + frame(0, data[9:]),
    lambda dice, data: frame(TEXT, data, fin=False),
    lambda dice, data: frame(0, data, fin=dice.random() < 0.5),
    lambda dice, data: frame(TEXT, b"", fin=False) + frame(0, b"", fin=False) * dice.choice((3, 20)),
    lambda dice, data: frame(dice.choice((PING, PONG)), data[: dice.choice((0, 5, 125, 126))]),
    lambda dice, data: frame(CLOSE, dice.choice((b"", b"\x03", b"\x03\xe8", b"\x03\xe8bye", b"\0\0", b"\x03\xed", b"\xff" * 3))),
    lambda dice, data: bytes((FIN | TEXT, len(data) % 126)) + data,
    lambda dice, data: bytes((FIN | dice.randrange(16) | dice.choice((0, 16, 32, 64)), 128 | len(data) % 126)) + NO_MASK + data,
    lambda dice, data: bytes((FIN | BINARY, 255)) + dice.choice((2**63, 2**64 - 1, 2**31, 20_000, 1)).to_bytes(8, "big") + data,
    lambda dice, data: bytes((FIN | TEXT, 254)) + dice.choice((0, 16_384, 16_385, 65_535)).to_bytes(2, "big") + NO_MASK + data,
    lambda dice, data: frame(TEXT, b"x" * 17_000),
    _any_head,
)  # fmt: skip


# -- HTTP

HEADERS: Final = (
    ("Origin", ("null", "http://evil.example", "http://localhost", "x", "http://localhost:8067", "\xff")),
    ("Host", ("evil.example", "localhost:99999", "", "[::1", "localhost, localhost", "127.0.0.1:8067")),
    ("X-Forwarded-For", ("1.2.3.4", "x", "::1")),
    ("Idempotency-Key", ("k1", "k2", "x" * 201, " ", "\xff", '"k"')),
    ("Content-Type", ("text/plain", "application/json; charset=utf-16", "", "application/jsonx")),
    ("Content-Length", ("0", "1", "99999", "-1", "x", "18446744073709551616")),
    ("Transfer-Encoding", ("chunked", "gzip, chunked", "identity")),
    ("Expect", ("100-continue", "x")),
    ("Connection", ("close", "upgrade", "keep-alive, upgrade")),
    ("Upgrade", ("websocket", "h2c")),
    ("Authorization", ("", "Bearer", "Bearer x.y.z", "Basic YTpi", "bearer " + "x" * 5_000)),
    ("Cookie", ("__Host-refresh=x", "a=b; a=c; =", "dispatch_refresh_desk=x")),
    ("Accept-Encoding", ("gzip", "br;q=x")),
    ("Range", ("bytes=0-1", "bytes=9-1", "bytes=0-0,2-3,5-9", "x=1")),
    ("If-None-Match", ('"x"', "*")),
    ("If-Modified-Since", ("x", "Thu, 01 Jan 1970 00:00:00 GMT")),
    ("Access-Control-Request-Method", ("POST", "X")),
    ("X", ("a" * 9_000, "\x00", "é", "a\r\n b")),
)  # fmt: skip
PARAMETERS: Final = {
    "person_id": ("p1", "d2", "27820000002", "+27 83 000 0003", "p9", "new"), "driver_id": ("d1", "d9"), "quote_id": ("q1",),
    "page": ("desk", "driver", "x"), "language": ("en", "ar", "xx"),
    "file": ("dispatch-client.js", "style/tokens.css", "../../cli.py", "..%2f..%2fcli.py", "%00", "style", ".", "en"),
}  # fmt: skip
READ_SELDOM: Final = (
    "/openapi.json",
    "/asyncapi.json",
    "/metrics",
    "/docs",
    "/web/",
    "/client",
    "/map",
    "/api/figures",
    "/api/takings",
)
"""They read nothing of what is sent, or cost much: one in twenty is enough."""


def _request(dice: Dice, routes: Sequence[Route], others: tuple[str, ...]) -> Case:
    route = dice.choice(routes)
    while route.path.startswith(READ_SELDOM) and dice.random() < 0.95:
        route = dice.choice(routes)
    method = dice.choice([*(route.methods or {"GET"})])
    who = dice.choice(("s1", "s1", "s2", "p1", "d1", ""))
    dice.others = () if who.startswith("s") else others
    operation = getattr(route, "operation", None)
    lines = [
        f"{_method(dice, method)} {_target(dice, route, operation)} HTTP/1.1",
        f"Host: {_usual(dice, 'localhost')}",
    ]
    if who:
        lines.append(f"Authorization: Bearer {TOKEN.decode()}")
    body = b""
    if operation is not None and operation.asks is not None:
        body = spoil(filled(operation.asks, dice), dice, TYPES)
        lines.append("Content-Type: application/json")
    if body or dice.random() < 0.1:
        lines.append(f"Content-Length: {len(body) + (dice.choice((-1, 1)) if dice.random() < 0.03 else 0)}")
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        name, values = dice.choice(HEADERS)
        lines.append(f"{name}: {dice.choice(values)}")
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body
    if dice.random() < 0.1:
        sent = spoil_bytes(sent, dice)
    return Case(who, route.path, "http", sent)


def _method(dice: Dice, method: str) -> str:
    return (
        method
        if dice.random() < 0.9
        else dice.choice(("GET", "POST", "HEAD", "OPTIONS", "DELETE", "PATCH", "PUT", "TRACE", "X", "get"))
    )


def _usual(dice: Dice, value: str) -> str:
    return value if dice.random() < 0.97 else dice.choice(("evil.example", "", "localhost:1", "127.0.0.1"))


def _target(dice: Dice, route: Route, operation: Operation | None) -> str:
    path = route.path
    for name in route.param_convertors:
        values = dice.rides if name == "ride_id" else PARAMETERS.get(name, ("x",))
        value = (
            dice.choice((*values, *dice.others))
            if dice.random() < 0.7
            else quote(str(dice.choice(HARM))[:300], errors="replace")
        )
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    query = _query(dice, operation)
    if dice.random() < 0.05:
        path = dice.choice(
            (
                path + "/",
                path.replace("/", "//"),
                "http://localhost" + path,
                path + "%",
                path + "\x7f",
                path[1:],
                "*",
                path + "#a",
            )
        )
    return path + ("?" + query if query else "")


def _query(dice: Dice, operation: Operation | None) -> str:
    said: dict[str, Any] = {}
    if operation is not None and operation.query is not None:
        for field in fields_of(operation.query):
            if field.required or dice.random() < 0.5:
                value = fitting(field, dice) if dice.random() < 0.7 else dice.choice(HARM)
                said[field.name] = value if isinstance(value, str) else json.dumps(value)
    if dice.random() < 0.05:
        said[dice.choice(("x", "token", "limit", "cursor", "[]"))] = str(dice.choice(HARM))
    return urlencode(said, errors="replace")


def handshake(dice: Dice | None, path: str, who: str = "x") -> bytes:
    """The request that opens a socket; with `dice` it may be wrong."""
    lines = [
        f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13", *([f"Authorization: Bearer {TOKEN.decode()}"] if who else []),
    ]  # fmt: skip
    if dice is not None:
        change = dice.randrange(5)
        if change == 0:
            name, values = dice.choice((*HEADERS, *_OF_HANDSHAKES))
            lines.append(f"{name}: {dice.choice(values)}")
        elif change == 1:
            lines.pop(dice.randrange(len(lines)))
        elif change == 2:
            lines[0] = f"GET {dice.choice(_PATHS)} HTTP/1.1"
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return spoil_bytes(sent, dice) if dice is not None and dice.random() < 0.3 else sent


_OF_HANDSHAKES: Final = (
    ("Sec-WebSocket-Protocol", ("dispatch.v1", "x", "dispatch.v1, bearer.x", ",", "bearer.", "\xff")),
    ("Sec-WebSocket-Extensions", ("permessage-deflate", "permessage-deflate; server_max_window_bits=99", "x; y=")),
    ("Sec-WebSocket-Version", ("12", "x", "13")),
    ("Sec-WebSocket-Key", ("", "x", KEY)),
)  # fmt: skip
_PATHS: Final = (
    "/ws/rid/r1/", "/ws/ride//", "/ws/ride/%00/", "/ws/ride/" + "x" * 65, "/ws/driver/d2/", "/ws/driver/%2B27830000001",
    "/ws/ops", "/ws/", "/ws/ride/r1/?token=x", "/ws/driver/" + "9" * 64, "/" + "x" * 9_000, "http://localhost/ws/ops/",
    "/ws/driver/\u0669/", "/ws/ride/../ops/",
)  # fmt: skip
