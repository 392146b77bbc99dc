"""The list of a file's own names of its columns, as people write it."""

import pytest

from dispatch.config import load
from dispatch.config.trip_columns import columns_named
from dispatch.errors import SettingError


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("", {}),
        ("pickup_time=Start", {"pickup_time": "Start"}),
        ("pickup_time = Start time , pickup_lat=Lat=1", {"pickup_time": "Start time", "pickup_lat": "Lat=1"}),
    ],
)
def test_each_column_stands_with_the_name_that_the_file_gives_it(written: str, named: dict[str, str]) -> None:
    assert columns_named(written) == named
    assert load({"columns": written}, {}).simulate.columns == written


@pytest.mark.parametrize(
    "written", ["start=pickup_time", "pickup_time", "pickup_time=", "pickup_time=a,pickup_time=b", ","]
)
def test_a_list_that_names_no_column_is_refused(written: str) -> None:
    with pytest.raises(SettingError, match=r"columns must be a list of columns \(pickup_time=Start"):
        load({"columns": written}, {})


@pytest.mark.parametrize(("written", "held"), [("5%", 5.0), ("0.5", 0.5), ("100 %", 100.0), (3, 3.0)])
def test_a_share_is_written_in_per_cent(written: object, held: float) -> None:
    assert load({"skip_most": written}, {}).simulate.skip_most == held


@pytest.mark.parametrize("written", ["101%", "-1%", "half", "%", True])
def test_a_share_that_is_none_is_refused_with_its_limits(written: object) -> None:
    with pytest.raises(SettingError, match=r"skip_most must be a share \(5%\) from 0% to 100%, got"):
        load({"skip_most": written}, {})
