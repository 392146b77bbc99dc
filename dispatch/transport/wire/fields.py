r"""What one field of an app's frame may hold. Each type's description ends the sentence `<field> must be …` of a refusal.

Every number has both bounds, so that neither NaN nor infinity fits any of them. Patterns end in `\Z`: `$` lets a newline pass.
"""

from typing import Annotated

from msgspec import Meta

FrameId = Annotated[str, Meta(min_length=1, max_length=64, description="text of 1 to 64 characters")]
RideIdText = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z", description="1 to 64 letters, digits, underscores or hyphens")
]
DriverIdText = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_+]{1,33}\Z", description="1 to 32 letters, digits or underscores, after + if you like"),
]
QuoteIdText = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z", description="1 to 64 letters, digits, underscores or hyphens")
]
OfferIdText = Annotated[str, Meta(min_length=1, max_length=128, description="text of 1 to 128 characters")]

Epoch = Annotated[str, Meta(max_length=80, description="text of at most 80 characters")]
SequenceNumber = Annotated[
    int, Meta(ge=0, le=9_007_199_254_740_991, description="a whole number from 0 to 9007199254740991")
]

Latitude = Annotated[float, Meta(ge=-90, le=90, description="a number from -90 to 90")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="a number from -180 to 180")]
Amount = Annotated[float, Meta(ge=0, le=1_000_000, description="a number from 0 to 1000000")]
# Phones say -1 where they do not know; a position whose accuracy is -1 is none at all.
Heading = Annotated[float, Meta(ge=-1, le=360, description="a number from 0 to 360, or -1 for unknown")]
Speed = Annotated[float, Meta(ge=-1, le=1000, description="a number from 0 to 1000, or -1 for unknown")]
Accuracy = Annotated[
    float, Meta(ge=-1, le=100_000_000, description="a number from 0 to 100000000, or -1 for a position that is none")
]

Address = Annotated[str, Meta(max_length=300, description="text of at most 300 characters")]
Remark = Annotated[str, Meta(max_length=300, description="text of at most 300 characters")]
VehicleType = Annotated[str, Meta(max_length=40, description="text of at most 40 characters")]
PaymentMethod = Annotated[str, Meta(max_length=40, description="text of at most 40 characters")]
Moment = Annotated[str, Meta(max_length=40, description="an RFC 3339 time such as 2026-11-23T08:00:00Z")]
# No control characters, line separators or marks that turn the direction of writing.
PersonName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]{0,80}\Z",
        description="at most 80 printable characters",
    ),
]
PhoneNumber = Annotated[
    str,
    Meta(pattern=r"^(\+?\(?[0-9]([ ().-]{0,2}[0-9]){2,19})?\Z", description="a phone number of 3 to 20 digits"),
]
Pin = Annotated[str, Meta(max_length=16, description="text of at most 16 characters")]
Rating = Annotated[int, Meta(ge=1, le=5, description="a whole number from 1 to 5")]
Switch = Annotated[bool, Meta(description="true or false")]
