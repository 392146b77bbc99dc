"""What every answer is held against: the tables of docs/PROTOCOL.md, the wire's own types, and what belongs to witnesses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from dispatch.transport import wire
from tests.fuzz.cases import Case
from tests.fuzz.wires import BINARY, CLOSE, PING, PONG, TEXT, Answer, answers_in

PROTOCOL: Final = (Path(__file__).parents[2] / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
FAULTS: Final = frozenset(("internal", "unavailable"))
"""Codes that nothing which an app sends may cause."""
NOT_HERE: Final = "this server sends no login codes"
"""Is a 503 too, and what was set."""
READ: Final[dict[str, Callable[[bytes], Any]]] = {
    "ride": wire.to_passenger,
    "driver": wire.to_driver,
    "ops": wire.to_staff,
}


def _rows(title: str) -> list[list[str]]:
    """The cells of the table under this heading."""
    section = re.split(rf"\n#+ {title}\n", PROTOCOL, maxsplit=1)[1]
    lines = re.search(r"\n(\|.*?)\n\n", section + "\n\n", re.DOTALL)
    assert lines is not None
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[1].splitlines()[2:]]


CODES: Final = frozenset(cells[0].strip("`") for cells in _rows("Errors"))
STATUSES: Final = frozenset(
    (int(cells[0]), code) for cells in _rows("HTTP errors") for code in re.findall(r"`(\w+)`", cells[1])
)
"""Codes of HTTP alone, with their statuses."""
CLOSES: Final = frozenset(int(code) for cells in _rows("Close codes") for code in cells[0].split(","))


def judged_frame(case_path: str, opcode: int, payload: bytes, *, may_close_as_it_likes: bool = False) -> str:
    """What is wrong with this frame of the server; empty: nothing."""
    if opcode == CLOSE:
        code = int.from_bytes(payload[:2], "big") if payload else 1000
        return "" if code in CLOSES or may_close_as_it_likes else f"it closed with {code} {payload[2:]!r}"
    if opcode in (PING, PONG):
        return ""
    if opcode != TEXT:
        return f"it sent a frame of opcode {opcode}, {BINARY} is binary"
    try:
        message = READ[case_path.split("/")[2]](payload)
    except msgspec.DecodeError as error:
        return f"no app can read {payload[:200]!r}: {error}"
    if isinstance(message, wire.Refused):
        if message.code not in CODES:
            return f"{message.code} is in no table: {payload!r}"
        if message.code in FAULTS:
            return f"a fault is answered: {payload!r}"
        if not message.message:
            return f"no word of explanation: {payload!r}"
    return ""


def judged_http(case: Case, came: bytes) -> Iterable[str]:
    """What is wrong with these answers to a request or a handshake."""
    try:
        answers = answers_in(came, head_only=b"HEAD " in case.data)
    except ValueError as error:
        return [str(error)]
    return filter(None, map(_judged, answers))


def _judged(answer: Answer) -> str:
    if answer.status < 400:
        return ""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"an error that is no problem: {answer}"
    if not answer.body:
        return ""  # of HEAD
    try:
        told = msgspec.json.decode(answer.body)
        code, status, message = told["code"], told["status"], told["message"]
    except (msgspec.DecodeError, KeyError) as error:
        return f"an error that cannot be read ({error}): {answer}"
    if code not in CODES and (answer.status, code) not in STATUSES:
        return f"{answer.status} {code} is in no table: {answer}"
    if (answer.status >= 500 or code in FAULTS) and not message.startswith(NOT_HERE):
        return f"a fault is answered: {answer}"
    return "" if status == answer.status and message and told["type"] == "error" else f"it contradicts itself: {answer}"


def leaks(case: Case, came: bytes, secrets: Iterable[bytes]) -> Iterable[str]:
    """What of witnesses stands in what came to somebody who is not staff, and did not say it first."""
    if case.who.startswith("s"):
        return []
    return [f"{secret!r} of a witness is told" for secret in secrets if secret in came and secret not in case.data]
