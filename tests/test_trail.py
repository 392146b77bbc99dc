"""The ids by which one follows something through the log: every line has them, and they are never masked."""

import ast

import pytest

from dispatch.ids import DriverId, OfferId, RideId
from dispatch.masking.phones import mask_within
from dispatch.messages.events import OfferDeclined
from dispatch.trail import Numbers, ids_of
from tests.test_house import ROOT, trees

DECLINED = OfferDeclined(RideId("r1"), DriverId("d1"), OfferId("r1.1"))


def test_no_two_names_are_alike_in_a_process_or_after_a_restart() -> None:
    names = [
        numbers.next() for numbers in (Numbers("c", 1_800_000_000.0), Numbers("c", 1_800_000_001.0)) for _ in range(9)
    ]
    assert len(set(names)) == 18


def test_a_name_is_never_taken_for_a_phone_however_many_there_were() -> None:
    numbers = Numbers("r", 1_795_998_293.0)
    for _ in range(20_000):
        name = numbers.next()
        assert mask_within(name) == name and name.isascii() and not any(sign.isdigit() for sign in name)


@pytest.mark.parametrize(
    ("message", "address", "ids"),
    [
        (DECLINED, "driver/d1", {"ride_id": "r1", "driver_id": "d1"}),
        (DECLINED, "dispatcher/0", {"ride_id": "r1", "driver_id": "d1"}),
        (object(), "ride/r2", {"ride_id": "r2"}),
        (None, "driver/d2", {"driver_id": "d2"}),
        (None, "journal", {}),
    ],
)
def test_a_message_and_its_address_say_whom_it_is_about(message: object, address: str, ids: dict[str, str]) -> None:
    assert ids_of(message, address) == ids


ABOUT_THE_SERVER = {
    "dispatch/app.py", "dispatch/live/file.py", "dispatch/live/logins.py", "dispatch/logs.py", "dispatch/payments.py",
    "dispatch/prices.py", "dispatch/runtime/clock.py", "dispatch/transport/ws/door.py", "dispatch/transport/ws/server.py",
    "dispatch/transport/ws/tls.py",
}  # fmt: skip
"""Files whose lines are about the server as a whole, but for what `NAMES` finds in them."""
NAMES = ("_named()", "ids_of(", "ids", "'ride_id'", "'connection'", "named", "'client'", "told", "refused")
"""What a line of any other file gives as `extra`, by which somebody or something can be followed."""
LEVELS = ("info", "warning", "error", "exception", "critical")


def lines_of(tree: ast.Module) -> list[ast.Call]:
    """All calls of a logger in a file."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and ast.unparse(node.func.value) in ("log", "logs.log", "logger")
    ]


def test_whatever_logs_says_whom_a_line_is_about() -> None:
    lines = {
        f"{name}:{call.lineno}": next((ast.unparse(word.value) for word in call.keywords if word.arg == "extra"), "")
        for file, tree in trees().items()
        if (name := str(file.relative_to(ROOT))).startswith("dispatch/") and name not in ABOUT_THE_SERVER
        for call in lines_of(tree)
    }
    assert len(lines) > 9
    silent = {line: extra for line, extra in lines.items() if not any(name in extra for name in NAMES)}
    assert silent == {}, "these lines cannot be followed"


def test_nobody_prints_instead() -> None:
    """One way out: what is printed has no ids and is not masked. `say` is for people at a terminal."""
    printing = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, tree in trees().items()
        if file.is_relative_to(ROOT / "dispatch")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stderr.write")
    ]
    assert [
        place for place in printing if "dispatch/text.py" not in place and "dispatch/top/screen.py" not in place
    ] == []
