"""How far ETAs are from what trips really took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median

import msgspec

from dispatch.domain.eta import EtaModel
from dispatch.travel.fit import TimedTrip


class Score(msgspec.Struct, frozen=True):
    """Over `trips` trips: the mean absolute error in seconds, and the median of |error| over the actual duration."""

    trips: int
    mae_s: float
    median_error: float


def score(trips: Sequence[TimedTrip], model: EtaModel) -> Score:
    """Ask the model for each trip (at least one), as it departed. `model` takes hours of the day for runtime seconds."""
    errors = [abs(model.eta_s(trip.start, trip.end, trip.hour) - trip.duration_s) for trip in trips]
    shares = [error / trip.duration_s for error, trip in zip(errors, trips, strict=True)]
    return Score(len(trips), round(fmean(errors), 1), round(median(shares), 4))
