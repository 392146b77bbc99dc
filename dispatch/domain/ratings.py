"""The mean of ratings. Pure; tables and the journal in memory use it."""

from dispatch.domain.pricing.money import rounded_parts


def mean_rating(first: float, stars: int, ratings: int) -> float:
    """The mean of the `first` rating, which a person begins with, and of `ratings` more that add up to `stars`.

    To the hundredth, where a half goes up. Without ratings it is the first one as it is.
    """
    return rounded_parts(round(first * 100) + 100 * stars, ratings + 1) / 100 if ratings else first
