"""How far rounds reach."""

from dispatch.domain.matching.rules import SearchRules

WIDENING = SearchRules(radius_from_m=2_000.0, radius_growth=1.5, rounds=4)


def test_every_round_reaches_all_unless_told_otherwise() -> None:
    assert list(SearchRules().radii(0.0, 1)) == [10_000.0]
    assert list(SearchRules().radii(10_000.0, 3)) == [10_000.0]


def test_a_first_round_reaches_as_far_as_it_must_by_steps_up_to_all() -> None:
    assert list(WIDENING.radii(0.0, 1)) == [2_000.0, 3_000.0, 4_500.0, 6_750.0, 10_000.0]


def test_a_later_round_reaches_farther_than_the_one_before() -> None:
    assert list(WIDENING.radii(2_000.0, 2)) == [3_000.0, 4_500.0, 6_750.0, 10_000.0]
    assert list(WIDENING.radii(6_750.0, 3)) == [10_000.0]


def test_the_last_round_reaches_all() -> None:
    assert list(WIDENING.radii(3_000.0, 4)) == [10_000.0]


def test_a_first_step_beyond_the_radius_is_the_radius() -> None:
    assert list(SearchRules(radius_from_m=20_000.0).radii(0.0, 1)) == [10_000.0]
