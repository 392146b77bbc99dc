"""What is remembered of commands: their first answer, for as long as the events behind it are not lost, and whatever is on record."""

from dispatch.actors.parts.conversation import Answers, ride_of
from dispatch.ids import DriverId
from dispatch.messages.base import Command
from dispatch.messages.events import AvailabilitySet, CommandDone, OfferDeclined
from dispatch.messages.notices import Ack, OfferClosed, Refused
from tests.actors.rig import DAN, OFFER, RIDE, command

K1, K2 = command("k1"), command("k2")
ACK = Ack("ok", "k1")


def answers(limit: int = 4) -> Answers:
    """K1 is under way."""
    known = Answers(limit)
    known.admit(K1, 0)
    return known


def test_a_command_is_under_way_until_it_is_answered() -> None:
    known = answers()
    begun = known.find(K1)
    assert begun is not None and begun.notices == ()
    known.close(K1, (ACK,), 0)
    answered = known.find(K1)
    assert answered is not None and answered.notices == (ACK,)
    assert known.find(K2) is None


def test_equal_ids_of_different_people_are_different_commands() -> None:
    theirs = Command("k1", 1, DriverId("d1"))
    known = answers()
    assert known.find(theirs) is None
    known.admit(theirs, 0)
    known.drop(theirs)
    assert known.find(K1) is not None


def test_the_oldest_is_forgotten_first() -> None:
    known = answers(limit=2)
    for name in ("k2", "k3"):
        known.admit(command(name), 0)
    assert known.find(K1) is None
    assert known.find(K2) is not None


def test_a_command_that_did_nothing_may_be_sent_again_and_an_answered_one_is_not_done_again() -> None:
    known = answers()
    known.drop(K1)
    assert known.find(K1) is None
    known.admit(K1, 0)
    known.close(K1, (Refused("illegal_now", "no", id="k1"),), 0)
    known.drop(K1)
    assert known.find(K1) is not None


def test_an_answer_is_lost_with_the_event_that_it_told_of() -> None:
    known = answers()
    known.note(AvailabilitySet(DAN.driver_id, False, K1), 1)
    known.close(K1, (ACK,), 1)
    known.admit(K2, 1)
    known.close(K2, (Ack("ok", "k2"),), 2)
    known.cut(1)
    assert known.find(K1) is not None
    assert known.find(K2) is None
    known.cut(0)
    assert known.find(K1) is None


class TestRecord:
    def test_an_event_that_names_its_command_answers_it_in_a_later_life(self) -> None:
        known = Answers(4)
        known.replay(AvailabilitySet(DAN.driver_id, False, K1))
        known.replay(OfferDeclined(RIDE, DAN.driver_id, OFFER, "", K2))
        assert [known.find(it).notices for it in (K1, K2)] == [(Ack("ok", "k1"),), (Ack("declined", "k2"),)]  # type: ignore[union-attr]

    def test_what_was_acknowledged_later_counts_more(self) -> None:
        known = Answers(4)
        known.replay(AvailabilitySet(DAN.driver_id, False, K1))
        known.replay(CommandDone(K1, "taken"))
        restored = known.find(K1)
        assert restored is not None and restored.notices == (Ack("taken", "k1"),)

    def test_what_this_life_has_answered_itself_is_told_as_it_was(self) -> None:
        known = answers()
        closing = OfferClosed(RIDE, offer_id=OFFER, reason="declined", seq=3)
        known.close(K1, (closing, ACK), 1)
        known.replay(OfferDeclined(RIDE, DAN.driver_id, OFFER, "", K1))
        kept = known.find(K1)
        assert kept is not None and kept.notices == (closing, ACK)

    def test_another_body_under_an_id_on_record_is_seen(self) -> None:
        known = Answers(4)
        known.replay(AvailabilitySet(DAN.driver_id, False, command("k1", 7)))
        restored = known.find(command("k1", 8))
        assert restored is not None and restored.fingerprint == 7

    def test_one_whose_end_is_open_is_under_way_again(self) -> None:
        known = Answers(4)
        known.replay(AvailabilitySet(DAN.driver_id, False, K1))
        known.reopen(K1)
        restored = known.find(K1)
        assert restored is not None and restored.notices == ()


def test_the_ride_of_an_answer_is_the_one_that_it_names() -> None:
    assert ride_of((Ack("ok", "k1"), OfferClosed(RIDE, offer_id=OFFER, reason="taken", seq=3))) == RIDE
    assert ride_of((Ack("ok", "k1"),)) is None
