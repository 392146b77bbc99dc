"""The table of settings: for each one what is seen with two values of it, in the real program. `test_every_setting.py` holds it.

A row is a function under `@changes`, in the file of its group. It gets the settings as the command line made them of the texts in the
row, plays something with the real parts, and returns what is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dispatch.config import Settings, SimulateSettings
from sim.stories.stage import Stage
from sim.world import WorldOptions


class Given(NamedTuple):
    """What a row has to play with: the settings, and an empty folder."""

    settings: Settings
    simulate: SimulateSettings
    folder: Path

    def stage(self, *, options: WorldOptions | None = None) -> Stage:
        """An empty stage of the simulator with these settings."""
        return Stage(7, options=options, **vars(self.settings))

    def booked(self, drivers: int = 1, **fields: Any) -> Stage:
        """Drivers d1, d2, … at 1, 2, … kilometres, and a passenger who books ride r1 at second 1."""
        stage = self.stage()
        stage.fleet(drivers)
        stage.passenger("r1").books(at=1, **fields)
        return stage

    def driven(self, *, arrived: float, start: float, complete: float, accept: float = 5, **fields: Any) -> Stage:
        """A ride of d1 to its end, each step at its second."""
        stage = self.booked(**fields)
        driver = stage.drivers["d1"]
        driver.accepts("r1", at=accept)
        for at, step in ((arrived, "arrived"), (start, "start_ride"), (complete, "complete_ride")):
            driver.says(step, at=at, ride_id="r1")
        stage.run(until=complete + 1)
        return stage


class Row(NamedTuple):
    """`seen`: what `look` returns, by the text that the setting is given as. `also`: other settings that it needs, as texts."""

    seen: Mapping[str, object]
    also: Mapping[str, str]
    look: Callable[[Given], object]


ROWS: dict[str, Row] = {}
"""By the setting's name."""


def changes(
    name: str, seen: Mapping[str, object], **also: str
) -> Callable[[Callable[[Given], object]], Callable[[Given], object]]:
    """Enter the row of this setting. `seen` has at least two values, with two sights that differ."""
    assert name not in ROWS, f"{name} has a row already"

    def enter(look: Callable[[Given], object]) -> Callable[[Given], object]:
        ROWS[name] = Row(seen, also, look)
        return look

    return enter
