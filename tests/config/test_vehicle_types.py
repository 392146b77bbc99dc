"""The list of vehicle types as people write it."""

import pytest

from dispatch.config import load
from dispatch.config.vehicle_types import served_by
from dispatch.errors import SettingError


@pytest.mark.parametrize(
    ("written", "types"),
    [
        ("", {}),
        ("  ", {}),
        ("sedan", {"sedan": ()}),
        ("sedan, suv ,van", {"sedan": (), "suv": (), "van": ()}),
        ("sedan: suv van, suv: van, van", {"sedan": ("suv", "van"), "suv": ("van",), "van": ()}),
        ("Sedan: SUV , suv", {"sedan": ("suv",), "suv": ()}),
        ("e-bike, taxi_4.5", {"e-bike": (), "taxi_4.5": ()}),
    ],
)
def test_each_type_stands_with_the_others_that_do_for_it(written: str, types: dict[str, tuple[str, ...]]) -> None:
    assert served_by(written) == types
    assert list(served_by(written)) == list(types)


@pytest.mark.parametrize(
    "written",
    [
        "sedan,",
        ",",
        "sedan: ",
        "sedan: boat",
        "sedan, sedan",
        "sedan, Sedan",
        "se dan",
        "sedan: suv, van",
        "sedan; suv",
        "x" * 41,
        "é",
    ],
)
def test_a_list_that_would_not_mean_what_it_seems_to_is_refused_with_its_name(written: str) -> None:
    with pytest.raises(ValueError):
        served_by(written)
    with pytest.raises(SettingError, match=r"vehicle_types must be a list of types \(sedan: suv van, suv, van\), got"):
        load({"vehicle_types": written}, {})
