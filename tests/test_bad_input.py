"""Input that means harm, as a list: what comes in, by which way, and what is answered. The words are exact.

docs/PROTOCOL.md says what holds. Where it reads what looks wrong (a binary frame,
        an unknown field) the answer is the usual one. What the
state of a ride forbids is in tests/scenarios and tests/authority; files that somebody tampered with are in tests/storage and tests/e2e.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

import cli
from tests.fuzz.cases import TOKEN, TRIP, handshake
from tests.fuzz.wires import BINARY, NO_MASK, PING, TEXT, Wire, answers_in, frame, frames_in
from tests.fuzz.world import World, visited

# -- frames: the code and the message of the error, or the type of another answer

EARLY: Final = ("bad_json", "the frame is not JSON: it ends early, or has half of a surrogate pair")
A_MESSAGE: Final = "a message is a JSON object with a string field `type`"
A_TIME: Final = "must be an RFC 3339 time such as 2026-11-23T08:00:00Z"
AN_ID: Final = "must be 1 to 64 letters, digits, underscores or hyphens"
NO_PLACE: Final = "must be a place, got 0, 0: the phone does not know where it is"


def books(**changes: Any) -> bytes:
    """A booking in which this is otherwise; None: that field is missing."""
    said = {"type": "find_driver", **TRIP, **changes}
    return json.dumps(said, ensure_ascii=False).encode()


def says(of_type: str, **fields: Any) -> bytes:
    return json.dumps({"type": of_type, **fields}, ensure_ascii=False).encode()


def bad(field: str, wanted: str) -> tuple[str, str]:
    return "bad_field", f"{field} {wanted}"


FROM_PASSENGER: Final[dict[str, tuple[bytes, tuple[str, str] | str]]] = {
    "no text at all": (b"", EARLY),
    "half an object": (b'{"type":', EARLY),
    "something behind it": (b'{"type":"ping"} x', ("bad_json", "the frame is not JSON: trailing characters (byte 17)")),
    "a byte-order mark before it": (b'\xef\xbb\xbf{"type":"ping"}', "pong"),
    "UTF-16": ('{"type":"ping"}'.encode("utf-16"), ("bad_json", "the frame is not UTF-8 text")),
    "NaN": (b'{"type":"ping","x":NaN}', ("bad_json", "the frame is not JSON: invalid character (byte 19)")),
    "infinity": (
        b'{"type":"rate_driver","rating":1e400}',
        bad("rating", "must be a whole number from 1 to 5, got inf"),
    ),
    "too many digits": (b'{"type":"ping","x":' + b"9" * 5_000 + b"}", "pong"),
    "5,000 brackets": (b"[" * 5_000, ("bad_json", "the frame is nested too deeply")),
    "brackets in a field nobody knows": (
        b'{"type":"ping","x":' + b"[" * 5_000,
        ("bad_json", "the frame is nested too deeply"),
    ),
    "half of a surrogate pair": (books(note="A").replace(b'"A"', b'"\\ud800"'), EARLY),
    "a list": (b"[]", ("bad_message", f"{A_MESSAGE}, got an array")),
    "null": (b"null", ("bad_message", f"{A_MESSAGE}, got null")),
    "a text": (b'"x"', ("bad_message", f'{A_MESSAGE}, got "x"')),
    "no type": (b"{}", ("bad_message", A_MESSAGE)),
    "a type that is a number": (b'{"type":7}', ("bad_message", f"{A_MESSAGE}, got 7")),
    "an unknown type": (says("find_drver"), ("unknown_type", "unknown type 'find_drver'; did you mean 'find_driver'?")),
    "an unknown field": (says("ping", pickup_lat=1), "pong"),
    "a key that comes twice": (
        b'{"type":"rate_driver","rating":1,"rating":9}',
        bad("rating", "must be a whole number from 1 to 5, got 9"),
    ),
    "latitude 91": (books(pickup_latitude=91), bad("pickup_latitude", "must be from -90 to 90, got 91")),
    "latitude as text": (
        books(pickup_latitude="1"),
        bad("pickup_latitude", 'must be a number from -90 to 90, got "1"'),
    ),
    "latitude true": (books(pickup_latitude=True), bad("pickup_latitude", "must be a number from -90 to 90, got true")),
    "latitude null": (books(pickup_latitude=None), bad("pickup_latitude", "must be a number from -90 to 90, got null")),
    "latitude under another name": (
        books().replace(b'"pickup_latitude"', b'"pickup_lat"'),
        bad("pickup_latitude", "is missing; you sent pickup_lat"),
    ),
    "latitude and longitude of the drop-off swapped": (
        books(dropoff_latitude=28.055, dropoff_longitude=-26.185),
        bad(
            "dropoff_latitude",
            "and dropoff_longitude must lie within 1000 km of the pickup, got 28.055, -26.185, 8364 km from -26.2041, 28.0473;"
            " are a latitude and a longitude swapped?",
        ),
    ),
    "pickup at 0,0": (
        books(pickup_latitude=0, pickup_longitude=0),
        bad("pickup_latitude", f"and pickup_longitude {NO_PLACE}"),
    ),
    "drop-off at 0,0": (
        books(dropoff_latitude=0.0, dropoff_longitude=-0.0),
        bad("dropoff_latitude", f"and dropoff_longitude {NO_PLACE}"),
    ),
    "the drop-off is the pickup": (books(dropoff_latitude=-26.2041, dropoff_longitude=28.0473), "searching"),
    "across the antimeridian": (
        books(pickup_latitude=-17, pickup_longitude=179.999, dropoff_latitude=-17, dropoff_longitude=-179.999),
        "searching",
    ),
    "a fare below nothing": (books(fare_amount=-1), bad("fare_amount", "must be from 0 to 1000000, got -1")),
    "a fare of a milliard": (books(fare_amount=1e9), bad("fare_amount", "must be from 0 to 1000000, got 1000000000.0")),
    "a fare with half a cent": (books(fare_amount=85.505), "searching"),
    "a fare as text": (
        books(fare_amount="85.50"),
        bad("fare_amount", 'must be a number from 0 to 1000000, got "85.50"'),
    ),
    "a distance shorter than the straight line": (books(distance_km=0.1), "searching"),
    "a name of 81 letters": (
        books(passenger_name="x" * 81),
        bad("passenger_name", "must be at most 80 printable characters, got text of 81 characters"),
    ),
    "a name with a line end": (
        books(passenger_name="a\nb"),
        bad("passenger_name", r'must be at most 80 printable characters, got "a\nb"'),
    ),
    "a name that turns the direction of writing": (
        books(passenger_name="\u202ea"),
        bad("passenger_name", 'must be at most 80 printable characters, got "\u202ea"'),
    ),
    "10,000 combining marks": (
        books(passenger_name="e" + "\u0301" * 5_000),
        bad("passenger_name", "must be at most 80 printable characters, got text of 5001 characters"),
    ),
    "a quote that is a path": (books(quote_id="../../x"), bad("quote_id", f'{AN_ID}, got "../../x"')),
    "month 13": (books(pickup_at="2026-13-01T00:00:00Z"), bad("pickup_at", f'{A_TIME}, got "2026-13-01T00:00:00Z"')),
    "no zone": (books(pickup_at="2026-12-01T00:00:00"), bad("pickup_at", f'{A_TIME}, got "2026-12-01T00:00:00"')),
    "the year 0": (books(pickup_at="0000-01-01T00:00:00Z"), bad("pickup_at", f'{A_TIME}, got "0000-01-01T00:00:00Z"')),
    "long ago": (
        books(pickup_at="2020-12-01T00:00:00Z"),
        bad("pickup_at", 'must not be in the past, got "2020-12-01T00:00:00Z"'),
    ),
    "the year 9999": (
        books(pickup_at="9999-12-31T23:59:59Z"),
        bad("pickup_at", 'must be within 30 days, got "9999-12-31T23:59:59Z"'),
    ),
    "a note of 301 letters": (
        books(note="x" * 301),
        bad("note", "must be text of at most 300 characters, got text of 301 characters"),
    ),
    "an address with a NUL": (books(pickup_address="a\x00b"), "searching"),
    "SQL": (books(dropoff_address="'; DROP TABLE rides; --"), "searching"),
    "a whole number with a fraction": (
        says("rate_driver", rating=4.5),
        bad("rating", "must be a whole number from 1 to 5, got 4.5"),
    ),
}

FROM_DRIVER: Final[dict[str, tuple[bytes, tuple[str, str] | str]]] = {
    "a ride that is a path": (
        says("accept_ride", ride_id="../../x", driver_id="d1"),
        bad("ride_id", f'{AN_ID}, got "../../x"'),
    ),
    "a ride that is SQL": (
        says("accept_ride", ride_id="1 OR 1=1", driver_id="d1"),
        bad("ride_id", f'{AN_ID}, got "1 OR 1=1"'),
    ),
    "a ride of 65 letters": (
        says("accept_ride", ride_id="x" * 65, driver_id="d1"),
        bad("ride_id", f"{AN_ID}, got text of 65 characters"),
    ),
    "a ride of another script's digits": (
        says("accept_ride", ride_id="\u0661", driver_id="d1"),
        bad("ride_id", f'{AN_ID}, got "\u0661"'),
    ),
    "a ride that nobody booked": (
        says("accept_ride", ride_id="zz", driver_id="d1"),
        ("no_such_ride", "there is no such ride"),
    ),
    "somebody else's ride": (
        says("accept_ride", ride_id="others", driver_id="d1"),
        ("no_such_ride", "there is no such ride"),
    ),
    "in somebody else's name": (
        says("accept_ride", ride_id="zz", driver_id="d2"),
        ("forbidden", "driver_id must be the driver of this socket, or be left out"),
    ),
    "a last_seq of text": (
        says("resume", epoch="", last_seq="x"),
        bad("last_seq", 'must be a whole number from 0 to 9007199254740991, got "x"'),
    ),
    "a last_seq below nothing": (
        says("resume", epoch="", last_seq=-1),
        bad("last_seq", "must be a whole number from 0 to 9007199254740991, got -1"),
    ),
    "a last_seq of 2^63": (
        says("resume", epoch="", last_seq=2**63),
        bad("last_seq", "must be a whole number from 0 to 9007199254740991, got 9223372036854775808"),
    ),
    "a position at 0,0": (
        says("location_update", latitude=0, longitude=0),
        bad("latitude", f"and longitude {NO_PLACE}"),
    ),
    "a position of a day that is none": (
        says("location_update", latitude=1, longitude=1, recorded_at="2026-13-01"),
        bad("recorded_at", f'{A_TIME}, got "2026-13-01"'),
    ),
    "a position of years ahead": (
        says("location_update", latitude=1, longitude=1, recorded_at="2036-01-01T00:00:00Z", id="k"),
        "ack",
    ),
    "one bad position of several": (
        says("location_batch", positions=[{"latitude": 1, "longitude": 1}, {"latitude": 91, "longitude": 1}]),
        bad("positions[1].latitude", "must be from -90 to 90, got 91"),
    ),
    "no positions": (
        says("location_batch", positions=[]),
        bad("positions", "must be a list of 1 to 200 positions, got 0 of them"),
    ),
    "a passenger's message": (
        books(),
        ("unknown_type", "find_driver belongs on a ride's socket, /ws/ride/<ride_id>/, not on this one"),
    ),
}

# -- what is no frame: the close code and the reason

CLOSES: Final[dict[str, tuple[bytes, int, str]]] = {
    "text that is not UTF-8": (frame(TEXT, b"\xff"), 1007, "invalid start byte at position 0"),
    "no mask": (bytes((0x81, 1)) + b"x", 1002, "incorrect masking"),
    "a reserved bit": (bytes((0xC1, 0x80)) + NO_MASK, 1002, "reserved bits must be 0"),
    "opcode 3": (frame(3, b""), 1002, "invalid opcode"),
    "the middle of no message": (frame(0, b"x"), 1002, "unexpected continuation frame"),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002, "control frame too long"),
    "17,000 bytes": (frame(TEXT, b"x" * 17_000), 1009, "frame with 17000 bytes exceeds limit of 16384 bytes"),
    "2^63 bytes are announced": (
        bytes((0x81, 255)) + (2**63).to_bytes(8, "big") + NO_MASK,
        1009,
        "frame with 9223372036854775808 bytes exceeds limit of 16384 bytes",
    ),
    "20 parts": (
        frame(TEXT, b"x", fin=False) + frame(0, b"x", fin=False) * 20,
        1009,
        "more than 16 fragments",
    ),
}

# -- requests and handshakes: status, code, and a part of the message


def asks(target: str, method: str = "GET", more: str = "", body: str = "") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN.decode()}\r\n{more}\r\n{body}".encode()


def posts(target: str, body: str) -> bytes:
    return asks(target, "POST", f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n", body)


OPENS: Final = handshake(None, "/ws/ride/r1/")
POINTS: Final = {name: TRIP[name] for name in TRIP if name.endswith("itude")}
HTTP: Final[dict[str, tuple[bytes, int, str, str]]] = {
    "a socket's path without an upgrade": (asks("/ws/ride/r1/"), 426, "upgrade_required", "this is a WebSocket endpoint"),
    "POST at a socket's path": (asks("/ws/ride/r1/", "POST"), 426, "upgrade_required", "this is a WebSocket endpoint"),
    "version 12 of WebSocket": (OPENS.replace(b"Version: 13", b"Version: 12"), 400, "bad_request", "Sec-WebSocket-Version header: 12"),
    "a bad key": (OPENS.replace(b"dGhl", b"!"), 400, "bad_request", "invalid Sec-WebSocket-Key header"),
    "a target of 9 kB": (handshake(None, "/ws/ride/" + "r" * 9_000), 414, "uri_too_long", "expected no more than 8192 bytes"),
    "200 headers": (
        OPENS.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 200 + b"\r\n"), 431, "headers_too_long", "no more than 128 headers",
    ),
    "a foreign page": (
        OPENS.replace(b"\r\n\r\n", b"\r\nOrigin: http://evil.example\r\n\r\n"), 403, "wrong_origin",
        "a page of Origin 'http://evil.example' may not use this server",
    ),
    "a foreign name": (
        OPENS.replace(b"Host: localhost", b"Host: evil.example"), 403, "wrong_host", "Host 'evil.example' is no name of this server",
    ),
    "another socket": (handshake(None, "/ws/rid/r1/"), 404, "not_found", "no such endpoint /ws/rid/r1/; try /ws/ride/<ride_id>/"),
    "a ride's path that is none": (
        handshake(None, "/ws/ride/%2e%2e/"), 400, "bad_request", "ride_id must match [A-Za-z0-9_-]{1,64}, got '..'",
    ),
    "a token in the URL": (handshake(None, "/ws/ride/r1/?token=x"), 400, "bad_request", "tokens are not taken in the URL"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500, 400, "bad_request", "Invalid HTTP request received."),
    "no HTTP": (b"hello\r\n\r\n", 400, "bad_request", "Invalid HTTP request received."),
    "a misspelt page": (asks("/api/qoutes"), 404, "not_found", "no such page /api/qoutes; did you mean '/api/quotes'?"),
    "another method": (asks("/api/quotes"), 405, "method_not_allowed", "GET is not possible on /api/quotes; use POST"),
    "a method that is none": (asks("/api/quotes", "BREW"), 400, "bad_request", "Invalid HTTP request received."),
    "a body that is not JSON": (posts("/api/quotes", "{"), 400, "bad_json", "the body is not JSON: it ends early"),
    "a body that is a list": (posts("/api/quotes", "[]"), 400, "bad_message", "the body must be a JSON object, got an array"),
    "a body of 5,000 brackets": (posts("/api/quotes", "[" * 5_000), 400, "bad_json", "the body is nested too deeply"),
    "a body of 17,000 bytes": (posts("/api/quotes", " " * 17_000), 413, "bad_message", "a body has at most 16384 bytes"),
    "a form": (
        asks("/api/rides/r1/cancel", "POST", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n", "a=b"),
        415, "bad_message", "the Content-Type must be application/json",
    ),
    "a quote at 0,0": (
        posts("/api/quotes", json.dumps({**POINTS, "pickup_latitude": 0, "pickup_longitude": 0})), 400, "bad_field",
        f"pickup_latitude and pickup_longitude {NO_PLACE}",
    ),
    "a quote with coordinates swapped": (
        posts("/api/quotes", json.dumps({**POINTS, "pickup_latitude": 28.0473, "pickup_longitude": -26.2041})), 400, "bad_field",
        "are a latitude and a longitude swapped?",
    ),
    "a call from 0,0": (
        posts("/api/rides", json.dumps({**TRIP, "passenger_phone": "+44 20 7946 0958", "dropoff_latitude": 0, "dropoff_longitude": 0})),
        400, "bad_field", f"dropoff_latitude and dropoff_longitude {NO_PLACE}",
    ),
    "an edit to 0,0": (
        asks("/api/rides/r1", "PATCH", "Content-Type: application/json\r\nContent-Length: 44\r\n",
        '{"pickup_latitude":0,"pickup_longitude":0  }'),
        400, "bad_field", f"pickup_latitude and pickup_longitude {NO_PLACE}",
    ),
    "a limit of 1e9": (
        asks("/api/rides?limit=1000000000"), 400, "bad_field", 'limit must be a whole number from 1 to 200, got "1000000000"',
    ),
    "a cursor that somebody made": (
        asks("/api/rides?cursor=AAAAAAAA"), 400, "bad_field", "cursor must be the `next` of the page before",
    ),
    "a packed body": (
        asks("/api/rides", "POST", "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"),
        415, "bad_message", "a body must not be packed: leave Content-Encoding out",
    ),
    "a packed login": (
        asks("/api/auth/otp/request", "POST", "Content-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 2\r\n", "{}"),
        415, "bad_message", "a body must not be packed: leave Content-Encoding out",
    ),
    "a body that is said to be as it is": (
        asks("/api/rides", "POST", "Content-Type: application/json\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n", "{}"),
        400, "bad_field", "passenger_phone is missing",
    ),
    "the 30th of February": (asks("/api/figures?day=2026-02-30"), 400, "bad_field", "day must be"),
    "a file outside": (asks("/web/..%2f..%2fcli.py"), 404, "not_found", "no such page"),
    "a key of spaces": (
        asks("/api/rides/r1/cancel", "POST", "Content-Type: application/json\r\nContent-Length: 2\r\nIdempotency-Key: a b\r\n", "{}"),
        400,
        "bad_field", "Idempotency-Key must be",
    ),
}  # fmt: skip

# -- the command line: the exit status and what the one line says

COMMANDS: Final[dict[str, tuple[list[str], int, str]]] = {
    "drivers below nothing": (["simulate", "--drivers", "-5"], 2, "drivers must be a whole number from 0 to 1000000, got '-5'"),
    "a seed of letters": (["simulate", "--seed", "abc"], 2, "seed must be a whole number from 0 to 4294967295, got 'abc'"),
    "no such scenario": (["simulate", "--scenario", "nope"], 2, "there is no scenario 'nope'; known: small, lossy"),
    "no such trips": (["simulate", "--trips", "nope.csv"], 2, "cannot read nope.csv: No such file or directory"),
    "a misspelt key": (
        ["serve", "--config", "misspelt.toml"], 2, "unknown setting 'drvers' (file misspelt.toml); did you mean 'drivers'?",
    ),
    "no TOML": (["serve", "--config", "cut.toml"], 2, "config must be valid TOML, got cut.toml: Expected ']'"),
    "TOML that is not UTF-8": (["serve", "--config", "latin.toml"], 2, "config must be valid TOML, got latin.toml"),
    "a folder as TOML": (["serve", "--config", "."], 2, "config must be a TOML file that can be read, got .: Is a directory"),
    "a port that is taken": (["serve", "--db", "a.db", "--port", "@taken@"], 2, "port @taken@ is in use; choose another with --port"),
    "port 99999": (["serve", "--port", "99999"], 2, "port must be a whole number from 0 to 65535, got '99999'"),
    "no database": (["serve", "--db", "no.db", "--port", "0"], 1, "no.db is not an SQLite database of dispatch; name another file"),
    "a time-out of nothing": (
        ["serve", "--offer-timeout", "0"], 2, "offer_timeout must be a duration (30s, 500ms, 2m, 4h) from 50ms to 5m, got '0'",
    ),
    "a batch of nobody": (["serve", "--batch", "0"], 2, "batch must be a whole number from 1 to 50, got '0'"),
    "a batch of 500": (["serve", "--batch", "500"], 2, "batch must be a whole number from 1 to 50, got '500'"),
    "a radius of a million": (
        ["serve", "--radius-km", "1e6"], 2, "radius_km must be a number of kilometres from 0.1 to 500, got '1e6'",
    ),
    "NaN kilometres": (["serve", "--radius-km", "NaN"], 2, "radius_km must be a number of kilometres from 0.1 to 500, got 'NaN'"),
    "any origin": (["serve", "--origins", "*"], 2, "origins must be a list of origins"),
    "a pipe as a database": (["db", "check", "--db", "pipe"], 1, "cannot open pipe: it is a pipe; name another file"),
    "a pipe to read from": (["db", "show", "rides", "--db", "pipe"], 1, "cannot open pipe: it is a pipe; name another file"),
    "a pipe to serve": (["serve", "--db", "pipe", "--port", "0"], 1, "cannot open pipe: it is a pipe; name another file"),
    "a pipe to mend": (["db", "mend", "--db", "pipe"], 1, "cannot open pipe: it is a pipe; name another file"),
    "a device as a database": (["db", "mend", "--db", "/dev/full"], 1, "cannot open /dev/full: it is a device; name another file"),
    "a folder as a database": (["db", "check", "--db", "."], 1, "cannot open .: it is a directory; name another file"),
    "a pipe as a backup": (["db", "restore", "pipe", "--db", "new.db"], 1, "cannot open pipe: it is a pipe; name another file"),
    "a pipe as TOML": (["serve", "--config", "pipe"], 2, "config must be a TOML file that can be read, got pipe: it is a pipe"),
    "endless TOML": (["serve", "--config", "/dev/zero"], 2, "a TOML file that can be read, got /dev/zero: it is a device"),
    "a pipe as a profile": (["eta", "test", "--profile", "pipe"], 1, "cannot read pipe: it is a pipe"),
    "an endless token": (
        ["top", "http://127.0.0.1:1", "--token-file", "/dev/zero"], 2, "token_file /dev/zero cannot be read: it is a device",
    ),
    "an endless list of people": (
        ["people", "import", "/dev/zero", "--role", "driver", "--db", "new.db"], 1, "cannot read /dev/zero: it is a device",
    ),
    "a pipe as trips": (["simulate", "--trips", "pipe"], 2, "cannot read pipe: it is a named pipe, and no file"),
    "a pipe for a trace": (
        ["simulate", "--rides", "0", "--for", "1m", "--trips", "none", "--trace", "pipe"], 2, "--trace cannot be written to 'pipe'",
    ),
    "a pipe as a certificate": (
        ["serve", "--db", "new.db", "--port", "0", "--tls-cert", "pipe", "--tls-key", "pipe"], 2,
        "tls_cert pipe and tls_key pipe must be a PEM certificate and its key: it is a pipe",
    ),
    "a ride with an escape": (["explain", "r\x1b[2J", "--db", "no.db"], 1, "no.db is not an SQLite database of dispatch"),
    "a ride that is a path": (["replay", "../../x", "--db", "no.db"], 1, "no.db is not an SQLite database of dispatch"),
}  # fmt: skip


class Answers:
    """What one server answered to all of it."""

    def __init__(self) -> None:
        self.frames: dict[str, dict[str, Any]] = {}
        self.closes: dict[str, tuple[int, str]] = {}
        self.http: dict[str, Any] = {}
        self.faults: list[str] = []


def opened(world: World, who: str, path: str) -> Wire:
    wire = world.wire()
    wire.feed(handshake(None, path).replace(TOKEN, world.token(who).encode()))
    del wire.came[: wire.came.index(b"\r\n\r\n") + 4]
    return wire


async def answer_to(world: World, wire: Wire, sent: bytes) -> tuple[int, bytes]:
    """The first frame that is no snapshot."""
    wire.feed(sent)
    await world.settle()
    (first, *_) = [(opcode, told) for opcode, told in frames_in(wire.came) if b'"snapshot"' not in told]
    wire.hang_up()
    return first


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Each frame on a socket of its own; the passenger's on a ride of its own."""
    got = Answers()

    async def visit(world: World) -> None:
        (first,) = [opened(world, "p2", "/ws/ride/others/")]
        await answer_to(world, first, frame(TEXT, books()))
        for number, (name, (sent, _)) in enumerate(FROM_PASSENGER.items()):
            wire = opened(world, "p1", f"/ws/ride/b{number}/")
            _, told = await answer_to(world, wire, frame(BINARY, sent))
            got.frames[name] = json.loads(told)
        for name, (sent, _) in FROM_DRIVER.items():
            _, told = await answer_to(world, opened(world, "d1", "/ws/driver/d1/"), frame(TEXT, sent))
            got.frames[name] = json.loads(told)
        for name, (sent, _, _) in CLOSES.items():
            _, told = await answer_to(world, opened(world, "p1", "/ws/ride/c/"), sent)
            got.closes[name] = int.from_bytes(told[:2], "big"), told[2:].decode()
        for name, (sent, _, _, _) in HTTP.items():
            wire = world.wire()
            wire.feed(sent.replace(TOKEN, world.token("s1").encode()))
            await world.settle(lambda wire=wire: bool(wire.came))  # type: ignore[misc]
            (got.http[name],) = answers_in(bytes(wire.came))
            wire.hang_up()
        got.faults = world.faults

    visited(tmp_path_factory.mktemp("server"), visit, one_ride_each="never")
    return got


@pytest.mark.parametrize("name", [*FROM_PASSENGER, *FROM_DRIVER])
def test_a_frame_has_its_answer_in_these_words(answers: Answers, name: str) -> None:
    _, wanted = {**FROM_PASSENGER, **FROM_DRIVER}[name]
    told = answers.frames[name]
    if isinstance(wanted, str):
        assert told["type"] == wanted
    else:
        assert (told["type"], told["code"], told["message"]) == ("error", *wanted)
        if told["code"] == "bad_field":
            assert told["message"].startswith(told["field"])


@pytest.mark.parametrize("name", CLOSES)
def test_what_is_no_frame_closes_the_socket_and_says_why(answers: Answers, name: str) -> None:
    assert answers.closes[name] == CLOSES[name][1:]


@pytest.mark.parametrize("name", HTTP)
def test_a_request_has_its_status_its_code_and_a_sentence(answers: Answers, name: str) -> None:
    _, status, code, part = HTTP[name]
    answer = answers.http[name]
    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (status, code), told
    assert part in told["message"]


def test_the_server_met_no_failure_with_any_of_it(answers: Answers) -> None:
    assert answers.faults == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Files that commands are given, and a port that is taken."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "misspelt.toml").write_text("drvers = 3\n")
    (tmp_path / "cut.toml").write_text("[server\n")
    (tmp_path / "latin.toml").write_bytes(b'town_name = "\xe9"\n')
    (tmp_path / "no.db").write_text("dear diary")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield str(taken.getsockname()[1])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_in_one_line_what_is_wrong(folder: str, name: str) -> None:
    args, status, part = COMMANDS[name]
    ran = CliRunner().invoke(cli.main, [arg.replace("@taken@", folder) for arg in args], prog_name="dispatch")
    assert isinstance(ran.exception, SystemExit), ran.exception
    assert (ran.exit_code, ran.output.count("\n")) == (status, 1), ran.output
    assert part.replace("@taken@", folder) in ran.output
