"""Files that people give to commands and that are spoilt: each is read or refused, in one sentence, soon, and without a traceback."""

from __future__ import annotations

import faulthandler
import json
import shutil
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import pytest
from click.testing import CliRunner

import cli
from dispatch.storage.file.key_file import keys_of
from dispatch.travel.profile import read_profile
from dispatch.travel.streets import SHIPPED
from tests.e2e.spoiling import WAYS, spoilt
from tests.providers.accounts import service_account
from tests.storage.damage import closed_file
from tests.storage.tampering import tampered
from tests.travel.maps import MAPS, grid_map
from tests.travel.test_osm import SMALL

WITHIN_S = 60.0
"""What takes longer hangs: then the stack is told and the process ends."""
LONGEST_LINE: Final = 1_000
RATES: Final = ("--base-fare", "1", "--per-km", "1", "--currency", "USD")
WAY: Final = ("--from", "40.7501,-73.9899", "--to", "40.7512,-73.9885")
TOML: Final = b"""
offer_timeout = "30s"
batch = 5
radius_km = 3.5
hosts = ["a.example", "b.example"]
vehicle_types = "sedan, van"
time_zone = "Europe/Helsinki"
[server]
port = 8067
db = "rides.db"
max_connections = 100
[tariff]
base_fare = 2.5
per_km = 1
night_from = 22:00:00
[tariff.van]
base_fare = 4
[simulate]
drivers = 3
"""
PEOPLE: Final = b"""phone,name,vehicle_type,registration,licence_expires,licence_number
+27821234567,Ann Adams,sedan,CA 123,2027-03-31,1
+27821234568,Ben Brown,van,CA 124,2027-04-30,2
"""


class Sort(NamedTuple):
    """One sort of file: its name, what is in a sound one, and the command that reads it, `FILE` for its path."""

    name: str
    sound: Callable[[Path], bytes]
    command: tuple[str, ...]


def _keys(folder: Path) -> bytes:
    keys_of(folder / "a.db", 1_790_000_000.0)
    return (folder / "a.db.keys").read_bytes()


def _trips(_: Path) -> bytes:
    return b"".join((Path(__file__).parents[1] / "data/trips/chicago.csv").read_bytes().splitlines(keepends=True)[:12])


def _grid(_: Path) -> bytes:
    return json.dumps(grid_map(3, 3)).encode()


SORTS: Final = (
    Sort("trips.csv", _trips, ("simulate", "--trips", "FILE", "--drivers", "1", "--rides", "1")),
    Sort("fit.csv", _trips, ("eta", "fit", "FILE")),
    Sort("profile.json", lambda _: read_profile(None).as_json(), ("quote", *WAY, *RATES, "--eta-profile", "FILE")),
    Sort("map.json", _grid, ("quote", *WAY, *RATES, "--roads", "FILE")),
    Sort("town.osm", lambda _: SMALL.encode(), ("map", "build", "FILE", "--out", "made.gz")),
    Sort("streets.json.gz", lambda _: SHIPPED.read_bytes(), ("doctor", "--port", "0", "--map-streets", "FILE")),
    Sort("town.pmtiles", lambda _: (MAPS / "helsinki.pmtiles").read_bytes()[:5_000],
         ("doctor", "--port", "0", "--map-pmtiles", "FILE")),
    Sort("rides.db.keys", _keys, ("keys", "show", "--db", "rides.db")),
    Sort("kept.db.keys", _keys, ("doctor", "--port", "0", "--db", "kept.db")),
    Sort("turned.db.keys", _keys, ("keys", "rotate", "--db", "turned.db")),
    Sort("account.json", lambda folder: service_account(folder / "a.json", "http://127.0.0.1:9/token").read_bytes(),
         ("doctor", "--port", "0", "--push", "fcm", "--push-url", "http://127.0.0.1:9", "--push-key-file", "FILE")),
    Sort("people.csv", lambda _: PEOPLE, ("people", "import", "FILE", "--role", "driver", "--db", "people.db", "--phone-region", "ZA")),
    Sort("settings.toml", lambda _: TOML, ("config", "show", "--config", "FILE")),
    Sort("token.txt", lambda _: b"abc.def.ghi\n", ("top", "http://127.0.0.1:9", "--once", "--token-file", "FILE")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are made here, and nothing may hang."""
    monkeypatch.chdir(tmp_path)
    faulthandler.dump_traceback_later(WITHIN_S, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def wrong_with(*command: str) -> str:
    """What this command does that it should not; empty: nothing."""
    ran = CliRunner().invoke(cli.main, command, prog_name="dispatch")
    if not isinstance(ran.exception, SystemExit | None):
        return "".join(traceback.format_exception(ran.exception))
    if ran.exit_code not in (0, 1, 2) or (ran.exit_code and not ran.output.strip()):
        return f"it ended with {ran.exit_code}: {ran.output[:LONGEST_LINE]}"
    longest = max(ran.stderr.splitlines(), key=len, default="")
    if len(longest) > LONGEST_LINE:
        return f"it said {len(longest)} characters: {longest[:LONGEST_LINE]}"
    return "an escape went to the terminal" if "\x1b" in ran.output else ""


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
def test_a_spoilt_file_is_read_or_refused_in_a_sentence(tmp_path: Path, sort: Sort) -> None:
    file = tmp_path / sort.name
    sound = sort.sound(tmp_path)
    command = [str(file) if word == "FILE" else word for word in sort.command]
    for way in WAYS:
        file.write_bytes(spoilt(sound, way, Random(f"{sort.name} {way}")))
        file.chmod(0o600)
        assert (way, wrong_with(*command)) == (way, "")


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    """Else the test above would try the door and not the room."""
    for sort in SORTS:
        file = tmp_path / sort.name
        file.write_bytes(sort.sound(tmp_path))
        file.chmod(0o600)
        ran = CliRunner().invoke(cli.main, [str(file) if word == "FILE" else word for word in sort.command])
        says = {
            "fit.csv": "there are 3",
            "account.json": "push_url cannot be reached",
            "token.txt": "",
        }
        assert says[sort.name] in ran.output if sort.name in says else ran.exit_code == 0, (sort.name, ran.output)


def test_a_backup_that_was_tampered_with_is_restored_or_refused_and_a_simulation_leaves_it_alone(
    tmp_path: Path,
) -> None:
    sound = closed_file(tmp_path / "sound.db", rides=4)
    for number in range(9):
        for left in (*tmp_path.glob("backup.db*"), *tmp_path.glob("rides.db*")):
            left.unlink()
        backup = Path(shutil.copy(sound, tmp_path / "backup.db"))
        how = tampered(backup, f"restored {number}")
        command = (
            ("db", "restore", str(backup), "--db", "rides.db")
            if number % 3
            else ("simulate", "--rides", "1", "--drivers", "1", "--db", str(backup))
        )
        assert (number, how, command, wrong_with(*command)) == (number, how, command, "")
