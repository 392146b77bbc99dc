"""Options that would change nothing are refused, with the one beside which they mean nothing."""

import pytest

from dispatch.config import load
from dispatch.errors import SettingError
from sim.ignored import refuse_ignored


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"worlds": "5"}, ("--worlds 5", "--scenario")),
        ({"scenario": "small", "trips": "F"}, ("--trips", "--scenario small")),
        ({"scenario": "small", "drivers": "5"}, ("--drivers", "--scenario small")),
        ({"scenario": "small", "batch": "5"}, ("--batch", "--scenario small")),
        ({"scenario": "lossy", "simulate_db": "day.db"}, ("--db", "--scenario lossy")),
        ({"scenario": "lossy", "for": "4h"}, ("--for", "--scenario lossy")),
        ({"scenario": "small", "worlds": "2", "trace": "t"}, ("--trace", "--worlds 2")),
        ({"trips": "none", "from": "08:00"}, ("--from", "--trips none")),
        ({"trips": "none", "columns": "pickup_time=a"}, ("--columns", "--trips none")),
        ({"trips": "none", "skip_most": "1%"}, ("--skip-most", "--trips none")),
    ],
)
def test_a_flag_that_would_change_nothing_is_refused_with_the_one_that_makes_it_so(
    flags: dict[str, str], named: tuple[str, str]
) -> None:
    with pytest.raises(SettingError) as caught:
        refuse_ignored(load(flags, {}))
    assert all(flag in str(caught.value) for flag in named)


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"scenario": "small", "seed": "7", "permute": True, "json": True, "trace": "t"},
        {"scenario": "small", "worlds": "9", "seed": "7"},
        {"trips": "none", "drivers": "5", "for": "4h", "batch": "3", "codec": "on"},
        {"trips": "F", "from": "08:00", "columns": "pickup_time=a", "rides": "3"},
    ],
)
def test_flags_that_go_together_are_let_through(flags: dict[str, object]) -> None:
    refuse_ignored(load(flags, {}))


def test_the_environment_may_say_more_than_one_run_needs() -> None:
    refuse_ignored(load({"scenario": "small"}, {"DISPATCH_TRIPS": "F", "DISPATCH_BATCH": "3"}))
    refuse_ignored(load({}, {"DISPATCH_WORLDS": "3"}))
