"""Where values come from: defaults < TOML file < environment < flags. The command line calls this."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatch.config.kinds import Value
from dispatch.config.policies import POLICIES
from dispatch.config.settings import SETTINGS, Settings, SimulateSettings, TariffRates
from dispatch.config.table import Setting
from dispatch.config.vehicle_types import served_by
from dispatch.errors import SettingError, did_you_mean, nearest
from dispatch.files import regular
from dispatch.text import word

DEFAULT_FILE = "dispatch.toml"
FILE_VARIABLE = "DISPATCH_CONFIG"
GROUPS = tuple(dict.fromkeys(row.group for row in SETTINGS))
VEHICLES = TariffRates.group + "."
"""How the name of a rate for one type of vehicle begins: `tariff.suv.per_km`. Only a file can set one."""
LONGEST_VEHICLE_TYPE = 40


@dataclass(frozen=True, slots=True)
class Given:
    """A value as someone wrote it, and where."""

    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What holds, and where from by setting name: `default`, `policy NAME`, `file NAME`, `env NAME` or
    `flag --NAME`.
    """

    settings: Settings
    simulate: SimulateSettings
    origins: Mapping[str, str]

    def value_of(self, row: Setting) -> Value | None:
        """The value that holds for this row of the table."""
        owner = self.simulate if row.group == SimulateSettings.group else self.settings
        value: Value | None = getattr(owner, row.attribute)
        return value

    def vehicle_rates(self) -> Iterator[tuple[str, Setting, Value]]:
        """`tariff.suv.per_km`, its row and its value, for every rate that a type of vehicle has of its own."""
        for vehicle_type, rates in self.settings.vehicle_tariffs.items():
            for row in TariffRates.rows:
                if row.attribute in rates:
                    yield f"{VEHICLES}{vehicle_type}.{row.key}", row, rates[row.attribute]


def load(flags: Mapping[str, object], environ: Mapping[str, str], config_path: str | None = None) -> Resolved:
    """Resolve every setting.

    Args:
        flags: by setting name, as typed; None counts as not given.
        environ: the process environment; an empty variable counts as not set.
        config_path: the TOML file. Without it DISPATCH_CONFIG names it, and without that ./dispatch.toml is
            read if it is there.

    Raises:
        SettingError: an unknown name, or a value that is not what its setting wants.
    """
    given = {
        **_from_file(config_path or environ.get(FILE_VARIABLE) or None),
        **_from_environment(environ),
        **{name: Given(value, f"flag {_BY_NAME[name].flag}") for name, value in flags.items() if value is not None},
    }
    given = {**_from_policy(given.get("policy")), **given}
    values = {name: row.read(given[name].value, given[name].origin) for name, row in _BY_NAME.items() if name in given}
    tariffs = _vehicle_tariffs(given, str(values.get("vehicle_types", "")))
    return Resolved(
        settings=Settings(**_attributes(Settings.rows, values), vehicle_tariffs=tariffs),
        simulate=SimulateSettings(**_attributes(SimulateSettings.rows, values)),
        origins=dict.fromkeys(_BY_NAME, "default") | {name: one.origin for name, one in given.items()},
    )


_BY_NAME = {row.name: row for row in SETTINGS}


def _attributes(rows: Iterable[Setting], values: Mapping[str, Value]) -> dict[str, Any]:
    return {row.attribute: values[row.name] for row in rows if row.name in values}


def _vehicle_tariffs(given: Mapping[str, Given], vehicle_types: str) -> dict[str, dict[str, Value]]:
    """Rates by attribute, for each type of vehicle that has any of its own.

    Where `vehicle_types` says which types there are, rates for another one would never hold and are refused.
    """
    rows = {row.key: row for row in TariffRates.rows}
    types = served_by(vehicle_types)
    tariffs: dict[str, dict[str, Value]] = {}
    for name, one in given.items():
        if not name.startswith(VEHICLES):
            continue
        vehicle_type, _, key = name.removeprefix(VEHICLES).rpartition(".")
        if types and vehicle_type not in types:
            hint = did_you_mean(vehicle_type, types) or f"; they are {', '.join(types)}"
            raise SettingError(
                name, f"[{VEHICLES}{vehicle_type}] is for a type that vehicle_types does not name ({one.origin}){hint}"
            )
        tariffs.setdefault(vehicle_type, {})[rows[key].attribute] = rows[key].read(one.value, one.origin)
    return tariffs


def _from_policy(policy: Given | None) -> dict[str, Given]:
    """What the named preset sets; a plug-in sets nothing."""
    if policy is None:
        return {}
    name = str(_BY_NAME["policy"].read(policy.value, policy.origin))
    return {setting: Given(value, f"policy {name}") for setting, value in POLICIES.get(name, {}).items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """A variable that is nearly a setting's is a misspelling and refused.

    Others are left alone: platforms put names like DISPATCH_SERVICE_HOST there for a service called dispatch.
    """
    known = {row.env: row.name for row in SETTINGS}
    given = {}
    for variable, value in sorted(environ.items()):
        if variable in known and value:
            given[known[variable]] = Given(value, f"env {variable}")
        elif variable.startswith("DISPATCH_") and variable not in (*known, FILE_VARIABLE):
            _refuse_misspelling(variable)
    return given


def _refuse_misspelling(variable: str) -> None:
    word = variable.removeprefix("DISPATCH_").lower()
    likely = nearest(word, [*_BY_NAME, "config"])
    if likely:
        raise SettingError(word, f"unknown setting {word!r} (env {variable}); did you mean DISPATCH_{likely.upper()}?")


def _from_file(path: str | None) -> dict[str, Given]:
    if path is None and not Path(DEFAULT_FILE).is_file():
        return {}
    name = path or DEFAULT_FILE
    given: dict[str, Given] = {}
    for setting, value in _settings_in(_parsed(name), name):
        if setting in given:
            raise SettingError(setting, f"{setting} is set twice (file {name})")
        given[setting] = Given(value, f"file {name}")
    return given


def _parsed(name: str) -> dict[str, object]:
    try:
        return tomllib.loads(regular(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            "config", f"config must be a TOML file that can be read, got {name}: {error.strerror}"
        ) from None
    except ValueError as error:
        raise SettingError("config", f"config must be valid TOML, got {name}: {error}") from None
    except RecursionError:
        raise SettingError("config", f"config must be valid TOML, got {name}: it is nested too deeply") from None


def _settings_in(tables: Mapping[str, object], file: str) -> Iterator[tuple[str, object]]:
    """Names of settings and their values. They stand at the top, or in the table of their group."""
    for key, value in tables.items():
        if not isinstance(value, dict):
            yield _row_of("", key, file).name, value
        elif key in GROUPS:
            yield from _settings_of_group(key, value, file)
        else:
            raise SettingError(key, f"unknown table [{key}] (file {file}){did_you_mean(key, GROUPS)}")


def _settings_of_group(group: str, table: Mapping[str, object], file: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if group == TariffRates.group and isinstance(value, dict):
            if not 0 < len(key) <= LONGEST_VEHICLE_TYPE:
                raise SettingError(
                    group,
                    f"a type of vehicle must be text of 1 to {LONGEST_VEHICLE_TYPE} characters, got [{group}.{key}]",
                )
            own = VEHICLES + word(key)
            yield from ((f"{own}.{_row_of(group, rate, file, own).key}", held) for rate, held in value.items())
        else:
            yield _row_of(group, key, file).name, value


def _row_of(group: str, written: str, file: str, table: str = "") -> Setting:
    """The row of this key in a table of the file, `table` where that is called otherwise than its group."""
    key = written.replace("-", "_")
    known = {row.key: row for row in SETTINGS if row.group == group} if group else _BY_NAME
    if key in known:
        return known[key]
    where = f" in [{table or group}]" if group else ""
    owner = next((row.group for row in SETTINGS if row.key == key), None)
    hint = f"; it belongs in [{owner}]" if owner else did_you_mean(key, known)
    raise SettingError(key, f"unknown setting {key!r}{where} (file {file}){hint}")
