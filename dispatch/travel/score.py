"""How far ETAs are from what trips really took. Pure."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import NamedTuple

import msgspec

from dispatch.domain.places.geo import EtaModel
from dispatch.travel.fit import TimedTrip


class Score(msgspec.Struct, frozen=True):
    """Over `trips` trips: the mean absolute error in seconds, and the median of |error| over the actual duration."""

    trips: int
    mae_s: float
    median_error: float


class ScoredTrip(NamedTuple):
    """A trip, and the seconds that a model estimated for it."""

    trip: TimedTrip
    eta_s: float


def ask(model: EtaModel, trips: Sequence[TimedTrip]) -> list[ScoredTrip]:
    """The model's answer for each trip at its departure. The model must take hours of the day for Unix seconds."""
    return [ScoredTrip(trip, model.eta_s(trip.start, trip.end, trip.hour)) for trip in trips]


def score(asked: Sequence[ScoredTrip]) -> Score:
    """The score of these answers, of which there is at least one."""
    errors = [abs(eta_s - trip.duration_s) for trip, eta_s in asked]
    shares = [error / trip.duration_s for error, (trip, _) in zip(errors, asked, strict=True)]
    return Score(len(asked), round(fmean(errors), 1), round(median(shares), 4))
