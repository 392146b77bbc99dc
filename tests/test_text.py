"""What others wrote reaches a terminal, a pipe or a log as text and as nothing else, whichever command or log line tells it."""

import ast
import io
import json
import logging
import re
import socket
import sys
import tracemalloc
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli
from dispatch import logs
from dispatch.ids import DriverId, OfferId, PassengerId, PersonId, QuoteId, RideId
from dispatch.messages.events import (
    ChargeDeclined,
    ChargeRequested,
    DocumentKept,
    DriverOnline,
    DriverRegistered,
    DriverReserved,
    OfferDeclined,
    OfferPlaced,
    OffersMade,
    PersonAdded,
    QuoteMade,
    RideAssigned,
    RideCancelled,
    RideRated,
    RideRequested,
    RideUnassigned,
    TrackRecorded,
)
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.schema import TABLES
from dispatch.text import json_line, plain, plain_lines, say, word
from dispatch.values import DriverCard, FareLine, Money, Passenger, Place, Price, Trip
from tests.storage.stories import DISPATCHER, append

ROOT = Path(cli.__file__).parent
EVIL = "\x1b]0;title\x07\x1b[2J\x7f\x9b31m\nforged line\r\u2028\u202e\u2066\u200b\u200f\ufeff\u00ad\u3164\U000e0041"
"""Sequences of a terminal, ends of lines, controls of both sets, marks of direction, signs of no width."""


COLOUR = re.compile(r"\x1b\[[0-9]*m")


def is_seen(text: str) -> bool:
    return text.isprintable() and "\u3164" not in text


def require_plain(text: str) -> None:
    lines = text.split("\n")
    assert all(map(is_seen, lines)), [ascii(line) for line in lines if not is_seen(line)]
    assert not any(line.startswith("forged line") for line in lines)


def test_every_sign_that_is_not_simply_seen_is_spelled_out_and_every_other_stays() -> None:
    signs = [chr(code) for code in range(sys.maxunicode + 1)]
    assert all(is_seen(plain(sign)) for sign in signs)
    assert plain("Zoë 王小明 🚕 naïve – “x”") == "Zoë 王小明 🚕 naïve – “x”"
    assert plain("a\x1b[1m\tb\u202e\ud800") == r"a\x1b[1m\tb\u202e\ud800"


def test_json_stays_json_and_says_the_same() -> None:
    told = {"reason": EVIL + "\ud800 Zoë 🚕", "list": [EVIL]}
    assert is_seen(json_line(told))
    assert json.loads(json_line(told)) == told
    assert "Zoë 🚕" in json_line(told)


def test_a_line_leaves_in_one_piece_also_where_nothing_is_buffered() -> None:
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # each write arrives by itself
    with reader, writer, io.TextIOWrapper(writer.makefile("wb", 0), write_through=True) as output:
        with redirect_stdout(output):
            say("login code 123456")
        assert reader.recv(100) == b"login code 123456\n"


def test_a_traceback_keeps_its_lines() -> None:
    assert plain_lines("a\x1b\n  b\r\n") == "a\\x1b\n  b\\r\n"


@pytest.fixture(scope="module")
def evil_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whoever could choose a text chose this one."""
    path = tmp_path_factory.mktemp("evil") / "rides.db"
    who, ride, offer = DriverId(f"d{EVIL}"), RideId("r1"), OfferId(f"o{EVIL}")
    card = DriverCard(who, EVIL, EVIL, 4.9, EVIL, EVIL)
    rider = Passenger(PassengerId(EVIL), EVIL, EVIL)
    trip = Trip(Place(-26.2, 28.0, EVIL), Place(-26.1, 28.0, EVIL), 5.2, 15.0, 85.5, note=EVIL, vehicle_type=EVIL)
    price = Price(Money(9310, EVIL), (FareLine(EVIL, 9310),), 5800, 870, EVIL)
    placed = OffersMade(ride, 1, 1, (OfferPlaced(offer, who, 10.0),), 30.0)
    writer = Writer(path, "off")
    writer.write(
        [
            append(f"driver/{who}", DriverRegistered(card), DriverOnline(who)),
            append("ride/r1", RideRequested(ride, 1, rider, trip, 1.0), at=1.0),
            append(DISPATCHER, placed, at=1.0),
            append(f"driver/{who}", DriverReserved(ride, who, offer, 1, 1), at=2.0),
            append("ride/r1", RideAssigned(ride, card, offer, 1, 2.0), at=2.0),
            append("ride/r1", RideUnassigned(ride, who, 2, EVIL, EVIL, 3.0), at=3.0),
            append(f"driver/{who}", OfferDeclined(ride, who, offer, EVIL), at=4.0),
            append("ride/r1", RideCancelled(ride, "ops", EVIL), at=5.0),
            append("ride/r1", ChargeRequested(ride, rider.passenger_id, Money(250, EVIL)), ChargeDeclined(ride, EVIL)),
            append(
                "quote/q",
                QuoteMade(QuoteId(EVIL), rider.passenger_id, trip.pickup, trip.dropoff, EVIL, price, 1.0, 9.0),
            ),
            append("ride/r1", TrackRecorded(ride, who, EVIL, 2.0, ((0.0, -26.2, 28.0),), 0.0)),
            append("ride/r1", RideRated(ride, "passenger", 4, EVIL, who, rider.passenger_id), at=6.0),
        ]
    )
    writer.db.execute("INSERT INTO blocked_pairs VALUES (?, ?, 1.0)", (rider.passenger_id, who))
    files = (
        PersonAdded(PersonId(EVIL), "staff", EVIL, EVIL + "7", "invited"),
        DocumentKept(PersonId(EVIL), EVIL, EVIL, 1_900_000_000.0),
    )
    writer.write([append(f"person/{EVIL}", *files)])
    writer.db.execute("INSERT INTO login_codes VALUES (?1, ?1, ?1, ?1, 0, ?1, ?1, 5.0, 0, NULL)", (EVIL,))
    writer.db.execute("INSERT INTO login_failures VALUES (5.0)")
    writer.db.execute("INSERT INTO staff_requests VALUES (?1, ?1, 7, ?1, 5.0)", (EVIL,))
    writer.db.execute("INSERT INTO login_sessions VALUES (?1, ?1, ?1, ?1, 0, 5.0, 5.0, 6.0, NULL)", (EVIL,))
    writer.db.execute("INSERT INTO devices VALUES (?1, ?1, ?1, ?1, ?1, 5.0)", (EVIL,))
    writer.db.execute("UPDATE rides SET reason = reason || '!'")
    writer.db.execute("UPDATE drivers SET name = name || '!'")
    writer.close()
    return path


def run(*args: str) -> Result:
    return CliRunner().invoke(cli.main, args, prog_name="dispatch")


COMMANDS = (
    ("explain", "r1"),
    ("explain", "r1", "--json", "--phones"),
    ("replay", "r1"),
    ("replay", "r1", "--as-test", "-"),
    ("db", "check"),
    *(("db", "show", table, *more) for table in TABLES for more in ((), ("--json",), ("--phones",))),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_that_reads_a_file_lets_it_through(evil_file: Path, command: tuple[str, ...]) -> None:
    told = run(*command, "--db", str(evil_file))
    assert told.output.count("\n") > 0 and not isinstance(told.exception, Exception), told.exception
    require_plain(told.output)
    if "--json" in command:
        assert [json.loads(line) for line in told.output.splitlines()]
    if "--as-test" in command:
        compile(told.output, "test", "exec")


@pytest.mark.parametrize(
    "command",
    [
        ("db", "show", EVIL),
        ("db", "show", "rides", "--db", f"no{EVIL}"),
        ("db", "show", "rides", "--status", EVIL),
        ("db", EVIL),
        (EVIL,),
        (f"--{EVIL}",),
        ("explain", EVIL, "--db", "EVIL_FILE"),
        ("replay", EVIL, "--db", "EVIL_FILE"),
        ("db", "block", EVIL, EVIL, "--db", "EVIL_FILE"),
        ("serve", "--host", EVIL),
        ("serve", "--config", EVIL.replace("\0", "")),
        ("serve", "--batch", EVIL),
        ("simulate", "--trips", f"no{EVIL}"),
        ("simulate", "--scenario", EVIL),
        ("quote", "--from", EVIL, "--to", "1,1"),
        ("eta", "test", f"no{EVIL}"),
    ],
    ids=lambda command: " ".join(ascii(part)[1:12] for part in command),
)
def test_no_error_repeats_an_argument_as_it_came(evil_file: Path, command: tuple[str, ...]) -> None:
    refused = run(*(str(evil_file) if part == "EVIL_FILE" else part for part in command))
    assert refused.exit_code in (1, 2) and isinstance(refused.exception, SystemExit)
    require_plain(refused.output)


def test_bytes_of_an_argument_that_are_no_text_are_told_too() -> None:
    refused = run("db", "show", "rides", "--db", "no\udcff.db")
    assert r"no\udcff.db" in refused.output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream_type", [io.StringIO, Terminal])
def test_no_log_line_lets_it_through(monkeypatch: pytest.MonkeyPatch, stream_type: type[io.StringIO]) -> None:
    stream = stream_type()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("NO_COLOR", "1")
    try:
        logs.set_up("auto")
        try:
            raise ValueError(EVIL)
        except ValueError:
            logs.log.error(f"event {EVIL}", extra={"reason": EVIL}, exc_info=True)
            logging.getLogger("somebody's").exception("failed with %s", EVIL)
    finally:
        logging.basicConfig(force=True)
    told = stream.getvalue()
    assert "title" in told and "somebody" not in told.splitlines()[0]
    seen = COLOUR.sub("", told) if stream_type is Terminal else told
    assert all(map(is_seen, seen.split("\n"))), ascii(seen)


def test_nothing_is_printed_but_by_the_one_way_out() -> None:
    """`print` and `click.echo` are called by `dispatch/text.py`, and where what is printed is bytes or already plain."""
    allowed = {
        ("text.py", "print"),
        ("main.py", "print"),
        ("eta.py", "click.echo"),
        ("printed.py", "print"),
        ("screen.py", "print"),
    }
    files = [ROOT / "cli.py", *(ROOT / "dispatch").rglob("*.py"), *(ROOT / "sim").rglob("*.py")]
    found = {
        (file.name, ast.unparse(node.func))
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "click.echo")
    }
    assert found - allowed == set()


def test_words_are_one_however_they_are_written_and_made_up_ones_as_long_as_a_frame_are_not_kept() -> None:
    assert word(" \uff33EDAN  xl ") == "sedan xl"
    assert word(f" \uff33EDAN {'X' * 200}") == f"sedan {'x' * 200}"
    tracemalloc.start()
    try:
        for number in range(200):
            word(f"{number} {'x' * 16_000}")
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
