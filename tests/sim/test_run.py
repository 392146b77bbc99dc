"""`dispatch simulate` over files of trips: what it refuses before it begins, and that it ends in peace."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli
from dispatch.config import Settings, load
from dispatch.errors import SettingError
from sim.run import run, simulate
from sim.spec import make_plan

HEADER = "pickup_time,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def morning(count: int = 60) -> list[str]:
    """Trips of one morning, within three kilometres."""
    return [f"2019-03-02 08:{n:02}:00,40.{750 + n},-73.98,40.{770 - n},-73.97" for n in range(count)]


def simulated(lines: Sequence[str], *flags: str, command: Sequence[str] = ("simulate", "--drivers", "5")) -> Result:
    """What the command says to a file of these rows."""
    Path("trips.csv").write_text("\n".join((HEADER, *lines)) + "\n")
    return CliRunner().invoke(cli.main, [*command, "--trips", "trips.csv", *flags], prog_name="dispatch")


@pytest.mark.parametrize("pricing", ["tariff", "http"])
def test_a_city_whose_fares_the_server_sets_is_served_as_any_other(pricing: str) -> None:
    wanted = load({"trips": "none", "rides": "60", "drivers": "20"}, {}).simulate
    settings = Settings(pricing=pricing, base_fare=10.0, per_km=8.5, waiting_per_minute=2.0)
    world, summary = run(settings, wanted, make_plan(wanted))
    assert world.watch.violations == []
    assert (summary["requests"], summary["completed"] > 40) == (60, True)


def test_a_tariff_without_rates_is_refused_before_anything_runs() -> None:
    with pytest.raises(SettingError, match="there is no tariff"):
        simulate(Settings(pricing="tariff"), load({}, {}).simulate)


def test_a_simulation_without_a_file_loads_no_event_loop_no_log_and_no_arrays() -> None:
    """They and what they bring are twenty MiB of a process that has no use for them."""
    heavy = "asyncio", "numpy", "structlog"
    script = (
        "import sys; from dispatch.config import Settings, load; from sim.run import run; from sim.spec import make_plan;"
        "wanted = load({'trips': 'none', 'rides': '3', 'drivers': '3'}, {}).simulate;"
        "world, _ = run(Settings(), wanted, make_plan(wanted));"
        f"print(world.watch.checked > 0, [name for name in {heavy} if name in sys.modules])"
    )
    root = str(Path(cli.__file__).parent)
    said = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout == "True []\n"


class TestRowsThatAreSkipped:
    FEW = (
        *morning(57),
        "2019-03-02 08:00:00,,,,",
        "soon,40.7,-73.9,40.7,-73.9",
        "2019-03-02 08:00:00,40.7,x,40.7,-73.9",
    )
    MANY = (*morning(40), *["2019-03-02 08:00:00,0,0,0,0"] * 10, *["soon,40.7,-73.9,40.7,-73.9"] * 10)

    def test_a_few_are_counted_by_reason_in_both_outputs(self) -> None:
        told = json.loads(simulated(self.FEW, "--json").stdout)
        assert (told["requests"], told["rows"], told["skipped"]) == (57, 60, 3)
        assert told["skipped_by_reason"] == {"no place": 1, "bad time": 1, "bad number": 1}
        assert told["first_skipped"] == "line 59: pickup_lat is missing"
        table = simulated(self.FEW).stdout
        assert (
            "3 of 60 rows skipped (1 no place, 1 bad time, 1 bad number); the first: line 59: pickup_lat is mis"
            in table
        )

    @pytest.mark.parametrize(
        "command", [("simulate",), ("simulate", "--db", "day.db"), ("demo", "--drivers", "3")], ids=" ".join
    )
    def test_too_many_end_the_run_before_anything_is_done(self, command: Sequence[str]) -> None:
        result = simulated(self.MANY, command=command)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert (
            "trips.csv: 20 of 60 rows skipped (10 no place, 10 bad time); the first: line 42: pickup is"
            in result.stderr
        )
        assert "16.7%, more than --skip-most 5%" in result.stderr
        assert not Path("day.db").exists()
        told = json.loads(simulated(self.MANY, "--json", command=command).stdout)
        assert (told["code"], told["requests"], told["skipped"]) == ("bad_trips", 0, 20)
        assert told["skipped_by_reason"] == {"no place": 10, "bad time": 10}

    @pytest.mark.parametrize("command", [("eta", "fit"), ("eta", "test")], ids=" ".join)
    def test_no_profile_is_made_of_or_tested_on_such_a_file_either(self, command: Sequence[str]) -> None:
        Path("trips.csv").write_text("\n".join((HEADER + ",dropoff_time", *(f"{row},soon" for row in morning()))))
        result = CliRunner().invoke(cli.main, [*command, "trips.csv"], prog_name="dispatch")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "has no usable trip: 60 of 60 rows skipped (60 bad time)" in result.stderr

    def test_the_user_may_want_more_or_fewer(self) -> None:
        assert json.loads(simulated(self.MANY, "--skip-most", "17%", "--json").stdout)["requests"] == 40
        assert simulated(self.FEW, "--skip-most", "3.3%").exit_code == 2


@pytest.mark.parametrize("command", [("simulate",), ("simulate", "--db", "day.db"), ("demo",)], ids=" ".join)
@pytest.mark.parametrize("trips", [None, b"", b"\x1f\x8bjunk", b"tpep_pickup_datetime,PULocationID\n"])
def test_a_file_that_cannot_be_used_ends_with_another_status_than_a_broken_rule(
    trips: bytes | None, command: Sequence[str]
) -> None:
    if trips is not None:
        Path("trips.csv").write_bytes(trips)
    result = CliRunner().invoke(cli.main, [*command, "--trips", "trips.csv", "--json"], prog_name="dispatch")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["code"], told["requests"], told["skipped"]) == (2, "bad_trips", 0, 0)
    assert result.stderr == f"dispatch: {told['error']}\n"
    assert not Path("day.db").exists()


def test_a_scenario_that_nobody_knows_ends_with_another_status_than_a_broken_rule() -> None:
    result = CliRunner().invoke(cli.main, ["simulate", "--scenario", "smal"], prog_name="dispatch")
    assert (result.exit_code, result.stderr) == (2, "dispatch: there is no scenario 'smal'; did you mean 'small'?\n")


@pytest.mark.parametrize("last", ["36.3,-73.97", "-13.25,-73.97", "40.75,0", "40.75,106.02"])
def test_a_dropoff_at_the_end_of_the_world_is_a_row_that_is_skipped(last: str) -> None:
    result = simulated([*morning(), f"2019-03-02 08:30:00,40.75,-73.98,{last}"], "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["requests"], told["violations"]) == (0, 60, 0)
    assert told["skipped_by_reason"] == {"too far": 1}


@pytest.mark.parametrize(("latitude", "ended"), [("42.0", "completed"), ("43.4", "cancelled")])
def test_a_trip_of_many_hours_is_simulated_to_its_end(latitude: str, ended: str) -> None:
    """At the pace of the fake cars 139 km take seven hours, and 295 km more than a ride may last: the system then ends it."""
    result = simulated([f"2019-03-02 08:30:00,40.75,-73.98,{latitude},-73.98"], "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["violations"], told["requests"], told[ended]) == (0, 0, 1, 1)


@pytest.mark.parametrize("mornings", [2, 1])
def test_a_run_of_few_of_a_files_trips_says_so_before_it_begins(mornings: int) -> None:
    rows = ["2001-01-01 00:00:00,40.75,-73.98,40.76,-73.97", *morning() * mornings]
    result = simulated(rows, "--json")
    assert (result.exit_code, json.loads(result.stdout)["requests"]) == (0, 1)
    said = f"1 of {len(rows)} trips are taken, those soon after the first, at 2001-01-01 00:00:00; --from says where to begin\n"
    assert result.stderr == said
    assert simulated(rows, "--from", "2019-03-02", "--json").stderr == ""
