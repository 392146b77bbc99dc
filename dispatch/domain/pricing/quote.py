"""A quote: a price that holds for a limited time, for one passenger, one trip and one ride. Pure."""

from typing import Final

import msgspec

from dispatch.domain.places.geo import haversine_m
from dispatch.ids import RideId
from dispatch.messages.base import Message
from dispatch.messages.events import QuoteMade, QuoteTaken
from dispatch.messages.providers import UseQuote

NONE_SUCH: Final = "quote_id names no quote of this passenger that can be booked; ask for a new one"
"""Said of an unknown quote, somebody else's, and one that another ride has, so that nobody learns which it is."""
TOO_OLD: Final = "quote_id names a quote that has expired; ask for a new one"
ELSEWHERE: Final = "quote_id names a quote for another trip; ask for one from this pickup to this dropoff"
ANOTHER_TIME: Final = "quote_id names a quote for another time; ask for one with this pickup_at"
SAME_TIME_S: Final = 60.0
"""The `pickup_at` of the quote and of the booking may differ by this much. Both or neither must have one."""
OTHER_VEHICLE: Final = "quote_id names a quote for another type of vehicle; ask for a new one"


class QuoteRecord(msgspec.Struct):
    """The state of one quote, folded from its events."""

    made: QuoteMade | None = None
    taken_by: RideId | None = None

    def apply(self, event: Message) -> None:
        """Fold one event."""
        if isinstance(event, QuoteMade):
            self.made = event
        elif isinstance(event, QuoteTaken):
            self.taken_by = event.taken_by

    def why_not(self, use: UseQuote, now: float, tolerance_m: float) -> str:
        """Why this ride cannot have the price; empty: it can. A ride that has taken the quote keeps it, however late it asks again."""
        made = self.made
        if made is None:
            return NONE_SUCH
        pickup_off_m = haversine_m(*made.pickup.point, *use.pickup.point)
        dropoff_off_m = haversine_m(*made.dropoff.point, *use.dropoff.point)
        refusals = (
            (self.taken_by not in (None, use.ride_id), NONE_SUCH),
            (made.passenger_id not in (None, use.passenger_id), NONE_SUCH),
            (self.taken_by is None and now >= made.expires_at, TOO_OLD),
            (max(pickup_off_m, dropoff_off_m) > tolerance_m, ELSEWHERE),
            (not _is_same_time(made.pickup_at, use.pickup_at), ANOTHER_TIME),
            (use.vehicle_type not in ("", made.vehicle_type), OTHER_VEHICLE),
        )
        return next((why for is_refused, why in refusals if is_refused), "")


def _is_same_time(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME_TIME_S
