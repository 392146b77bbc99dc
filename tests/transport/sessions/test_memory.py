"""The link of simulated phones: the same sessions, with and without the codec, and the fault of a silent line."""

from typing import Any

import pytest

from dispatch.messages.commands import AcceptOffer, Attach, Detach, FindDriver
from dispatch.messages.notices import DriverSnapshot, OfferMade, Replaced, Searching
from dispatch.transport import wire
from dispatch.transport.sessions.memory import MemoryLink, connect_driver, connect_passenger
from tests.transport.rig import AS_MICHAEL, CARD, DRIVER, RIDE, TRIP, Rig, lease

ME = "driver/27821234568"
FIND = wire.FindDriver(-26.2041, 28.0473, -26.185, 28.055, "123 Main St", "456 Oak Ave", 5.2, 15.0, 85.5)


class Phone:
    """A driver's phone on a memory link."""

    def __init__(self, rig: Rig, codec: bool = False) -> None:
        self.frames: list[Any] = []
        self.closes: list[int] = []
        self.link: MemoryLink = connect_driver(rig.gateway, DRIVER, self.frames.append, codec, self.closes.append)
        attach = rig.heard(ME)[-1]
        assert isinstance(attach, Attach)
        self.session = attach.session


@pytest.mark.parametrize("codec", [False, True], ids=["structs", "bytes"])
class TestALink:
    def test_what_the_phone_sends_is_handled_at_once(self, codec: bool) -> None:
        rig = Rig()
        phone = Phone(rig, codec)
        phone.link.send(wire.LocationUpdate(-26.2, 28.0))
        fix = rig.board.position(DRIVER)
        assert fix is not None
        assert (fix.lat, fix.lon) == (-26.2, 28.0)

    def test_what_the_phone_gets_it_gets_as_messages(self, codec: bool) -> None:
        rig = Rig()
        phone = Phone(rig, codec)
        rig.runtime.tell(phone.session, OfferMade(lease(), CARD, seq=1))
        rig.runtime.tell(phone.session, DriverSnapshot("available", OfferMade(lease(), CARD, seq=1), seq=2))
        offer, snapshot = phone.frames
        assert isinstance(offer, wire.RideRequest)
        assert (offer.offer_id, offer.fare, offer.estimated_duration) == ("o-1", 85.5, 15)
        assert isinstance(snapshot, wire.DriverSnapshot)
        assert snapshot.offer == offer

    def test_a_phone_may_answer_from_within_the_frame(self, codec: bool) -> None:
        rig = Rig()
        phone = Phone(rig, codec)

        def accept(frame: wire.RideRequest) -> None:
            link.send(wire.AcceptRide(frame.ride_id, DRIVER, frame.offer_id))

        link = connect_driver(rig.gateway, DRIVER, accept, codec)
        rig.runtime.tell(rig.heard(ME)[-1].session, OfferMade(lease(), CARD, seq=1))
        assert rig.heard(ME)[-1] == AcceptOffer(AS_MICHAEL, RIDE, lease().offer_id)
        assert phone.frames == []

    def test_a_passengers_phone_books_and_reads(self, codec: bool) -> None:
        rig = Rig()
        frames: list[Any] = []
        link = connect_passenger(rig.gateway, RIDE, frames.append, codec)
        link.send(FIND)
        attach, booking = rig.heard("ride/123")
        assert isinstance(booking, FindDriver)
        assert booking.trip == TRIP
        rig.runtime.tell(
            attach.session, Searching(RIDE, round=1, drivers_notified=5, fare=85.5, expires_at=30.0, seq=1)
        )
        assert [type(frame) for frame in frames] == [wire.Searching]

    def test_hanging_up_tells_the_actor_and_not_the_phone(self, codec: bool) -> None:
        rig = Rig()
        phone = Phone(rig, codec)
        phone.link.close()
        phone.link.close()
        phone.link.send(wire.Ping())
        assert [type(message) for message in rig.heard(ME)] == [Attach, Detach]
        assert phone.frames == []
        assert phone.closes == []

    def test_a_close_by_the_server_reaches_the_phone_once(self, codec: bool) -> None:
        rig = Rig()
        phone = Phone(rig, codec)
        rig.runtime.tell(phone.session, Replaced())
        phone.link.send(wire.Ping())
        phone.link.close()
        assert phone.closes == [4504]
        assert phone.frames == []


class TestResuming:
    def test_a_phone_that_may_resume_has_a_moment_to_say_so(self) -> None:
        rig = Rig()
        connect_driver(rig.gateway, DRIVER, print, may_resume=True)
        rig.runtime.run(0.2)
        assert rig.heard(ME) == []
        rig.runtime.run(0.3)
        assert [type(message) for message in rig.heard(ME)] == [Attach]

    def test_a_phone_that_resumes_at_once_is_asked_no_more(self) -> None:
        rig = Rig()
        link = connect_passenger(rig.gateway, RIDE, print, may_resume=True)
        link.send(wire.Resume(epoch="e1", last_seq=3))
        rig.runtime.run(1.0)
        (attach,) = rig.heard("ride/123")
        assert attach.resume is not None


class TestSilence:
    def test_nothing_passes_either_way(self) -> None:
        rig = Rig()
        phone = Phone(rig)
        phone.link.silence()
        phone.link.send(wire.LocationUpdate(-26.2, 28.0))
        rig.runtime.tell(phone.session, OfferMade(lease(), CARD, seq=1))
        assert rig.board.position(DRIVER) is None
        assert phone.frames == []

    def test_the_server_finds_out_when_a_link_would_be_dead_and_the_phone_does_not(self) -> None:
        rig = Rig()
        phone = Phone(rig)
        rig.runtime.run(100.0)
        phone.link.silence()
        phone.link.close()  # nor does this pass
        rig.runtime.run(111.9)
        assert [type(message) for message in rig.heard(ME)] == [Attach]
        rig.runtime.run(112.1)
        assert [message.reason for message in rig.heard(ME)[1:]] == ["silent"]
        assert phone.closes == []
        assert rig.gateway.counters.closed == {4008: 1}

    def test_a_link_that_lives_says_nothing_and_is_not_found_dead(self) -> None:
        rig = Rig()
        phone = Phone(rig)
        rig.runtime.run(3600.0)
        phone.link.send(wire.Ping())
        assert phone.frames == [wire.Pong()]

    def test_who_came_back_meanwhile_is_not_disturbed_by_the_old_lines_end(self) -> None:
        rig = Rig()
        lost = Phone(rig)
        lost.link.silence()
        rig.runtime.run(5.0)
        back = Phone(rig)
        rig.runtime.tell(lost.session, Replaced())
        rig.runtime.run(60.0)
        back.link.send(wire.Ping())
        assert back.frames == [wire.Pong()]
        assert lost.closes == []
        assert [type(message) for message in rig.heard(ME)] == [Attach, Attach]

    def test_a_silent_line_that_the_server_ended_before_is_no_news(self) -> None:
        rig = Rig()
        phone = Phone(rig)
        rig.runtime.tell(phone.session, Replaced())
        phone.link.silence()
        rig.runtime.run(60.0)
        assert [type(message) for message in rig.heard(ME)] == [Attach]


def test_a_bad_value_is_found_by_the_codec_and_not_without_it() -> None:
    """Without the codec the phone is trusted in all but its position."""
    rig = Rig()
    with_codec, without = Phone(rig, codec=True), Phone(rig, codec=False)
    for phone in (with_codec, without):
        phone.link.send(wire.DeclineRide("../../x"))
    assert [frame.code for frame in with_codec.frames] == ["bad_field"]
    assert without.frames == []
