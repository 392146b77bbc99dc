"""A driver's claim: what the ride is asked, how often, and what becomes of the accepts that wait for its answer."""

from dispatch.actors.driver import DriverOptions
from dispatch.actors.parts.claim import Claim
from dispatch.messages.base import Undelivered
from dispatch.messages.commands import AcceptOffer
from dispatch.messages.matching import ClaimGranted, ClaimRefused, ClaimRide, ForDriver
from dispatch.messages.notices import Ack, FareNews, NoteNews, OfferClosed, RideAccepted
from tests.actors.rig import AS_DAN, CARD, OFFER, RIDE, TRIP, Rig, command
from tests.actors.test_driver import APP, DISPATCHER, DONE, ME, RIDE_ACTOR, WAYS, a_driver_who_is


def test_a_claim_says_which_offer_it_answers_and_where_the_driver_is() -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, AcceptOffer(AS_DAN, RIDE, OFFER, command()))
    (claim,) = rig.heard(RIDE_ACTOR)
    assert (claim.ride_id, claim.search_no, claim.round_no, claim.offer_id) == (RIDE, 1, 1, OFFER)
    assert (claim.lat, claim.lon) == (TRIP.pickup.lat + 0.009, TRIP.pickup.lon)


def test_a_reserved_driver_claims_every_second_until_the_ride_answers() -> None:
    rig, _ = a_driver_who_is("reserved")
    rig.wait(3.5)
    assert [type(message) for message in rig.heard(RIDE_ACTOR)] == [ClaimRide] * 3
    rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
    rig.wait(5.0)
    assert rig.heard(RIDE_ACTOR) == []


def test_a_claim_is_repeated_as_often_as_is_set() -> None:
    rig = Rig()
    rig.listen(APP, DISPATCHER, RIDE_ACTOR)
    rig.driver(DriverOptions(claim_retry_s=0.25))
    rig.tell(ME, *WAYS["reserved"])
    rig.wait(1.0)
    assert len(rig.heard(RIDE_ACTOR)) == 5


def test_a_claim_is_said_once_where_every_commit_ends_within_its_turn_and_again_if_the_ride_was_too_busy() -> None:
    rig = Rig()
    rig.journal.on_commit = lambda append: None
    rig.listen(APP, DISPATCHER, RIDE_ACTOR)
    rig.driver()
    rig.tell(ME, *WAYS["reserved"])
    (claim,) = rig.heard(RIDE_ACTOR)
    rig.wait(5.0)
    assert rig.heard(RIDE_ACTOR) == []
    rig.tell(ME, Undelivered(RIDE_ACTOR, claim, is_gone=False))
    rig.wait(1.0)
    assert rig.heard(RIDE_ACTOR) == [claim]


def test_an_accept_is_acknowledged_after_the_answer_of_the_ride() -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, AcceptOffer(AS_DAN, RIDE, OFFER, command()))
    assert rig.heard(APP) == []
    rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
    assert rig.heard(APP) == [RideAccepted(CARD, seq=2), Ack("ok", "k1")]


def test_an_accept_that_the_ride_refuses_is_acknowledged_with_the_reason() -> None:
    rig, _ = a_driver_who_is("offered")
    rig.tell(ME, AcceptOffer(AS_DAN, RIDE, OFFER, command()), ClaimRefused(RIDE, OFFER, "cancelled"))
    assert rig.heard(APP) == [OfferClosed(RIDE, offer_id=OFFER, reason="cancelled", seq=2), Ack("cancelled", "k1")]


def test_a_driver_who_is_released_knows_nothing_of_the_ride_any_more() -> None:
    rig, actor = a_driver_who_is("reserved")
    rig.tell(ME, ClaimGranted(CARD, OFFER, "accepted"))
    assert (actor.claim.ride, actor.claim.status) == (CARD, "accepted")
    rig.tell(ME, ClaimRefused(RIDE, OFFER, "taken"))
    assert actor.claim.ride == CARD, "only a claim that the ride has not answered is refused"
    rig.tell(ME, ForDriver(DONE, releases="completed"))
    assert (actor.claim.ride, actor.claim.status, actor.claim.waiting, actor.claim.told) == (None, None, None, None)


def test_another_fare_and_another_note_are_read_by_an_app_that_comes_back() -> None:
    claim = Claim()
    claim.take_news(FareNews(RIDE, fare=99.0, reason="a longer way"))
    assert claim.ride is None, "it has none yet: the ride tells the fare of now"
    claim.ride = CARD
    claim.take_news(FareNews(RIDE, fare=99.0, reason="a longer way"))
    claim.take_news(NoteNews(RIDE, note="blue door"))
    assert (claim.ride.trip.fare, claim.ride.trip.note, claim.ride.trip.by_agreement) == (99.0, "blue door", False)
