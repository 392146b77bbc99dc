"""The mean of ratings."""

import pytest

from dispatch.domain.ratings import mean_rating


@pytest.mark.parametrize(
    ("first", "stars", "ratings", "mean"),
    [
        (4.9, 0, 0, 4.9),
        (4.123, 0, 0, 4.123),
        (5.0, 3, 1, 4.0),
        (5.0, 9, 2, 4.67),
        (5.0, 13, 3, 4.5),
        (4.9, 4, 1, 4.45),
        (4.75, 4, 1, 4.38),
        (5.0, 5000, 1000, 5.0),
    ],
)
def test_the_first_rating_counts_like_every_other_and_halves_go_up(
    first: float, stars: int, ratings: int, mean: float
) -> None:
    assert mean_rating(first, stars, ratings) == mean
