"""Every setting does what its help says: with two values of it, two things are seen. A setting without a row fails here.

To add the row of a new setting, write a function into the file of its group in this folder:

    @changes("my_setting", {"10s": what is seen with it, "20s": what is seen with that}, other_setting="needed beside it")
    def what_is_seen(given: Given) -> object:
        stage = given.booked()  # or whatever real part the setting is for; `given.settings`, `given.folder`
        stage.run(until=60)
        return stage.drivers["d1"].heard("offer_closed")[0].at

Values are texts, as on the command line.
"""

from pathlib import Path

import pytest

from dispatch.config import SETTINGS, load
from tests.settings import cities, logins, offers, prices, pushes, retention, rides, server, sockets
from tests.settings.table import ROWS, Given

GROUPS = (cities, logins, offers, prices, pushes, retention, rides, server, sockets)
"""The files that hold rows: to import them enters the rows."""
FIXED = {row.name for row in SETTINGS if len(row.choices) == 1}
"""One choice is none."""


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    names = {row.name for row in SETTINGS} - FIXED
    missing = sorted(names - set(ROWS))
    assert not missing, f"no row shows what these settings change: {missing}. How to add one:\n{__doc__}"
    assert sorted(set(ROWS) - names) == [], "rows of settings that are no more"


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_setting_changes_what_it_says(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    assert len({repr(seen) for seen in row.seen.values()}) > 1, "with two values two things are seen"
    for number, (value, seen) in enumerate(row.seen.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        resolved = load({**row.also, name: value}, {})
        found = row.look(Given(resolved.settings, resolved.simulate, folder))
        assert found == seen, f"{name} = {value}"
