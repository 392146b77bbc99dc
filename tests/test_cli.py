"""The command line as a user meets it: help, settings from everywhere, errors of one line."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import cli
from dispatch.config import SETTINGS
from dispatch.storage.file.owner import owned
from dispatch.storage.tables.schema import TABLES

ROOT = Path(cli.__file__).parent
GROUPS_OF_COMMAND = {
    "serve": ("dispatch", "server", "tariff", "pricing", "payment", "push"),
    "quote": ("tariff", "pricing"),
    "simulate": ("dispatch", "simulate"),
    "demo": ("dispatch",),
}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*args: str, **environ: str) -> Result:
    return CliRunner().invoke(cli.main, args, env=environ, prog_name="dispatch")


def commands(group: click.Group, *path: str) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, *path, name)
    return found


@pytest.mark.parametrize("path", [(), *commands(cli.main)], ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(" ".join(("Usage: dispatch", *path)))


@pytest.mark.parametrize("command", GROUPS_OF_COMMAND)
def test_every_setting_of_its_groups_is_an_option_with_its_default_and_limits_in_the_help(
    command: str,
) -> None:
    told = " ".join(run(command, "--help").output.split())
    for row in SETTINGS:
        if row.group in GROUPS_OF_COMMAND[command]:
            assert row.flag in told
            assert row.help in told
            assert row.range in told or row.choices


def test_the_version_is_told() -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.output.startswith("dispatch, version ")


def test_config_show_tells_each_value_and_where_it_comes_from() -> None:
    Path("dispatch.toml").write_text('[dispatch]\nrounds = 2\n[simulate]\nposition_every = "10s"\n')
    result = run("config", "show", "--batch", "3", DISPATCH_SEARCH_CAP="90s")
    told = {line.split()[0]: line.split(maxsplit=2)[1:] for line in result.output.splitlines()}
    assert list(told) == [row.name for row in SETTINGS]
    assert told["batch"] == ["3", "flag --batch"]
    assert told["search_cap"] == ["90s", "env DISPATCH_SEARCH_CAP"]
    assert told["rounds"] == ["2", "file dispatch.toml"]
    assert told["position_every"] == ["10s", "file dispatch.toml"]
    assert told["offer_timeout"] == ["30s", "default"]
    assert told["drivers"] == ["-", "default"]


def test_config_show_json_holds_the_same_for_programs() -> None:
    told = json.loads(run("config", "show", "--json", DISPATCH_RADIUS_KM="2.5").output)
    assert told["radius_km"] == {"value": 2.5, "from": "env DISPATCH_RADIUS_KM"}
    assert told["batch"] == {"value": 5, "from": "default"}
    assert told["offer_timeout"] == {"value": "30s", "from": "default"}
    assert told["drivers"] == {"value": None, "from": "default"}
    assert told["permute"] == {"value": False, "from": "default"}


USAGE_ERRORS = [
    (["serve", "--batch", "0"], "batch must be a whole number from 1 to 50, got '0' (flag --batch)"),
    (["serve", "--ofer-timeout", "3s"], "--offer-timeout"),
    (["serve", "--host", "0.0.0.0"], "may be reached from anywhere"),
    (["demo", "--port", "x"], "port must be a whole number"),
    (
        ["simulate", "--for", "4 hours"],
        "for must be a duration (30s, 500ms, 2m, 4h) from 1s to 8784h, got '4 hours'",
    ),
    (["simulate", "--config", "nope.toml"], "nope.toml"),
    (["db", "show", "jobs"], "'rides', 'drivers', 'passengers', 'offers', 'quotes', 'events'"),
    (["db", "show", "rides", "--limit", "0"], "--limit"),
    (["sreve"], "serve"),
]


@pytest.mark.parametrize(
    ("args", "told"), USAGE_ERRORS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_command_line_ends_with_one_line_and_status_2(args: list[str], told: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
    assert result.stderr.startswith("dispatch")


def test_no_command_shows_the_help() -> None:
    result = run()
    assert result.exit_code == 2
    assert "Commands:" in result.stderr


class TestOutcomes:
    """What a command's own end turns into, on a group of the same class."""

    @staticmethod
    def ending_with(outcome: int | Exception | None) -> Result:
        @click.group(cls=type(cli.main))
        def main() -> None:
            pass

        @main.command()
        def go() -> int | None:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return CliRunner().invoke(main, ["go"], prog_name="dispatch")

    @pytest.mark.parametrize("status", [0, 1, 3])
    def test_a_commands_status_is_the_process_status(self, status: int) -> None:
        assert self.ending_with(status).exit_code == status

    def test_nothing_returned_is_success(self) -> None:
        assert self.ending_with(None).exit_code == 0

    def test_what_cannot_be_done_is_one_line_and_status_1(self) -> None:
        result = self.ending_with(OSError(98, "Address already in use"))
        assert (result.exit_code, result.stderr) == (1, "dispatch: [Errno 98] Address already in use\n")

    def test_a_bug_keeps_its_traceback(self) -> None:
        result = self.ending_with(ZeroDivisionError("a bug"))
        assert isinstance(result.exception, ZeroDivisionError)


def test_every_setting_is_an_option_of_a_command() -> None:
    taken: set[str | None] = set()
    for path in commands(cli.main):
        command: click.Command = cli.main
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        taken |= {option.name for option in command.params}
    assert {row.name for row in SETTINGS} <= taken


def test_help_is_quick_because_nothing_heavy_is_imported_for_it() -> None:
    heavy = "asyncio websockets uvicorn starlette pykka sqlite_utils rich structlog prometheus_client msgspec sim"
    script = f"import sys, cli; print(*[name for name in {heavy.split()} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == ""


TRIP = ("--from", "-26.2041,28.0473", "--to", "-26.1850,28.0550")
RATES = {"DISPATCH_BASE_FARE": "12.5", "DISPATCH_PER_KM": "9.8", "DISPATCH_CURRENCY": "ZAR"}


class TestQuote:
    def test_a_fare_is_told_line_by_line_and_the_lines_add_up_to_it(self) -> None:
        result = run("quote", *TRIP, "--demand-multiplier", "1.5", **RATES)
        assert result.exit_code == 0
        table = [line.split() for line in result.output.splitlines()[:-1]]
        assert [row[0] for row in table] == ["base", "distance", "demand", "fare"]
        cents = [int(row[1].replace(".", "")) for row in table]
        assert sum(cents[:-1]) == cents[-1]
        assert {row[2] for row in table} == {"ZAR"}

    def test_programs_get_the_same_as_one_json_object(self) -> None:
        told = json.loads(run("quote", *TRIP, "--json", **RATES).output)
        assert told["breakdown"] == {"base": 12.5, "distance": 28.77}
        assert (told["fare"], told["currency"], told["distance_km"]) == (41.27, "ZAR", 2.936)

    def test_the_hour_and_the_type_of_vehicle_are_taken_into_account(self) -> None:
        Path("dispatch.toml").write_text("[tariff]\nnight_multiplier = 2\n[tariff.suv]\nbase_fare = 100\n")
        night = json.loads(run("quote", *TRIP, "--json", "--at", "23:00", "--vehicle-type", "suv", **RATES).output)
        assert night["breakdown"] == {"base": 100.0, "distance": 28.77, "night": 128.78}

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (("--from", "1", "--to", "1,2"), "must be a latitude and a longitude such as -26.2041,28.0473, got '1'"),
            (("--from", "91,2", "--to", "1,2"), "must be a latitude and a longitude"),
            ((*TRIP, "--at", "late"), "must be a local time (08:00, 2015-01-15T08:00), got 'late'"),
        ],
    )
    def test_a_point_or_a_time_that_is_none_is_refused_in_one_line(self, args: tuple[str, ...], sentence: str) -> None:
        result = run("quote", *args, **RATES)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert sentence in result.stderr

    def test_without_rates_there_is_nothing_to_say(self) -> None:
        result = run("quote", *TRIP)
        assert (result.exit_code, result.stderr) == (
            2,
            "dispatch: there is no tariff: set base_fare, per_km, per_minute or minimum_fare\n",
        )

    def test_the_settings_that_hold_are_shown_with_those_of_single_types_of_vehicle(self) -> None:
        Path("dispatch.toml").write_text("[tariff.suv]\nper_km = 15\n")
        assert "tariff.suv.per_km       15                  file dispatch.toml" in run("config", "show").output
        told = json.loads(run("config", "show", "--json").output)
        assert told["tariff.suv.per_km"] == {"value": 15, "from": "file dispatch.toml"}


def test_a_table_goes_whole_into_a_pipe() -> None:
    run("simulate", "--trips", "none", "--drivers", "20", "--rides", "3", "--db", "day.db", "--json")
    names, *shown = run("db", "show", "rides", "--db", "day.db").output.splitlines()
    told = [json.loads(line) for line in run("db", "show", "rides", "--db", "day.db", "--json").output.splitlines()]
    assert names.split() == list(told[0])
    assert len(shown) == 3
    for line, row in zip(shown, told, strict=True):
        assert all(str(value) in line for value in row.values() if value is not None)


def test_every_table_can_be_asked_for() -> None:
    run("db", "seed")
    for table in TABLES:
        shown = run("db", "show", table, "--json")
        assert shown.exit_code == 0, shown.output
    refused = run("db", "show", "nothing")
    assert all(table in refused.output for table in TABLES)


def test_a_pair_is_blocked_shown_and_unblocked() -> None:
    run("db", "seed")
    blocked = run("db", "block", "27821234567", "27821234568")
    assert (blocked.exit_code, blocked.output) == (0, "they are never offered to one another\n")
    assert "kept apart before" in run("db", "block", "27821234567", "+27821234568").output
    shown = json.loads(run("db", "show", "blocked_pairs", "--json", "--phones").output)
    assert (shown["passenger_id"], shown["driver_id"]) == ("27821234567", "27821234568")
    assert "27821234568" not in run("db", "show", "blocked_pairs").output
    assert run("db", "unblock", "27821234567", "27821234568").output == "they may meet again\n"
    assert run("db", "unblock", "27821234567", "27821234568").output == "nobody kept them apart\n"


def test_a_pair_is_named_by_phone_numbers_in_any_written_form() -> None:
    run("db", "seed")
    for passenger in ("+27 82 123 4567", "+27-82-123-4567", "0027821234567", "tel:+27821234567", "27821234567"):
        assert run("db", "block", passenger, "+27 (0)82 123 4568").output == "they are never offered to one another\n"
        assert run("db", "unblock", passenger, "0027821234568").output == "they may meet again\n"
    assert run("db", "block", "082 123 4567", "27821234568").exit_code == 1
    blocked = run("db", "block", "082 123 4567", "082 123 4568", "--phone-region", "ZA")
    assert blocked.output == "they are never offered to one another\n"


def test_ids_are_brought_over_by_whoever_owns_the_file_and_looked_at_by_anybody() -> None:
    run("db", "seed")
    assert run("db", "phones", "--dry-run").output == "dispatch.db: all ids are as they should be\n"
    with owned("dispatch.db"):
        assert run("db", "phones", "--dry-run").exit_code == 0
        refused = run("db", "phones")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "process" in refused.stderr
    brought = run("db", "phones", "--phone-region", "ZA")
    assert brought.output == "dispatch.db: all ids are as they should be, numbers without a country read as ZA\n"
    other = run("db", "block", "082 123 4567", "082 123 4568", "--phone-region", "DE")
    assert (other.exit_code, "phone_region is DE, but" in other.stderr) == (2, True)
    assert run("db", "block", "082 123 4567", "082 123 4568").exit_code == 0


def test_blocking_somebody_who_is_not_there_is_one_line_and_a_failure() -> None:
    run("db", "seed")
    result = run("db", "block", "27821234567", "1")
    assert (result.exit_code, result.stderr) == (1, "dispatch: there is no driver 1 in dispatch.db\n")


def test_sixty_drivers_come_from_a_list_into_a_file_that_is_made_for_them() -> None:
    rows = "".join(f"+2782123{n:04d},Driver {n},van,CA {n},2099-01-01\n" for n in range(60))
    Path("drivers.csv").write_text("phone,name,vehicle_type,registration,licence_expires\n" + rows)
    added = run("people", "import", "drivers.csv", "--role", "driver")
    assert (added.exit_code, added.stdout) == (0, "dispatch.db: 60 added, 0 changed, 0 as they were\n")
    assert added.stderr == "dispatch.db: a new database\n"
    listed = run("people", "list", "--role", "driver", "--json").stdout.splitlines()
    assert len(listed) == 60 and all("+2782" not in line and "27821230" not in line for line in listed)
    assert json.loads(listed[0])["phone"] == "2782•••0000"
    assert "27821230000" in run("people", "list", "--phones").stdout


def test_a_list_with_a_mistake_makes_nothing_and_says_where_it_is() -> None:
    Path("drivers.csv").write_text("phone,name\n12,Ann\n+27821234570,Thabo\n")
    refused = run("people", "import", "drivers.csv", "--role", "driver")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert 'row 2, column phone: "12" is no phone number' in refused.stderr
    assert not Path("dispatch.db").exists()
    skipped = run("people", "import", "drivers.csv", "--role", "driver", "--skip-bad")
    assert (skipped.exit_code, "1 added" in skipped.stdout) == (1, True)
    assert "skipped: row 2, column phone" in skipped.stderr


def test_one_person_is_added_shown_suspended_activated_and_moved() -> None:
    phone, new = "+27 82 123 4570", "0027821234579"
    run("people", "add", "--role", "driver", "--phone", phone, "--name", "Thabo Zulu")
    manager = run("people", "add", "--role", "staff", "--manager", "--phone", phone, "--name", "Thabo Zulu", "--json")
    roles = json.loads(manager.stdout)["person"]["roles"]
    assert {"role": "staff", "status": "invited", "manager": True} in roles and len(roles) == 2
    document = run("people", "document", phone, "--kind", "licence", "--number", "L1", "--expires", "2099-12-31")
    assert document.stdout == "Thabo Zulu (2782•••4570) has this document on file\n"
    assert "licence L1 until 2099-12-31" in run("people", "show", phone).stdout
    assert run("people", "suspend", phone).stdout == "Thabo Zulu (2782•••4570) is suspended\n"
    assert run("people", "suspend", phone).stdout == "Thabo Zulu (2782•••4570) was suspended already\n"
    assert run("people", "activate", phone, "--role", "driver").stdout == "Thabo Zulu (2782•••4570) is active\n"
    assert "driver (active), manager (suspended)" in run("people", "show", phone).stdout
    assert run("people", "move-phone", phone, new).stdout == "Thabo Zulu (2782•••4579) has this phone now\n"
    assert json.loads(run("people", "show", new, "--json").stdout)["name"] == "Thabo Zulu"
    stranger = run("people", "show", phone)
    assert (stranger.exit_code, stranger.stderr) == (1, "dispatch: there is no such person\n")


def test_a_simulated_ride_is_explained_to_people_and_to_programs() -> None:
    run("simulate", "--trips", "none", "--drivers", "40", "--rides", "3", "--db", "day.db", "--json")
    told = run("explain", "r1", "--db", "day.db")
    assert told.exit_code == 0 and "round 1: 5 asked within 10.0 km" in told.output
    explained = json.loads(run("explain", "r1", "--db", "day.db", "--json").output)
    assert [row["rule"] for row in explained["rounds"][0]["considered"]].count("asked") == 5
    unknown = run("explain", "r9", "--db", "day.db")
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (1, 1)
    assert "has no ride 'r9'" in unknown.stderr
