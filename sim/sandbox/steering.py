"""What `/api/sandbox` tells and takes, as structs."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from dispatch.transport.wire.fields import Switch
from dispatch.transport.wire.forms import NAME, WHOLE, form

MOST_DRIVERS: Final = 2_000
Count = Annotated[
    int, Meta(ge=0, le=MOST_DRIVERS, description=f"a whole number from 0 to {MOST_DRIVERS}", extra=form(WHOLE))
]
Times = Annotated[float, Meta(ge=1, le=4, description="a number from 1 to 4")]
Pace = Annotated[float, Meta(ge=0, le=10, description="a number from 0 to 10")]
More = Annotated[int, Meta(ge=1, le=500, description="a whole number from 1 to 500", extra=form(WHOLE))]
Rides = Annotated[int, Meta(ge=1, le=50, description="a whole number from 1 to 50", extra=form(WHOLE))]
DriverNamed = Annotated[str, Meta(max_length=128, description="text of at most 128 characters", extra=form(NAME))]


class Steer(Struct, frozen=True, kw_only=True):
    """What is to change; what is left out stays.

    `pause`: simulated people stand still. `speed`: how fast their cars are. `demand`: how many passengers book, by the usual number.
    `next_offer_to`: the id of the driver who is to have the next offer: simulated drivers take none until then; empty: not any more.
    `book`: so many simulated passengers book now, where that driver is. `late_accept`, `double_accept`, `vanish`, `slow_link`: how
    many simulated drivers do that.
    """

    pause: Switch | None = None
    speed: Times | None = None
    demand: Pace | None = None
    add_drivers: More | None = None
    late_accept: Count | None = None
    double_accept: Count | None = None
    vanish: Count | None = None
    slow_link: Count | None = None
    next_offer_to: DriverNamed | None = None
    book: Rides | None = None


class PlayerShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom you can be. `page`: where they log in."""

    page: str
    id: str
    name: str
    phone: str
    vehicle: str = ""


class Code(Struct, frozen=True, kw_only=True):
    """A login code that would be an SMS, and seconds since it was sent."""

    phone: str
    code: str
    age_s: float


class Sandbox(Struct, frozen=True, kw_only=True):
    """What there is, and how it is steered. `busy`: simulated drivers who have a ride; `rides`: simulated passengers under way."""

    seed: int
    is_paused: bool
    speed: float
    demand: float
    drivers: int
    connected: int
    busy: int
    rides: int
    misbehaving: dict[str, int]
    next_offer_to: str | None
    people: tuple[PlayerShown, ...]
    codes: tuple[Code, ...]
