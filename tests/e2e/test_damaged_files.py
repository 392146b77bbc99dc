"""A file that cannot be trusted: every command that reads it says so in one line, and the server does not serve."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

import cli
from dispatch.config import Settings
from dispatch.errors import DatabaseError
from dispatch.ids import RideId
from dispatch.live.file import _open
from dispatch.messages.events import AvailabilitySet, RideAssigned
from dispatch.storage.file.owner import owned
from dispatch.storage.log.on_file import Writer
from tests.storage.damage import beside, closed_file, flip
from tests.storage.old_files import CONTRADICTING, old_file
from tests.storage.stories import DRIVER_ID, MICHAEL, OFFER, append, booked


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5_000])


def no_database(path: Path) -> None:
    path.write_text("dear diary, " * 1_000)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def bad_header(path: Path) -> None:
    flip(path, 19)


def bad_schema(path: Path) -> None:
    flip(path, path.read_bytes().index(b"CREATE TABLE events"))


def bad_page(path: Path) -> None:
    data = path.read_bytes()
    at = data.rindex(b'{"type":"') // 4_096 * 4_096
    path.write_bytes(data[:at] + Random(1).randbytes(4_096) + data[at + 4_096 :])


def bad_event(path: Path) -> None:
    """Of a ride under way, with many good events behind it."""
    path.unlink()
    writer = Writer(path, "off")
    assigned = append("ride/ride-2", RideAssigned(RideId("ride-2"), MICHAEL, OFFER, 1, 2.5))
    writer.write([booked("ride-2"), assigned, append("driver/1", *[AvailabilitySet(DRIVER_ID, True)] * 1_200)])
    writer.close()
    flip(path, path.read_bytes().index(b'"RideRequested"') + 4)


def foreign_log(path: Path) -> None:
    beside(path, "-wal").write_bytes(Random(1).randbytes(50_000))


def newer(path: Path) -> None:
    writer = Writer(path, "off")
    migration = {"migration_set": "dispatch", "name": "m999_flying_cars", "applied_at": "2031"}
    writer.db["_sqlite_migrations"].insert(migration)
    writer.close()


def contradicting(path: Path) -> None:
    """Two servers wrote it at once."""
    path.unlink()
    old_file(CONTRADICTING, path.parent)


@pytest.mark.parametrize("at", [1e15, -1e15, 1e300])
@pytest.mark.parametrize(
    "command", [("db", "show", "rides"), ("db", "show", "events", "--json"), ("explain", "ride-2")], ids=" ".join
)
def test_a_time_that_no_calendar_has_is_told_as_a_number(tmp_path: Path, at: float, command: tuple[str, ...]) -> None:
    path = closed_file(tmp_path / "rides.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE events SET at = ?1, body = json_set(body, '$.at', ?1) WHERE kind = 'RideRequested'", (at,))
        file.execute("UPDATE rides SET requested_at = ?", (at,))
    answered = CliRunner().invoke(cli.main, [*command, "--db", str(path)], prog_name="dispatch")
    assert isinstance(answered.exception, SystemExit | None) and f"{at:g} s" in answered.output


SAYS: dict[Callable[[Path], None], str] = {
    emptied: "is empty, 0 bytes; if it held rides, `dispatch db restore` a backup, else delete it",
    cut: "is damaged (it ends after",
    no_database: "is not an SQLite database of dispatch; name another file",
    directory: "it is a directory; name another file",
    bad_header: "is damaged (bytes 19 to 19 of its header",
    bad_schema: "is damaged (malformed database schema",
    bad_page: "is damaged (",
    bad_event: "is damaged (event 1 cannot be read: ",
    foreign_log: "is damaged (the header of rides.db-wal does not hold); `dispatch db restore` a backup",
    contradicting: "contradicts itself (driver 2783•••0001 is reserved for hers-2 by event",
    newer: "was written by a newer dispatch (its schema has 'm999_flying_cars'); upgrade dispatch, or restore a backup of before",
}


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, cli.__file__, *args], capture_output=True, text=True, cwd=cwd, timeout=20, check=False
    )


@pytest.mark.parametrize(
    "damage", [damage for damage in SAYS if damage is not bad_event], ids=lambda damage: damage.__name__
)
def test_a_start_says_what_is_wrong_with_it(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = closed_file(tmp_path / "rides.db")
    damage(path)
    with pytest.raises(DatabaseError) as refused, owned(path) as ownership:
        _open(Settings(db=str(path)), ownership, is_sandbox=False)
    assert f"{path}" in str(refused.value) and SAYS[damage] in str(refused.value)


@pytest.mark.parametrize("damage", [cut, directory, bad_event, newer], ids=lambda damage: damage.__name__)
def test_the_server_refuses_it_in_one_line(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = closed_file(tmp_path / "rides.db")
    damage(path)
    refused = run("serve", "--port", "0", "--db", str(path), cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("dispatch: ") and refused.stderr.count("\n") == 1, refused.stderr
    assert f"{path}" in refused.stderr and SAYS[damage] in refused.stderr


@pytest.mark.parametrize("damage", SAYS, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize(
    "command", [("db", "check"), ("db", "show", "rides"), ("explain", "ride-2"), ("replay", "ride-2")], ids=" ".join
)
def test_no_command_answers_with_a_traceback(
    tmp_path: Path, damage: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    path = closed_file(tmp_path / "rides.db")
    damage(path)
    answered = CliRunner().invoke(cli.main, [*command, "--db", str(path)], prog_name="dispatch")
    assert answered.exit_code in (0, 1)
    assert isinstance(answered.exception, SystemExit | None)
    if command == ("db", "check"):
        assert answered.exit_code == 1
        assert all(str(path) in line for line in answered.output.splitlines())


def test_a_file_that_two_servers_wrote_is_mended_by_a_command_and_served(tmp_path: Path) -> None:
    path = old_file(CONTRADICTING, tmp_path)
    mended = run("db", "mend", "--db", str(path), cwd=tmp_path)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert f"{path}: ride hers-2, which was pending, is cancelled by system\n" in mended.stdout
    assert run("db", "check", "--db", str(path), cwd=tmp_path).stdout == f"{path} is sound\n"
    command = [sys.executable, cli.__file__, "serve", "--port", "0", "--db", str(path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    assert server.stdout is not None and server.stdout.readline().startswith("dispatch listens on ")
    while_served = run("db", "mend", "--db", str(path), cwd=tmp_path)
    server.terminate()
    _, log = server.communicate(timeout=20)
    assert (server.returncode, "Traceback" in log) == (0, False)
    assert while_served.returncode == 1 and f"process {server.pid}" in while_served.stderr


def test_a_sound_file_is_called_so(tmp_path: Path) -> None:
    path = closed_file(tmp_path / "rides.db")
    checked = run("db", "check", "--db", str(path), cwd=tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, f"{path} is sound\n", "")
