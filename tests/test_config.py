"""Settings: defaults, limits, how values are written, and which source wins."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from dispatch.config import SETTINGS, Resolved, Setting, Settings, SimulateSettings, load
from dispatch.config.kinds import DURATION
from dispatch.errors import SettingError

WORDS: Mapping[str, str] = {
    "TEXT": "lo",
    "FILE": "some.file",
    "TIME": "2015-01-15T08:30:00",
    "HH:MM": "23:30",
    "ZONE": "Africa/Johannesburg",
    "SECRET": "s3cret",
    "LIST": "sedan: suv, suv",
    "HOSTS": "cars.example, desk.cars.example",
    "ORIGINS": "https://app.example, http://localhost:5173",
    "URL": "https://tiles.example/style.json",
    "FILE|URL": "https://tiles.example/town.pmtiles",
    "REGION": "ZA",
    "BOUNDS": "-34.4, 18.2, -33.4, 19.1",
    "CIDRS": "127.0.0.1, 10.0.0.0/8",
    "COLUMNS": "pickup_time=Start,pickup_lat=Lat",
}
by_name = pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sample(row: Setting) -> object:
    """A legal value of this row as a TOML file would hold it: the lowest, the last choice or some word."""
    if row.choices:
        return row.choices[-1]
    if row.kind.held is str:
        return WORDS[row.kind.metavar]
    return True if row.kind.held is bool else row.outside(row.checked(row.kind.held(row.low)))


def as_toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def test_the_defaults_are_the_ones_the_field_taught() -> None:
    settings = Settings()
    assert (settings.batch, settings.rounds, settings.live_offers) == (5, 4, 1)
    assert (settings.offer_timeout_s, settings.late_grace_s, settings.search_cap_s) == (30.0, 2.0, 180.0)
    assert (settings.radius_m, settings.dead_after_s, settings.link_grace_s) == (10_000.0, 12.0, 60.0)
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8067, "auto")
    assert load({}, {}).settings == settings
    assert load({}, {}).simulate == SimulateSettings()


def test_settings_cannot_be_changed_and_a_copy_is_checked_again() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().batch = 3  # type: ignore[misc]
    assert dataclasses.replace(Settings(), batch=3).batch == 3
    with pytest.raises(SettingError, match="batch must be a whole number from 1 to 50"):
        dataclasses.replace(Settings(), batch=51)


@by_name
def test_a_default_is_within_its_own_limits_and_survives_being_written_and_read(row: Setting) -> None:
    outside = row.outside(row.default)
    if outside is not None:
        assert row.read(outside, "test") == row.default
        assert row.read(row.written(row.default), "test") == row.default


@by_name
def test_every_setting_is_taken_from_a_flag_the_environment_and_a_file_alike(row: Setting, tmp_path: Path) -> None:
    value = sample(row)
    flat, table = tmp_path / "flat.toml", tmp_path / "table.toml"
    flat.write_text(f"{row.name} = {as_toml(value)}")
    table.write_text(f"[{row.group}]\n{row.key.replace('_', '-')} = {as_toml(value)}")
    expected = row.read(value, "test")

    def taken(resolved: Resolved) -> tuple[object, str]:
        return resolved.value_of(row), resolved.origins[row.name]

    assert taken(load({row.name: str(value)}, {})) == (expected, f"flag {row.flag}")
    assert taken(load({}, {row.env: str(value)})) == (expected, f"env {row.env}")
    assert taken(load({}, {}, str(flat))) == (expected, f"file {flat}")
    assert taken(load({}, {}, str(table))) == (expected, f"file {table}")


def test_names_are_unique_wherever_people_write_them() -> None:
    for names in ([row.name for row in SETTINGS], [row.env for row in SETTINGS]):
        assert len(set(names)) == len(SETTINGS)
    assert len({(row.group, row.key) for row in SETTINGS}) == len(SETTINGS)


def test_flags_beat_the_environment_which_beats_the_file_which_beats_the_default() -> None:
    Path("dispatch.toml").write_text('batch = 2\nrounds = 2\noffer_timeout = "2s"\n')
    environ = {"DISPATCH_BATCH": "3", "DISPATCH_ROUNDS": "3"}
    resolved = load({"batch": "4", "radius_km": None}, environ)
    settings = resolved.settings
    assert (settings.batch, settings.rounds, settings.offer_timeout_s, settings.radius_m) == (
        4,
        3,
        2.0,
        10_000.0,
    )
    origins = [resolved.origins[name] for name in ("batch", "rounds", "offer_timeout", "radius_km")]
    assert origins == ["flag --batch", "env DISPATCH_ROUNDS", "file dispatch.toml", "default"]


def test_the_environment_may_name_the_file_and_the_flag_names_another() -> None:
    Path("one.toml").write_text("batch = 1")
    Path("two.toml").write_text("batch = 2")
    environ = {"DISPATCH_CONFIG": "one.toml"}
    assert load({}, environ).settings.batch == 1
    assert load({}, environ, "two.toml").settings.batch == 2


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("4h", 14_400.0),
        ("1.5s", 1.5),
        (" 45 ", 45.0),
        (90, 90.0),
        (0.25, 0.25),
    ],
)
def test_a_duration_has_a_unit_or_is_plain_seconds(written: object, seconds: float) -> None:
    assert DURATION.read(written) == seconds


@pytest.mark.parametrize("written", ["", "s", "30 s", "1d", "-1s", "1e3", "nan", "inf", "٣s", True, None, [30]])
def test_what_is_not_a_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        DURATION.read(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0s"),
        (0.03, "30ms"),
        (1.5, "1.5s"),
        (0.0005, "0.0005s"),
        (30.0, "30s"),
        (180.0, "3m"),
        (5400.0, "90m"),
        (86_400.0, "24h"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_is_exact(seconds: float, written: str) -> None:
    assert DURATION.write(seconds) == written
    assert DURATION.read(written) == seconds


HOSTS = "hosts must be a list of host names (cars.example, desk.cars.example)"
ORIGINS = "origins must be a list of origins (https://app.example, http://localhost:5173; * is none)"
REFUSALS = [
    ("offer_timeout", "0", "offer_timeout must be a duration (30s, 500ms, 2m, 4h) from 50ms to 5m, got '0'"),
    ("batch", "2.5", "batch must be a whole number from 1 to 50, got '2.5'"),
    ("batch", "500", "batch must be a whole number from 1 to 50, got '500'"),
    ("radius_km", "nan", "radius_km must be a number of kilometres from 0.1 to 500, got 'nan'"),
    ("radius_km", "1e400", "radius_km must be a number of kilometres from 0.1 to 500, got '1e400'"),
    ("port", "70000", "port must be a whole number from 0 to 65535, got '70000'"),
    ("synchronous", "fast", "synchronous must be full, normal or off, got 'fast'"),
    ("auth", "token", "auth must be auto, on or off, got 'token'"),
    ("db", "", "db must be a file name, got ''"),
    ("from", "25:00", "from must be a local time (08:00, 2015-01-15T08:00), got '25:00'"),
    (
        "from",
        "2015-01-15T08:00Z",
        "from must be a local time (08:00, 2015-01-15T08:00), got '2015-01-15T08:00Z'",
    ),
    ("night_from", "25:00", "night_from must be a time of day (22:00), got '25:00'"),
    ("night_from", "2015-01-15T08:00", "night_from must be a time of day (22:00), got '2015-01-15T08:00'"),
    ("time_zone", "Mars/Olympus", "time_zone must be a time zone (UTC, Africa/Johannesburg), got 'Mars/Olympus'"),
    ("time_zone", "../../etc", "time_zone must be a time zone (UTC, Africa/Johannesburg), got '../../etc'"),
    ("hosts", "cars example:x", f"{HOSTS}, got 'cars example:x'"),
    ("hosts", "*.example", f"{HOSTS}, got '*.example'"),
    ("origins", "*", f"{ORIGINS}, got '*'"),
    ("origins", "null", f"{ORIGINS}, got 'null'"),
    ("origins", "app.example", f"{ORIGINS}, got 'app.example'"),
    ("origins", "https://app.example/page", f"{ORIGINS}, got 'https://app.example/page'"),
    (
        *("behind_proxy", "10.0.0.0/33"),
        "behind_proxy must be a list of IP addresses and networks (127.0.0.1, 10.0.0.0/8), got '10.0.0.0/33'",
    ),
    ("phone_region", "South Africa", "phone_region must be two letters of a country (ZA, US, DE), got 'South Africa'"),
    ("permute", "maybe", "permute must be true or false, got 'maybe'"),
]


@pytest.mark.parametrize(("name", "given", "sentence"), REFUSALS)
def test_a_refusal_names_the_setting_what_came_what_is_wanted_and_whence(name: str, given: str, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        load({name: given}, {})
    assert str(refused.value) == f"{sentence} (flag --{name.replace('_', '-')})"
    assert refused.value.name == name


@pytest.mark.parametrize("wrong", [{"batch": "3"}, {"batch": True}, {"radius_m": float("nan")}, {"host": None}])
def test_a_program_that_gives_a_wrong_value_is_told_the_attribute(wrong: dict[str, object]) -> None:
    attribute = next(iter(wrong))
    with pytest.raises(SettingError, match=f"got {attribute}="):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("ofer_timeout = 3", "unknown setting 'ofer_timeout' (file f.toml); did you mean 'offer_timeout'?"),
        (
            "[dispatch]\nradius = 3",
            "unknown setting 'radius' in [dispatch] (file f.toml); did you mean 'radius_km'?",
        ),
        (
            "[dispatch]\nport = 3",
            "unknown setting 'port' in [dispatch] (file f.toml); it belongs in [server]",
        ),
        ("[sever]\nport = 3", "unknown table [sever] (file f.toml); did you mean 'server'?"),
        ("zzz = 3", "unknown setting 'zzz' (file f.toml)"),
        ("batch = 3\n[dispatch]\nbatch = 4", "batch is set twice (file f.toml)"),
        ("batch = '3x'", "batch must be a whole number from 1 to 50, got '3x' (file f.toml)"),
        ("batch = true", "batch must be a whole number from 1 to 50, got True (file f.toml)"),
        ("batch = ", "config must be valid TOML, got f.toml: Invalid value (at end of document)"),
    ],
)
def test_a_mistake_in_the_file_is_told_in_one_sentence(toml: str, sentence: str) -> None:
    Path("f.toml").write_text(toml)
    with pytest.raises(SettingError) as refused:
        load({}, {}, "f.toml")
    assert str(refused.value) == sentence


def test_a_file_sets_rates_for_one_type_of_vehicle_in_a_table_of_their_own() -> None:
    Path("dispatch.toml").write_text("[tariff]\nper_km = 9.8\n[tariff.suv]\nper_km = 15\nno-show-fee = 50\n")
    resolved = load({}, {})
    assert resolved.settings.per_km == 9.8
    assert resolved.settings.vehicle_tariffs == {"suv": {"per_km": 15.0, "no_show_fee": 50.0}}
    rates = [(name, value, resolved.origins[name]) for name, _, value in resolved.vehicle_rates()]
    assert rates == [
        ("tariff.suv.per_km", 15.0, "file dispatch.toml"),
        ("tariff.suv.no_show_fee", 50.0, "file dispatch.toml"),
    ]


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[tariff.suv]\nper_km = 1\n[tariff.SUV]\nper_km = 2", "tariff.suv.per_km is set twice (file f.toml)"),
        ("[tariff.suv]\nper_kn = 1", "unknown setting 'per_kn' in [tariff.suv] (file f.toml); did you mean 'per_km'?"),
        (
            "[tariff.suvv]\nper_kmm = 1",
            "unknown setting 'per_kmm' in [tariff.suvv] (file f.toml); did you mean 'per_km'?",
        ),
        (
            "vehicle_types = 'sedan, suv'\n[tariff.suvv]\nper_km = 1",
            "[tariff.suvv] is for a type that vehicle_types does not name (file f.toml); did you mean 'suv'?",
        ),
        (
            "vehicle_types = 'sedan, suv'\n[tariff.boat]\nper_km = 1",
            "[tariff.boat] is for a type that vehicle_types does not name (file f.toml); they are sedan, suv",
        ),
        ("[tariff.suv]\nper_km = -1", "per_km must be a number from 0 to 1000000, got -1 (file f.toml)"),
        ("[tariff.suv]\nbatch = 1", "unknown setting 'batch' in [tariff.suv] (file f.toml); it belongs in [dispatch]"),
        ("[tariff.'']\nper_km = 1", "a type of vehicle must be text of 1 to 40 characters, got [tariff.]"),
        ("[dispatch.suv]\nbatch = 1", "unknown setting 'suv' in [dispatch] (file f.toml)"),
    ],
)
def test_a_mistake_in_a_vehicles_tariff_is_told_as_any_other(toml: str, sentence: str) -> None:
    Path("f.toml").write_text(toml)
    with pytest.raises(SettingError) as refused:
        load({}, {}, "f.toml")
    assert str(refused.value) == sentence


def test_a_file_that_is_not_there_is_an_error_only_when_it_was_named() -> None:
    assert load({}, {}).settings == Settings()
    with pytest.raises(SettingError, match=r"got nope\.toml: No such file"):
        load({}, {}, "nope.toml")


def test_a_misspelt_variable_is_refused_and_an_unrelated_one_left_alone() -> None:
    with pytest.raises(SettingError, match=r"did you mean DISPATCH_OFFER_TIMEOUT\?"):
        load({}, {"DISPATCH_OFER_TIMEOUT": "3s"})
    platform = {"DISPATCH_SERVICE_HOST": "10.0.0.1", "DISPATCH_PORT_8067_TCP": "tcp://10.0.0.1:8067"}
    assert load({}, platform).settings == Settings()


def test_an_empty_variable_is_not_set() -> None:
    assert load({}, {"DISPATCH_BATCH": "", "DISPATCH_CONFIG": ""}).origins["batch"] == "default"


def test_only_the_winning_value_has_to_be_right() -> None:
    assert load({"port": "0"}, {"DISPATCH_PORT": "tcp://10.0.0.1:8067"}).settings.port == 0


def test_the_servers_database_is_never_the_simulations() -> None:
    resolved = load({}, {"DISPATCH_DB": "live.db"})
    assert (resolved.settings.db, resolved.simulate.db) == ("live.db", None)
    assert load({}, {"DISPATCH_SIMULATE_DB": "sim.db"}).simulate.db == "sim.db"
