"""The list of metric families, and the counts of a spread."""

import re

import pytest

from dispatch.metric_families import COUNTER, FAMILIES, HISTOGRAM, LAG_S, TITLES, Family, Spread

ROWS = [family for families in TITLES.values() for family in families]


def test_no_family_stands_in_the_list_twice() -> None:
    assert len(FAMILIES) == len(ROWS)


@pytest.mark.parametrize("family", ROWS, ids=lambda family: family.name)
def test_a_family_is_named_as_prometheus_names_things_and_says_what_it_is(family: Family) -> None:
    assert re.fullmatch(r"dispatch_[a-z][a-z_]*[a-z]", family.name)
    assert not family.name.endswith("_total"), "the page adds that to counters"
    assert len(family.help) > 20 or " " in family.help
    assert family.shown == (f"{family.name}_total" if family.kind == COUNTER else family.name)
    assert bool(family.label) or not family.always
    assert family.kind != HISTOGRAM or family.name.endswith("_seconds")


def test_a_spread_counts_each_figure_in_the_first_bound_that_is_not_below_it() -> None:
    spread = Spread((1.0, 2.0))
    for value in (-0.5, 1.0, 1.5, 2.0, 9.0):
        spread.note(value)
    assert spread.counts == [2, 2, 1]
    assert spread.total == pytest.approx(13.5)


def test_the_bounds_of_lags_have_the_one_that_a_flood_is_held_to() -> None:
    assert 0.025 in LAG_S and list(LAG_S) == sorted(LAG_S)
