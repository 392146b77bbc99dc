"""What `dispatch demo` asks of a sandbox, by the settings."""

from pathlib import Path
from typing import Any

import pytest

from dispatch.config import load
from dispatch.errors import SettingError
from sim.sandbox.demo import DRIVERS, Show, has_screen, show_of
from sim.spec import wants_trips


def show(**flags: Any) -> Show:
    return show_of(load(flags, {}), "somewhere", None)


def test_by_default_it_is_a_fleet_on_a_free_port_and_a_passing_file() -> None:
    asked = show()
    assert (asked.drivers, asked.flags) == (DRIVERS, (f"--sandbox={DRIVERS}", "--sandbox-seed=1"))
    assert (asked.settings.port, asked.settings.db, asked.settings.auth) == (
        0,
        str(Path("somewhere") / "demo.db"),
        "on",
    )


def test_what_is_asked_for_is_handed_on() -> None:
    asked = show(drivers="7", seed="3", rides="4", port="8067", simulate_db="mine.db", offer_timeout="5s")
    assert asked.flags == ("--sandbox=7", "--sandbox-seed=3", "--sandbox-rides=4")
    assert (asked.settings.port, asked.settings.db, asked.settings.offer_timeout_s) == (8067, "mine.db", 5.0)


def test_a_fleet_that_no_sandbox_has_is_refused() -> None:
    with pytest.raises(SettingError, match="drivers must be at most 2,000 in a sandbox, got 2,001"):
        show(drivers="2001")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.5"])
def test_a_demo_that_others_could_reach_is_refused(host: str) -> None:
    with pytest.raises(SettingError, match="host must be a loopback address"):
        show(host=host)


@pytest.mark.parametrize(
    ("environ", "platform", "seen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_a_browser_is_opened_only_where_somebody_would_see_it(
    environ: dict[str, str], platform: str, seen: bool
) -> None:
    assert has_screen(environ, platform) is seen


@pytest.mark.parametrize("flags", [{"for": "30s"}, {"json": "true"}, {}])
def test_a_program_that_reads_the_output_gets_no_browser(
    flags: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert show(**flags).opens is False, "tests have no terminal"


@pytest.mark.parametrize(
    ("flags", "trips"),
    [
        ({}, False),
        ({"seed": "3", "drivers": "5"}, False),
        ({"trips": "shipped"}, True),
        ({"trips": "none"}, True),
        ({"from": "07:00"}, True),
        ({"columns": "pickup_time=Start"}, True),
    ],
)
def test_real_trips_are_shown_where_anything_about_trips_is_asked_for(flags: dict[str, str], trips: bool) -> None:
    assert wants_trips(load(flags, {})) is trips
