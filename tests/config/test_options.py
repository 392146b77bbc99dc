"""Options of rooms are made from the settings, and no default stands anywhere but in their table."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import cli
from dispatch.config import SETTINGS, Settings
from dispatch.config.options import options_of

ROOT = Path(cli.__file__).parent
NOTHING = (None, "", ())
PLAIN = (0, 1)
"""Numbers, and truths, that two options may well have by chance."""
DEFAULTS = {row.attribute: row.default for row in SETTINGS}


class Speed(msgspec.Struct, frozen=True):
    gps_max_speed_mps: float
    batch: int
    unit: str = "m/s"


def test_a_field_that_bears_the_name_of_a_setting_has_its_value() -> None:
    assert options_of(Speed, Settings(batch=3, gps_max_speed_mps=20.0)) == Speed(20.0, 3, "m/s")


def test_what_is_given_goes_before_the_setting_of_its_name() -> None:
    assert options_of(Speed, Settings(batch=3), batch=7, unit="km/h") == Speed(Settings.gps_max_speed_mps, 7, "km/h")


def test_a_field_that_nobody_gives_is_a_mistake() -> None:
    class Unknown(msgspec.Struct):
        no_setting: int

    with pytest.raises(TypeError, match="no_setting"):
        options_of(Unknown, Settings())


def defaults_in(tree: ast.AST) -> Iterator[tuple[int, str, ast.expr]]:
    """The line, name and default of each field and each parameter that has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.lineno, node.target.id, node.value
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            of = node.args
            for parameter, default in zip(reversed(of.posonlyargs + of.args), reversed(of.defaults), strict=False):
                yield node.lineno, parameter.arg, default
            for parameter, known in zip(of.kwonlyargs, of.kw_defaults, strict=True):
                if known is not None:
                    yield node.lineno, parameter.arg, known


def repeated_by(name: str, default: ast.expr) -> str | None:
    """The setting whose default this field or parameter says again: the one of its name, or one whose name ends with it."""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return None  # not a literal: taken from the table, if it is a setting's
    if value in NOTHING:
        return None
    if name in DEFAULTS:
        return name if DEFAULTS[name] == value else None
    names = [setting for setting in DEFAULTS if setting.endswith(f"_{name}") and value not in PLAIN]
    return next((setting for setting in names if DEFAULTS[setting] == value), None)


def test_no_default_of_a_setting_is_said_again_elsewhere() -> None:
    sources = [file for room in ("dispatch", "sim") for file in sorted((ROOT / room).rglob("*.py"))]
    said_again = [
        f"{file.relative_to(ROOT)}:{line}: {name}, of {setting}"
        for file in sources
        if file != ROOT / "dispatch" / "config" / "settings.py"
        for line, name, default in defaults_in(ast.parse(file.read_text(encoding="utf-8")))
        if (setting := repeated_by(name, default)) is not None
    ]
    assert said_again == []


@pytest.mark.parametrize(
    ("source", "setting"),
    [
        pytest.param("batch: int = 5", "batch", id="a field of its name"),
        pytest.param("def ask(batch=5): ...", "batch", id="a parameter"),
        pytest.param("def ask(*, live_offers=1): ...", "live_offers", id="a keyword"),
        pytest.param("strict_steps: bool = False", "strict_steps", id="a truth"),
        pytest.param("max_speed_mps: float = 60.0", "gps_max_speed_mps", id="the end of its name"),
        pytest.param("batch: int = Rules.batch", None, id="taken from the table"),
        pytest.param("batch: int = 7", None, id="another value"),
        pytest.param("offers: int = 1", None, id="one of something"),
    ],
)
def test_a_default_that_is_said_again_is_found(source: str, setting: str | None) -> None:
    ((_, name, default),) = defaults_in(ast.parse(source))
    assert repeated_by(name, default) == setting
