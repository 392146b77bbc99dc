r"""What one field of an app's frame may hold. Each type's description ends the sentence `<field> must be …` of a refusal, and its
form (`forms`) says in which other ways the same may be written.

Every number has both bounds, so that neither NaN nor infinity fits any of them. Patterns end in `\Z`: `$` lets a newline pass.
"""

from typing import Annotated

from msgspec import Meta

from dispatch.ids import CHOSEN_ID
from dispatch.timestamps import AN_EXAMPLE
from dispatch.transport.wire.forms import CHOICE, CODE, NAME, ORNAMENT, PIN, WHOLE, WORD, form

FrameId = Annotated[str, Meta(min_length=1, max_length=64, description="text of 1 to 64 characters", extra=form(NAME))]
RideIdText = Annotated[
    str,
    Meta(
        pattern=rf"^{CHOSEN_ID}\Z",
        description="1 to 64 letters, digits, underscores or hyphens",
        extra=form(NAME),
    ),
]
# A driver's id in any form in which the path takes it; whose it is, the session says.
DriverIdText = Annotated[
    str, Meta(min_length=1, max_length=80, description="text of 1 to 80 characters", extra=form(NAME))
]
QuoteIdText = RideIdText
OfferIdText = Annotated[
    str, Meta(min_length=1, max_length=128, description="text of 1 to 128 characters", extra=form(NAME))
]

Epoch = Annotated[str, Meta(max_length=80, description="text of at most 80 characters")]
SequenceNumber = Annotated[
    int,
    Meta(ge=0, le=9_007_199_254_740_991, description="a whole number from 0 to 9007199254740991", extra=form(WHOLE)),
]

Latitude = Annotated[float, Meta(ge=-90, le=90, description="a number from -90 to 90")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="a number from -180 to 180")]
Amount = Annotated[float, Meta(ge=0, le=1_000_000, description="a number from 0 to 1000000")]
# What phones say of a position besides the place: an odd one never costs the position. Many say -1 where they do not know.
Heading = Annotated[float, Meta(ge=-1, le=360, description="a number from 0 to 360", extra=form(ORNAMENT))]
Speed = Annotated[float, Meta(ge=-1, le=1000, description="a number from 0 to 1000", extra=form(ORNAMENT))]
Accuracy = Annotated[
    float,
    Meta(ge=-1e300, le=1e300, description="a number; less than 0 for a position that is none", extra=form(ORNAMENT)),
]

Address = Annotated[str, Meta(max_length=300, description="text of at most 300 characters")]
Remark = Annotated[str, Meta(max_length=300, description="text of at most 300 characters")]
Word = Annotated[
    str,
    Meta(
        pattern=r"^([a-z0-9_.-]{1,40})?\Z",
        description="a word of at most 40 characters, in capitals or not",
        extra=form(WORD),
    ),
]
VehicleType = Word
PaymentMethod = Word
Moment = Annotated[str, Meta(max_length=100, description=AN_EXAMPLE, extra_json_schema={"format": "date-time"})]
# No control characters, line separators or marks that turn the direction of writing.
PersonName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]{0,80}\Z",
        description="at most 80 printable characters",
    ),
]
# However it is written: `dispatch.phones` reads it.
PhoneNumber = Annotated[
    str,
    Meta(
        max_length=80,
        description="a phone number of 3 to 20 digits",
        extra=form(NAME),
        extra_json_schema={"pattern": r"^\+[1-9][0-9]{6,14}$", "examples": ["+27821234567"]},
    ),
]
Pin = Annotated[str, Meta(max_length=16, description="text of at most 16 characters", extra=form(PIN))]
Switch = Annotated[bool, Meta(description="true or false")]

RoleName = Annotated[
    str, Meta(pattern=r"^(passenger|driver|staff)\Z", description="passenger, driver or staff", extra=form(CHOICE))
]
RequestId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="what the request for a code was answered with")
]
LoginCode = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", description="the 6 digits of the code", extra=form(CODE))]
RefreshTokenText = Annotated[str, Meta(min_length=1, max_length=300, description="a refresh token")]
Token = Annotated[str, Meta(description="text")]
"""Its length is no concern of the frame: no error may repeat what stands in it."""
# Firebase's have some 160 letters, Apple's 64; a web push subscription is an address with keys.
DeviceToken = Annotated[
    str, Meta(pattern=r"^[\x21-\x7e]{1,4096}\Z", description="text of 1 to 4096 printable characters without spaces")
]
Platform = Annotated[
    str, Meta(pattern=r"^(android|ios|web|other)\Z", description="android, ios, web or other", extra=form(WORD))
]
