"""Files that somebody tampered with: each command reads or refuses them, in words, soon, and without a traceback; so does a start."""

from __future__ import annotations

import faulthandler
import shutil
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

import cli
from dispatch.config import Settings
from dispatch.errors import DispatchError
from dispatch.live.file import _open
from dispatch.storage.file.owner import owned
from tests.storage.damage import closed_file
from tests.storage.tampering import tampered

FILES, SHARES = 120, 4
COMMANDS: Final = (
    ("db", "check"), ("db", "show", "rides"), ("db", "show", "events", "--json"), ("db", "show", "offers"), ("db", "show", "drivers"),
    ("explain", "ride-2"), ("replay", "ride-2"), ("replay", "ride-3"), ("people", "list"), ("db", "backup", "copy.db"), ("db", "mend"),
)  # fmt: skip
WITHIN_S = 30.0
"""A command that takes longer hangs: then the stack is told and the process ends."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is tampered with, copy by copy."""
    return closed_file(tmp_path_factory.mktemp("sound") / "rides.db", rides=12)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are made here, and nothing may hang."""
    monkeypatch.chdir(tmp_path)
    faulthandler.dump_traceback_later(WITHIN_S * FILES / SHARES, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def wrong_with(path: Path, command: tuple[str, ...]) -> str:
    """What this command does to this file that it should not; empty: nothing."""
    ran = CliRunner().invoke(cli.main, [*command, "--db", str(path)], prog_name="dispatch")
    if not isinstance(ran.exception, SystemExit | None):
        return "".join(traceback.format_exception(ran.exception))
    if ran.exit_code not in (0, 1):
        return f"it ended with {ran.exit_code}: {ran.output}"
    return "an escape went to the terminal" if "\x1b" in ran.output else ""


def wrong_with_start(path: Path) -> str:
    try:
        with owned(path) as ownership:
            _open(Settings(db=str(path)), ownership, is_sandbox=False).close()
    except DispatchError as error:
        return "" if str(path) in str(error) else f"it does not name the file: {error}"
    except Exception:
        return traceback.format_exc()
    return ""


def copied(sound: Path, name: str) -> Path:
    for left in Path().glob("*.db*"):
        left.unlink() if left.is_file() else shutil.rmtree(left)
    return Path(shutil.copy(sound, Path(name).absolute()))


@pytest.mark.parametrize("share", range(SHARES))
def test_a_file_that_was_tampered_with_is_read_or_refused(sound: Path, share: int) -> None:
    for number in range(share, FILES, SHARES):
        path = copied(sound, "rides.db")
        how = tampered(path, f"tampered {number}")
        command = COMMANDS[number // SHARES % len(COMMANDS)]
        assert (number, how, command, wrong_with(path, command)) == (number, how, command, "")
        assert (number, how, "start", wrong_with_start(path)) == (number, how, "start", "")


@pytest.mark.parametrize("at", [1e15, 1e10, -1e15, 1e300, float("inf"), 253402300800.0])
@pytest.mark.parametrize("which", ["kind = 'RideCompleted' OR kind = 'RideAssigned'", "kind = 'RideRequested'", "TRUE"])
def test_a_ride_at_impossible_times_is_replayed_or_refused_at_once(sound: Path, at: float, which: str) -> None:
    path = copied(sound, "rides.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(f"UPDATE events SET at = ?1, body = json_set(body, '$.at', ?1) WHERE {which}", (at,))
    assert wrong_with(path, ("replay", "ride-2")) == ""


def test_a_driver_who_was_asked_in_no_round_cannot_be_played_and_that_is_said(sound: Path) -> None:
    path = copied(sound, "rides.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE events SET body = json_set(body, '$.offers', json('[]')) WHERE kind = 'OffersMade'")
    ran = CliRunner().invoke(cli.main, ["replay", "ride-2", "--db", str(path)], prog_name="dispatch")
    assert "cannot be played again: " in ran.output and "who was asked in no round" in ran.output, ran.output


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o200])
def test_a_file_of_another_mode_is_read_or_refused(sound: Path, mode: int) -> None:
    """Whether it can be read depends on who asks: root may always."""
    path = copied(sound, "rides.db")
    path.chmod(mode)
    for command in (("db", "check"), ("db", "show", "rides")):
        assert wrong_with(path, command) == ""


@pytest.mark.parametrize("to", ["nowhere.db", "link.db", ".", "/dev/null", "/dev/zero"])
def test_a_link_is_followed_to_a_file_and_refused_elsewhere(sound: Path, to: str) -> None:
    copied(sound, "rides.db")
    link = Path("link.db").absolute()
    link.symlink_to(to)
    for command in (("db", "check"), ("explain", "ride-2"), ("replay", "ride-2")):
        assert wrong_with(link, command) == ""
    assert wrong_with_start(link) == ""
