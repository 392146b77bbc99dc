"""`dispatch eta` as a user meets it, and how good the shipped profile is on trips that it never saw."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
import sim
from dispatch.travel.profile import read_profile
from sim import trips
from sim.eta import take
from sim.trips import TripsWanted

MANHATTAN = str(Path(cli.__file__).parent / "tests" / "data" / "maps" / "manhattan-streets.json.gz")
SHIPPED = Path(sim.__file__).parent / "data" / trips.SHIPPED
HEADER = "pickup_time,dropoff_time,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon"
BAR_S, BAR_BY_ROAD_S = 224.0, 192.0
"""About what a factor for each hour gives, over the straight line and over the road, on trips within Manhattan."""


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def eta(*args: str) -> Result:
    return CliRunner().invoke(cli.main, ("eta", *args), prog_name="dispatch")


def told(*args: str) -> dict[str, Any]:
    result = eta("test", *args, "--json")
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def csv_file(name: str, *rows: str, header: str = HEADER) -> str:
    Path(name).write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return name


def row(pickup: str = "08:00:00", dropoff: str = "08:10:00") -> str:
    return f"2015-01-15 {pickup},2015-01-15 {dropoff},40.75,-73.99,40.77,-73.98"


class TestTheShippedProfile:
    def test_the_even_rows_that_it_never_saw_are_within_the_bar(self) -> None:
        even = told("--rows", "even")
        assert even["trips"] == 4_991
        assert even["mae_s"] <= BAR_S
        assert even["mae_s"] == pytest.approx(210.7, abs=0.5), "docs/ETA.md says so"
        assert even["median_error"] == pytest.approx(0.227, abs=0.002)

    def test_it_is_hardly_better_on_the_rows_that_it_was_made_of(self) -> None:
        assert told("--rows", "even")["mae_s"] < 1.05 * told("--rows", "odd")["mae_s"]

    def test_it_is_what_fit_makes_of_the_odd_rows(self) -> None:
        assert eta("fit", "--rows", "odd", "--roads", MANHATTAN, "--out", "again.json").exit_code == 0
        assert read_profile("again.json") == read_profile(None)

    def test_a_fit_to_any_other_half_of_the_day_is_within_the_bar_on_the_rest(self) -> None:
        header, *rows = gzip.decompress(SHIPPED.read_bytes()).decode().splitlines()
        Random(11).shuffle(rows)
        half = len(rows) // 2
        csv_file("one.csv", *rows[:half], header=header)
        csv_file("other.csv", *rows[half:], header=header)
        assert eta("fit", "one.csv", "--out", "one.json").exit_code == 0
        assert told("other.csv", "--profile", "one.json")["mae_s"] <= BAR_S


class TestByRoad:
    def test_even_rows_that_begin_and_end_on_the_map_are_within_the_bar(self) -> None:
        even = told("--rows", "even", "--roads", MANHATTAN)
        assert (even["trips"], even["off_map"]) == (4_292, 699)
        assert even["mae_s"] <= BAR_BY_ROAD_S
        assert even["mae_s"] == pytest.approx(175.0, abs=0.5), "docs/ETA.md says so"
        assert even["median_error"] == pytest.approx(0.214, abs=0.002)
        every = even["with_off_map"]
        assert every["trips"] == 4_991
        assert every["mae_s"] == pytest.approx(203.5, abs=0.5)

    def test_people_read_which_trips_are_meant(self) -> None:
        inside, outside = row(), row().replace("40.77,-73.98", "40.64,-73.78")
        lines = eta("test", csv_file("t.csv", inside, outside, inside), "--roads", MANHATTAN).stdout.splitlines()
        assert lines[1].split()[0] == "2"
        assert len(lines) == 5
        assert lines[2] == "1 more begin or end off the map, and are told without roads. With them:"
        assert lines[4].split()[0] == "3"

    def test_a_file_of_trips_elsewhere_is_told_so(self) -> None:
        result = eta("test", csv_file("t.csv", row().replace("40.7", "50.7")), "--roads", MANHATTAN)
        assert result.exit_code == 1
        assert result.stderr == f"dispatch: t.csv, all rows: no trip has both ends on the map {MANHATTAN}\n"

    def test_a_profile_without_roads_is_refused_with_the_command_that_makes_one(self) -> None:
        eta("fit", "--out", "air.json")
        result = eta("test", "--profile", "air.json", "--roads", MANHATTAN)
        assert result.exit_code == 1
        assert "fitted without roads: make it by `dispatch eta fit TRIPS --roads FILE`" in result.stderr

    @pytest.mark.parametrize("missing", ["scipy", "osmium"])
    def test_without_the_extra_the_command_says_what_to_install(self, missing: str) -> None:
        """In an interpreter of its own, where that package cannot be imported."""
        helsinki = MANHATTAN.replace("manhattan-streets.json.gz", "helsinki.osm.pbf")
        code = f"import sys; sys.modules[{missing!r}] = None; import cli; cli.main()"
        command = [sys.executable, "-c", code, "eta", "test", "--roads", helsinki]
        environment = {"PYTHONPATH": str(Path(cli.__file__).parent)}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 1
        assert ended.stderr.startswith(
            "dispatch: roads need packages that are not installed: pip install 'dispatch-ridehail[roads]' ("
        )


class TestFit:
    def test_without_a_file_to_write_the_profile_is_printed(self) -> None:
        printed = eta("fit", str(SHIPPED), "--rows", "odd").stdout
        assert json.loads(printed)["air"] == json.loads(read_profile(None).as_json())["air"]
        assert json.loads(printed)["roads"] is None

    def test_it_tells_what_it_wrote_and_of_how_many_trips(self) -> None:
        result = eta("fit", str(SHIPPED), "--out", "all.json")
        assert result.stdout == "all.json: fitted to 9,879 trips of nyc-trips-2015-01-15.csv.gz, all rows\n"

    def test_too_few_trips_are_refused_in_one_line(self) -> None:
        result = eta("fit", csv_file("few.csv", row()))
        assert result.exit_code == 1
        assert result.stderr == "dispatch: a fit needs at least 100 usable trips, there are 1\n"


class TestRows:
    def test_odd_are_the_first_the_third_and_so_on_and_bad_rows_count(self) -> None:
        file = csv_file("t.csv", row("08:00:01"), "nonsense", row("08:00:03"), "", row("08:00:04"))
        assert [round(trip.hour * 3600) % 60 for trip in take(file, TripsWanted(), "odd").trips] == [1, 3]
        assert [round(trip.hour * 3600) % 60 for trip in take(file, TripsWanted(), "even").trips] == [4]
        assert len(take(file, TripsWanted(), "all").trips) == 3

    def test_odd_and_even_rows_of_the_shipped_day_are_all_of_it(self) -> None:
        odd, even, every = (take(None, TripsWanted(), rows).trips for rows in ("odd", "even", "all"))
        assert [trip for pair in zip(odd, even, strict=True) for trip in pair] == every

    def test_no_usable_trip_in_these_rows_is_an_error(self) -> None:
        result = eta("test", csv_file("one.csv", row()), "--rows", "even")
        assert (result.exit_code, result.stderr) == (1, "dispatch: one.csv, even rows: no usable trip\n")


class TestWhatIsPrinted:
    def test_people_read_three_names_and_three_figures(self) -> None:
        names, figures = eta("test", csv_file("t.csv", row())).stdout.splitlines()
        assert names.split() == ["trips", "mae_s", "median_error"]
        assert float(figures.split()[0]) == 1

    def test_the_hour_of_a_trip_is_that_of_its_pickup(self) -> None:
        night, day = csv_file("n.csv", row("04:00:00", "04:10:00")), csv_file("d.csv", row("09:00:00", "09:10:00"))
        assert told(night)["mae_s"] != told(day)["mae_s"]

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (row(dropoff="08:00:00"), "dropoff_time 2015-01-15 08:00:00 is not after pickup_time 2015-01-15 08:00:00"),
            (row(dropoff="late"), "dropoff_time '2015-01-15 late' is not a time"),
            (row().replace("2015-01-15 08:10:00", ""), "dropoff_time is missing"),
            (row(dropoff="12:00:00"), "a trip lasts 3 hours at most"),
            (row().replace("40.77", "91"), "dropoff_lat '91' is not from -90 to 90"),
        ],
    )
    def test_rows_that_cannot_be_used_are_counted_and_the_first_is_named(self, bad: str, why: str) -> None:
        result = eta("test", csv_file("t.csv", row(), bad, "x", row()), "--json", "--skip-most", "50%")
        figures = json.loads(result.stdout)
        assert (figures["trips"], figures["skipped"]) == (2, 2)
        assert sum(figures["skipped_by_reason"].values()) == 2
        assert result.stderr.startswith("2 of 4 rows skipped (")
        assert "; the first: line 3: " in result.stderr
        assert why in result.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("test", "none.csv"), "dispatch: cannot read none.csv: No such file or directory\n"),
        (("fit", "none.csv"), "dispatch: cannot read none.csv: No such file or directory\n"),
        (("test", "--profile", "none.json"), "dispatch: cannot read none.json: No such file or directory\n"),
    ],
)
def test_a_file_that_is_not_there_ends_in_one_line(args: tuple[str, ...], said: str) -> None:
    result = eta(*args)
    assert (result.exit_code, result.stderr) == (1, said)


def test_a_file_without_the_ends_of_its_trips_is_told_what_is_missing() -> None:
    header = HEADER.replace("dropoff_time", "dropof_time")
    result = eta("test", csv_file("t.csv", row(), header=header))
    assert result.exit_code == 1
    shown = header.replace(",", ", ")
    assert (
        result.stderr == f"dispatch: t.csv has no column dropoff_time; did you mean 'dropof_time'? (it has {shown})\n"
    )
