"""The quote actor: what it promises is on disk, is given to one ride, and outlives its place in memory."""

from __future__ import annotations

from dispatch.actors.quote import QuoteActor, QuoteOptions
from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.domain.pricing.quote import NONE_SUCH, TOO_OLD
from dispatch.ids import QuoteId, RideId
from dispatch.messages.events import QuoteMade, QuoteTaken
from dispatch.messages.providers import (
    AskPrice,
    MakeQuote,
    NotPriced,
    Priced,
    QuoteFailed,
    QuoteGranted,
    QuoteReady,
    QuoteRefused,
    UseQuote,
)
from dispatch.prices import pricer
from dispatch.values import FareLine, Money, Price
from tests.actors.rig import ANN, TRIP, Rig

QUOTE = QuoteId("q1")
ADDRESS, DESK, FIRST, SECOND = "quote/q1", "request/1", "ride/r1", "ride/r2"
RATES = Settings(base_fare=50.0, currency="ZAR")
PRICER = pricer(RATES, TravelModel())
PRICE = PRICER.price(TRIP.pickup, TRIP.dropoff, "", 0.0)
MAKE = MakeQuote(QUOTE, DESK, ANN.passenger_id, TRIP.pickup, TRIP.dropoff, "", 0.0)
READY = QuoteReady(QUOTE, PRICE, 300.0)


def use(ride: str = "r1", number: int = 1) -> UseQuote:
    return UseQuote(QUOTE, RideId(ride), number, ANN.passenger_id, TRIP.pickup, TRIP.dropoff, "")


def granted(ride: str = "r1", number: int = 1) -> QuoteGranted:
    return QuoteGranted(RideId(ride), number, PRICE)


def quote_rig(options: QuoteOptions | None = None, **rig_options: object) -> Rig:
    rig = Rig(**rig_options)  # type: ignore[arg-type]
    rig.listen(DESK, FIRST, SECOND, "pricing")
    chosen = options or QuoteOptions(PRICER)
    rig.runtime.factory("quote", lambda address, _: QuoteActor(rig.runtime, address, rig.journal, chosen))
    return rig


def test_a_quote_is_on_disk_before_anybody_hears_of_it() -> None:
    rig = quote_rig(delay_s=(1.0, 1.0))
    rig.tell(ADDRESS, MAKE)
    assert (rig.heard(DESK), rig.journal.events_of(ADDRESS)) == ([], ())
    rig.wait(1.0)
    assert rig.heard(DESK) == [READY]
    made = QuoteMade(QUOTE, ANN.passenger_id, TRIP.pickup, TRIP.dropoff, "", PRICE, 0.0, 300.0)
    assert rig.journal.events_of(ADDRESS) == (made,)


def test_one_ride_has_it_and_may_ask_again_and_no_other_gets_it() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE, use("r1"), use("r2"), use("r1", 2))
    assert rig.heard(FIRST) == [granted("r1"), granted("r1", 2)]
    assert rig.heard(SECOND) == [QuoteRefused(RideId("r2"), 1, "quote_expired", NONE_SUCH)]
    assert rig.journal.events_of(ADDRESS)[1:] == (QuoteTaken(QUOTE, RideId("r1"), 0.0),)


def test_it_leaves_memory_soon_and_comes_back_for_whoever_asks_until_it_has_expired() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE)
    rig.wait(1.5)
    assert rig.runtime.actor(ADDRESS) is None, "however many are made, few are in memory"
    rig.tell(ADDRESS, use("r1"))
    rig.wait(1.5)
    assert rig.runtime.actor(ADDRESS) is None
    rig.wait(400.0)
    rig.heard(FIRST)
    rig.tell(ADDRESS, use("r1", 2), use("r2"))
    assert rig.heard(FIRST) == [granted("r1", 2)]
    assert [type(answer) for answer in rig.heard(SECOND)] == [QuoteRefused]


def test_it_stays_while_it_is_used_and_leaves_no_timer_behind() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE)
    for number in range(5):
        rig.wait(0.7)
        rig.tell(ADDRESS, use("r1", number))
        assert rig.runtime.actor(ADDRESS) is not None
    rig.wait(2.5)
    assert rig.runtime.actor(ADDRESS) is None
    before = rig.runtime.delivered
    rig.wait(10_000.0)
    assert rig.runtime.delivered == before, "nothing wakes it but whoever asks"


def test_one_that_expired_while_it_was_out_of_memory_is_refused_as_too_old() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE)
    rig.wait(301.0)
    rig.tell(ADDRESS, use("r1"))
    assert [(type(answer), answer.text) for answer in rig.heard(FIRST)] == [(QuoteRefused, TOO_OLD)]


def test_one_that_was_never_made_is_refused_and_leaves_nothing_behind() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, use("r1"))
    assert rig.heard(FIRST) == [QuoteRefused(RideId("r1"), 1, "quote_expired", NONE_SUCH)]
    rig.wait(1.5)
    assert (rig.runtime.actor(ADDRESS), rig.journal.events_of(ADDRESS)) == (None, ())


def test_a_quote_that_cannot_be_stored_was_never_promised_and_may_be_asked_for_again() -> None:
    rig = quote_rig()
    rig.disk_is_full(True)
    rig.tell(ADDRESS, MAKE)
    assert [type(answer) for answer in rig.heard(DESK)] == [QuoteFailed]
    rig.disk_is_full(False)
    rig.tell(ADDRESS, MAKE)
    assert rig.heard(DESK) == [READY]


def test_a_taking_that_cannot_be_stored_is_none_and_the_ride_may_try_again() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE)
    rig.disk_is_full(True)
    rig.tell(ADDRESS, use("r1"))
    (refused,) = rig.heard(FIRST)
    assert (type(refused), refused.number, refused.code) == (QuoteRefused, 1, "unavailable")
    rig.disk_is_full(False)
    rig.tell(ADDRESS, use("r2"))
    assert rig.heard(SECOND) == [granted("r2")]


def test_an_id_is_of_one_quote_only() -> None:
    rig = quote_rig()
    rig.tell(ADDRESS, MAKE, MAKE)
    assert [type(answer) for answer in rig.heard(DESK)] == [QuoteReady, QuoteFailed]


def test_where_an_api_prices_trips_it_is_asked_and_its_price_is_the_quotes() -> None:
    rig = quote_rig(QuoteOptions(None))
    rig.tell(ADDRESS, MAKE)
    assert rig.heard("pricing") == [AskPrice(ADDRESS, (0, 0), TRIP.pickup, TRIP.dropoff, "", 0.0)]
    theirs = Price(Money(9900, "ZAR"), (FareLine("fare", 9900),), 3000, 600)
    rig.tell(ADDRESS, Priced((0, 0), theirs), Priced((0, 0), PRICE))
    assert rig.heard(DESK) == [QuoteReady(QUOTE, theirs, 300.0)]
    rig.tell(ADDRESS, NotPriced((0, 0), "late"))
    assert rig.heard(DESK) == []


def test_a_quote_without_a_price_fails_and_is_not_kept() -> None:
    rig = quote_rig(QuoteOptions(None))
    rig.tell(ADDRESS, MAKE, NotPriced((0, 0), "it is down"))
    assert rig.heard(DESK) == [QuoteFailed(QUOTE, "it is down")]
    rig.wait(61.0)
    rig.wait(1.5)
    assert (rig.runtime.actor(ADDRESS), rig.journal.events_of(ADDRESS)) == (None, ())
